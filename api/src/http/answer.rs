//! The body of an answer: data, and errors as clients may see them.

use std::collections::BTreeMap;
use std::io;

use async_graphql::{Response, ServerError, Value};
use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

use super::problem::Problem;
use crate::graphql::errors;

/// Errors of one answer; the first ones are the telling ones.
const ERRORS_MAX: usize = 10;
/// Bytes of all errors of one answer, as JSON. The first is told whatever its size: what is in it
/// is cut on its own.
const ERRORS_BYTES_MAX: usize = 2 * 1024;
/// Characters of a message. The library's own may repeat what the client sent.
const MESSAGE_LENGTH_MAX: usize = 300;
/// What most answers fit in, so that the buffer rarely grows.
const BODY_BYTES_USUAL: usize = 4 * 1024;

/// Whether nothing ran: the document is not valid for the schema. Errors of fields have a path.
pub(crate) fn is_request_error(response: &Response) -> bool {
    response.data == Value::Null
        && !response.errors.is_empty()
        && response.errors.iter().all(|error| error.path.is_empty())
}

/// Writes an answer as JSON, without `data` where nothing ran (specification, section 7.1).
pub(crate) fn body(result: Result<Response, Problem>, request_id: &str) -> Vec<u8> {
    let has_run = result
        .as_ref()
        .is_ok_and(|answer| !is_request_error(answer));
    let answer = result.unwrap_or_else(|problem| {
        let extensions = problem.extensions();
        let mut answer = Response::from_errors(vec![problem.into_error()]);
        answer.extensions = extensions;
        answer
    });
    let mut errors = answer.errors;
    present_all(&mut errors, request_id);
    write(&Body {
        errors: &errors,
        data: has_run.then_some(&answer.data),
        extensions: Some(&answer.extensions).filter(|map| !map.is_empty()),
    })
}

/// Errors alone, as a JSON list.
pub(crate) fn errors(mut errors: Vec<ServerError>, request_id: &str) -> String {
    present_all(&mut errors, request_id);
    // What is in them was just written to see how long it is.
    serde_json::to_string(&errors).unwrap_or_else(|_| "[]".to_owned())
}

/// What kept an operation from running, as a JSON list.
pub(crate) fn problem(problem: Problem, request_id: &str) -> String {
    errors(vec![problem.into_error()], request_id)
}

fn present_all(errors: &mut Vec<ServerError>, request_id: &str) {
    errors.truncate(ERRORS_MAX);
    for error in errors.iter_mut() {
        present(error, request_id);
    }
    errors.truncate(count_that_fits(errors));
}

#[derive(Serialize)]
struct Body<'a> {
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [ServerError],
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extensions: Option<&'a BTreeMap<String, Value>>,
}

/// Gives an error its code and the request's id, and cuts it to a size.
fn present(error: &mut ServerError, request_id: &str) {
    let is_from_resolver = errors::present(error, request_id);
    let extensions = error.extensions.get_or_insert_default();
    if !is_from_resolver && extensions.get("code").is_none() {
        // Before anything ran it was the document; after that it can only be a value for an
        // argument.
        let code = if error.path.is_empty() {
            "GRAPHQL_VALIDATION_FAILED"
        } else {
            "BAD_USER_INPUT"
        };
        extensions.set("code", code);
    }
    extensions.set("requestId", request_id);
    if let Some((end, _)) = error.message.char_indices().nth(MESSAGE_LENGTH_MAX) {
        error.message.truncate(end);
        error.message.push('…');
    }
}

fn count_that_fits(errors: &[ServerError]) -> usize {
    let mut bytes = 0;
    let fitting = errors.iter().take_while(|error| {
        bytes += serde_json::to_vec(error).map_or(0, |error| error.len());
        bytes <= ERRORS_BYTES_MAX
    });
    fitting.count().max(1)
}

/// Writes bytes, which are rows that are JSON already (`graphql::at_once`), as they are.
struct RowsAsTheyAre;

impl Formatter for RowsAsTheyAre {
    fn write_byte_array<W: io::Write + ?Sized>(
        &mut self,
        writer: &mut W,
        value: &[u8],
    ) -> io::Result<()> {
        writer.write_all(value)
    }
}

fn write(body: &Body<'_>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(BODY_BYTES_USUAL);
    let mut serializer = Serializer::with_formatter(&mut bytes, RowsAsTheyAre);
    match body.serialize(&mut serializer) {
        Ok(()) => bytes,
        Err(error) => {
            // Only a scalar of ours that is no JSON could cause this.
            tracing::error!(%error, "an answer could not be written");
            br#"{"errors":[{"message":"something went wrong","extensions":{"code":"INTERNAL"}}]}"#
                .to_vec()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::{PathSegment, value};

    fn text(result: Result<Response, Problem>) -> String {
        String::from_utf8(body(result, "r-1")).expect("UTF-8")
    }

    #[test]
    fn data_stands_alone_or_after_the_errors() {
        let response = || Response::new(value!({ "b": 1, "a": [true, null] }));
        assert_eq!(text(Ok(response())), r#"{"data":{"b":1,"a":[true,null]}}"#);

        let mut failed = response();
        let error =
            ServerError::new("wrong", None).with_path(vec![PathSegment::Field("a".to_owned())]);
        failed.errors.push(error.clone());
        let shown = r#"{"message":"wrong","path":["a"],"extensions":{"code":"BAD_USER_INPUT","requestId":"r-1"}}"#;
        assert_eq!(
            text(Ok(failed)),
            format!(r#"{{"errors":[{shown}],"data":{{"b":1,"a":[true,null]}}}}"#)
        );
        assert_eq!(
            text(Ok(Response::from_errors(vec![error]))),
            format!(r#"{{"errors":[{shown}],"data":null}}"#)
        );
    }

    #[test]
    fn what_did_not_run_has_no_data() {
        let invalid = Response::from_errors(vec![ServerError::new("no such field", None)]);
        assert!(is_request_error(&invalid));
        assert_eq!(
            text(Ok(invalid)),
            r#"{"errors":[{"message":"no such field","extensions":{"code":"GRAPHQL_VALIDATION_FAILED","requestId":"r-1"}}]}"#
        );
        assert_eq!(
            text(Err(Problem::bad_request("what?"))),
            r#"{"errors":[{"message":"what?","extensions":{"code":"BAD_REQUEST","requestId":"r-1"}}]}"#
        );
    }

    #[test]
    fn errors_are_few_and_short() {
        let answer = |message: &str, count: usize| {
            let errors = vec![ServerError::new(message, None); count];
            text(Ok(Response::from_errors(errors)))
        };
        let few = answer("wrong", 2_000);
        assert_eq!(few.matches("requestId").count(), ERRORS_MAX);

        let around = r#"{"errors":[]}"#.len() + ERRORS_MAX;
        for message in ["é".repeat(100_000), "x".repeat(MESSAGE_LENGTH_MAX)] {
            let long = answer(&message, 2_000);
            assert!(long.len() <= ERRORS_BYTES_MAX + around, "{}", long.len());
            assert!(long.matches("requestId").count() > 1);
        }
        let one = answer(&"😀".repeat(100_000), 1);
        assert_eq!(one.matches("requestId").count(), 1);
    }

    #[test]
    fn one_error_is_told_whatever_its_size() {
        let path = vec![PathSegment::Field("a".repeat(ERRORS_BYTES_MAX))];
        let error = ServerError::new("wrong", None).with_path(path);
        let text = text(Ok(Response::from_errors(vec![error; 3])));
        assert_eq!(text.matches("requestId").count(), 1);
    }
}
