//! Mutations that clients may send again: the header `Idempotency-Key`, what it may stand on, and the answer that is kept.

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderMap, HeaderName};
use async_graphql::{Response, Value};

use super::answer;
use super::asked::Asked;
use super::prepare::Prepared;
use super::problem::Problem;
use crate::actor::Actor;
use crate::app::App;
use crate::error::Result;
use crate::graphql::errors;
use crate::idempotency::{self, Answer, Repeatable, Worked};

/// Tells an answer that was kept from one that was just worked out.
pub(crate) const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

const HEADER: HeaderName = HeaderName::from_static("idempotency-key");
const KEY_CHARS_MAX: usize = 255;
/// What a sign-in may do that a token may not always: more than any set of scopes.
const ALL_SCOPES: i32 = -1;

/// The key of a request, if it has one.
pub(crate) fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut values = headers.get_all(HEADER);
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let key = value.to_str().ok().filter(|key| is_key(key));
    match (key, values.next()) {
        (Some(key), None) => Ok(Some(key.to_owned())),
        _ => Err(refused(
            "An Idempotency-Key is sent once, and is 1 to 255 visible ASCII characters.",
        )),
    }
}

fn is_key(text: &str) -> bool {
    (1..=KEY_CHARS_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Refuses a key on what is not answered by one result.
pub(crate) fn refuse_key(headers: &HeaderMap) -> Result<(), Problem> {
    if headers.contains_key(HEADER) {
        return Err(refused(
            "An Idempotency-Key is for one mutation, sent by POST and answered with JSON.",
        ));
    }
    Ok(())
}

fn refused(message: &str) -> Problem {
    Problem::http(StatusCode::BAD_REQUEST, "BAD_USER_INPUT", message)
}

/// A key, and what was asked with it beside the document.
pub(crate) struct Keyed {
    key: String,
    variables: Vec<u8>,
}

impl Keyed {
    pub(crate) fn new(key: String, asked: &Asked) -> Result<Self> {
        // As a value of JSON first, which has the members of objects in one order however they were sent.
        let variables = serde_json::to_value(&asked.variables).map_err(anyhow::Error::from)?;
        Ok(Self {
            key,
            variables: serde_json::to_vec(&variables).map_err(anyhow::Error::from)?,
        })
    }

    /// Refuses what cannot be repeated with a key.
    pub(crate) fn check(prepared: &Prepared) -> Result<(), Problem> {
        match prepared.only_mutation() {
            None => Err(refused(
                "An Idempotency-Key is for a document of exactly one mutation.",
            )),
            Some(name) if !idempotency::is_allowed_for(name) => Err(refused(
                "What takes or gives a secret is not kept: send this without an Idempotency-Key.",
            )),
            Some(_) => Ok(()),
        }
    }

    /// The request of `actor`. A token with other scopes asks something else: it may be shown less of the same.
    /// A document is its hash, whether it was sent or named by that.
    pub(crate) fn of(&self, actor: &Actor, prepared: &Prepared) -> Repeatable {
        let token = actor.api_token();
        let scopes = token.map_or(ALL_SCOPES, |token| token.scopes.0);
        let parts: [&[u8]; 4] = [
            &prepared.hash,
            prepared.name.as_deref().unwrap_or_default().as_bytes(),
            &self.variables,
            &scopes.to_be_bytes(),
        ];
        Repeatable::new(&self.key, &parts)
    }
}

/// Executes a request unless it was executed before: what it is answered with, and whether that was kept before. The answer is
/// read from its text the first time too, so that every time is alike.
pub(crate) async fn run(
    app: &App,
    actor: &Actor,
    (request, request_id): (&Repeatable, &str),
    execution: impl Future<Output = Response>,
) -> Result<(Response, bool)> {
    let work = async {
        let response = execution.await;
        if is_final(&response) {
            Worked::Done(text(response, request_id))
        } else {
            Worked::Undone(without_data(response))
        }
    };
    match idempotency::once(app, actor, request, work).await? {
        Answer::First(text) => Ok((read(&text)?, false)),
        Answer::Again(text) => Ok((read(&text)?, true)),
        Answer::Undone(response) => Ok((response, false)),
    }
}

/// Whether it ran to its end. Without data nothing was done; and what failed for the moment is undone, to be tried again.
fn is_final(response: &Response) -> bool {
    response.data != Value::Null && !response.errors.iter().any(errors::is_passing)
}

/// What is undone has nothing to show.
fn without_data(mut response: Response) -> Response {
    response.data = Value::Null;
    response
}

fn text(mut response: Response, request_id: &str) -> String {
    // They tell of this execution, not of what came of it.
    response.extensions.clear();
    let body = answer::body(Ok(response), request_id);
    String::from_utf8_lossy(&body).into_owned()
}

fn read(text: &str) -> Result<Response> {
    Ok(serde_json::from_str(text).map_err(anyhow::Error::from)?)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use async_graphql::{PathSegment, ServerError, value};

    use super::*;
    use crate::error::Error;

    /// A payload, one of whose fields failed so.
    fn partly(error: Error) -> Response {
        let mut response = Response::new(value!({ "createTicket": { "ticket": null } }));
        let path = vec![PathSegment::Field("createTicket".to_owned())];
        let mut failed = ServerError::new("failed", None).with_path(path);
        failed.source = Some(Arc::new(error));
        response.errors.push(failed);
        response
    }

    #[test]
    fn what_failed_for_the_moment_is_undone() {
        for passing in [
            Error::Unavailable,
            Error::RateLimited { retry_after_s: 1 },
            anyhow::anyhow!("out of order").into(),
        ] {
            let response = partly(passing);
            assert!(!is_final(&response));
            assert_eq!(without_data(response).data, Value::Null);
        }
        for lasting in [Error::Forbidden, Error::NotFound("ticket")] {
            assert!(is_final(&partly(lasting)));
        }
        assert!(!is_final(&without_data(partly(Error::Forbidden))));
    }

    #[test]
    fn an_answer_is_read_as_it_was_written() {
        let response = partly(Error::NotFound("ticket"));
        let first = text(response, "r-1");
        let again = text(read(&first).expect("JSON"), "r-1");
        assert_eq!(first, again);
        assert!(first.contains("NOT_FOUND"), "{first}");
    }
}
