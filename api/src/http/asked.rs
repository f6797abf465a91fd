//! A GraphQL request as it comes over HTTP: a JSON body, or the parameters of a GET.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_LENGTH, HeaderMap};
use actix_web::web::{Bytes, BytesMut, Payload};
use async_graphql::Variables;
use futures_util::StreamExt;
use serde::Deserialize;
use serde_json::error::Category;
use serde_json::{Map, Value};
use url::form_urlencoded;

use super::guard;
use super::negotiate;
use super::problem::Problem;

/// Bytes of a body, variables and all.
const BODY_BYTES_MAX: usize = 1024 * 1024;
/// How long a client may take to send its body.
const BODY_TIMEOUT: Duration = Duration::from_secs(15);

/// What a request without a document is told.
pub(crate) const NO_DOCUMENT: &str = "The request must have a string `query`, or name a document in \
     `extensions.persistedQuery`.";
/// Bytes of the id of a persisted document: a hash in hexadecimal, mostly.
const ID_BYTES_MAX: usize = 128;

/// What a client wants run.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Asked {
    #[serde(default)]
    pub(crate) query: Option<String>,
    #[serde(default)]
    operation_name: Option<String>,
    #[serde(default)]
    pub(crate) variables: Variables,
    #[serde(default)]
    extensions: Option<Map<String, Value>>,
}

impl Asked {
    /// The operation to run. An empty name is none, as some clients send it.
    pub(crate) fn operation_name(&self) -> Option<&str> {
        self.operation_name
            .as_deref()
            .filter(|name| !name.is_empty())
    }

    /// The document that is asked for by its hash, or by the id that a list of trusted ones has for it.
    pub(crate) fn persisted_id(&self) -> Result<Option<&str>, Problem> {
        let extensions = self.extensions.as_ref();
        let named = extensions.and_then(|extensions| extensions.get("persistedQuery"));
        let Some(named) = named.filter(|named| !named.is_null()) else {
            return Ok(None);
        };
        if named.get("version").and_then(Value::as_u64) != Some(1) {
            return Err(Problem::persisted_not_supported());
        }
        let id = named.get("sha256Hash").and_then(Value::as_str);
        let id = id.filter(|id| (1..=ID_BYTES_MAX).contains(&id.len()));
        let wrong = "`extensions.persistedQuery.sha256Hash` must be a string of at most 128 bytes.";
        id.map(Some).ok_or_else(|| Problem::bad_request(wrong))
    }

    /// Whether it says what to run, in whatever way.
    pub(crate) fn names_a_document(&self) -> bool {
        self.query.is_some() || !matches!(self.persisted_id(), Ok(None))
    }

    /// Whether the answer is to say what it cost.
    pub(crate) fn shows_cost(&self) -> bool {
        let extensions = self.extensions.as_ref();
        extensions.and_then(|extensions| extensions.get("cost")) == Some(&Value::Bool(true))
    }
}

/// Reads a POST.
pub(crate) async fn from_body(headers: &HeaderMap, payload: Payload) -> Result<Asked, Problem> {
    if !negotiate::is_json(headers) {
        let message = "The body must be application/json in UTF-8.";
        return Err(Problem::http(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "BAD_REQUEST",
            message,
        ));
    }
    let read = tokio::time::timeout(BODY_TIMEOUT, read_body(headers, payload));
    let body = read.await.map_err(|_| {
        Problem::http(
            StatusCode::REQUEST_TIMEOUT,
            "BAD_REQUEST",
            "The body took too long to arrive.",
        )
    })??;
    guard::scan_json(&body)?;
    serde_json::from_slice(&body).map_err(|error| misread(&error, &body))
}

/// Reads a GET from its query string.
pub(crate) fn from_query_string(query_string: &str) -> Result<Asked, Problem> {
    let mut query = None;
    let mut operation_name = None;
    let mut variables = Variables::default();
    let mut extensions = None;
    for (name, value) in form_urlencoded::parse(query_string.as_bytes()) {
        match &*name {
            "query" => query = Some(value.into_owned()),
            "operationName" => operation_name = Some(value.into_owned()),
            "variables" => variables = from_parameter(&value)?,
            "extensions" => extensions = from_parameter(&value)?,
            _ => {}
        }
    }
    let asked = Asked {
        query,
        operation_name,
        variables,
        extensions,
    };
    if !asked.names_a_document() {
        return Err(Problem::bad_request("The parameter `query` is missing."));
    }
    Ok(asked)
}

/// Some clients send an empty parameter for nothing.
fn from_parameter<T: Default + serde::de::DeserializeOwned>(text: &str) -> Result<T, Problem> {
    if text.is_empty() {
        return Ok(T::default());
    }
    guard::scan_json(text.as_bytes())?;
    serde_json::from_str(text).map_err(|_| {
        Problem::bad_request("The parameters `variables` and `extensions` must be JSON objects.")
    })
}

async fn read_body(headers: &HeaderMap, mut payload: Payload) -> Result<Bytes, Problem> {
    let announced = headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > BODY_BYTES_MAX) {
        return Err(too_large());
    }
    let mut body = BytesMut::with_capacity(announced.unwrap_or_default());
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| Problem::bad_request("The body ended early."))?;
        if body.len() + chunk.len() > BODY_BYTES_MAX {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

fn too_large() -> Problem {
    let message = format!("The body is longer than {BODY_BYTES_MAX} bytes.");
    Problem::http(StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE", &message)
}

/// The reader's own messages may repeat the body, so they are not passed on.
fn misread(error: &serde_json::Error, body: &[u8]) -> Problem {
    let starts_list = body.trim_ascii_start().starts_with(b"[");
    Problem::bad_request(match error.classify() {
        Category::Data if starts_list => {
            "Batches are not supported: send one operation per request."
        }
        Category::Data => {
            "The body must be an object with a string `query` or a document named in `extensions`, and if present a string `operationName` and objects \
             `variables` and `extensions`."
        }
        Category::Io | Category::Syntax | Category::Eof => "The body is not valid JSON.",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_read_as_they_are_spelled() {
        let asked = from_query_string(
            "query=%7Ba%7D&operationName=A&variables=%7B%22b%22:1%7D&extensions=",
        )
        .expect("reads");
        assert_eq!(
            (asked.query.as_deref(), asked.operation_name()),
            (Some("{a}"), Some("A"))
        );
        assert_eq!(
            serde_json::to_string(&asked.variables).expect("serializes"),
            r#"{"b":1}"#
        );

        let sparse =
            from_query_string("query={a}&operationName=&variables=&extensions=").expect("reads");
        assert_eq!(sparse.operation_name(), None);
        assert!(sparse.variables.is_empty());
    }

    #[test]
    fn wrong_parameters_are_refused() {
        for wrong in [
            "",
            "operation_name=A",
            "query={a}&variables=1",
            "query={a}&variables=[1]",
            "query={a}&extensions={",
        ] {
            assert_eq!(
                from_query_string(wrong).expect_err("refused").code,
                "BAD_REQUEST",
                "{wrong}"
            );
        }
        let nested = format!("query={{a}}&variables={}", "[".repeat(50));
        assert_eq!(
            from_query_string(&nested).expect_err("refused").code,
            "DOCUMENT_TOO_COMPLEX"
        );
    }
}
