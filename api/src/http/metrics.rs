//! What `/metrics` counts, in the text format of OpenMetrics 1.0.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use super::budget::Budgets;
use super::stream::StreamMetrics;
use crate::app::App;
use crate::events::feed::{Health, Report};
use crate::files;
use crate::index::Spent;
use crate::live::Hub;
use crate::webhook;

/// Upper bounds of the duration histogram, in seconds; the last is the deadline.
const DURATIONS_S: [f64; 12] = [
    0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 15.0,
];

/// The counters of one server. Clones count together.
#[derive(Debug, Clone)]
pub(crate) struct Metrics {
    requests: Family<RequestLabels, Counter>,
    durations: Family<OperationLabels, Histogram, fn() -> Histogram>,
    rejections: Family<RejectionLabels, Counter>,
    in_flight: Gauge,
    pub(crate) panics: Counter,
    connections: Family<ConnectionLabels, Gauge>,
    pub(crate) stream: StreamMetrics,
}

/// What kind of operation a request ran; `None` where it did not come to that.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) enum Operation {
    #[default]
    None,
    Query,
    Mutation,
}

/// How a request ended.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Outcome {
    /// Data and no errors.
    Ok,
    /// Data, or `null` for it, with errors.
    Errors,
    /// Nothing ran.
    Refused,
    /// Our own failure, or the deadline.
    Failed,
}

/// A request being answered. A client may leave at any time, so the end is wherever this is
/// dropped.
#[derive(Debug)]
pub(crate) struct InFlight(Gauge);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    operation: &'static str,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OperationLabels {
    operation: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RejectionLabels {
    reason: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ConnectionLabels {
    pool: &'static str,
    state: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DeliveryLabels {
    outcome: &'static str,
}

impl Operation {
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Query => "query",
            Self::Mutation => "mutation",
        }
    }
}

