//! What was changed, as the writers were told.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use serde_json::Value;

/// What filters and rights look at. Selected in answers as [`FACTS`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) version: i64,
    pub(crate) team: Option<String>,
    pub(crate) assignee: Option<String>,
    pub(crate) requester: String,
    pub(crate) priority: String,
    pub(crate) status: String,
    pub(crate) tags: Vec<String>,
}

pub(crate) const FACTS: &str =
    "id version status priority tags team { id } assignee { id } requester { id }";

/// One change that was acknowledged.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    /// The mutation.
    pub(crate) kind: &'static str,
    /// None where the ticket is new.
    pub(crate) before: Option<Facts>,
    pub(crate) after: Facts,
    pub(crate) sent: Instant,
    pub(crate) acknowledged: Instant,
}

/// All changes of a phase, by ticket, each ticket's in their order.
#[derive(Debug, Default)]
pub(crate) struct Ledger(Mutex<BTreeMap<String, Vec<Change>>>);

impl Ledger {
    pub(crate) fn add(&self, ticket: &str, change: Change) {
        self.all()
            .entry(ticket.to_owned())
            .or_default()
            .push(change);
    }

    pub(crate) fn all(&self) -> MutexGuard<'_, BTreeMap<String, Vec<Change>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long 99 of 100 requests took at most.
    pub(crate) fn asked_p99(&self) -> Duration {
        let all = self.all();
        let changes = all.values().flatten();
        let took = changes.map(|change| change.acknowledged.duration_since(change.sent));
        let mut took: Vec<_> = took.collect();
        took.sort_unstable();
        let place = took.len() * 99 / 100;
        took.get(place).copied().unwrap_or_default()
    }

    pub(crate) fn count(&self) -> usize {
        self.all().values().map(Vec::len).sum()
    }
}

/// The id and the facts of a ticket in an answer.
pub(crate) fn facts_of(ticket: &Value) -> Result<(String, Facts)> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let tags = ticket["tags"].as_array();
    let facts = Facts {
        version: ticket["version"].as_i64().context("no version")?,
        team: text(&ticket["team"]["id"]),
        assignee: text(&ticket["assignee"]["id"]),
        requester: text(&ticket["requester"]["id"]).context("no requester")?,
        priority: text(&ticket["priority"]).context("no priority")?,
        status: text(&ticket["status"]).context("no status")?,
        tags: tags.into_iter().flatten().filter_map(text).collect(),
    };
    Ok((text(&ticket["id"]).context("no id")?, facts))
}
