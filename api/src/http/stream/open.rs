//! From what a client asks to what is run: the same for every transport.

use std::sync::Arc;

use actix_web::HttpRequest;
use async_graphql::parser::types::OperationType;
use async_graphql::{Response, Value};
use futures_util::StreamExt;

use super::sharing;
use crate::actor::Actor;
use crate::error::Error;
use crate::events::Pos;
use crate::http::answer;
use crate::http::asked::Asked;
use crate::http::budget::{self, Bill};
use crate::http::client;
use crate::http::graphql::DEADLINE;
use crate::http::guard::Inspected;
use crate::http::note::Note;
use crate::http::persisted;
use crate::http::prepare::{Prepared, prepare};
use crate::http::problem::Problem;
use crate::http::service::Service;
use crate::live::{Answer, Execute, Reader, Relay, Source};
use crate::persisted::Hash;
use crate::schema;
use crate::session::{ClientAddress, PreferredLocale};

/// Whom an operation is run for.
#[derive(Clone)]
pub(crate) struct Asker {
    pub(crate) actor: Option<Arc<Actor>>,
    pub(crate) address: ClientAddress,
    pub(crate) locale: PreferredLocale,
    pub(crate) request_id: Arc<str>,
    /// Wakes the task of its connection.
    pub(crate) relay: Relay,
}

impl Asker {
    /// Whoever sent this request; nobody yet.
    pub(crate) fn of(http: &HttpRequest, service: &Service) -> Result<Self, Problem> {
        let relay = http.app_data::<Relay>().ok_or_else(Problem::internal)?;
        let proxies = &service.app.config.trusted_proxies;
        Ok(Self {
            actor: None,
            address: ClientAddress(client::address(http, proxies)),
            locale: PreferredLocale(client::locale(http.headers())),
            request_id: Note::of(http).request_id.as_str().into(),
            relay: relay.clone(),
        })
    }
}

/// What became of it, and what it costs.
pub(crate) struct Opened {
    pub(crate) what: What,
    pub(crate) bill: Bill,
}

pub(crate) enum What {
    /// The one answer of a query.
    Answer(Answer),
    /// A stream.
    Live(Reader),
}

/// Takes what a client asks through the guard. A stream may not change anything: a client that comes
/// back would do it twice.
pub(crate) fn guard(
    service: &Service,
    asked: Asked,
    note: impl FnOnce(&Inspected<'_>),
) -> Result<Checked, Problem> {
    let prepared = prepare(service, asked, note)?;
    match prepared.kind {
        OperationType::Mutation => Err(Problem::bad_request(
            "Mutations must be sent by POST, with Accept: application/json.",
        )),
        OperationType::Query | OperationType::Subscription => Ok(Checked(prepared)),
    }
}

/// What passed the guard.
pub(crate) struct Checked(Prepared);

impl Checked {
    pub(crate) const fn is_query(&self) -> bool {
        matches!(self.0.kind, OperationType::Query)
    }
}

/// [`guard`] and [`open`] of a document that has to be looked for in the store first.
pub(crate) async fn fetch_and_open(
    service: Arc<Service>,
    hash: Hash,
    asked: Asked,
    who: Asker,
) -> Result<Opened, Problem> {
    persisted::fetch_known(&service, hash).await?;
    let checked = guard(&service, asked, |_| ())?;
    open(service, checked, who, None).await
}

/// Runs a query, or finds a stream to read. In a task of its own, on any runtime: a client that
/// leaves cuts nothing in half. `last_seen` is a cursor that the client has from elsewhere.
pub(crate) async fn open(
    service: Arc<Service>,
    checked: Checked,
    asker: Asker,
    last_seen: Option<String>,
) -> Result<Opened, Problem> {
    let task = tokio::spawn(opening(Arc::clone(&service), checked, asker, last_seen));
    match tokio::time::timeout(DEADLINE, task).await {
        Ok(Ok(opened)) => {
            let problem = opened.as_ref().err();
            if let Some(reason) = problem.and_then(|problem| problem.reason) {
                service.metrics.rejection(reason);
            }
            opened
        }
        Ok(Err(_)) => {
            service.metrics.panics.inc();
            tracing::error!("an operation of a live connection panicked");
            Err(Problem::internal())
        }
        Err(_) => Err(Problem::timeout()),
    }
}

async fn opening(
    service: Arc<Service>,
    checked: Checked,
    asker: Asker,
    last_seen: Option<String>,
) -> Result<Opened, Problem> {
    let Checked(mut prepared) = checked;
    let actor = asker.actor.clone();
    let (bill, result) = budget::settle(&service, &prepared, actor.as_deref(), asker.address).await;
    result?;
    let registration = prepared.registration.take();
    let begun = begin(Arc::clone(&service), prepared, asker, last_seen, bill).await;
    if !matches!(begun, Err(_) | Ok(What::Answer(Answer::Failed(_)))) {
        persisted::keep(&service, actor.as_deref(), registration).await;
    }
    begun
        .map(|what| Opened { what, bill })
        .map_err(|problem| problem.with_bill(bill))
}

async fn begin(
    service: Arc<Service>,
    prepared: Prepared,
    asker: Asker,
    last_seen: Option<String>,
    bill: Bill,
) -> Result<What, Problem> {
    prepared.check_scopes(asker.actor.as_deref())?;
    if prepared.kind == OperationType::Query {
        let request = prepared.request().data(asker.address).data(asker.locale);
        let actor = asker.actor.as_deref().cloned();
        let request = schema::request_data(request, &service.app, actor, true);
        let mut response = service.schema.execute(request).await;
        bill.show(&mut response);
        let answer = if answer::is_request_error(&response) {
            Answer::Failed(answer::errors(response.errors, &asker.request_id))
        } else {
            Answer::Next(write(response, &asker.request_id))
        };
        return Ok(What::Answer(answer));
    }
    let actor = asker.actor.clone().ok_or(Error::Unauthenticated)?;
    let Some(wanted) = sharing::Asked::of(&prepared) else {
        return Err(Problem::internal());
    };
    let key = wanted.key(&service.app, &actor).await?;
    let feed = &service.app.feed;
    let after = match last_seen.or_else(|| wanted.after()) {
        Some(cursor) => feed.check(&cursor).await?,
        None if wanted.has_places() => feed.head(),
        None => Pos::default(),
    };
    let relay = asker.relay.clone();
    let source = Source {
        key,
        execute: execute(Arc::clone(&service), prepared, asker),
    };
    Ok(What::Live(service.hub.read(source, after, relay)))
}

/// Executions of a subscription, each from a place on.
fn execute(service: Arc<Service>, prepared: Prepared, asker: Asker) -> Execute {
    Box::new(move |start| {
        let request = prepared.request().data(start);
        let request = request.data(asker.address).data(asker.locale);
        let actor = asker.actor.as_deref().cloned();
        // What was loaded for one event must not answer for the next.
        let request = schema::request_data(request, &service.app, actor, false);
        let request_id = Arc::clone(&asker.request_id);
        let responses = service.schema.execute_stream(request);
        Box::pin(responses.map(move |response| answer_of(response, &request_id)))
    })
}

/// A response without data has nothing to say but why there is none, and what comes after it would
/// have a gap before it.
fn answer_of(response: Response, request_id: &str) -> Answer {
    if response.data == Value::Null && !response.errors.is_empty() {
        return Answer::Failed(answer::errors(response.errors, request_id));
    }
    Answer::Next(write(response, request_id))
}

fn write(response: Response, request_id: &str) -> String {
    // JSON is UTF-8.
    String::from_utf8(answer::body(Ok(response), request_id)).unwrap_or_default()
}
