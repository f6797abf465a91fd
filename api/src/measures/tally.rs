//! What has been counted, for each group and interval, and what it comes to.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Key, Period};
use crate::error::{Error, Result};

/// Groups times intervals of one answer, at most.
const ROWS_MAX: usize = 2_000;

/// The counts of one interval of one group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub created: i64,
    pub inflow: i64,
    pub outflow: i64,
    pub solved: i64,
    pub reopened: i64,
    pub solved_late: i64,
    pub one_touch: i64,
    pub breaches: i64,
    pub first_reply: Lengths,
    pub first_reply_working: Lengths,
    pub resolution: Lengths,
    pub resolution_working: Lengths,
    /// Of ratings from 1 to 5.
    pub ratings: [i64; 5],
    /// By how much the group's backlog grew; tickets that moved between groups are in it.
    pub growth: i64,
    /// How many were unresolved at its end.
    pub backlog: i64,
}

/// Lengths of time, in microseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lengths(Vec<i64>);

impl Lengths {
    /// What clocks that disagree make negative is none.
    pub fn push(&mut self, length: TimeDelta) {
        let length = length.num_microseconds().unwrap_or(i64::MAX);
        self.0.push(length.max(0));
    }

    pub fn sort(&mut self) {
        self.0.sort_unstable();
    }

    pub const fn count(&self) -> usize {
        self.0.len()
    }

    /// The smallest length that at least so many in a hundred are no longer than (the nearest rank); of
    /// sorted ones.
    pub fn percentile_us(&self, percent: usize) -> Option<i64> {
        let rank = (self.0.len() * percent).div_ceil(100);
        self.0.get(rank.checked_sub(1)?).copied()
    }

    pub fn mean_us(&self) -> Option<i64> {
        let sum: i128 = self.0.iter().map(|length| i128::from(*length)).sum();
        let count = i128::try_from(self.0.len()).ok()?;
        i64::try_from(sum.checked_div(count)?).ok()
    }
}

/// What happened in one group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// How many were unresolved before the first interval.
    before: i64,
    /// Those in which something happened.
    intervals: BTreeMap<usize, Tally>,
}

impl Group {
    fn is_empty(&self) -> bool {
        let nothing = Tally::default();
        self.before == 0 && self.intervals.values().all(|tally| *tally == nothing)
    }

    fn grow(&mut self, index: Option<usize>, by: i64) {
        match index {
            Some(index) => self.intervals.entry(index).or_default().growth += by,
            None => self.before += by,
        }
    }

    /// All intervals, those where nothing happened included.
    fn rows(mut self, count: usize) -> Vec<Tally> {
        let mut backlog = self.before;
        let mut rows = Vec::with_capacity(count);
        for index in 0..count {
            let mut row = self.intervals.remove(&index).unwrap_or_default();
            backlog += row.growth;
            row.backlog = backlog;
            row.sort();
            rows.push(row);
        }
        rows
    }
}

impl Tally {
    fn sort(&mut self) {
        for lengths in [
            &mut self.first_reply,
            &mut self.first_reply_working,
            &mut self.resolution,
            &mut self.resolution_working,
        ] {
            lengths.sort();
        }
    }
}

/// Collects what happened.
#[derive(Debug)]
pub(super) struct Tallies<'a> {
    period: &'a Period,
    total: Group,
    groups: BTreeMap<Key, Group>,
}

/// What it all comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The whole time, and every group.
    pub total: Tally,
    /// For each interval and each group in which anything was, in that order.
    pub rows: Vec<(usize, Key, Tally)>,
}

impl<'a> Tallies<'a> {
    pub(super) fn new(period: &'a Period) -> Self {
        Self {
            period,
            total: Group::default(),
            groups: BTreeMap::new(),
        }
    }

    /// Counts something that happened to a ticket of these groups, where it was within the time.
    pub(super) fn count(&mut self, at: DateTime<Utc>, keys: &[Key], count: impl Fn(&mut Tally)) {
        let Some(index) = self.period.index_of(at) else {
            return;
        };
        count(self.total.intervals.entry(0).or_default());
        for key in keys {
            let group = self.groups.entry(key.clone()).or_default();
            count(group.intervals.entry(index).or_default());
        }
    }

    /// Adds to the backlog of some groups and of the whole, or takes from it.
    pub(super) fn grow(&mut self, at: DateTime<Utc>, keys: &[Key], by: i64) {
        let index = self.period.index_of(at);
        self.total.grow(index.map(|_| 0), by);
        for key in keys {
            self.groups.entry(key.clone()).or_default().grow(index, by);
        }
    }

    /// Fails where there are too many groups.
    pub(super) fn report(self) -> Result<Report> {
        let intervals = self.period.intervals();
        let mut total = self.total.rows(1);
        let mut groups = self.groups;
        groups.retain(|_, group| !group.is_empty());
        if groups.len().saturating_mul(intervals) > ROWS_MAX {
            return Err(Error::BadInput(
                "more than 2,000 groups and intervals: ask for a shorter time, weeks, or fewer tickets",
            ));
        }
        let mut rows = Vec::with_capacity(groups.len() * intervals);
        for (key, group) in groups {
            let tallies = group.rows(intervals).into_iter().enumerate();
            rows.extend(tallies.map(|(index, tally)| (index, key.clone(), tally)));
        }
        // Stable: the groups stay in their order.
        rows.sort_by_key(|(index, ..)| *index);
        Ok(Report {
            total: total.pop().unwrap_or_default(),
            rows,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_lengths_that_were() {
        let mut lengths = Lengths::default();
        assert_eq!((lengths.percentile_us(50), lengths.mean_us()), (None, None));
        for length in [40, 10, -5, 20, 30] {
            lengths.push(TimeDelta::microseconds(length));
        }
        lengths.sort();
        assert_eq!(lengths.percentile_us(50), Some(20));
        assert_eq!(lengths.percentile_us(90), Some(40));
        assert_eq!(lengths.mean_us(), Some(20));
        lengths.push(TimeDelta::microseconds(50));
        assert_eq!(lengths.percentile_us(50), Some(20));
    }
}
