//! Whether the server lives, whether it wants requests, and what it counts.

use std::sync::Arc;
use std::time::Duration;

use actix_web::{HttpResponse, web};
use serde::Serialize;

use super::service::Service;
use crate::events::feed::Health;

/// How long the database may take to answer before the server counts as not ready.
const DATABASE_TIMEOUT: Duration = Duration::from_secs(2);

/// `/livez`, `/readyz` and `/metrics`.
pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/livez", web::get().to(livez))
        .route("/readyz", web::get().to(readyz))
        .route("/metrics", web::get().to(metrics));
}

#[derive(Serialize)]
struct Readiness {
    ready: bool,
    draining: bool,
    database: &'static str,
    migrations: &'static str,
    /// Whether something works worse than it should, though requests are answered.
    degraded: bool,
    /// How other servers are told of changes.
    doorbell: &'static str,
    /// Whether live streams follow the event log.
    log: &'static str,
}

/// Asks nothing of anybody: a process that answers lives.
async fn livez() -> HttpResponse {
    HttpResponse::Ok().json(serde_json::json!({ "live": true }))
}

async fn readyz(service: web::Data<Service>) -> HttpResponse {
    let (database, migrations) = database(&service).await;
    let draining = service.is_draining();
    let ready = !draining && database == "ok" && migrations == "ok";
    let mut response = if ready {
        HttpResponse::Ok()
    } else {
        HttpResponse::ServiceUnavailable()
    };
    let feed = service.app.feed.report();
    response.json(Readiness {
        degraded: feed.is_failing || feed.bell == Health::Down,
        doorbell: match feed.bell {
            Health::Alone => "in process",
            Health::Down => "sweeping: Redis does not answer",
            Health::Healthy => "ok",
        },
        log: if feed.is_failing { "unreadable" } else { "ok" },
        ready,
        draining,
        database,
        migrations,
    })
}

/// In a task of its own: a future that holds a connection must not be dropped half-way.
async fn database(service: &Arc<Service>) -> (&'static str, &'static str) {
    let service = Arc::clone(service);
    let asking = tokio::spawn(async move {
        match (service.app.store.ping().await, service.is_migrated().await) {
            (Err(_), _) => ("unreachable", "unknown"),
            (Ok(()), Err(_)) => ("ok", "unknown"),
            (Ok(()), Ok(false)) => ("ok", "pending"),
            (Ok(()), Ok(true)) => ("ok", "ok"),
        }
    });
    match tokio::time::timeout(DATABASE_TIMEOUT, asking).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) | Err(_) => ("unreachable", "unknown"),
    }
}

async fn metrics(service: web::Data<Service>) -> HttpResponse {
    match service.metrics.encode(&service.app, &service.budgets) {
        Ok(text) => {
            let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            HttpResponse::Ok().content_type(content_type).body(text)
        }
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}
