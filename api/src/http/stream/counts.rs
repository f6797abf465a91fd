//! What `/metrics` counts of live streams.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::live::{Counts, Hub};

/// The counters of one server. Clones count together.
#[derive(Debug, Clone)]
pub(crate) struct StreamMetrics {
    connections: Gauge,
    hub: Counts,
    pub(crate) operations: Gauge,
    pub(crate) resyncs: Counter,
    closes: Family<CloseLabels, Counter>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CloseLabels {
    code: u16,
}

impl StreamMetrics {
    pub(crate) fn new(hub: &Hub) -> Self {
        Self {
            connections: hub.connections.open.clone(),
            hub: hub.counts.clone(),
            operations: Gauge::default(),
            resyncs: Counter::default(),
            closes: Family::default(),
        }
    }

    /// Counts a socket that was closed.
    pub(crate) fn close(&self, code: u16) {
        self.closes.get_or_create(&CloseLabels { code }).inc();
    }

    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register(
            "live_connections",
            "WebSockets and event streams that are open",
            self.connections.clone(),
        );
        registry.register(
            "live_operations",
            "Operations of live connections that run",
            self.operations.clone(),
        );
        registry.register(
            "live_readers",
            "Readers of live streams",
            self.hub.readers.clone(),
        );
        registry.register(
            "live_joins",
            "Readers that have joined a live stream",
            self.hub.joins.clone(),
        );
        registry.register(
            "live_groups",
            "Executions that readers of live streams share",
            self.hub.groups.clone(),
        );
        registry.register(
            "live_deliveries",
            "Answers of live streams that were given to a reader",
            self.hub.deliveries.clone(),
        );
        registry.register(
            "live_panics",
            "Executions of live streams that panicked",
            self.hub.panics.clone(),
        );
        registry.register(
            "live_resyncs",
            "Streams that were told to start over",
            self.resyncs.clone(),
        );
        registry.register(
            "live_closes",
            "WebSockets that were closed, by the code",
            self.closes.clone(),
        );
    }
}
