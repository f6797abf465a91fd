//! `/export/{kind}`: everything of one kind that the caller sees, as JSON Lines or CSV, streamed as it is read.

use std::sync::Arc;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, web};
use async_graphql::{InputType, Value};
use futures_util::stream;
use serde::Deserialize;
use tokio::sync::{Semaphore, SemaphorePermit, mpsc};

use super::graphql::refuse;
use super::note::Note;
use super::problem::Problem;
use super::service::Service;
use super::{auth, client};
use crate::actor::Actor;
use crate::app::App;
use crate::error::{Error, Result};
use crate::export::{self, Kind, Line, Place, Wanted};
use crate::ticket::{Filter, graphql::TicketFilter};
use crate::trail;

/// Batches that are read ahead of a client who takes them slowly.
const BATCHES_AHEAD: usize = 1;
/// Files that this server gives out at once, the audit log's among them: each holds a batch or two in memory, and a
/// connection to the database now and then.
static ROOM: Semaphore = Semaphore::const_new(4);

/// A place among those that are taken out at once.
pub(super) fn room() -> Result<SemaphorePermit<'static>, Problem> {
    ROOM.try_acquire().map_err(|_| Problem::too_many_exports())
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    #[default]
    Jsonl,
    Csv,
}

/// How it is wanted.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    #[serde(default)]
    format: Format,
    /// The `id` of the last line that the client has.
    after: Option<String>,
    /// Of tickets: a `TicketFilter` as JSON.
    filter: Option<String>,
}

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config.route("/export/{kind}", web::get().to(give));
}

/// Why a file ends before its end: the connection is cut, so that nobody takes it for whole.
#[derive(Debug, thiserror::Error)]
#[error("the records cannot be read to their end")]
struct Cut;

async fn give(
    http: HttpRequest,
    kind: web::Path<String>,
    service: web::Data<Service>,
) -> HttpResponse {
    let begun = match Kind::read(&kind) {
        Some(kind) => begin(&http, &service, kind).await,
        None => Err(Problem::unknown()),
    };
    match begun {
        Ok((kind, format, batches)) => {
            let next = |mut batches: mpsc::Receiver<Result<Bytes, Cut>>| async move {
                let batch = batches.recv().await?;
                Some((batch, batches))
            };
            HttpResponse::Ok()
                .content_type(format.content_type())
                .insert_header((CACHE_CONTROL, "no-store"))
                .insert_header((CONTENT_DISPOSITION, format.disposition(kind)))
                .streaming(stream::unfold(batches, next))
        }
        Err(problem) => refuse(&http, problem),
    }
}

type Begun = (Kind, Format, mpsc::Receiver<Result<Bytes, Cut>>);

async fn begin(
    http: &HttpRequest,
    service: &web::Data<Service>,
    kind: Kind,
) -> Result<Begun, Problem> {
    auth::refuse_in_address(http.query_string())?;
    let asked = web::Query::<Asked>::from_query(http.query_string());
    let Ok(web::Query(asked)) = asked else {
        let message = "`format` is jsonl or csv; besides it there are `after` and `filter`.";
        return Err(Problem::bad_request(message));
    };
    if asked.filter.is_some() && kind != Kind::Tickets {
        return Err(Problem::bad_request("Only tickets have a `filter`."));
    }
    let token = auth::bearer_token(http.headers())?;
    let address = client::address(http, &service.app.config.trusted_proxies);
    let app = Arc::clone(&service.app);
    let format = asked.format;
    // In a task of its own, like everything that asks the database: a client that leaves cuts nothing in half.
    let starting = tokio::spawn(trail::from(address, async move {
        let actor = reader(&app, token.as_deref()).await?;
        let filter = match &asked.filter {
            Some(text) => Some(filter(&app, &actor, text).await?),
            None => None,
        };
        let after = match &asked.after {
            Some(id) => Some(Place::read(&app, kind, id)?),
            None => None,
        };
        let room = room()?;
        export::begin(&app, &actor).await?;
        let (sender, batches) = mpsc::channel(BATCHES_AHEAD);
        let reading = Reading {
            app,
            token,
            wanted: Wanted { kind, filter },
            format,
            to: sender,
            _room: room,
        };
        let actor_id = actor.id();
        tokio::spawn(reading.read(actor, after));
        Ok::<_, Problem>((actor_id, batches))
    }));
    let Ok(started) = starting.await else {
        service.metrics.panics.inc();
        return Err(Problem::internal());
    };
    let (reader_id, batches) = started?;
    Note::of(http).actor_id.set(reader_id);
    Ok((kind, format, batches))
}

