//! What is done around every request: its id, its origin, its headers, its line in the log.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse, web};
use futures_util::future::LocalBoxFuture;

use super::answer;
use super::headers::{self, Origin};
use super::negotiate::Media;
use super::note::{Line, Note};
use super::problem::Problem;
use super::service::Service;

type Answering = LocalBoxFuture<'static, Result<ServiceResponse<BoxBody>, Error>>;

/// The middleware of all routes. In a box, because each connection has room for what it works on, and
/// ten thousand sockets keep that room for as long as they are open.
pub(crate) fn around(request: ServiceRequest, next: Next<impl MessageBody + 'static>) -> Answering {
    Box::pin(surround(request, next))
}

async fn surround(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let Some(service) = request.app_data::<web::Data<Service>>().cloned() else {
        return Ok(request.into_response(HttpResponse::InternalServerError().finish()));
    };
    let _in_flight = service.metrics.begin();
    let note = Note::begin(&request, service.request_ids.of(request.headers()));
    let origin = Origin::of(request.headers(), &service.app.config);
    let method = request.method().clone();
    let mut line = Line::begin(&note, &method, request.path());

    let mut response = if headers::is_preflight(&method, request.headers()) {
        request.into_response(headers::preflight())
    } else if origin == Origin::Foreign && matches!(method, Method::POST | Method::PUT) {
        request.into_response(foreign(&note))
    } else {
        next.call(request).await?.map_into_boxed_body()
    };

    headers::apply(response.headers_mut(), &origin, &note.request_id);
    line.answered(response.status());
    Ok(response)
}

/// A page that is not on the list has no business here, whatever its browser would let it read of
/// the answer.
fn foreign(note: &Note) -> HttpResponse {
    let message = "This origin may not call the API.";
    let problem = Problem::http(StatusCode::FORBIDDEN, "FORBIDDEN", message);
    HttpResponse::Forbidden()
        .content_type(Media::Json.content_type())
        .body(answer::body(Err(problem), &note.request_id))
}
