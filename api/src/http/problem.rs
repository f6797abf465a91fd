//! What went wrong before or around an operation, and the status that says so.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use async_graphql::{ErrorExtensionValues, Pos, ServerError, Value};
use entity::api_token::ApiScope;

use super::budget::Bill;
use super::guard::Rejection;
use super::negotiate::Media;
use crate::error::Error;
use crate::graphql::scope_names;

/// When to try again for a place that is taken.
const RETRY_AFTER_S: u64 = 5;

/// A request that has no result.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) fault: Fault,
    /// The stable `extensions.code`, documented in `docs/api.md`.
    pub(crate) code: &'static str,
    message: Box<str>,
    locations: Vec<Pos>,
    retry_after_s: Option<u64>,
    missing_scopes: &'static [ApiScope],
    /// The guard's word for it, for `/metrics`.
    pub(crate) reason: Option<&'static str>,
    /// What the operation would have cost, once that and its caller are known.
    pub(crate) bill: Option<Box<Bill>>,
}

/// Whose fault it is, as far as the status depends on that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The GraphQL in a well-formed request.
    Document,
    /// The HTTP around it, with the status for this.
    Http(StatusCode),
}

/// The status of an answer: the GraphQL-over-HTTP draft, "Status Codes". The one place that knows.
///
/// An operation that ran is 200, whatever became of its fields. A document that cannot run is 400,
/// but 200 for clients that only accept `application/json`: they must be able to tell an answer
/// from some proxy's page.
pub(crate) fn status(fault: Option<Fault>, media: Media) -> StatusCode {
    match (fault, media) {
        (None, _) | (Some(Fault::Document), Media::Json) => StatusCode::OK,
        (Some(Fault::Document), Media::GraphqlResponse) => StatusCode::BAD_REQUEST,
        (Some(Fault::Http(status)), _) => status,
    }
}

impl Problem {
    /// A request that cannot be understood.
    pub(crate) fn bad_request(message: &str) -> Self {
        Self::http(StatusCode::BAD_REQUEST, "BAD_REQUEST", message)
    }

    /// A request refused for what HTTP says about it.
    pub(crate) fn http(status: StatusCode, code: &'static str, message: &str) -> Self {
        Self {
            fault: Fault::Http(status),
            code,
            message: message.into(),
            locations: Vec::new(),
            retry_after_s: None,
            missing_scopes: &[],
            reason: None,
            bill: None,
        }
    }

    /// A document that nobody here knows by its hash. The words are those of the protocol, which clients look for.
    pub(crate) fn persisted_not_found() -> Self {
        Self::document("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")
    }

    /// Another version of the protocol.
    pub(crate) fn persisted_not_supported() -> Self {
        Self::document(
            "PERSISTED_QUERY_NOT_SUPPORTED",
            "PersistedQueryNotSupported",
        )
    }

    /// A text that has another hash than the one beside it.
    pub(crate) fn persisted_mismatch() -> Self {
        let message = "`extensions.persistedQuery.sha256Hash` is not the SHA-256 of `query`.";
        let mut problem = Self::document("PERSISTED_QUERY_MISMATCH", message);
        problem.reason = Some("persisted_mismatch");
        problem
    }

    /// A document that is not among those that alone may run.
    pub(crate) fn not_trusted() -> Self {
        let message = "Only documents that this desk's operator has listed run here.";
        let mut problem = Self::document("DOCUMENT_NOT_TRUSTED", message);
        problem.reason = Some("not_trusted");
        problem
    }

    fn document(code: &'static str, message: &str) -> Self {
        Self {
            fault: Fault::Document,
            ..Self::http(StatusCode::BAD_REQUEST, code, message)
        }
    }

    /// Our own failure. The cause is logged where it is known.
    pub(crate) fn internal() -> Self {
        Self::http(
            StatusCode::INTERNAL_SERVER_ERROR,
            "INTERNAL",
            "something went wrong",
        )
    }

