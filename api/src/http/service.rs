//! What all handlers share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::budget::Budgets;
use super::documents::Documents;
use super::metrics::Metrics;
use super::request_id::RequestIds;
use super::trusted::Trusted;
use crate::app::App;
use crate::error::Result;
use crate::live::{self, Hub};
use crate::schema::{self, Schema};

/// One server's app, schema, caches and counters.
pub(crate) struct Service {
    pub(crate) app: Arc<App>,
    pub(crate) schema: Schema,
    pub(crate) hub: Arc<Hub>,
    pub(crate) documents: Documents,
    pub(crate) budgets: Budgets,
    pub(crate) metrics: Metrics,
    pub(crate) request_ids: RequestIds,
    is_draining: AtomicBool,
    is_migrated: AtomicBool,
}

impl Service {
    /// Must be called inside a Tokio runtime: live streams are executed there.
    pub(crate) fn new(app: Arc<App>) -> anyhow::Result<Self> {
        let hub = Hub::new(app.config.sockets_max);
        tokio::spawn(live::watch(Arc::downgrade(&hub), Arc::clone(&app)));
        let documents = Documents::new(Trusted::read(&app.config)?);
        let budgets = Budgets::new(app.config.budgets, app.config.redis_url.as_ref())?;
        Ok(Self {
            schema: schema::build(),
            app,
            documents,
            budgets,
            metrics: Metrics::new(&hub),
            hub,
            request_ids: RequestIds::new()?,
            is_draining: AtomicBool::new(false),
            is_migrated: AtomicBool::new(false),
        })
    }

    /// Whether the server is about to stop.
    pub(crate) fn is_draining(&self) -> bool {
        self.is_draining.load(Ordering::Relaxed)
    }

    /// From now on `/readyz` sends new requests elsewhere.
    pub(crate) fn drain(&self) {
        self.is_draining.store(true, Ordering::Relaxed);
    }

    /// Whether the database has this program's schema. Once it has, it is not asked again.
    pub(crate) async fn is_migrated(&self) -> Result<bool> {
        if !self.is_migrated.load(Ordering::Relaxed) {
            self.is_migrated
                .store(self.app.store.is_migrated().await?, Ordering::Relaxed);
        }
        Ok(self.is_migrated.load(Ordering::Relaxed))
    }
}
