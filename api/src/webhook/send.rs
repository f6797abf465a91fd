//! One request to an endpoint, and what came of it. No transaction is open meanwhile.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use entity::{webhook_delivery as delivery, webhook_endpoint::Model};
use tokio::{sync::Semaphore, time::Instant};
use url::Url;
use uuid::Uuid;

use super::{payload, queries::owner, signature};
use crate::{
    app::App,
    config::Config,
    error::Result,
    events::{Pos, log},
    outgoing::{AddressFilter, Client, Failure},
};

/// Payloads that are made at once: each reads a few rows.
const MADE_AT_ONCE: usize = 4;

/// Sends requests where they may go.
#[derive(Clone)]
pub(super) struct Sender {
    encrypted: Client,
    /// What is not encrypted stays inside.
    plain: Client,
    making: Arc<Semaphore>,
}

/// What came of an attempt.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    pub(super) delivery: delivery::Model,
    /// Who tried: what was claimed by others since is theirs.
    pub(super) claim: Uuid,
    pub(super) at: DateTime<Utc>,
    pub(super) duration: Duration,
    pub(super) told: Told,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    Status(u16),
    Failed(Failure),
    /// It could not be made here.
    Unmade,
    /// The endpoint's owner may not know of it any more.
    Hidden,
    /// The owner may have no endpoint any more.
    OwnerGone,
}

impl Sender {
    /// Fails where the system's certificates cannot be read.
    pub(super) fn new(config: &Config) -> anyhow::Result<Self> {
        let allowed = &config.webhooks_allow_cidrs;
        Ok(Self {
            encrypted: Client::new(AddressFilter::new(allowed))?,
            plain: Client::new(AddressFilter::inside(allowed))?,
            making: Arc::new(Semaphore::new(MADE_AT_ONCE)),
        })
    }

    fn client(&self, url: &Url) -> &Client {
        if url.scheme() == "https" {
            &self.encrypted
        } else {
            &self.plain
        }
    }
}

/// Whether an address that a URL spells out is one that webhooks may be sent to.
pub(super) fn may_be_sent_to(config: &Config, url: &Url) -> bool {
    let allowed = &config.webhooks_allow_cidrs;
    let filter = if url.scheme() == "https" {
        AddressFilter::new(allowed)
    } else {
        AddressFilter::inside(allowed)
    };
    filter.permits_literal(url)
}

/// Makes the request of a delivery that was claimed, and sends it.
pub(super) async fn send(
    app: &App,
    sender: &Sender,
    endpoint: &Model,
    delivery: delivery::Model,
    claim: Uuid,
) -> Outcome {
    let at = app.clock.now();
    let begun = Instant::now();
    let told = match make(app, sender, endpoint, &delivery).await {
        Ok(Ok(body)) => post(sender, endpoint, &delivery, at, body).await,
        Ok(Err(told)) => told,
        Err(error) => {
            tracing::warn!(delivery.id = %delivery.id.0, ?error, "a webhook could not be made");
            Told::Unmade
        }
    };
    Outcome {
        delivery,
        claim,
        at,
        duration: begun.elapsed(),
        told,
    }
}

async fn post(
    sender: &Sender,
    endpoint: &Model,
    delivery: &delivery::Model,
    at: DateTime<Utc>,
    body: Vec<u8>,
) -> Told {
    let Ok(url) = Url::parse(&endpoint.url) else {
        return Told::Failed(Failure::UnknownHost);
    };
    let headers = signature::headers(endpoint, &delivery.webhook_id, at, &body);
    match sender.client(&url).post(&url, &headers, body).await {
        Ok(status) => Told::Status(status),
        Err(failure) => Told::Failed(failure),
    }
}

/// The body; or why there is none.
async fn make(
    app: &App,
    sender: &Sender,
    endpoint: &Model,
    delivery: &delivery::Model,
) -> Result<Result<Vec<u8>, Told>> {
    // Never closed; without it only more would be made at once.
    let _making = sender.making.acquire().await.ok();
    let Some(owner) = owner(app, endpoint).await? else {
        return Ok(Err(Told::OwnerGone));
    };
    let Some(pos) = delivery.pos else {
        return Ok(Ok(payload::ping(endpoint, app.clock.now())?));
    };
    let Some(event) = log::at(&app.store.read, Pos::of(pos)).await? else {
        return Ok(Err(Told::Hidden));
    };
    let body = payload::build(app, &owner, &event).await?;
    Ok(body.ok_or(Told::Hidden))
}
