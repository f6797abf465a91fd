//! What becomes known of a request while it is answered, for its one line in the log.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Instant;

use actix_web::http::{Method, StatusCode};
use actix_web::{HttpMessage, HttpRequest};
use async_graphql::parser::types::OperationType;
use entity::ids::UserId;

use super::guard::Inspected;
use super::metrics::Operation;
use crate::token;

/// Characters of an operation's name that the log keeps.
const NAME_LENGTH_MAX: usize = 80;

/// The status in the log where nobody waited for one, as other servers write it.
const CLIENT_LEFT: u16 = 499;
/// In the place of a path that must not be in the log.
const PATH_WITH_TOKEN: &str = "(holds a token)";
const HEALTH_PATHS: [&str; 3] = ["/livez", "/readyz", "/metrics"];

/// Never a token, a body or a document: those may hold anything.
#[derive(Debug, Default)]
pub(crate) struct Note {
    pub(crate) request_id: String,
    pub(crate) operation: Cell<Operation>,
    pub(crate) actor_id: Cell<Option<UserId>>,
    /// Whether it was answered with what was kept.
    pub(crate) is_replayed: Cell<bool>,
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
}

/// The request's line in the log, written when it is over: answered, or left by its client.
pub(crate) struct Line {
    note: Rc<Note>,
    method: Method,
    path: String,
    start: Instant,
    status: Option<StatusCode>,
}

impl Line {
    /// A path that holds a token of the API, by somebody's slip, is not repeated.
    pub(crate) fn begin(note: &Rc<Note>, method: &Method, path: &str) -> Self {
        let path = if token::are_in(path) {
            PATH_WITH_TOKEN
        } else {
            path
        };
        Self {
            note: Rc::clone(note),
            method: method.clone(),
            path: path.to_owned(),
            start: Instant::now(),
            status: None,
        }
    }

    pub(crate) const fn answered(&mut self, status: StatusCode) {
        self.status = Some(status);
    }
}

impl Drop for Line {
    /// Health checks come every few seconds and say little.
    fn drop(&mut self) {
        let status = self.status.map_or(CLIENT_LEFT, |status| status.as_u16());
        if HEALTH_PATHS.contains(&self.path.as_str()) && status == StatusCode::OK {
            return;
        }
        tracing::info!(
            method = self.method.as_str(),
            path = self.path,
            status,
            duration_ms = self.start.elapsed().as_secs_f64() * 1000.0,
            request_id = self.note.request_id,
            actor.id = self
                .note
                .actor_id
                .get()
                .map(|id| tracing::field::display(id.0)),
            operation.r#type = self.note.operation.get().label(),
            operation.name = self.note.operation_name.borrow().as_deref(),
            "answered"
        );
    }
}