async fn reader(app: &App, token: Option<&str>) -> Result<Actor> {
    auth::actor(app, token).await?.ok_or(Error::Unauthenticated)
}

/// As the field `tickets` takes it.
async fn filter(app: &App, actor: &Actor, text: &str) -> Result<Filter> {
    let unusable = || Error::BadInput("`filter` is not a TicketFilter as JSON");
    let json: serde_json::Value = serde_json::from_str(text).map_err(|_| unusable())?;
    let value = Value::from_json(json.clone()).map_err(|_| unusable())?;
    let filter = TicketFilter::parse(Some(value)).map_err(|_| unusable())?;
    let read = filter.to_value().into_json().map_err(|_| unusable())?;
    if !is_read(&json, &read) {
        return Err(unusable());
    }
    let directory = app.directory().await?;
    filter.compile_for_list(actor, &directory.fields, app.store.backend())
}

/// Whether nothing was passed over: a slip in a name must not let everything through.
fn is_read(given: &serde_json::Value, read: &serde_json::Value) -> bool {
    use serde_json::Value::{Array, Object};
    match (given, read) {
        (Object(given), Object(read)) => given
            .iter()
            .all(|(name, given)| read.get(name).is_some_and(|read| is_read(given, read))),
        (Array(given), Array(read)) => given
            .iter()
            .zip(read)
            .all(|(given, read)| is_read(given, read)),
        _ => true,
    }
}

/// Records on their way to a client.
struct Reading {
    app: Arc<App>,
    token: Option<String>,
    wanted: Wanted,
    format: Format,
    to: mpsc::Sender<Result<Bytes, Cut>>,
    _room: SemaphorePermit<'static>,
}

impl Reading {
    /// Reads to the end, or until nobody takes it any more. The rights are those of each moment.
    async fn read(self, actor: Actor, after: Option<Place>) {
        if let Err(error) = self.read_all(actor, after).await {
            tracing::warn!(?error, "an export ends early");
            let _nobody_waits = self.to.send(Err(Cut)).await;
        }
    }

    async fn read_all(&self, actor: Actor, after: Option<Place>) -> Result<()> {
        let (mut actor, mut place) = (actor, after);
        let directory = self.app.directory().await?;
        let columns = export::csv_columns(self.wanted.kind, &actor, &directory);
        let mut text = match self.format {
            Format::Jsonl => String::new(),
            Format::Csv => export::csv_head(&columns),
        };
        // Where nothing comes of a batch nothing is sent, and nobody would notice that the client has gone.
        while !self.to.is_closed() {
            let batch = export::next(&self.app, &actor, &self.wanted, place);
            let Some(batch) = Box::pin(batch).await? else {
                break;
            };
            place = Some(batch.end);
            for line in &batch.lines {
                text.push_str(&self.format.line(line, &columns));
            }
            let text = std::mem::take(&mut text);
            if !text.is_empty() && self.to.send(Ok(text.into())).await.is_err() {
                return Ok(());
            }
            actor = reader(&self.app, self.token.as_deref()).await?;
        }
        // An empty file of CSV has a head too.
        let _nobody_waits = self.to.send(Ok(text.into())).await;
        Ok(())
    }
}

impl Format {
    const fn content_type(self) -> &'static str {
        match self {
            Self::Jsonl => "application/jsonl; charset=utf-8",
            Self::Csv => "text/csv; charset=utf-8; header=present",
        }
    }

    fn disposition(self, kind: Kind) -> String {
        let ending = match self {
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
        };
        format!("attachment; filename=\"{}.{ending}\"", kind.word())
    }

    fn line(self, line: &Line, columns: &[String]) -> String {
        match self {
            Self::Jsonl => line.json(),
            Self::Csv => line.csv(columns),
        }
    }
}
