//! Entries of targets that are near or missed, and of other terms.

use async_graphql::{Context, ID, Result};
use chrono::{DateTime, Utc};
use entity::{event, ticket};

use super::entries::entry;
use crate::{
    people::graphql::{Actor, actor_field},
    sla,
    ticket::graphql::{TimerKind, TimerState},
};

entry! {
    /// A target is near, or missed; staff only.
    ServiceLevelEntry { timer: ticket::TimerKind, state: sla::TimerState }

    /// Which target.
    async fn timer(&self) -> TimerKind {
        self.timer.into()
    }

    /// `AT_RISK`: four fifths of its time were used; `BREACHED`: all of it.
    async fn state(&self) -> TimerState {
        self.state.into()
    }
}

entry! {
    /// Something else is promised about the ticket, or other hours count: a policy, a level or a calendar was changed.
    ServiceLevelChangedEntry {}
}

impl ServiceLevelChangedEntry {
    pub(super) const fn of(row: event::Model) -> Self {
        Self { row }
    }
}

impl ServiceLevelEntry {
    pub(super) const fn at_risk(row: event::Model, timer: ticket::TimerKind) -> Self {
        let state = sla::TimerState::AtRisk;
        Self { row, timer, state }
    }

    pub(super) const fn breached(row: event::Model, timer: ticket::TimerKind) -> Self {
        let state = sla::TimerState::Breached;
        Self { row, timer, state }
    }
}
