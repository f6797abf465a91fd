//! `/graphql` over HTTP: a request read, guarded, run in a task of its own, and answered.
//!
//! Protocol: the GraphQL-over-HTTP draft, <https://graphql.github.io/graphql-over-http/draft/>.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::http::header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use async_graphql::parser::types::{ExecutableDocument, OperationType};
use async_graphql::{Request, Response, Variables};
use entity::{event::ActorKind, ids::UserId};

use super::answer;
use super::asked::{self, Asked};
use super::auth;
use super::client;
use super::guard::{self, Rejection};
use super::metrics::Outcome;
use super::negotiate::{self, Media};
use super::note::Note;
use super::problem::{self, Fault, Problem};
use super::service::Service;
use crate::actor::Actor;
use crate::policy;
use crate::schema;
use crate::session::{ClientAddress, PreferredLocale};

/// What an operation may cost, by who asks.
const COST_MAX_ANONYMOUS: u64 = 200;
const COST_MAX_REQUESTER: u64 = 1_000;
const COST_MAX_STAFF: u64 = 5_000;
/// How long an answer is waited for. What runs is not cut short, only not waited for any longer.
const DEADLINE: Duration = Duration::from_secs(15);

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
    let asked = asked::from_body(http.headers(), payload).await;
    answer(&http, &service, asked, start).await
}

async fn get(http: HttpRequest, service: web::Data<Service>) -> HttpResponse {
    let start = Instant::now();
    let asked = asked::from_query_string(http.query_string());
    answer(&http, &service, asked, start).await
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
    let document = service.documents.parse(&asked.query)?;
    let inspected = guard::inspect(&document, asked.operation_name())?;
    note.operation(&inspected);
    require_method(http.method(), inspected.operation.ty)?;

    let operation = Operation {
        is_mutation: inspected.operation.ty == OperationType::Mutation,
        cost: guard::cost(&document, &inspected, &asked.variables),
        request: request(&document, inspected.name, asked.variables)?
            .data(ClientAddress(client::address(
                http,
                &service.app.config.trusted_proxies,
            )))
            .data(PreferredLocale(client::locale(http.headers()))),
        token: auth::bearer_token(http.headers())?,
    };
    let task = tokio::spawn(execute(Arc::clone(service), operation));
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
        Err(_) => {
            let message = "The operation takes too long. It may still succeed.";
            Err(Problem::http(
                StatusCode::GATEWAY_TIMEOUT,
                "TIMEOUT",
                message,
            ))
        }
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
            "Subscriptions cannot be run by this request.",
        )),
        OperationType::Query | OperationType::Mutation => Ok(()),
    }
}

fn request(
    document: &ExecutableDocument,
    operation_name: Option<&str>,
    mut variables: Variables,
) -> Result<Request, Rejection> {
    let mut document = document.clone();
    guard::normalize(&mut document, operation_name, &mut variables)?;
    let mut request = Request::new("").variables(variables);
    request.operation_name = operation_name.map(str::to_owned);
    request.set_parsed_query(document);
    Ok(request)
}

/// What is run, by whoever holds the token.
struct Operation {
    request: Request,
    is_mutation: bool,
    cost: u64,
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
    let cost_max = cost_max(actor.as_ref());
    if operation.cost > cost_max {
        let rejection = Rejection::TooExpensive {
            cost: operation.cost,
            cost_max,
        };
        return (actor_id, Err(rejection.into()));
    }
    let request = schema::request_data(
        operation.request,
        &service.app,
        actor,
        operation.is_mutation,
    );
    (actor_id, Ok(service.schema.execute(request).await))
}

/// Machines ask for much at once on behalf of many.
fn cost_max(actor: Option<&Actor>) -> u64 {
    match actor {
        None => COST_MAX_ANONYMOUS,
        Some(actor) if policy::sees_internal(actor) || actor.kind() == ActorKind::Machine => {
            COST_MAX_STAFF
        }
        Some(_) => COST_MAX_REQUESTER,
    }
}
