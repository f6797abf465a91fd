//! One timer: a target, and the segments of time that count towards it or do not.

use chrono::{DateTime, TimeDelta, Utc};
pub use entity::ticket::TimerKind;
use entity::{ids::CalendarHoursId, ticket::Warning};
use serde::{Deserialize, Serialize};

use super::reading::near;
use crate::calendar::Hours;

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
    /// The ticket was merged into another, until that was undone.
    Merged,
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
            Self::Merged => "MERGED",
            Self::Summed => "SUMMED",
        }
    }
}

/// A stretch of time that counts, or does not. Where it counts, only the working hours in it do.
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
    /// What it earned, once it has ended; absent where it earned its length.
    #[serde(rename = "got", default, skip_serializing_if = "Option::is_none")]
    pub earned: Option<Earned>,
}

/// The working time of a segment that has ended, by the hours of its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Earned {
    /// In microseconds.
    #[serde(rename = "us")]
    pub amount_us: i64,
    #[serde(rename = "by")]
    pub hours: CalendarHoursId,
}

impl Segment {
    fn begin(started_at: DateTime<Utc>, running: bool, reason: SegmentReason) -> Self {
        Self {
            started_at,
            ended_at: None,
            running,
            reason,
            earned: None,
        }
    }

    /// Whether `next`, which counts by `hours`, is more of the same.
    fn goes_on_as(&self, next: &Self, hours: &Hours) -> bool {
        let by = self.earned.map(|earned| earned.hours);
        self.running == next.running
            && self.reason == next.reason
            && (!self.running || by == hours.id())
    }

