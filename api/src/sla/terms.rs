//! What is promised about a ticket, and by which hours it is measured.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{ids::CalendarHoursId, ticket::WaitingReason};
use serde::{Deserialize, Serialize};

use super::{
    rules::Timers,
    timer::{Outcome, SegmentReason, Timer, TimerKind},
};
use crate::calendar::{Hours, HoursById};

/// What is promised, in seconds; absent where nothing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Targets {
    pub first_reply_s: Option<i32>,
    pub next_reply_s: Option<i32>,
    pub resolution_s: Option<i32>,
}

impl Targets {
    pub(super) const fn of(self, kind: TimerKind) -> Option<i32> {
        match kind {
            TimerKind::FirstReply => self.first_reply_s,
            TimerKind::NextReply => self.next_reply_s,
            TimerKind::Resolution => self.resolution_s,
        }
    }
}

/// For which reasons waiting does not count. Where nothing is said only the requester's own time is not support's: the
/// requester of a ticket that waits for a vendor is still waiting for support.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pauses(pub Vec<WaitingReason>);

impl Default for Pauses {
    fn default() -> Self {
        Self(vec![WaitingReason::Requester])
    }
}

impl Pauses {
    pub fn contains(&self, reason: WaitingReason) -> bool {
        self.0.contains(&reason)
    }

    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// All by which a ticket's timers run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Terms {
    pub targets: Targets,
    pub pauses: Pauses,
    pub hours: Hours,
}

/// Targets alone: every hour counts, and only waiting for the requester pauses.
impl From<Targets> for Terms {
    fn from(targets: Targets) -> Self {
        Self {
            targets,
            ..Self::default()
        }
    }
}

impl From<WaitingReason> for SegmentReason {
    fn from(reason: WaitingReason) -> Self {
        match reason {
            WaitingReason::Requester => Self::WaitingRequester,
            WaitingReason::ThirdParty => Self::WaitingThirdParty,
            WaitingReason::Scheduled => Self::WaitingScheduled,
        }
    }
}

impl SegmentReason {
    pub(super) const fn wait(self) -> Option<WaitingReason> {
        match self {
            Self::WaitingRequester => Some(WaitingReason::Requester),
            Self::WaitingThirdParty => Some(WaitingReason::ThirdParty),
            Self::WaitingScheduled => Some(WaitingReason::Scheduled),
            Self::Open | Self::Solved | Self::Merged | Self::Summed => None,
        }
    }
}

/// Timers as a ticket keeps them: of the hours only which they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored {
    targets: Targets,
    #[serde(default, skip_serializing_if = "Pauses::is_default")]
    pauses: Pauses,
    /// Absent where every hour counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hours: Option<CalendarHoursId>,
    timers: Vec<Timer>,
}

impl Stored {
    /// By which hours the timers count and have counted; to be found before they can be read.
    pub fn hours_ids(&self) -> impl Iterator<Item = CalendarHoursId> {
        let segments = self.timers.iter().flat_map(|timer| &timer.segments);
        let earned = segments.filter_map(|segment| segment.earned);
        self.hours
            .into_iter()
            .chain(earned.map(|earned| earned.hours))
    }

    /// The working time that a timer had until `at`, where that was a moment of change: its segments that had ended
    /// then. Absent where it has no such end, since older segments are added up.
    pub fn earned_until(&self, kind: TimerKind, at: DateTime<Utc>) -> Option<TimeDelta> {
        let timer = self.timers.iter().find(|timer| timer.kind == kind)?;
        let running = timer.segments.iter().filter(|segment| segment.running);
        let mut begun = running.filter(|segment| segment.started_at < at);
        begun.try_fold(TimeDelta::zero(), |sum, segment| {
            segment.ended_at.filter(|ended_at| *ended_at <= at)?;
            Some(sum + segment.counted(&Hours::Always, at))
        })
    }

    /// [`Stored::earned_until`] for a timer that was fulfilled at that moment.
    pub fn earned_when_met(&self, kind: TimerKind, at: DateTime<Utc>) -> Option<TimeDelta> {
        let timer = self.timers.iter().find(|timer| timer.kind == kind)?;
        let is_met = timer.outcome == Outcome::Met(at);
        is_met.then(|| self.earned_until(kind, at)).flatten()
    }

    /// The timers, counting by these hours: all of [`Stored::hours_ids`].
    pub fn with(self, hours: HoursById) -> Timers {
        let present = self.hours.and_then(|id| hours.get(&id));
        Timers {
            terms: Terms {
                targets: self.targets,
                pauses: self.pauses,
                hours: present.cloned().unwrap_or_default(),
            },
            list: self.timers,
            hours,
        }
    }
}

impl From<&Timers> for Stored {
    fn from(timers: &Timers) -> Self {
        Self {
            targets: timers.terms.targets,
            pauses: timers.terms.pauses.clone(),
            hours: timers.terms.hours.id(),
            timers: timers.list.clone(),
        }
    }
}
