//! Working time: which moments count, told by the clock on the wall of one time zone.
//!
//! A moment counts where the wall shows a time inside an interval of that weekday, and the wall's date is no holiday.
//! From that all else follows:
//!
//! - an interval that ends at or before it starts is a night shift: it goes on after midnight, on the next date;
//! - a holiday closes its date from midnight to midnight and nothing else: a night shift that runs into it stops at
//!   midnight, and of one that would begin on it the part after midnight counts;
//! - an hour that the wall skips in spring is not there to be counted, one that it shows twice in autumn counts twice.
//!
//! Instants are microseconds. The work is bounded: time is walked through by weeks, and never further than
//! [`HORIZON_DAYS`].

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, Days, NaiveDate, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

/// How far [`Week::add`] looks: about ten years. What is not reached by then is never due.
pub const HORIZON_DAYS: i64 = 3_660;
const SECOND_US: i64 = 1_000_000;
const DAY_S: u32 = 86_400;
const DAY_US: i64 = DAY_S as i64 * SECOND_US;
/// The longest stretch that is looked at as one. Clocks do not change twice within it.
const STEP_US: i64 = 7 * DAY_US;

/// An interval of a weekday: seconds since midnight, the end at most 24:00.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opening {
    /// From Monday, 0, to Sunday, 6.
    pub weekday: usize,
    pub from_s: u32,
    /// At or before the start: on the next day.
    pub to_s: u32,
}

/// When it is closed though the week says otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holidays {
    pub dated: BTreeSet<NaiveDate>,
    /// Month and day.
    pub yearly: BTreeSet<(u32, u32)>,
}

impl Holidays {
    /// Closes one date.
    pub fn close(&mut self, date: NaiveDate) {
        self.dated.insert(date);
    }

    /// Closes this day of every year.
    pub fn close_yearly(&mut self, date: NaiveDate) {
        self.yearly.insert((date.month(), date.day()));
    }

    fn contains(&self, date: NaiveDate) -> bool {
        self.yearly.contains(&(date.month(), date.day())) || self.dated.contains(&date)
    }
}

/// Whether a stretch of time counts, and why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Open,
    /// Outside of the week's hours.
    Closed,
    Holiday,
}

/// A stretch of time that is all of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
    pub standing: Standing,
}

/// The working hours of a week in one place, and its holidays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Week {
    zone: Tz,
    /// Of each weekday what is open on that date, night shifts of the day before included: in order, apart.
    days: [Vec<(u32, u32)>; 7],
    holidays: Holidays,
}

impl Week {
    /// None where no minute of the week is open: nothing would ever be due.
    pub fn new(zone: Tz, openings: &[Opening], holidays: Holidays) -> Option<Self> {
        let mut days: [Vec<(u32, u32)>; 7] = Default::default();
        for opening in openings {
            let Opening { from_s, to_s, .. } = *opening;
            let (today, tomorrow) = (opening.weekday % 7, (opening.weekday + 1) % 7);
            if to_s > from_s {
                days[today].push((from_s, to_s.min(DAY_S)));
            } else {
                days[today].push((from_s, DAY_S));
                days[tomorrow].push((0, to_s));
            }
        }
        let days = days.map(joined);
        let is_open = days.iter().any(|day| !day.is_empty());
        is_open.then_some(Self {
            zone,
            days,
            holidays,
        })
    }

