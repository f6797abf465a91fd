//! WebSockets: the way in. What is said on them is in [`conversation`].

mod bucket;
mod conversation;
mod frames;
mod message;
mod operations;

use actix_http::ws::handshake;
use actix_web::body::MessageBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderMap, SEC_WEBSOCKET_PROTOCOL, UPGRADE};
use actix_web::{HttpRequest, HttpResponse, web};

use self::conversation::{Conversation, Hello};
use self::frames::Incomings;
use self::message::PROTOCOL;
use super::open::Asker;
use super::outbox::{Outbox, Pulled};
use crate::http::auth;
use crate::http::headers::Origin;
use crate::http::problem::Problem;
use crate::http::service::Service;

/// Whether a request wants a WebSocket.
pub(crate) fn is_wanted(headers: &HeaderMap) -> bool {
    let upgrade = headers.get(UPGRADE).and_then(|value| value.to_str().ok());
    upgrade.is_some_and(|upgrade| upgrade.eq_ignore_ascii_case("websocket"))
}

/// Turns a request into a WebSocket.
pub(crate) fn upgrade(
    http: &HttpRequest,
    service: &web::Data<Service>,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    if Origin::of(http.headers(), &service.app.config) == Origin::Foreign {
        // Browsers send cookies and no preflight with these, so the server must look itself.
        let message = "This origin may not call the API.";
        return Err(Problem::http(StatusCode::FORBIDDEN, "FORBIDDEN", message));
    }
    let connection = service
        .hub
        .connections
        .open()
        .map_err(|_| Problem::full())?;
    let Ok(mut response) = handshake(http.head()) else {
        return Err(Problem::bad_request("This is no WebSocket handshake."));
    };
    let is_offered = offers(http.headers());
    if is_offered {
        response.insert_header((SEC_WEBSOCKET_PROTOCOL, PROTOCOL));
    }
    let hello = Hello {
        is_offered,
        header_token: auth::bearer_token(http.headers()),
        asker: Asker::of(http, service)?,
    };
    let outbox = Outbox::default();
    let service = service.clone().into_inner();
    let incomings = Incomings::new(payload);
    let work = Conversation::new(service, connection, incomings, outbox.clone(), hello);
    let response = response.message_body(Pulled::new(outbox, work).boxed());
    response.map_or_else(|_| Err(Problem::internal()), |response| Ok(response.into()))
}

/// Whether the client speaks our protocol.
fn offers(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(SEC_WEBSOCKET_PROTOCOL);
    let names = lines.filter_map(|line| line.to_str().ok());
    names
        .flat_map(|line| line.split(','))
        .any(|name| name.trim() == PROTOCOL)
}
