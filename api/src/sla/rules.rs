//! What each move of a ticket does to its timers.

use chrono::{DateTime, Utc};
use entity::ticket::WaitingReason;

use super::{
    reading::Reading,
    summary::{Phase, Summary},
    terms::Terms,
    timer::{Outcome, SegmentReason, Timer, TimerKind, TimerState},
};
use crate::calendar::HoursById;

/// The timers of a ticket: one of each kind at most, stored with the ticket ([`super::Stored`]). The log keeps earlier
/// next replies.
///
/// Every change takes the moment at which it happens, and is harmless where the ticket's state makes it meaningless
/// (a reply when none is owed, a pause while closed).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timers {
    /// What is promised now; timers that start later take it from here.
    pub(super) terms: Terms,
    pub(super) list: Vec<Timer>,
    /// By which time counts, or has counted.
    pub(super) hours: HoursById,
}

impl Timers {
    /// A ticket is created: a first reply and a resolution are owed.
    pub fn start(terms: Terms, now: DateTime<Utc>) -> Self {
        let timers = [TimerKind::FirstReply, TimerKind::Resolution]
            .map(|kind| Timer::start(kind, terms.targets.of(kind), now));
        let hours = terms.hours.id().map(|id| (id, terms.hours.clone()));
        Self {
            terms,
            list: timers.into(),
            hours: hours.into_iter().collect(),
        }
    }

    /// The requester commented: the ticket no longer waits, a solved one is reopened, and a reply is owed.
    ///
    /// While the first reply is owed no other is; while a next reply is owed, it is owed since the oldest comment that
    /// nobody answered. A comment on a closed ticket belongs to its follow-up and does not come here.
    pub fn requester_commented(&mut self, now: DateTime<Utc>) {
        if self.is_over() {
            return;
        }
        self.reopen(now);
        self.resume(now);
        let owes_reply = |timer: &Timer| timer.kind != TimerKind::Resolution && timer.is_open();
        if !self.list.iter().any(owes_reply) {
            self.list.retain(|timer| timer.kind != TimerKind::NextReply);
            self.list.push(Timer::start(
                TimerKind::NextReply,
                self.terms.targets.next_reply_s,
                now,
            ));
        }
    }

    /// An agent replied publicly: that is the reply that was owed. Internal comments fulfil nothing and do not come here.
    pub fn agent_replied(&mut self, now: DateTime<Utc>) {
        self.end(
            &[TimerKind::FirstReply, TimerKind::NextReply],
            Outcome::Met,
            now,
        );
    }

    /// The ticket waits. What is open pauses, or is noted and runs on, as the terms say of the reason.
    ///
    /// A solved ticket that is made to wait is reopened by that.
    pub fn pause(&mut self, reason: WaitingReason, now: DateTime<Utc>) {
        self.reopen(now);
        self.turn(!self.terms.pauses.contains(reason), reason.into(), now);
    }

    /// The ticket no longer waits.
    pub fn resume(&mut self, now: DateTime<Utc>) {
        self.turn(true, SegmentReason::Open, now);
    }

    /// The ticket is solved. Replies are no longer owed; one that came with the solution is reported first.
    pub fn solve(&mut self, now: DateTime<Utc>) {
        self.end(
            &[TimerKind::FirstReply, TimerKind::NextReply],
            Outcome::Cancelled,
            now,
        );
        self.end(&[TimerKind::Resolution], Outcome::Met, now);
    }

    /// A solved ticket is open again: the resolution goes on with what remained, the time while solved does not count,
    /// and at least a quarter of the target is left, so that an old ticket does not breach at once.
    pub fn reopen(&mut self, now: DateTime<Utc>) {
        let target_s = self.terms.targets.resolution_s;
        for timer in self
            .list
            .iter_mut()
            .filter(|timer| timer.kind == TimerKind::Resolution)
        {
            timer.reopen(&self.terms.hours, target_s, now);
        }
    }

    /// Other terms come into force: open timers get the new targets, and keep what they earned and what was paused. What
    /// has ended was judged by the promise of its time, and stays.
    ///
    /// From `now` on another calendar counts, and a wait that lasts pauses or not by the new terms.
    pub fn retarget(&mut self, terms: Terms, now: DateTime<Utc>) {
        let earlier = std::mem::replace(&mut self.terms, terms);
        if let Some(id) = self.terms.hours.id() {
            self.hours.insert(id, self.terms.hours.clone());
        }
        for timer in &mut self.list {
            if earlier.hours != self.terms.hours {
                timer.cut(&earlier.hours, &self.terms.hours, now);
            }
            if timer.is_open() {
                timer.target_s = self.terms.targets.of(timer.kind);
            }
            if let Some((wait, reason)) = timer
                .reason()
                .and_then(|reason| Some((reason.wait()?, reason)))
            {
                let running = !self.terms.pauses.contains(wait);
                timer.turn(&self.terms.hours, running, reason, now);
            }
        }
    }

