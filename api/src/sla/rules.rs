//! What each move of a ticket does to its timers.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    summary::{Phase, Summary},
    timer::{Outcome, SegmentReason, Timer, TimerKind, TimerState},
};

/// What a ticket waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitReason {
    Requester,
    ThirdParty,
    Scheduled,
}

impl WaitReason {
    /// Whether time counts during such a wait, and the word for it. Only the requester's own time is not support's:
    /// the requester of a ticket that waits for a vendor is still waiting for support.
    const fn effect(self) -> (bool, SegmentReason) {
        match self {
            Self::Requester => (false, SegmentReason::WaitingRequester),
            Self::ThirdParty => (true, SegmentReason::WaitingThirdParty),
            Self::Scheduled => (true, SegmentReason::WaitingScheduled),
        }
    }
}

/// What a level promises, in seconds; absent where it promises nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Targets {
    pub first_reply_s: Option<i32>,
    pub next_reply_s: Option<i32>,
    pub resolution_s: Option<i32>,
}

impl Targets {
    fn of(self, kind: TimerKind) -> Option<i32> {
        match kind {
            TimerKind::FirstReply => self.first_reply_s,
            TimerKind::NextReply => self.next_reply_s,
            TimerKind::Resolution => self.resolution_s,
        }
    }
}

/// The timers of a ticket: one of each kind at most, stored as JSON with the ticket. The log keeps earlier next replies.
///
/// Every change takes the moment at which it happens, and is harmless where the ticket's state makes it meaningless
/// (a reply when none is owed, a pause while closed).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timers {
    /// What is promised now; timers that start later take it from here.
    targets: Targets,
    timers: Vec<Timer>,
}

impl Timers {
    /// A ticket is created: a first reply and a resolution are owed.
    pub fn start(targets: Targets, now: DateTime<Utc>) -> Self {
        let timers = [TimerKind::FirstReply, TimerKind::Resolution]
            .map(|kind| Timer::start(kind, targets.of(kind), now));
        Self {
            targets,
            timers: timers.into(),
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
        if !self.timers.iter().any(owes_reply) {
            self.timers
                .retain(|timer| timer.kind != TimerKind::NextReply);
            self.timers.push(Timer::start(
                TimerKind::NextReply,
                self.targets.next_reply_s,
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

    /// The ticket waits. Waiting for the requester pauses what is open; other waits are noted and time runs on.
    ///
    /// A solved ticket that is made to wait is reopened by that.
    pub fn pause(&mut self, reason: WaitReason, now: DateTime<Utc>) {
        self.reopen(now);
        let (running, reason) = reason.effect();
        self.turn(running, reason, now);
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
        let target_s = self.targets.resolution_s;
        for timer in self
            .timers
            .iter_mut()
            .filter(|timer| timer.kind == TimerKind::Resolution)
        {
            timer.reopen(target_s, now);
        }
    }

    /// The ticket's level or policy changed: open timers get the new targets and keep their segments. What has ended
    /// was judged by the promise of its time, and stays.
    pub fn retarget(&mut self, targets: Targets) {
        self.targets = targets;
        for timer in self.timers.iter_mut().filter(|timer| timer.is_open()) {
            timer.target_s = targets.of(timer.kind);
        }
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

    /// The timer of a kind, where there is one and something is promised.
    pub fn get(&self, kind: TimerKind) -> Option<&Timer> {
        self.timers
            .iter()
            .find(|timer| timer.kind == kind && timer.target_s.is_some())
    }

    /// How the ticket stands at `now`: the worst of the timers that are open, or how it ended.
    pub fn state(&self, now: DateTime<Utc>) -> TimerState {
        let states: Vec<_> = self
            .timers
            .iter()
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
        let running = || self.timers.iter().filter(|timer| timer.is_running());
        let phase = if running().next().is_some() {
            Phase::Running
        } else if self.timers.iter().any(Timer::is_open) {
            Phase::Paused
        } else if self.is_solved() {
            Phase::Met
        } else {
            Phase::Cancelled
        };
        Summary {
            phase,
            next_due_at: running().filter_map(Timer::due_at).min(),
            at_risk_at: running().filter_map(Timer::at_risk_at).min(),
        }
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Timer> {
        self.timers.iter()
    }

    pub(super) fn all_mut(&mut self) -> impl Iterator<Item = &mut Timer> {
        self.timers.iter_mut()
    }

    fn turn(&mut self, running: bool, reason: SegmentReason, now: DateTime<Utc>) {
        for timer in &mut self.timers {
            timer.turn(running, reason, now);
        }
    }

    fn end(
        &mut self,
        kinds: &[TimerKind],
        outcome: fn(DateTime<Utc>) -> Outcome,
        now: DateTime<Utc>,
    ) {
        for timer in self
            .timers
            .iter_mut()
            .filter(|timer| kinds.contains(&timer.kind))
        {
            timer.end(outcome, now);
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
        self.timers
            .iter()
            .any(|timer| timer.kind == TimerKind::Resolution && test(timer.outcome))
    }
}

#[cfg(test)]
mod histories;
#[cfg(test)]
mod tests;
