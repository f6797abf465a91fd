//! Calendars and what they say.

use async_graphql::{Description, Enum, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};

use super::queries;
use crate::graphql::{
    GlobalId,
    scalars::{Date, LocalTime},
};

/// When support works: in which time zone, at which hours of the week, and on which days not. Service-level timers count
/// the working time of the calendar in force.
#[derive(Description)]
pub struct Calendar(pub queries::Calendar);

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum Weekday {
    /// Monday.
    Monday,
    /// Tuesday.
    Tuesday,
    /// Wednesday.
    Wednesday,
    /// Thursday.
    Thursday,
    /// Friday.
    Friday,
    /// Saturday.
    Saturday,
    /// Sunday.
    Sunday,
}

/// In the order in which they are stored.
const WEEK: [Weekday; 7] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
];

/// Hours of one weekday in which support works.
#[derive(SimpleObject)]
pub struct WorkingInterval {
    /// The day on which it begins.
    weekday: Weekday,
    /// When it begins.
    from: LocalTime,
    /// When it ends; at or before the beginning: on the next day.
    to: LocalTime,
}

/// A day on which support does not work, from midnight to midnight. A night shift that runs into it stops at midnight;
/// of one that would begin on it, the part after midnight is worked.
#[derive(SimpleObject)]
pub struct Holiday {
    /// The day; of a yearly one the month and day count.
    date: Date,
    /// Whether it is a holiday on this day of every year.
    is_yearly: bool,
    /// What people call it; empty where nobody said.
    name: String,
}

#[Object(use_type_description)]
impl Calendar {
    /// The calendar's global id.
    pub async fn id(&self) -> ID {
        self.0.calendar.id.global()
    }

    /// What people call it.
    async fn name(&self) -> &str {
        &self.0.calendar.name
    }

    /// Grows by one with every change.
    async fn version(&self) -> i32 {
        self.0.calendar.version
    }

    /// A name of the IANA time zone database, such as `Europe/Paris`.
    async fn time_zone(&self) -> &str {
        &self.0.hours.time_zone
    }

    /// The working hours of the week.
    async fn intervals(&self) -> Vec<WorkingInterval> {
        let intervals = self.0.hours.intervals.0.iter();
        let shown = intervals.map(|interval| WorkingInterval {
            weekday: WEEK[usize::from(interval.weekday) % WEEK.len()],
            from: LocalTime {
                minutes: interval.from,
            },
            to: LocalTime {
                minutes: interval.to,
            },
        });
        shown.collect()
    }

    /// The days without work, in the order of their dates.
    async fn holidays(&self) -> Vec<Holiday> {
        let holidays = self.0.hours.holidays.0.iter();
        let shown = holidays.map(|holiday| Holiday {
            date: Date(holiday.date),
            is_yearly: holiday.yearly,
            name: holiday.name.clone(),
        });
        shown.collect()
    }

    /// When it was last changed: what it says counts since then.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.calendar.updated_at
    }

    /// Whether it counts for the desk: wherever no service-level policy names another.
    async fn is_default(&self) -> bool {
        self.0.calendar.is_default
    }
}
