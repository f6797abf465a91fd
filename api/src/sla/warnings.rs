//! What is to be told of targets, once each: that one is near, and that one is missed.
//!
//! A timer remembers what was told of it. It is told again only where a change has moved the target's time into the
//! future and that time comes too; what ended or was replaced before anybody told of it is found in what it was before.

use chrono::{DateTime, Utc};
use entity::ticket::Warning;

use super::{reading::Reading, rules::Timers, timer::TimerKind};

/// Something to be told, and from when on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    pub at: DateTime<Utc>,
    pub kind: TimerKind,
    pub warning: Warning,
}

impl Timers {
    /// What is to be told next, if the timers run on.
    pub fn next_due(&self) -> Option<Due> {
        self.readings()
            .filter_map(|timer| timer.next_due())
            .min_by_key(|due| due.at)
    }

    /// It was told.
    pub fn tell(&mut self, kind: TimerKind, warning: Warning) {
        for timer in self.all_mut().filter(|timer| timer.kind == kind) {
            timer.told = timer.told.max(warning);
        }
    }

    /// Takes back what was told of targets whose time is in the future again, and of timers that have ended: one that
    /// is reopened has another target.
    pub fn take_back(&mut self, now: DateTime<Utc>) {
        let holds = |timer: Reading<'_>| {
            if timer.is_running() || !timer.is_open() {
                timer.told.min(timer.reached(now))
            } else {
                timer.told
            }
        };
        self.set_told(holds);
    }

    /// Counts as told what has come before `now`, for what happened elsewhere; not what was still to be told of `earlier`.
    pub fn pass_over(&mut self, earlier: Option<&Self>, now: DateTime<Utc>) {
        self.set_told(|timer| {
            let mut of_kind = earlier.into_iter().flat_map(Self::readings);
            let owed = of_kind
                .find(|earlier| earlier.kind == timer.kind && earlier.told < earlier.reached(now));
            let reached = timer.reached(now);
            owed.map_or(reached, |owed| owed.told.min(reached))
        });
    }

    fn set_told(&mut self, told: impl Fn(Reading<'_>) -> Warning) {
        let told: Vec<_> = self.readings().map(told).collect();
        for (timer, told) in self.all_mut().zip(told) {
            timer.told = told;
        }
    }

    /// The worst that was told of the timers that run.
    pub fn told(&self) -> Warning {
        let running = self.all().filter(|timer| timer.is_running());
        running.map(|timer| timer.told).max().unwrap_or_default()
    }

    /// Whether this was not told, and nobody who looks at `now` finds it any more.
    pub fn misses(&self, due: Due, now: DateTime<Utc>) -> bool {
        let of_kind = self.readings().find(|timer| timer.kind == due.kind);
        of_kind.is_none_or(|timer| timer.told < due.warning && timer.reached(now) < due.warning)
    }
}

impl Reading<'_> {
    fn next_due(&self) -> Option<Due> {
        let (at, warning) = match self.told {
            Warning::None => (self.at_risk_at(), Warning::AtRisk),
            Warning::AtRisk => (self.due_at(), Warning::Breached),
            Warning::Breached => return None,
        };
        let kind = self.kind;
        at.map(|at| Due { at, kind, warning })
    }

    /// How far it has come at `now`, where it runs.
    pub(super) fn reached(&self, now: DateTime<Utc>) -> Warning {
        let is_past = |at: Option<DateTime<Utc>>| at.is_some_and(|at| at <= now);
        if is_past(self.due_at()) {
            Warning::Breached
        } else if is_past(self.at_risk_at()) {
            Warning::AtRisk
        } else {
            Warning::None
        }
    }
}