impl Outcome {
    const fn label(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Errors => "errors",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

impl Metrics {
    pub(crate) fn new(hub: &Hub) -> Self {
        let histogram: fn() -> Histogram = || Histogram::new(DURATIONS_S);
        Self {
            requests: Family::default(),
            durations: Family::new_with_constructor(histogram),
            rejections: Family::default(),
            in_flight: Gauge::default(),
            panics: Counter::default(),
            connections: Family::default(),
            stream: StreamMetrics::new(hub),
        }
    }

    /// Counts an answered GraphQL request.
    pub(crate) fn request(&self, operation: Operation, outcome: Outcome, duration: Duration) {
        let (operation, outcome) = (operation.label(), outcome.label());
        self.requests
            .get_or_create(&RequestLabels { operation, outcome })
            .inc();
        self.durations
            .get_or_create(&OperationLabels { operation })
            .observe(duration.as_secs_f64());
    }

    /// Counts a request for as long as the answer is kept.
    pub(crate) fn begin(&self) -> InFlight {
        self.in_flight.inc();
        InFlight(self.in_flight.clone())
    }

    /// Counts what the guard did not let pass.
    pub(crate) fn rejection(&self, reason: &'static str) {
        self.rejections
            .get_or_create(&RejectionLabels { reason })
            .inc();
    }

    /// Everything as text, with the pools as they are at this moment.
    pub(crate) fn encode(&self, app: &App, budgets: &Budgets) -> Result<String, std::fmt::Error> {
        for (pool, in_use, idle) in app.store.connections() {
            for (state, count) in [("in_use", in_use), ("idle", idle)] {
                self.connections
                    .get_or_create(&ConnectionLabels { pool, state })
                    .set(count.into());
            }
        }
        let mut text = String::new();
        let mut registry = self.registry();
        register_feed(&mut registry, app.feed.report());
        register_files(&mut registry, app.files.report());
        register_indexing(&mut registry, &app.indexing);
        register_webhooks(&mut registry, app.webhooks.report());
        registry.register_with_unit(
            "suggestions_index",
            "What the index of suggestions takes in memory",
            Unit::Bytes,
            ConstGauge::new(i64::try_from(app.help.weight()).unwrap_or(i64::MAX)),
        );
        registry.register(
            "budgets_shared",
            "Whether servers take from the same budgets of callers; 1 too where there is no Redis",
            ConstGauge::new(i64::from(budgets.are_shared())),
        );
        encode(&mut text, &registry)?;
        Ok(text)
    }

    fn registry(&self) -> Registry {
        let mut registry = Registry::with_prefix("guichet");
        registry.register(
            "graphql_requests",
            "GraphQL requests over HTTP that were answered",
            self.requests.clone(),
        );
        registry.register_with_unit(
            "graphql_request_duration",
            "From the first byte of a GraphQL request to its answer",
            Unit::Seconds,
            self.durations.clone(),
        );
        registry.register(
            "guard_rejections",
            "Requests that the guard did not let pass",
            self.rejections.clone(),
        );
        registry.register(
            "http_requests_in_flight",
            "Requests being answered now",
            self.in_flight.clone(),
        );
        registry.register("panics", "Operations that panicked", self.panics.clone());
        registry.register(
            "database_connections",
            "Connections of each pool",
            self.connections.clone(),
        );
        self.stream.register(&mut registry);
        registry
    }
}

/// How live streams follow the event log.
fn register_feed(registry: &mut Registry, feed: Report) {
    let as_gauge = |count: u64| ConstGauge::new(i64::try_from(count).unwrap_or(i64::MAX));
    registry.register(
        "event_log_head",
        "The newest place of the event log that was read",
        as_gauge(feed.head.0),
    );
    registry.register_with_unit(
        "event_log_lag",
        "From the newest event to when it was read",
        Unit::Seconds,
        ConstGauge::new(feed.lag.as_secs_f64()),
    );
    registry.register(
        "event_log_sweeps",
        "How often the event log was looked at though nobody rang",
        ConstCounter::new(feed.sweeps),
    );
    registry.register(
        "event_log_failures",
        "How often the event log could not be read",
        ConstCounter::new(feed.failures),
    );
    registry.register(
        "live_resyncs",
        "How often a live stream had to start over",
        ConstCounter::new(feed.resyncs),
    );
    registry.register(
        "doorbell_healthy",
        "Whether servers reach each other through Redis; 1 too where there is no Redis",
        as_gauge(u64::from(feed.bell != Health::Down)),
    );
}

/// What the search index costs the changes that it is kept with.
fn register_indexing(registry: &mut Registry, spent: &Spent) {
    registry.register(
        "search_index_changes",
        "Changes that had words for the search index",
        ConstCounter::new(spent.changes()),
    );
    registry.register_with_unit(
        "search_index_time",
        "How long these changes took to make them, and to write what the statement of their events does not",
        Unit::Seconds,
        ConstCounter::new(spent.time().as_secs_f64()),
    );
}

/// What comes and goes of files.
fn register_files(registry: &mut Registry, files: files::Report) {
    registry.register_with_unit(
        "files_received",
        "What was written of files",
        Unit::Bytes,
        ConstCounter::new(files.received_bytes),
    );
    registry.register_with_unit(
        "files_sent",
        "What was asked for of files",
        Unit::Bytes,
        ConstCounter::new(files.sent_bytes),
    );
    registry.register(
        "files_failures",
        "How often files could not be written, read, listed or taken away",
        ConstCounter::new(files.failures),
    );
}

/// What is told elsewhere.
fn register_webhooks(registry: &mut Registry, webhooks: webhook::Report) {
    let deliveries = Family::<DeliveryLabels, Counter>::default();
    for (outcome, count) in [
        ("delivered", webhooks.delivered),
        ("failed", webhooks.failed),
        ("given_up", webhooks.given_up),
        ("hidden", webhooks.hidden),
    ] {
        deliveries
            .get_or_create(&DeliveryLabels { outcome })
            .inc_by(count);
    }
    registry.register(
        "webhook_deliveries",
        "Attempts to tell an endpoint of an event, by what came of them",
        deliveries,
    );
    registry.register(
        "webhook_events_lost",
        "Events that were too old to be told when their turn came",
        ConstCounter::new(webhooks.lost),
    );
    registry.register_with_unit(
        "webhook_outbox_age",
        "How long what is due the longest has been waiting",
        Unit::Seconds,
        ConstGauge::new(Duration::from_millis(webhooks.age_ms).as_secs_f64()),
    );
}
