//! `/audit.jsonl` and `/audit.csv`: the whole audit log as a file, for admins, streamed as it is read.

use std::sync::Arc;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use futures_util::stream;
use serde::Deserialize;
use tokio::sync::mpsc;

use super::export::room;
use super::graphql::refuse;
use super::note::Note;
use super::problem::Problem;
use super::service::Service;
use super::{auth, client};
use crate::actor::Actor;
use crate::app::App;
use crate::audit::graphql::{CSV_HEAD, csv_line, json_line};
use crate::audit::{self, Filter, Place};
use crate::error::{Error, Result};
use crate::trail;

/// Batches that are read ahead of a client who takes them slowly.
const BATCHES_AHEAD: usize = 2;

#[derive(Clone, Copy)]
enum Format {
    Jsonl,
    Csv,
}

/// A span of the log; all of it where nothing is said.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Span {
    from: Option<DateTime<Utc>>,
    to: Option<DateTime<Utc>>,
}

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/audit.jsonl", web::get().to(jsonl))
        .route("/audit.csv", web::get().to(csv));
}

async fn jsonl(http: HttpRequest, service: web::Data<Service>) -> HttpResponse {
    give(&http, &service, Format::Jsonl).await
}

async fn csv(http: HttpRequest, service: web::Data<Service>) -> HttpResponse {
    give(&http, &service, Format::Csv).await
}

async fn give(http: &HttpRequest, service: &web::Data<Service>, format: Format) -> HttpResponse {
    match begin(http, service, format).await {
        Ok(batches) => {
            let next = |mut batches: mpsc::Receiver<Result<Bytes, Cut>>| async move {
                let batch = batches.recv().await?;
                Some((batch, batches))
            };
            HttpResponse::Ok()
                .content_type(format.content_type())
                .insert_header((CACHE_CONTROL, "no-store"))
                .insert_header((CONTENT_DISPOSITION, format.disposition()))
                .streaming(stream::unfold(batches, next))
        }
        Err(problem) => refuse(http, problem),
    }
}

/// Why a file ends before its end: the connection is cut, so that nobody takes it for whole.
#[derive(Debug, thiserror::Error)]
#[error("the audit log cannot be read to its end")]
struct Cut;

async fn begin(
    http: &HttpRequest,
    service: &web::Data<Service>,
    format: Format,
) -> Result<mpsc::Receiver<Result<Bytes, Cut>>, Problem> {
    auth::refuse_in_address(http.query_string())?;
    let span = web::Query::<Span>::from_query(http.query_string());
    let span = span.map_err(|_| Problem::bad_request("`from` and `to` must be RFC 3339 times."))?;
    let filter = Filter {
        from: span.from,
        to: span.to,
        ..Filter::default()
    };
    let token = auth::bearer_token(http.headers())?;
    let address = client::address(http, &service.app.config.trusted_proxies);
    let app = Arc::clone(&service.app);
    // In a task of its own, like everything that asks the database: a client that leaves cuts nothing in half.
    let starting = tokio::spawn(trail::from(address, async move {
        let actor = reader(&app, token.as_deref()).await?;
        let room = room()?;
        audit::begin_export(&app, &actor).await?;
        let (sender, batches) = mpsc::channel(BATCHES_AHEAD);
        let reading = read(app, token, filter, format, sender);
        tokio::spawn(async move {
            reading.await;
            drop(room);
        });
        Ok::<_, Problem>((actor.id(), batches))
    }));
    let Ok(started) = starting.await else {
        service.metrics.panics.inc();
        return Err(Problem::internal());
    };
    let (reader_id, batches) = started?;
    Note::of(http).actor_id.set(reader_id);
    Ok(batches)
}

/// Reads to the end, or until nobody takes it any more. The rights are those of each moment.
async fn read(
    app: Arc<App>,
    token: Option<String>,
    filter: Filter,
    format: Format,
    to: mpsc::Sender<Result<Bytes, Cut>>,
) {
    let mut text = match format {
        Format::Jsonl => String::new(),
        Format::Csv => CSV_HEAD.to_owned(),
    };
    let mut after = None;
    loop {
        let batch = match next(&app, token.as_deref(), &filter, after).await {
            Ok(batch) => batch,
            Err(error) => {
                tracing::warn!(?error, "an export of the audit log ends early");
                let _nobody_waits = to.send(Err(Cut)).await;
                return;
            }
        };
        let Some(last) = batch.last() else { break };
        after = Some((last.at, last.id));
        for row in &batch {
            text.push_str(&format.line(row));
        }
        if to.send(Ok(std::mem::take(&mut text).into())).await.is_err() {
            return;
        }
    }
    // An empty file of CSV has a head too.
    let _nobody_waits = to.send(Ok(text.into())).await;
}

async fn next(
    app: &App,
    token: Option<&str>,
    filter: &Filter,
    after: Option<Place>,
) -> Result<Vec<entity::audit_entry::Model>> {
    let actor = reader(app, token).await?;
    audit::export(app, &actor, filter, after).await
}

async fn reader(app: &App, token: Option<&str>) -> Result<Actor> {
    auth::actor(app, token).await?.ok_or(Error::Unauthenticated)
}

impl Format {
    const fn content_type(self) -> &'static str {
        match self {
            Self::Jsonl => "application/jsonl; charset=utf-8",
            Self::Csv => "text/csv; charset=utf-8; header=present",
        }
    }

    const fn disposition(self) -> &'static str {
        match self {
            Self::Jsonl => "attachment; filename=\"audit.jsonl\"",
            Self::Csv => "attachment; filename=\"audit.csv\"",
        }
    }

    fn line(self, row: &entity::audit_entry::Model) -> String {
        match self {
            Self::Jsonl => json_line(row),
            Self::Csv => csv_line(row),
        }
    }
}
