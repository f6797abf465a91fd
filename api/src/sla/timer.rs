//! One timer: a target, and the segments of time that count towards it or do not.

use chrono::{DateTime, TimeDelta, Utc};
pub use entity::ticket::TimerKind;
use entity::ticket::Warning;
use serde::{Deserialize, Serialize};

/// The share of a target, in percent, from which on a timer is [`TimerState::AtRisk`].
pub const AT_RISK_PERCENT: i32 = 80;
/// What a reopened timer has left at least, in percent of its target.
pub const REOPEN_FLOOR_PERCENT: i64 = 25;
/// How many segments a timer keeps; older ones are added up, so that a ticket that bounces for years stays small.
pub const SEGMENTS_MAX: usize = 64;

/// How a timer stands at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TimerState {
    /// Time is running and less than four fifths of it are used.
    Running,
    /// Time stands still: the ticket waits for its requester.
    Paused,
    /// Time is running and four fifths of it are used.
    AtRisk,
    /// The time is used up: the promise is broken, also when it was fulfilled later.
    Breached,
    /// Fulfilled in time.
    Met,
    /// Nothing is owed any more: the ticket was solved without a reply, closed or merged.
    Cancelled,
}

/// Whether a timer is still open, or how and when it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Outcome {
    Open,
    /// What was promised happened, in time or late, at this moment.
    Met(DateTime<Utc>),
    Cancelled(DateTime<Utc>),
}

/// Why a segment runs or is paused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SegmentReason {
    /// The ticket is in the hands of support.
    Open,
    /// The ticket waits for its requester.
    WaitingRequester,
    /// The ticket waits for somebody else.
    WaitingThirdParty,
    /// The ticket waits for a date.
    WaitingScheduled,
    /// The ticket was solved, and later reopened.
    Solved,
    /// Several old segments added up: the length is right, the order within is lost.
    Summed,
}

impl SegmentReason {
    /// The word that clients see and that is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "OPEN",
            Self::WaitingRequester => "WAITING_REQUESTER",
            Self::WaitingThirdParty => "WAITING_THIRD_PARTY",
            Self::WaitingScheduled => "WAITING_SCHEDULED",
            Self::Solved => "SOLVED",
            Self::Summed => "SUMMED",
        }
    }
}

/// A stretch of time that counts, or does not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    #[serde(rename = "from")]
    pub started_at: DateTime<Utc>,
    /// Absent while it lasts.
    #[serde(rename = "to", default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<DateTime<Utc>>,
    /// Whether its time counts towards the target.
    #[serde(rename = "run")]
    pub running: bool,
    #[serde(rename = "why")]
    pub reason: SegmentReason,
}

impl Segment {
    fn length(&self, now: DateTime<Utc>) -> TimeDelta {
        (self.ended_at.unwrap_or(now) - self.started_at).max(TimeDelta::zero())
    }
}

/// One promise about a ticket. Its segments follow one another without a gap from its start to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timer {
    pub kind: TimerKind,
    /// In seconds. Without one nothing is promised; time is measured all the same, so that a target
    /// that comes later counts from the start.
    #[serde(rename = "target", default, skip_serializing_if = "Option::is_none")]
    pub target_s: Option<i32>,
    /// Seconds added to the target by reopening, so that an old ticket does not breach at once.
    #[serde(rename = "grace", default, skip_serializing_if = "is_zero")]
    pub grace_s: i64,
    pub outcome: Outcome,
    pub segments: Vec<Segment>,
    /// What was told of its target, for as long as it holds.
    #[serde(default, skip_serializing_if = "is_silent")]
    pub told: Warning,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_silent(told: &Warning) -> bool {
    *told == Warning::None
}

impl Timer {
    /// A timer that runs from `now` on.
    pub(super) fn start(kind: TimerKind, target_s: Option<i32>, now: DateTime<Utc>) -> Self {
        let segments = vec![Segment {
            started_at: now,
            ended_at: None,
            running: true,
            reason: SegmentReason::Open,
        }];
        Self {
            kind,
            target_s,
            grace_s: 0,
            outcome: Outcome::Open,
            segments,
            told: Warning::None,
        }
    }

    pub fn is_open(&self) -> bool {
        self.outcome == Outcome::Open
    }

    /// Whether time counts at the moment: the timer is open and not paused.
    pub fn is_running(&self) -> bool {
        self.is_open() && self.segments.last().is_some_and(|segment| segment.running)
    }

    /// The time that may be used, with what reopening added. `elapsed + remaining` is always this.
    pub fn target(&self) -> Option<TimeDelta> {
        self.target_s
            .map(|target_s| TimeDelta::seconds(i64::from(target_s).saturating_add(self.grace_s)))
    }

    /// The time that counted until `now`, or until the timer ended.
    pub fn elapsed(&self, now: DateTime<Utc>) -> TimeDelta {
        self.segments
            .iter()
            .filter(|segment| segment.running)
            .map(|segment| segment.length(now))
            .sum()
    }

