//! `PUT /uploads/{id}?token=…`: a file on its way to where it is kept.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CONTENT_LENGTH};
use actix_web::{HttpRequest, HttpResponse, web};
use entity::ids::UploadId;
use futures_util::StreamExt;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::timeout;
use url::form_urlencoded;
use uuid::Uuid;

use super::auth;
use super::graphql::refuse;
use super::problem::Problem;
use super::service::Service;
use crate::attachment::{self, Announced, Sent, Unreceived};

/// Files that one server takes in at once; each holds a few pieces in memory, and one turn at making its preview.
const AT_ONCE: usize = 64;
/// Pieces that were read and are not written yet.
const PIECES_MAX: usize = 4;
/// How long a sender may be silent.
const PIECE_TIMEOUT: Duration = Duration::from_secs(30);
/// How long it may take altogether.
const TIMEOUT: Duration = Duration::from_mins(15);

/// How long, and how much, is read after a file was refused.
const LINGER: Duration = Duration::from_secs(1);
const LINGER_BYTES_MAX: usize = 1 << 20;

static ROOM: Semaphore = Semaphore::const_new(AT_ONCE);

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    let resource = web::resource("/uploads/{id}");
    config.service(
        resource
            .route(web::put().to(put))
            .default_service(web::to(other)),
    );
}

async fn other() -> HttpResponse {
    HttpResponse::MethodNotAllowed()
        .insert_header((ALLOW, "PUT"))
        .finish()
}

async fn put(
    http: HttpRequest,
    service: web::Data<Service>,
    mut payload: web::Payload,
) -> HttpResponse {
    match receive(&http, service, &mut payload).await {
        Ok(()) => HttpResponse::NoContent().finish(),
        Err(problem) => {
            linger(&mut payload).await;
            refuse(&http, problem)
        }
    }
}

/// Reads on for a moment: a sender that is still at it hears the answer, and not of a broken connection.
async fn linger(payload: &mut web::Payload) {
    let mut left = LINGER_BYTES_MAX;
    let rest = async {
        while let Some(Ok(piece)) = payload.next().await {
            match left.checked_sub(piece.len()) {
                Some(rest) => left = rest,
                None => return,
            }
        }
    };
    let _is_all_read = timeout(LINGER, rest).await.is_ok();
}

async fn receive(
    http: &HttpRequest,
    service: web::Data<Service>,
    payload: &mut web::Payload,
) -> Result<(), Problem> {
    let service = service.into_inner();
    let announced = announced(http, &service).await?;
    let room = ROOM.try_acquire().map_err(|_| Problem::no_room())?;
    let (sender, mut pieces) = mpsc::channel(PIECES_MAX);
    // In a task of its own: a sender that leaves does not cut what it does in half.
    let receiving = tokio::spawn({
        let service = Arc::clone(&service);
        async move {
            let received = attachment::receive(&service.app, &announced, &mut pieces).await;
            drop(room);
            received
        }
    });
    // Where that takes too long the sender was cut off.
    let _is_in_time = timeout(TIMEOUT, pass_on(payload, sender)).await.is_ok();
    let Ok(received) = receiving.await else {
        service.metrics.panics.inc();
        return Err(Problem::internal());
    };
    received.map_err(problem)
}

async fn announced(http: &HttpRequest, service: &Arc<Service>) -> Result<Announced, Problem> {
    let id = http.match_info().get("id").unwrap_or_default();
    let token = parameter(http, "token");
    let (Some(id), Some(token)) = (read_id(id), token) else {
        return Err(Problem::unknown());
    };
    let sender = match auth::bearer_token(http.headers())? {
        Some(token) => auth::actor_apart(service, token).await?.id(),
        None => None,
    };
    let length = http.headers().get(CONTENT_LENGTH);
    Ok(Announced {
        upload_id: UploadId(id),
        token,
        byte_size: length.and_then(|length| length.to_str().ok()?.parse().ok()),
        sender,
    })
}

/// The first parameter of this name.
pub(super) fn parameter(http: &HttpRequest, name: &str) -> Option<String> {
    let mut parameters = form_urlencoded::parse(http.query_string().as_bytes());
    parameters.find_map(|(key, value)| (key == name).then(|| value.into_owned()))
}

/// An id as addresses have it: 32 digits.
pub(super) fn read_id(text: &str) -> Option<Uuid> {
    Uuid::try_parse(text)
        .ok()
        .filter(|id| id.simple().to_string() == text)
}

/// Says the end only where there was one.
async fn pass_on(payload: &mut web::Payload, sender: mpsc::Sender<Sent>) {
    loop {
        let piece = tokio::select! {
            biased;
            // The file was refused.
            () = sender.closed() => return,
            piece = timeout(PIECE_TIMEOUT, payload.next()) => piece,
        };
        let sent = match piece {
            Ok(Some(Ok(piece))) => Sent::Piece(piece),
            Ok(None) => Sent::End,
            Ok(Some(Err(_))) | Err(_) => return,
        };
        let is_end = matches!(sent, Sent::End);
        if sender.send(sent).await.is_err() || is_end {
            return;
        }
    }
}

fn problem(why: Unreceived) -> Problem {
    let refused = |status, code, message: &str| Problem::http(status, code, message);
    match why {
        Unreceived::Unknown => Problem::unknown(),
        Unreceived::Over => refused(
            StatusCode::GONE,
            "TOO_LATE",
            "This file was sent already, or its time is over.",
        ),
        Unreceived::Busy => refused(
            StatusCode::CONFLICT,
            "CONFLICT",
            "This file is being sent by another request.",
        ),
        Unreceived::WrongSize { announced } => refused(
            StatusCode::BAD_REQUEST,
            "BAD_REQUEST",
            &format!("This file was announced with {announced} bytes."),
        ),
        Unreceived::Type => refused(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "BAD_REQUEST",
            "Files of this type are not taken.",
        ),
        Unreceived::CutOff => refused(
            StatusCode::REQUEST_TIMEOUT,
            "BAD_REQUEST",
            "The file did not come in whole.",
        ),
        Unreceived::Failed(error) => error.into(),
    }
}
