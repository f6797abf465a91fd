//! What becomes known of a request while it is answered, for its one line in the log.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use actix_web::http::{Method, StatusCode};
use actix_web::{HttpMessage, HttpRequest};
use async_graphql::parser::types::OperationType;
use entity::ids::UserId;

use super::guard::Inspected;
use super::metrics::Operation;

/// Characters of an operation's name that the log keeps.
const NAME_LENGTH_MAX: usize = 80;

/// Never a token, a body or a document: those may hold anything.
#[derive(Debug, Default)]
pub(crate) struct Note {
    pub(crate) request_id: String,
    pub(crate) operation: Cell<Operation>,
    pub(crate) actor_id: Cell<Option<UserId>>,
    operation_name: RefCell<Option<String>>,
}

impl Note {
    /// Lays a note beside a request, for its handler to fill in.
    pub(crate) fn begin(request: &impl HttpMessage, request_id: String) -> Rc<Self> {
        let note = Rc::new(Self {
            request_id,
            ..Self::default()
        });
        request.extensions_mut().insert(Rc::clone(&note));
        note
    }

    /// The note of a request.
    pub(crate) fn of(request: &HttpRequest) -> Rc<Self> {
        request
            .extensions()
            .get::<Rc<Self>>()
            .cloned()
            .unwrap_or_default()
    }

    pub(crate) fn operation(&self, inspected: &Inspected<'_>) {
        self.operation.set(match inspected.operation.ty {
            OperationType::Query => Operation::Query,
            OperationType::Mutation => Operation::Mutation,
            OperationType::Subscription => Operation::None,
        });
        let name = inspected
            .name
            .map(|name| name.chars().take(NAME_LENGTH_MAX).collect());
        self.operation_name.replace(name);
    }

    /// Writes the line. Health checks come every few seconds and say little.
    pub(crate) fn log(&self, method: &Method, path: &str, status: StatusCode, duration: Duration) {
        if matches!(path, "/livez" | "/readyz" | "/metrics") && !status.is_server_error() {
            return;
        }
        tracing::info!(
            method = method.as_str(),
            path,
            status = status.as_u16(),
            duration_ms = duration.as_secs_f64() * 1000.0,
            request_id = self.request_id,
            actor.id = self.actor_id.get().map(|id| tracing::field::display(id.0)),
            operation.r#type = self.operation.get().label(),
            operation.name = self.operation_name.borrow().as_deref(),
            "answered"
        );
    }
}
