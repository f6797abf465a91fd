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
use super::budget::{self, Bill};
use super::client;
use super::metrics::Outcome;
use super::negotiate::{self, Media};
use super::note::Note;
use super::persisted;
use super::prepare::{Prepared, prepare};
use super::problem::{self, Fault, Problem};
use super::repeat::{self, Keyed};
use super::service::Service;
use super::stream::{events, socket};
use crate::actor::Actor;
use crate::error::Error;
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
        let allowed = repeat::refuse_key(http.headers());
        let upgraded = allowed.and_then(|()| socket::upgrade(&http, &service, payload));
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
    let asked = match asked {
        Ok(asked) => {
            let fetching = persisted::fetch(service, http.headers(), &asked);
            fetching.await.map(|()| asked)
        }
        Err(problem) => Err(problem),
    };
    match &asked {
        Ok(wanted) if events::are_wanted(http.headers(), service, wanted) => {
            if let Err(problem) = repeat::refuse_key(http.headers()) {
                return refuse(http, problem);
            }
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
    if note.is_replayed.get() {
        builder.insert_header((repeat::REPLAYED, "true"));
    }
    match &result {
        Ok((_, bill)) => bill.add_headers(&mut builder),
        Err(problem) => {
            if let Some(reason) = problem.reason {
                service.metrics.rejection(reason);
            }
            add_headers(&mut builder, problem);
        }
    }
    let result = result.map(|(response, _)| response);
    builder.body(answer::body(result, &note.request_id))
}

fn not_acceptable() -> Problem {
    let message = "The answer can be application/graphql-response+json or application/json.";
    Problem::http(StatusCode::NOT_ACCEPTABLE, "BAD_REQUEST", message)
}

fn judge(result: &Result<(Response, Bill), Problem>) -> (Outcome, Option<Fault>) {
    match result {
        Ok((response, _)) if response.errors.is_empty() => (Outcome::Ok, None),
        Ok((response, _)) if answer::is_request_error(response) => {
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
    if let Some(bill) = &problem.bill {
        bill.add_headers(builder);
    }
}

/// Runs what was asked, and notes what becomes known of it on the way.
async fn run(
    http: &HttpRequest,
    service: &web::Data<Service>,
    asked: Result<Asked, Problem>,
    note: &Note,
) -> Result<(Response, Bill), Problem> {
    let asked = asked?;
    let key = repeat::key(http.headers())?;
    let keyed = key.map(|key| Keyed::new(key, &asked)).transpose()?;
    let prepared = prepare(service, asked, |inspected| note.operation(inspected))?;
    require_method(http.method(), prepared.kind)?;
    if keyed.is_some() {
        Keyed::check(&prepared)?;
    }

    let proxies = &service.app.config.trusted_proxies;
    let operation = Operation {
        prepared,
        keyed,
        request_id: note.request_id.clone(),
        address: ClientAddress(client::address(http, proxies)),
        locale: PreferredLocale(client::locale(http.headers())),
        token: auth::bearer_token(http.headers())?,
    };
    let address = operation.address.0;
    let executing = execute(Arc::clone(service), operation);
    let task = tokio::spawn(trail::from(address, executing));
    match tokio::time::timeout(DEADLINE, task).await {
        Ok(Ok((actor_id, answered))) => {
            note.actor_id.set(actor_id);
            let (response, bill, is_replayed) = answered?;
            note.is_replayed.set(is_replayed);
            Ok((response, bill))
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
    keyed: Option<Keyed>,
    request_id: String,
    address: ClientAddress,
    locale: PreferredLocale,
    token: Option<String>,
}

/// The answer, what it cost, and whether it was given before.
type Answered = Result<(Response, Bill, bool), Problem>;

/// Runs in a task of its own: a client that leaves does not cut it in half, nor does the deadline.
async fn execute(service: Arc<Service>, operation: Operation) -> (Option<UserId>, Answered) {
    match auth::actor(&service.app, operation.token.as_deref()).await {
        Ok(actor) => {
            let actor_id = actor.as_ref().and_then(Actor::id);
            let executing = Box::pin(execute_as(&service, actor, operation));
            (actor_id, executing.await)
        }
        Err(error) => (None, Err(error.into())),
    }
}

async fn execute_as(service: &Service, actor: Option<Actor>, operation: Operation) -> Answered {
    let mut prepared = operation.prepared;
    let settling = budget::settle(service, &prepared, actor.as_ref(), operation.address);
    let (bill, result) = settling.await;
    result?;
    let with_bill = |error: Error| Problem::from(error).with_bill(bill);
    prepared.check_scopes(actor.as_ref()).map_err(with_bill)?;
    let repeatable = operation.keyed.map(|keyed| {
        let actor = actor.clone().ok_or(Error::Unauthenticated)?;
        Ok((keyed.of(&actor, &prepared), actor))
    });
    let repeatable = repeatable.transpose().map_err(with_bill)?;
    let registration = prepared.registration.take();
    let remembers = prepared.kind != OperationType::Mutation;
    let request = prepared
        .into_request()
        .data(operation.address)
        .data(operation.locale);
    let request = schema::request_data(request, &service.app, actor.clone(), remembers);
    // Boxed: what is around it would hold it several times over.
    let execution = Box::pin(service.schema.execute(request));
    let (mut response, is_replayed) = match repeatable {
        Some((repeatable, actor)) => {
            let asked = (&repeatable, operation.request_id.as_str());
            let running = repeat::run(&service.app, &actor, asked, execution);
            running.await.map_err(with_bill)?
        }
        None => (execution.await, false),
    };
    if !answer::is_request_error(&response) {
        persisted::keep(service, actor.as_ref(), registration).await;
    }
    bill.show(&mut response);
    Ok((response, bill, is_replayed))
}
