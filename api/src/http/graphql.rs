//! `/graphql` over HTTP: a request read, guarded, run in a task of its own, and answered.
//!
//! Protocol: the GraphQL-over-HTTP draft, <https://graphql.github.io/graphql-over-http/draft/>.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::http::header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use async_graphql::Response;
use async_graphql::parser::types::OperationType;
use entity::ids::UserId;

use super::answer;
use super::asked::{self, Asked};
use super::auth;
use super::client;
use super::metrics::Outcome;
use super::negotiate::{self, Media};
use super::note::Note;
use super::prepare::{Prepared, prepare};
use super::problem::{self, Fault, Problem};
use super::service::Service;
use super::stream::{events, socket};
use crate::actor::Actor;
use crate::schema;
use crate::session::{ClientAddress, PreferredLocale};
use crate::trail;

/// How long an answer is waited for. What runs is not cut short, only not waited for any longer.
pub(crate) const DEADLINE: Duration = Duration::from_secs(15);

/// The two methods of `/graphql`; every other is 405.
pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config.service(
        web::resource("/graphql")
            .route(web::post().to(post))
            .route(web::get().to(get))
            .default_service(web::to(other)),
    );
}

async fn post(
    http: HttpRequest,
    service: web::Data<Service>,
    payload: web::Payload,
) -> HttpResponse {
    let start = Instant::now();
    let asked = match auth::refuse_in_address(http.query_string()) {
        Ok(()) => asked::from_body(http.headers(), payload).await,
        Err(problem) => Err(problem),
    };
    respond(&http, &service, asked, start).await
}

async fn get(
    http: HttpRequest,
    service: web::Data<Service>,
    payload: web::Payload,
) -> HttpResponse {
    let start = Instant::now();
    if let Err(problem) = auth::refuse_in_address(http.query_string()) {
        return respond(&http, &service, Err(problem), start).await;
    }
    if socket::is_wanted(http.headers()) {
        let upgraded = socket::upgrade(&http, &service, payload);
        return upgraded.unwrap_or_else(|problem| refuse(&http, problem));
    }
    let asked = asked::from_query_string(http.query_string());
    respond(&http, &service, asked, start).await
}

/// One answer, or a stream of them.
async fn respond(
    http: &HttpRequest,
    service: &web::Data<Service>,
    asked: Result<Asked, Problem>,
    start: Instant,
) -> HttpResponse {
    match &asked {
        Ok(wanted) if events::are_wanted(http.headers(), service, wanted) => {
            let streamed = events::answer(http, service, asked).await;
            streamed.unwrap_or_else(|problem| refuse(http, problem))
        }
        _ => answer(http, service, asked, start).await,
    }
}

/// Tells a client that wanted something else than one result why there is none.
pub(super) fn refuse(http: &HttpRequest, problem: Problem) -> HttpResponse {
    let media = Media::Json;
    let mut builder = HttpResponse::build(problem::status(Some(problem.fault), media));
    builder.content_type(media.content_type());
    add_headers(&mut builder, &problem);
    let note = Note::of(http);
    builder.body(answer::body(Err(problem), &note.request_id))
}

async fn other() -> HttpResponse {
    HttpResponse::MethodNotAllowed()
        .insert_header((ALLOW, "GET, POST"))
        .finish()
}

async fn answer(
    http: &HttpRequest,
    service: &web::Data<Service>,
    asked: Result<Asked, Problem>,
    start: Instant,
) -> HttpResponse {
    let note = Note::of(http);
    let (media, result) = match negotiate::accepted(http.headers()) {
        Some(media) => (media, run(http, service, asked, &note).await),
        None => (Media::Json, Err(not_acceptable())),
    };
    let (outcome, fault) = judge(&result);
    service
        .metrics
        .request(note.operation.get(), outcome, start.elapsed());

    let mut builder = HttpResponse::build(problem::status(fault, media));
    builder.content_type(media.content_type());
    if let Err(problem) = &result {
        if let Some(reason) = problem.reason {
            service.metrics.rejection(reason);
        }
        add_headers(&mut builder, problem);
    }
    builder.body(answer::body(result, &note.request_id))
}

fn not_acceptable() -> Problem {
    let message = "The answer can be application/graphql-response+json or application/json.";
    Problem::http(StatusCode::NOT_ACCEPTABLE, "BAD_REQUEST", message)
}