    /// Whether each timer runs as in `earlier`, towards the same target, whatever was told of it.
    pub fn run_as(&self, earlier: &Self) -> bool {
        let is_same = |(timer, earlier): (&Timer, &Timer)| {
            let mut timer = timer.clone();
            timer.told = earlier.told;
            timer == *earlier
        };
        self.list.len() == earlier.list.len() && self.list.iter().zip(&earlier.list).all(is_same)
    }

    /// The ticket is closed, or merged into another: nothing is owed any more. Closing a solved ticket changes nothing.
    pub fn close(&mut self, now: DateTime<Utc>) {
        self.end(
            &[
                TimerKind::FirstReply,
                TimerKind::NextReply,
                TimerKind::Resolution,
            ],
            Outcome::Cancelled,
            now,
        );
    }

    /// The kinds of the timers that are open: those that a merge stops.
    pub fn open_kinds(&self) -> Vec<TimerKind> {
        let open = self.list.iter().filter(|timer| timer.is_open());
        open.map(|timer| timer.kind).collect()
    }

    /// A merge is undone: the timers that it stopped go on as they were, without the time in between.
    pub fn unmerge(&mut self, stopped: &[TimerKind], now: DateTime<Utc>) {
        for timer in &mut self.list {
            if stopped.contains(&timer.kind) {
                timer.unmerge(&self.terms.hours, now);
            }
        }
    }

    /// The timer of a kind, where there is one and something is promised.
    pub fn get(&self, kind: TimerKind) -> Option<Reading<'_>> {
        self.readings()
            .find(|timer| timer.kind == kind && timer.target_s.is_some())
    }

    pub(super) fn readings(&self) -> impl Iterator<Item = Reading<'_>> {
        let (present, hours) = (&self.terms.hours, &self.hours);
        self.list.iter().map(move |timer| Reading {
            timer,
            present,
            hours,
        })
    }

    /// How the ticket stands at `now`: the worst of the timers that are open, or how it ended.
    pub fn state(&self, now: DateTime<Utc>) -> TimerState {
        let states: Vec<_> = self
            .readings()
            .filter(|timer| timer.is_open())
            .map(|timer| timer.state(now))
            .collect();
        [
            TimerState::Breached,
            TimerState::AtRisk,
            TimerState::Running,
            TimerState::Paused,
        ]
        .into_iter()
        .find(|state| states.contains(state))
        .unwrap_or(if self.is_solved() {
            TimerState::Met
        } else {
            TimerState::Cancelled
        })
    }

    /// The same for every moment until the next change, to be stored in columns.
    pub fn summary(&self) -> Summary {
        let running = || self.readings().filter(|timer| timer.is_running());
        let phase = if running().next().is_some() {
            Phase::Running
        } else if self.list.iter().any(Timer::is_open) {
            Phase::Paused
        } else if self.is_solved() {
            Phase::Met
        } else {
            Phase::Cancelled
        };
        Summary {
            phase,
            next_due_at: running().filter_map(|timer| timer.due_at()).min(),
            at_risk_at: running().filter_map(|timer| timer.at_risk_at()).min(),
        }
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Timer> {
        self.list.iter()
    }

    pub(super) fn all_mut(&mut self) -> impl Iterator<Item = &mut Timer> {
        self.list.iter_mut()
    }

    fn turn(&mut self, running: bool, reason: SegmentReason, now: DateTime<Utc>) {
        for timer in &mut self.list {
            timer.turn(&self.terms.hours, running, reason, now);
        }
    }

    fn end(
        &mut self,
        kinds: &[TimerKind],
        outcome: fn(DateTime<Utc>) -> Outcome,
        now: DateTime<Utc>,
    ) {
        for timer in self
            .list
            .iter_mut()
            .filter(|timer| kinds.contains(&timer.kind))
        {
            timer.end(&self.terms.hours, outcome, now);
        }
    }

    fn is_solved(&self) -> bool {
        self.resolution_is(|outcome| matches!(outcome, Outcome::Met(_)))
    }

    /// Whether the ticket was merged, or closed without being solved: nothing starts again.
    fn is_over(&self) -> bool {
        self.resolution_is(|outcome| matches!(outcome, Outcome::Cancelled(_)))
    }

    fn resolution_is(&self, test: impl Fn(Outcome) -> bool) -> bool {
        self.list
            .iter()
            .any(|timer| timer.kind == TimerKind::Resolution && test(timer.outcome))
    }
}

#[cfg(test)]
mod histories;
#[cfg(test)]
mod tests;
