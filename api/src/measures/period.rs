//! A time, cut into days or weeks as they are in a zone.

use chrono::{
    DateTime, Datelike, Days, NaiveDate, NaiveTime, SubsecRound, TimeDelta, TimeZone, Utc,
};
use chrono_tz::Tz;
use entity::ticket::NEVER;

use crate::error::{Error, Result};

/// What one question covers, at most.
const DAYS_MAX: i64 = 400;
/// No day's change of clocks is longer, whatever a zone did.
const GAP_MAX_MINUTES: i64 = 26 * 60;

/// How a time is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interval {
    Day,
    /// From Monday on.
    Week,
}

/// A time and the moments where it is cut; the first interval and the last may be parts of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period {
    pub zone: Tz,
    /// At least two, each later than the one before.
    edges: Vec<DateTime<Utc>>,
}

impl Period {
    pub fn new(
        (from, to): (DateTime<Utc>, DateTime<Utc>),
        zone: Tz,
        interval: Option<Interval>,
    ) -> Result<Self> {
        let (from, to) = (from.trunc_subsecs(6), to.trunc_subsecs(6));
        if from >= to {
            return Err(Error::BadInput("`from` must be before `to`"));
        }
        if from < DateTime::UNIX_EPOCH || to > NEVER {
            return Err(Error::BadInput("times lie between 1970 and 9999"));
        }
        if to - from > TimeDelta::days(DAYS_MAX) {
            return Err(Error::BadInput("at most 400 days at once"));
        }
        let mut edges = vec![from];
        if let Some(interval) = interval {
            edges.extend(starts(from, to, zone, interval));
        }
        edges.push(to);
        Ok(Self { zone, edges })
    }

    pub fn from(&self) -> DateTime<Utc> {
        self.edges[0]
    }

    pub fn to(&self) -> DateTime<Utc> {
        self.edges[self.intervals()]
    }

    /// How many intervals there are.
    pub const fn intervals(&self) -> usize {
        self.edges.len() - 1
    }

    /// From when to when an interval goes; its end is not in it.
    pub fn bounds(&self, index: usize) -> (DateTime<Utc>, DateTime<Utc>) {
        (self.edges[index], self.edges[index + 1])
    }

    /// In which interval a moment before the end is; none: before the first.
    pub fn index_of(&self, at: DateTime<Utc>) -> Option<usize> {
        let index = self.edges.partition_point(|edge| *edge <= at);
        index.checked_sub(1)
    }
}

/// The starts of days or weeks between two moments.
fn starts(
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    zone: Tz,
    interval: Interval,
) -> Vec<DateTime<Utc>> {
    let first = from.with_timezone(&zone).date_naive();
    let (first, step) = match interval {
        Interval::Day => (Some(first), Days::new(1)),
        Interval::Week => {
            let days = Days::new(first.weekday().num_days_from_monday().into());
            (first.checked_sub_days(days), Days::new(7))
        }
    };
    let mut starts = Vec::new();
    let mut date = first;
    // One that is dated by a zone east of the last edge may begin before it.
    while let Some(day) =
        date.filter(|day| day.and_time(NaiveTime::MIN).and_utc() < to + TimeDelta::days(2))
    {
        let start = start_of(day, zone).filter(|start| *start > from && *start < to);
        // A day that a zone has left out starts with the next.
        starts.extend(start.filter(|start| starts.last() != Some(start)));
        date = day.checked_add_days(step);
    }
    starts
}

/// When a day begins: at midnight, or where the clock jumps over it, when it has jumped.
fn start_of(day: NaiveDate, zone: Tz) -> Option<DateTime<Utc>> {
    let midnight = day.and_time(NaiveTime::MIN);
    let times = (0..=GAP_MAX_MINUTES).map(|minutes| midnight + TimeDelta::minutes(minutes));
    let mut found = times.filter_map(|time| zone.from_local_datetime(&time).earliest());
    found.next().map(|start| start.to_utc())
}

#[cfg(test)]
mod tests {
    use chrono_tz::{America, Europe, Pacific};

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn cut(from: &str, to: &str, zone: Tz, interval: Interval) -> Vec<String> {
        let period = Period::new((at(from), at(to)), zone, Some(interval)).unwrap();
        let edges = period.edges.iter();
        edges
            .map(|edge| edge.format("%m-%dT%H:%M").to_string())
            .collect()
    }

    #[test]
    fn days_are_as_long_as_they_are_there() {
        // The clock goes back on 25 October 2026 at 03:00: 25 hours.
        assert_eq!(
            cut(
                "2026-10-23T22:00:00Z",
                "2026-10-26T12:00:00Z",
                Europe::Paris,
                Interval::Day
            ),
            ["10-23T22:00", "10-24T22:00", "10-25T23:00", "10-26T12:00"]
        );
        // It goes forward on 29 March 2026 at 02:00: 23 hours.
        assert_eq!(
            cut(
                "2026-03-28T12:00:00Z",
                "2026-03-30T22:00:00Z",
                Europe::Paris,
                Interval::Day
            ),
            ["03-28T12:00", "03-28T23:00", "03-29T22:00", "03-30T22:00"]
        );
        // There was no midnight on 4 November 2018, and no 30 December 2011.
        assert_eq!(
            cut(
                "2018-11-03T03:00:00Z",
                "2018-11-05T02:00:00Z",
                America::Sao_Paulo,
                Interval::Day
            ),
            ["11-03T03:00", "11-04T03:00", "11-05T02:00"]
        );
        assert_eq!(
            cut(
                "2011-12-29T10:00:00Z",
                "2012-01-01T10:00:00Z",
                Pacific::Apia,
                Interval::Day
            ),
            ["12-29T10:00", "12-30T10:00", "12-31T10:00", "01-01T10:00"]
        );
    }

    #[test]
    fn weeks_begin_on_mondays() {
        assert_eq!(
            cut(
                "2026-10-22T00:00:00Z",
                "2026-11-02T00:00:00Z",
                Europe::Paris,
                Interval::Week
            ),
            ["10-22T00:00", "10-25T23:00", "11-01T23:00", "11-02T00:00"]
        );
    }

    #[test]
    fn every_moment_is_in_one_interval() {
        let period = Period::new(
            (at("2026-10-24T10:00:00Z"), at("2026-10-26T10:00:00Z")),
            Europe::Paris,
            Some(Interval::Day),
        )
        .unwrap();
        for (moment, index) in [
            ("2026-10-24T09:59:59Z", None),
            ("2026-10-24T10:00:00Z", Some(0)),
            ("2026-10-24T22:00:00Z", Some(1)),
            ("2026-10-25T22:59:59Z", Some(1)),
            ("2026-10-25T23:00:00Z", Some(2)),
        ] {
            assert_eq!(period.index_of(at(moment)), index, "{moment}");
        }
        assert_eq!(period.intervals(), 3);
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for (from, to) in [
            ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
            ("2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z"),
            ("2026-01-01T00:00:00Z", "2027-02-05T00:00:01Z"),
            ("1969-12-31T00:00:00Z", "1970-02-01T00:00:00Z"),
            ("9999-12-30T00:00:00Z", "9999-12-31T00:00:01Z"),
        ] {
            assert!(
                Period::new((at(from), at(to)), Tz::UTC, None).is_err(),
                "{from}"
            );
        }
        let most = Period::new(
            (at("2026-01-01T00:00:00Z"), at("2027-02-05T00:00:00Z")),
            Tz::UTC,
            Some(Interval::Day),
        );
        assert_eq!(most.unwrap().intervals(), 400);
    }
}