fn judge(result: &Result<Response, Problem>) -> (Outcome, Option<Fault>) {
    match result {
        Ok(response) if response.errors.is_empty() => (Outcome::Ok, None),
        Ok(response) if answer::is_request_error(response) => {
            (Outcome::Refused, Some(Fault::Document))
        }
        Ok(_) => (Outcome::Errors, None),
        Err(problem) => match problem.fault {
            Fault::Http(status) if status.is_server_error() => {
                (Outcome::Failed, Some(problem.fault))
            }
            Fault::Http(_) | Fault::Document => (Outcome::Refused, Some(problem.fault)),
        },
    }
}

fn add_headers(builder: &mut HttpResponseBuilder, problem: &Problem) {
    match problem.fault {
        Fault::Http(StatusCode::METHOD_NOT_ALLOWED) => {
            builder.insert_header((ALLOW, "POST"));
        }
        Fault::Http(StatusCode::UNAUTHORIZED) => {
            builder.insert_header((WWW_AUTHENTICATE, "Bearer"));
        }
        _ => {}
    }
    if let Some(seconds) = problem.retry_after_s() {
        builder.insert_header((RETRY_AFTER, seconds));
    }
}

/// Runs what was asked, and notes what becomes known of it on the way.
async fn run(
    http: &HttpRequest,
    service: &web::Data<Service>,
    asked: Result<Asked, Problem>,
    note: &Note,
) -> Result<Response, Problem> {
    let asked = asked?;
    let prepared = prepare(service, asked, |inspected| note.operation(inspected))?;
    require_method(http.method(), prepared.kind)?;

    let proxies = &service.app.config.trusted_proxies;
    let operation = Operation {
        prepared,
        address: ClientAddress(client::address(http, proxies)),
        locale: PreferredLocale(client::locale(http.headers())),
        token: auth::bearer_token(http.headers())?,
    };
    let address = operation.address.0;
    let executing = execute(Arc::clone(service), operation);
    let task = tokio::spawn(trail::from(address, executing));
    match tokio::time::timeout(DEADLINE, task).await {
        Ok(Ok((actor_id, result))) => {
            note.actor_id.set(actor_id);
            result
        }
        Ok(Err(_)) => {
            service.metrics.panics.inc();
            tracing::error!(request_id = note.request_id, "an operation panicked");
            Err(Problem::internal())
        }
        Err(_) => Err(Problem::timeout()),
    }
}

/// A link, an image or a prefetch can make a browser GET, so a GET must not change anything.
fn require_method(method: &Method, operation: OperationType) -> Result<(), Problem> {
    match operation {
        OperationType::Mutation if method != Method::POST => {
            let message = "Mutations must be sent by POST.";
            Err(Problem::http(
                StatusCode::METHOD_NOT_ALLOWED,
                "BAD_REQUEST",
                message,
            ))
        }
        OperationType::Subscription => Err(Problem::bad_request(
            "Subscriptions need a WebSocket, or Accept: text/event-stream.",
        )),
        OperationType::Query | OperationType::Mutation => Ok(()),
    }
}

/// What is run, by whoever holds the token.
struct Operation {
    prepared: Prepared,
    address: ClientAddress,
    locale: PreferredLocale,
    token: Option<String>,
}

/// Runs in a task of its own: a client that leaves does not cut it in half, nor does the deadline.
async fn execute(
    service: Arc<Service>,
    operation: Operation,
) -> (Option<UserId>, Result<Response, Problem>) {
    let actor = match auth::actor(&service.app, operation.token.as_deref()).await {
        Ok(actor) => actor,
        Err(error) => return (None, Err(error.into())),
    };
    let actor_id = actor.as_ref().and_then(Actor::id);
    let prepared = operation.prepared;
    if let Err(rejection) = prepared.check_cost(actor.as_ref()) {
        return (actor_id, Err(rejection.into()));
    }
    if let Err(error) = prepared.check_scopes(actor.as_ref()) {
        return (actor_id, Err(error.into()));
    }
    let remembers = prepared.kind != OperationType::Mutation;
    let request = prepared
        .into_request()
        .data(operation.address)
        .data(operation.locale);
    let request = schema::request_data(request, &service.app, actor, remembers);
    (actor_id, Ok(service.schema.execute(request).await))
}
