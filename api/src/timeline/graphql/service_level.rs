//! Entries of targets that are near or missed, and of other terms.

use async_graphql::{Context, ID, Result, SimpleObject};
use chrono::{DateTime, Utc};
use entity::{
    escalation::EscalationCause,
    event,
    ticket::{self, Warning},
};

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

/// The rule of a level by which a ticket was moved.
#[derive(SimpleObject)]
pub(super) struct EscalationRule {
    /// `AT_RISK` for the rule of targets that are near, `BREACHED` for that of missed ones.
    on: TimerState,
    /// Which target it was.
    timer: TimerKind,
}

impl EscalationRule {
    pub(super) fn of(cause: EscalationCause) -> Self {
        let on = match cause.warning {
            Warning::None | Warning::AtRisk => sla::TimerState::AtRisk,
            Warning::Breached => sla::TimerState::Breached,
        };
        Self {
            on: on.into(),
            timer: cause.timer.into(),
        }
    }
}