    /// The working time that it adds to its timer, until `now` where it lasts.
    pub(super) fn counted(&self, hours: &Hours, now: DateTime<Utc>) -> TimeDelta {
        match (self.running, self.ended_at, self.earned) {
            (false, ..) => TimeDelta::zero(),
            (true, None, _) => hours.elapsed(self.started_at, now),
            (true, Some(_), Some(earned)) => TimeDelta::microseconds(earned.amount_us),
            (true, Some(ended_at), None) => ended_at - self.started_at,
        }
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
        Self {
            kind,
            target_s,
            grace_s: 0,
            outcome: Outcome::Open,
            segments: vec![Segment::begin(now, true, SegmentReason::Open)],
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

    /// Goes on running or paused, for another reason or the same.
    pub(super) fn turn(
        &mut self,
        hours: &Hours,
        running: bool,
        reason: SegmentReason,
        now: DateTime<Utc>,
    ) {
        let is_same = self
            .segments
            .last()
            .is_some_and(|last| last.running == running && last.reason == reason);
        if !self.is_open() || is_same {
            return;
        }
        let now = self.stop(hours, now);
        self.push(hours, Segment::begin(now, running, reason));
    }

    /// Other hours come into force: what was earned by `earlier` until now is kept.
    pub(super) fn cut(&mut self, earlier: &Hours, hours: &Hours, now: DateTime<Utc>) {
        if !self.is_open() {
            return;
        }
        let now = self.stop(earlier, now);
        if let Some(last) = self.segments.last() {
            let next = Segment::begin(now, last.running, last.reason);
            self.push(hours, next);
        }
    }

    /// What the timer is about at the moment: the reason of the segment that lasts.
    pub(super) fn reason(&self) -> Option<SegmentReason> {
        let last = self.segments.last().filter(|_| self.is_open());
        last.map(|segment| segment.reason)
    }

    /// Ends the timer; one that has ended stays as it is.
    pub(super) fn end(
        &mut self,
        hours: &Hours,
        outcome: fn(DateTime<Utc>) -> Outcome,
        now: DateTime<Utc>,
    ) {
        if self.is_open() {
            self.outcome = outcome(self.stop(hours, now));
        }
    }

    /// Runs again after it was met. The time in between does not count, and enough is left not to breach at once.
    pub(super) fn reopen(&mut self, hours: &Hours, target_s: Option<i32>, now: DateTime<Utc>) {
        let Outcome::Met(met_at) = self.outcome else {
            return;
        };
        let now = now.max(met_at);
        self.outcome = Outcome::Open;
        self.target_s = target_s;
        let solved = Segment {
            ended_at: Some(now),
            ..Segment::begin(met_at, false, SegmentReason::Solved)
        };
        self.push(hours, solved);
        self.push(hours, Segment::begin(now, true, SegmentReason::Open));
        if let (Some(target_s), Some(target)) = (target_s, self.target()) {
            let remaining = target - self.earned();
            let floor = TimeDelta::milliseconds(i64::from(target_s) * 10 * REOPEN_FLOOR_PERCENT);
            let missing = (floor - remaining).max(TimeDelta::zero());
            self.grace_s += missing.num_seconds() + i64::from(missing.subsec_nanos() > 0);
        }
    }

    /// What the segments that have ended add up to.
    fn earned(&self) -> TimeDelta {
        let ended = self.segments.iter().filter_map(|segment| {
            let ended_at = segment.ended_at?;
            Some(segment.counted(&Hours::Always, ended_at))
        });
        ended.sum()
    }

    /// Goes on as it was before it was cancelled, by a merge that is undone. The time in between does not count. What had
    /// come by the merge was told then.
    pub(super) fn unmerge(&mut self, hours: &Hours, now: DateTime<Utc>) {
        let (Outcome::Cancelled(merged_at), Some(last)) = (self.outcome, self.segments.last())
        else {
            return;
        };
        let (running, reason) = (last.running, last.reason);
        let now = now.max(merged_at);
        self.outcome = Outcome::Open;
        self.told = self.used_up();
        let merged = Segment {
            ended_at: Some(now),
            ..Segment::begin(merged_at, false, SegmentReason::Merged)
        };
        self.push(hours, merged);
        self.push(hours, Segment::begin(now, running, reason));
    }

    /// How much of the target the segments that have ended used.
    fn used_up(&self) -> Warning {
        let earned = self.earned();
        match self.target() {
            Some(target) if earned >= target => Warning::Breached,
            Some(target) if earned >= near(target) => Warning::AtRisk,
            Some(_) | None => Warning::None,
        }
    }

    /// Closes the segment that lasts, and gives the moment at which: never before it started, whatever the clock says.
    fn stop(&mut self, hours: &Hours, now: DateTime<Utc>) -> DateTime<Utc> {
        let Some(last) = self.segments.last_mut() else {
            return now;
        };
        if let Some(ended_at) = last.ended_at {
            return ended_at;
        }
        let ended_at = now.max(last.started_at);
        last.earned = hours.id().filter(|_| last.running).and_then(|hours_id| {
            let amount = hours.elapsed(last.started_at, ended_at);
            Some(Earned {
                amount_us: amount.num_microseconds()?,
                hours: hours_id,
            })
        });
        last.ended_at = Some(ended_at);
        ended_at
    }

    /// Adds a segment that counts by `hours`; the list grows only by what changes the sums or explains them.
    fn push(&mut self, hours: &Hours, segment: Segment) {
        self.segments
            .pop_if(|last| last.ended_at == Some(last.started_at));
        match self.segments.last_mut() {
            Some(last) if last.goes_on_as(&segment, hours) => {
                last.ended_at = segment.ended_at;
                last.earned = None;
            }
            _ => self.segments.push(segment),
        }
        if self.segments.len() > SEGMENTS_MAX {
            self.sum_up_oldest();
        }
    }

    /// Makes the three oldest segments two: all that counted, then all that did not.
    fn sum_up_oldest(&mut self) {
        let rest = self.segments.split_off(3);
        let oldest = std::mem::replace(&mut self.segments, rest);
        let (Some(first), Some(last)) = (oldest.first(), oldest.last()) else {
            return;
        };
        let (started_at, ended_at) = (first.started_at, last.ended_at.unwrap_or(last.started_at));
        let counted = oldest
            .iter()
            .map(|segment| segment.counted(&Hours::Always, ended_at));
        let turned_at = started_at + counted.sum::<TimeDelta>();
        let summed = |running, from, to| Segment {
            ended_at: Some(to),
            ..Segment::begin(from, running, SegmentReason::Summed)
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