    /// What is left of the target; negative when late, absent without a target.
    pub fn remaining(&self, now: DateTime<Utc>) -> Option<TimeDelta> {
        Some(self.target()? - self.elapsed(now))
    }

    /// When the target is, or was, used up; absent while paused, when ended, and without a target.
    pub fn due_at(&self) -> Option<DateTime<Utc>> {
        self.reaches(self.target()?)
    }

    /// When the timer gets, or got, near its target; absent as [`Timer::due_at`] is.
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

    /// The moment at which the running time reaches `amount`, if the timer runs on.
    fn reaches(&self, amount: TimeDelta) -> Option<DateTime<Utc>> {
        if !self.is_running() {
            return None;
        }
        let mut left = amount.max(TimeDelta::zero());
        for segment in self.segments.iter().filter(|segment| segment.running) {
            match segment.ended_at {
                Some(ended_at) if ended_at - segment.started_at < left => {
                    left -= ended_at - segment.started_at;
                }
                _ => return segment.started_at.checked_add_signed(left),
            }
        }
        None
    }

    /// Goes on running or paused, for another reason or the same.
    pub(super) fn turn(&mut self, running: bool, reason: SegmentReason, now: DateTime<Utc>) {
        let is_same = self
            .segments
            .last()
            .is_some_and(|last| last.running == running && last.reason == reason);
        if !self.is_open() || is_same {
            return;
        }
        let now = self.stop(now);
        self.push(Segment {
            started_at: now,
            ended_at: None,
            running,
            reason,
        });
    }

    /// Ends the timer; one that has ended stays as it is.
    pub(super) fn end(&mut self, outcome: fn(DateTime<Utc>) -> Outcome, now: DateTime<Utc>) {
        if self.is_open() {
            self.outcome = outcome(self.stop(now));
        }
    }

    /// Runs again after it was met. The time in between does not count, and enough is left not to breach at once.
    pub(super) fn reopen(&mut self, target_s: Option<i32>, now: DateTime<Utc>) {
        let Outcome::Met(met_at) = self.outcome else {
            return;
        };
        let now = now.max(met_at);
        self.outcome = Outcome::Open;
        self.target_s = target_s;
        self.push(Segment {
            started_at: met_at,
            ended_at: Some(now),
            running: false,
            reason: SegmentReason::Solved,
        });
        self.push(Segment {
            started_at: now,
            ended_at: None,
            running: true,
            reason: SegmentReason::Open,
        });
        if let (Some(target_s), Some(remaining)) = (target_s, self.remaining(now)) {
            let floor = TimeDelta::milliseconds(i64::from(target_s) * 10 * REOPEN_FLOOR_PERCENT);
            let missing = (floor - remaining).max(TimeDelta::zero());
            self.grace_s += missing.num_seconds() + i64::from(missing.subsec_nanos() > 0);
        }
    }

    /// Closes the segment that lasts, and gives the moment at which: never before it started, whatever the clock says.
    fn stop(&mut self, now: DateTime<Utc>) -> DateTime<Utc> {
        let Some(last) = self.segments.last_mut() else {
            return now;
        };
        let ended_at = last.ended_at.unwrap_or(now.max(last.started_at));
        last.ended_at = Some(ended_at);
        ended_at
    }

    /// Adds a segment; the list grows only by what changes the sums or explains them.
    fn push(&mut self, segment: Segment) {
        self.segments
            .pop_if(|last| last.ended_at == Some(last.started_at));
        match self.segments.last_mut() {
            Some(last) if last.running == segment.running && last.reason == segment.reason => {
                last.ended_at = segment.ended_at;
            }
            _ => self.segments.push(segment),
        }
        if self.segments.len() > SEGMENTS_MAX {
            self.sum_up_oldest();
        }
    }

    /// Makes the three oldest segments two: all that ran, then all that was paused.
    fn sum_up_oldest(&mut self) {
        let rest = self.segments.split_off(3);
        let oldest = std::mem::replace(&mut self.segments, rest);
        let (Some(first), Some(last)) = (oldest.first(), oldest.last()) else {
            return;
        };
        let (started_at, ended_at) = (first.started_at, last.ended_at.unwrap_or(last.started_at));
        let ran: TimeDelta = oldest
            .iter()
            .filter(|segment| segment.running)
            .map(|segment| segment.length(ended_at))
            .sum();
        let turned_at = started_at + ran;
        let summed = |running, from, to| Segment {
            started_at: from,
            ended_at: Some(to),
            running,
            reason: SegmentReason::Summed,
        };
        let both = [
            summed(true, started_at, turned_at),
            summed(false, turned_at, ended_at),
        ];
        self.segments.splice(
            0..0,
            both.into_iter()
                .filter(|segment| segment.ended_at != Some(segment.started_at)),
        );
    }
}

fn near(target: TimeDelta) -> TimeDelta {
    target * AT_RISK_PERCENT / 100
}
