//! A timer read by the working hours in force.

use std::ops::Deref;

use chrono::{DateTime, TimeDelta, Utc};

use super::timer::{AT_RISK_PERCENT, Outcome, Segment, Timer, TimerState};
use crate::calendar::{Hours, HoursById};

/// A timer, the hours by which it counts now, and all by which it has counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading<'a> {
    pub timer: &'a Timer,
    pub present: &'a Hours,
    pub hours: &'a HoursById,
}

impl Deref for Reading<'_> {
    type Target = Timer;

    fn deref(&self) -> &Timer {
        self.timer
    }
}

impl Reading<'_> {
    /// The time that counted until `now`, or until the timer ended.
    pub fn elapsed(&self, now: DateTime<Utc>) -> TimeDelta {
        self.counted(now).sum()
    }

    /// The working time of each segment, in their order; they add up to [`Reading::elapsed`].
    pub fn counted(&self, now: DateTime<Utc>) -> impl Iterator<Item = TimeDelta> {
        let segments = self.timer.segments.iter();
        segments.map(move |segment| segment.counted(self.present, now))
    }

    /// What is left of the target; negative when late, absent without a target.
    pub fn remaining(&self, now: DateTime<Utc>) -> Option<TimeDelta> {
        Some(self.target()? - self.elapsed(now))
    }

    /// When the target is, or was, used up; absent while paused, when ended, without a target, and where the
    /// calendar does not get there.
    pub fn due_at(&self) -> Option<DateTime<Utc>> {
        self.reaches(self.target()?)
    }

    /// When the timer gets, or got, near its target; absent as [`Reading::due_at`] is.
    pub fn at_risk_at(&self) -> Option<DateTime<Utc>> {
        self.reaches(near(self.target()?))
    }

    /// How the timer stands at `now`, which is not before its last change.
    pub fn state(&self, now: DateTime<Utc>) -> TimerState {
        let elapsed = self.elapsed(now);
        let is_late = self.target().is_some_and(|target| elapsed >= target);
        let is_near = self.target().is_some_and(|target| elapsed >= near(target));
        match self.outcome {
            Outcome::Cancelled(_) => TimerState::Cancelled,
            Outcome::Open if !self.is_running() => TimerState::Paused,
            Outcome::Open | Outcome::Met(_) if is_late => TimerState::Breached,
            Outcome::Met(_) => TimerState::Met,
            Outcome::Open if is_near => TimerState::AtRisk,
            Outcome::Open => TimerState::Running,
        }
    }

    /// By which hours a segment counts.
    pub(super) fn hours_of(&self, segment: &Segment) -> &Hours {
        match (segment.ended_at, segment.earned) {
            (None, _) => self.present,
            (Some(_), Some(earned)) => self.hours.get(&earned.hours).unwrap_or(&Hours::Always),
            (Some(_), None) => &Hours::Always,
        }
    }

    /// The moment at which the time that counts reaches `amount`, if the timer runs on.
    fn reaches(&self, amount: TimeDelta) -> Option<DateTime<Utc>> {
        if !self.is_running() {
            return None;
        }
        let mut left = amount.max(TimeDelta::zero());
        for segment in self.segments.iter().filter(|segment| segment.running) {
            let hours = self.hours_of(segment);
            let Some(ended_at) = segment.ended_at else {
                return hours.add(segment.started_at, left);
            };
            let earned = segment.counted(hours, ended_at);
            if earned >= left {
                let reached = hours.add(segment.started_at, left);
                return Some(reached.map_or(ended_at, |at| at.min(ended_at)));
            }
            left -= earned;
        }
        None
    }
}

pub(super) fn near(target: TimeDelta) -> TimeDelta {
    target * AT_RISK_PERCENT / 100
}