    /// How much working time lies between two moments; none where the second is not later.
    pub fn elapsed(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> TimeDelta {
        let (mut at, to) = (from.timestamp_micros(), to.timestamp_micros());
        let mut sum = 0;
        while at < to {
            let stretch = self.stretch(at, to);
            sum += self
                .open_in(&stretch)
                .map(|(from, to)| to - from)
                .sum::<i64>();
            at = stretch.to;
        }
        TimeDelta::microseconds(sum)
    }

    /// The first moment by which so much working time has passed since `from`; none where that takes about ten years.
    pub fn add(&self, from: DateTime<Utc>, amount: TimeDelta) -> Option<DateTime<Utc>> {
        let mut left = amount.num_microseconds()?;
        if left <= 0 {
            return Some(from);
        }
        let mut at = from.timestamp_micros();
        let horizon = at.checked_add(HORIZON_DAYS * DAY_US)?;
        while at < horizon {
            let stretch = self.stretch(at, horizon);
            for (open, close) in self.open_in(&stretch) {
                if close - open >= left {
                    return DateTime::from_timestamp_micros(open + left);
                }
                left -= close - open;
            }
            at = stretch.to;
        }
        None
    }

    /// The time between two moments in parts, in order and without a gap, of which no two neighbours are alike. The open
    /// ones add up to [`Week::elapsed`].
    pub fn parts(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<Part> {
        let (mut at, to) = (from.timestamp_micros(), to.timestamp_micros());
        let mut parts = Vec::new();
        while at < to {
            let stretch = self.stretch(at, to);
            for (open, close) in self.open_in(&stretch) {
                self.push_closed(&mut parts, &stretch, at, open);
                push(&mut parts, open, close, Standing::Open);
                at = close;
            }
            self.push_closed(&mut parts, &stretch, at, stretch.to);
            at = stretch.to;
        }
        parts
    }

    /// Adds what is not open, date by date.
    fn push_closed(&self, parts: &mut Vec<Part>, stretch: &Stretch, from: i64, to: i64) {
        let mut at = from;
        while at < to {
            let day = (at + stretch.offset_us).div_euclid(DAY_US);
            let midnight = (day + 1) * DAY_US - stretch.offset_us;
            let is_holiday = date_of(day).is_some_and(|date| self.holidays.contains(date));
            let standing = if is_holiday {
                Standing::Holiday
            } else {
                Standing::Closed
            };
            push(parts, at, midnight.min(to), standing);
            at = midnight;
        }
    }

    /// What lies ahead of `at`, at most a week of it and not beyond `end`, with one offset between wall and UTC.
    fn stretch(&self, at: i64, end: i64) -> Stretch {
        let (offset_us, mut to) = (self.offset_us(at), end.min(at.saturating_add(STEP_US)));
        if self.offset_us(to - 1) != offset_us {
            // The wall is changed at a whole second somewhere in between.
            let (mut same, mut other) = (at.div_euclid(SECOND_US), (to - 1).div_euclid(SECOND_US));
            while other - same > 1 {
                let middle = i64::midpoint(same, other);
                if self.offset_us(middle * SECOND_US) == offset_us {
                    same = middle;
                } else {
                    other = middle;
                }
            }
            to = other * SECOND_US;
        }
        Stretch {
            from: at,
            to,
            offset_us,
        }
    }

    /// How far the wall is ahead of UTC.
    fn offset_us(&self, at: i64) -> i64 {
        let moment = DateTime::from_timestamp_micros(at).unwrap_or_default();
        let offset = self.zone.offset_from_utc_datetime(&moment.naive_utc());
        i64::from(offset.fix().local_minus_utc()) * SECOND_US
    }

    /// The open parts of a stretch, in order; they may touch.
    fn open_in(&self, stretch: &Stretch) -> impl Iterator<Item = (i64, i64)> {
        let Stretch {
            from,
            to,
            offset_us,
        } = *stretch;
        let first_day = (from + offset_us).div_euclid(DAY_US);
        let last_day = (to - 1 + offset_us).div_euclid(DAY_US);
        (first_day..=last_day).flat_map(move |day| {
            let midnight = day * DAY_US - offset_us;
            self.openings_on(day)
                .iter()
                .filter_map(move |(open, close)| {
                    let at = |second: u32| midnight + i64::from(second) * SECOND_US;
                    let (open, close) = (at(*open).max(from), at(*close).min(to));
                    (open < close).then_some((open, close))
                })
        })
    }

    /// Of the date so many days after 1970-01-01.
    fn openings_on(&self, day: i64) -> &[(u32, u32)] {
        match date_of(day) {
            Some(date) if !self.holidays.contains(date) => {
                &self.days[date.weekday().num_days_from_monday() as usize]
            }
            Some(_) | None => &[],
        }
    }
}

/// The date so many days after 1970-01-01.
fn date_of(day: i64) -> Option<NaiveDate> {
    let epoch = DateTime::UNIX_EPOCH.date_naive();
    let days = Days::new(day.unsigned_abs());
    if day < 0 {
        epoch.checked_sub_days(days)
    } else {
        epoch.checked_add_days(days)
    }
}

/// Adds a part, or more of the last one.
fn push(parts: &mut Vec<Part>, from: i64, to: i64, standing: Standing) {
    let moment = |us| DateTime::from_timestamp_micros(us).unwrap_or_default();
    match parts.last_mut() {
        Some(last) if last.standing == standing => last.to = moment(to),
        _ => parts.push(Part {
            from: moment(from),
            to: moment(to),
            standing,
        }),
    }
}

/// A stretch of time with one offset.
struct Stretch {
    from: i64,
    to: i64,
    offset_us: i64,
}

/// Sorts intervals, joins those that touch or overlap, and leaves out empty ones.
fn joined(mut intervals: Vec<(u32, u32)>) -> Vec<(u32, u32)> {
    intervals.retain(|(from, to)| from < to);
    intervals.sort_unstable();
    let mut joined: Vec<(u32, u32)> = Vec::with_capacity(intervals.len());
    for (from, to) in intervals {
        match joined.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => joined.push((from, to)),
        }
    }
    joined
}

#[cfg(test)]
mod tests;
