//! A timer told in parts of which each counts whole or not at all, so that a person can add them up on a wall clock.

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    reading::Reading,
    timer::{Segment, SegmentReason},
};
use crate::calendar::Standing;

/// How many parts are told; older ones are added up.
pub const PARTS_MAX: usize = 100;

/// Why a part counts or does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartReason {
    /// As the segment that it is of.
    Of(SegmentReason),
    /// The segment runs, but nobody works.
    ClosedHours,
    /// The segment runs, but the day is a holiday.
    Holiday,
}

impl PartReason {
    /// The word that clients see.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Of(reason) => reason.as_str(),
            Self::ClosedHours => "CLOSED_HOURS",
            Self::Holiday => "HOLIDAY",
        }
    }
}

/// A part of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    pub started_at: DateTime<Utc>,
    pub ended_at: DateTime<Utc>,
    /// Absent for the last part of a timer that is open.
    pub is_over: bool,
    /// Whether all of it counts.
    pub running: bool,
    pub reason: PartReason,
}

impl Part {
    fn length(&self) -> TimeDelta {
        self.ended_at - self.started_at
    }
}

impl Reading<'_> {
    /// The parts until `now`, oldest first, at most [`PARTS_MAX`]; those that run add up to what counted.
    pub fn parts(&self, now: DateTime<Utc>) -> Vec<Part> {
        let segments = self.timer.segments.iter();
        let parts = segments.flat_map(|segment| self.parts_of(segment, now));
        summed(parts.collect())
    }

    fn parts_of(&self, segment: &Segment, now: DateTime<Utc>) -> Vec<Part> {
        // What begins now has a part too: the one that lasts.
        let shortest = segment.started_at + TimeDelta::microseconds(1);
        let whole = Part {
            started_at: segment.started_at,
            ended_at: segment.ended_at.unwrap_or(now.max(shortest)),
            is_over: segment.ended_at.is_some(),
            running: segment.running,
            reason: PartReason::Of(segment.reason),
        };
        if !segment.running {
            return vec![whole];
        }
        let parts = self
            .hours_of(segment)
            .parts(whole.started_at, whole.ended_at);
        let told = parts.into_iter().map(|part| Part {
            started_at: part.from,
            ended_at: part.to,
            is_over: whole.is_over || part.to < whole.ended_at,
            running: part.standing == Standing::Open,
            reason: match part.standing {
                Standing::Open => whole.reason,
                Standing::Closed => PartReason::ClosedHours,
                Standing::Holiday => PartReason::Holiday,
            },
        });
        told.collect()
    }
}

/// The newest parts, after two that add up all before them: what counted, and what did not.
fn summed(mut parts: Vec<Part>) -> Vec<Part> {
    if parts.len() <= PARTS_MAX {
        return parts;
    }
    let newest = parts.split_off(parts.len() - (PARTS_MAX - 2));
    let (Some(first), Some(last)) = (parts.first(), parts.last()) else {
        return newest;
    };
    let counted = parts.iter().filter(|part| part.running).map(Part::length);
    let (started_at, ended_at) = (first.started_at, last.ended_at);
    let turned_at = started_at + counted.sum::<TimeDelta>();
    let summed = |running, started_at, ended_at| Part {
        started_at,
        ended_at,
        is_over: true,
        running,
        reason: PartReason::Of(SegmentReason::Summed),
    };
    let both = [
        summed(true, started_at, turned_at),
        summed(false, turned_at, ended_at),
    ];
    let both = both
        .into_iter()
        .filter(|part| part.started_at < part.ended_at);
    both.chain(newest).collect()
}