    /// Nobody waits any longer.
    pub(crate) fn timeout() -> Self {
        let message = "The operation takes too long. It may still succeed.";
        Self::http(StatusCode::GATEWAY_TIMEOUT, "TIMEOUT", message)
    }

    /// What is asked for is not there, or not for whoever asks.
    pub(crate) fn unknown() -> Self {
        Self::http(StatusCode::NOT_FOUND, "NOT_FOUND", "there is no such file")
    }

    /// The server takes in as many files as it may.
    pub(crate) fn no_room() -> Self {
        let message = "This server takes in too many files now.";
        let mut problem = Self::http(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", message);
        problem.retry_after_s = Some(RETRY_AFTER_S);
        problem
    }

    /// The server gives out as many files as it may.
    pub(crate) fn too_many_exports() -> Self {
        let message = "This server gives out too many exports now.";
        let mut problem = Self::http(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", message);
        problem.retry_after_s = Some(RETRY_AFTER_S);
        problem
    }

    /// The server has as many live connections as it may have.
    pub(crate) fn full() -> Self {
        let message = "This server has too many live connections.";
        let mut problem = Self::http(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", message);
        problem.retry_after_s = Some(RETRY_AFTER_S);
        problem
    }

    /// The user has.
    pub(crate) fn crowded() -> Self {
        let message = "You have too many live connections.";
        let mut problem = Self::http(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED", message);
        problem.retry_after_s = Some(RETRY_AFTER_S);
        problem
    }

    /// The socket has as many operations as it may have.
    pub(crate) fn too_many_operations() -> Self {
        let message = "Too many operations run on this socket.";
        Self::http(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED", message)
    }

    pub(crate) fn with_bill(mut self, bill: Bill) -> Self {
        self.bill = Some(Box::new(bill));
        self
    }

    pub(crate) fn retry_after_s(&self) -> Option<u64> {
        self.retry_after_s
    }

    /// What the body of the answer says besides.
    pub(crate) fn extensions(&self) -> BTreeMap<String, Value> {
        let cost = self.bill.as_deref().and_then(Bill::extension);
        cost.map(|cost| ("cost".to_owned(), cost))
            .into_iter()
            .collect()
    }

    /// The same for the body of the answer.
    pub(crate) fn into_error(self) -> ServerError {
        let mut error = ServerError::new(self.message, None);
        error.locations = self.locations;
        let mut extensions = ErrorExtensionValues::default();
        extensions.set("code", self.code);
        if let Some(seconds) = self.retry_after_s {
            extensions.set("retryAfter", seconds);
        }
        if !self.missing_scopes.is_empty() {
            extensions.set("missingScopes", scope_names(self.missing_scopes));
        }
        error.extensions = Some(extensions);
        error
    }
}

impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Self {
        Self {
            fault: Fault::Document,
            code: rejection.code(),
            message: rejection.to_string().into(),
            locations: rejection.locations().to_vec(),
            retry_after_s: None,
            missing_scopes: &[],
            reason: Some(rejection.reason()),
            bill: None,
        }
    }
}

/// For what fails before an operation runs: finding out who asks.
impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let status = match &error {
            Error::Unauthenticated => StatusCode::UNAUTHORIZED,
            Error::Forbidden | Error::MissingScope { .. } | Error::SignInNeeded => {
                StatusCode::FORBIDDEN
            }
            Error::NotFound(_)
            | Error::BadInput(_)
            | Error::Refused(_)
            | Error::RefusedStep { .. } => StatusCode::BAD_REQUEST,
            Error::Resync => StatusCode::GONE,
            Error::IdempotencyMismatch => StatusCode::UNPROCESSABLE_ENTITY,
            Error::RateLimited { .. } => StatusCode::TOO_MANY_REQUESTS,
            Error::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Error::Internal(cause) => {
                tracing::error!(error = ?cause, "a request failed before its operation");
                return Self::internal();
            }
        };
        let mut problem = Self::http(status, error.code(), &error.to_string());
        problem.retry_after_s = error.retry_after_s();
        if let Error::MissingScope { scopes } = error {
            problem.missing_scopes = scopes;
        }
        problem
    }
}
