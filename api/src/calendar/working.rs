//! Working hours as timers count by them, and those that were asked for last.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use entity::{
    calendar_hours,
    ids::CalendarHoursId,
    json::{self, Interval},
};
use sea_orm::EntityTrait;

use super::rules::{self, Opening, Part, Standing, Week};
use crate::{app::App, error::Result};

/// Hours in memory, at a few kilobytes each. They never change.
const HOURS_MAX: u64 = 1_000;
const MINUTE_S: u32 = 60;

/// By which hours time counts.
#[derive(Clone, Debug, Default)]
pub enum Hours {
    /// Every hour counts.
    #[default]
    Always,
    Of(CalendarHoursId, Arc<Week>),
}

/// One id names the same hours for good.
impl PartialEq for Hours {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}

impl Eq for Hours {}

impl Hours {
    pub const fn id(&self) -> Option<CalendarHoursId> {
        match self {
            Self::Always => None,
            Self::Of(id, _) => Some(*id),
        }
    }

    /// How much time counts between two moments; none where the second is not later.
    pub fn elapsed(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> TimeDelta {
        match self {
            Self::Always => (to - from).max(TimeDelta::zero()),
            Self::Of(_, week) => week.elapsed(from, to),
        }
    }

    /// The first moment by which so much time has counted since `from`; none where that is too far away to be told.
    pub fn add(&self, from: DateTime<Utc>, amount: TimeDelta) -> Option<DateTime<Utc>> {
        match self {
            Self::Always => from.checked_add_signed(amount),
            Self::Of(_, week) => week.add(from, amount),
        }
    }

    /// The time between two moments in parts that count and parts that do not; none where the second is not later.
    pub fn parts(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<Part> {
        let standing = Standing::Open;
        match self {
            Self::Always if from < to => vec![Part { from, to, standing }],
            Self::Always => Vec::new(),
            Self::Of(_, week) => week.parts(from, to),
        }
    }
}

/// Hours, by their ids.
pub type HoursById = HashMap<CalendarHoursId, Hours>;

/// Hours that were asked for.
pub struct Cache(moka::sync::Cache<CalendarHoursId, Hours>);

impl Default for Cache {
    fn default() -> Self {
        Self(moka::sync::Cache::new(HOURS_MAX))
    }
}

/// The hours of this id; none: every hour counts.
pub async fn hours(app: &App, id: Option<CalendarHoursId>) -> Result<Hours> {
    let Some(id) = id else {
        return Ok(Hours::Always);
    };
    if let Some(hours) = app.calendars.0.get(&id) {
        return Ok(hours);
    }
    let row = calendar_hours::Entity::find_by_id(id)
        .one(&app.store.read)
        .await?;
    let week = row.and_then(|row| week(&row.time_zone, &row.intervals, &row.holidays));
    let week = week.ok_or_else(|| anyhow::anyhow!("a calendar cannot be read"))?;
    let hours = Hours::Of(id, Arc::new(week));
    app.calendars.0.insert(id, hours.clone());
    Ok(hours)
}

/// The hours of each of these ids.
pub async fn hours_of_all(
    app: &App,
    ids: impl IntoIterator<Item = CalendarHoursId>,
) -> Result<HoursById> {
    let ids: HashSet<_> = ids.into_iter().collect();
    let mut all = HoursById::new();
    for id in ids {
        all.insert(id, hours(app, Some(id)).await?);
    }
    Ok(all)
}

/// None where the time zone is unknown, or no hour of the week is open.
pub(super) fn week(
    time_zone: &str,
    intervals: &json::Intervals,
    holidays: &json::Holidays,
) -> Option<Week> {
    let openings: Vec<_> = intervals.0.iter().copied().map(opening).collect();
    let mut closed = rules::Holidays::default();
    for holiday in &holidays.0 {
        if holiday.yearly {
            closed.close_yearly(holiday.date);
        } else {
            closed.close(holiday.date);
        }
    }
    Week::new(zone(time_zone)?, &openings, closed)
}

/// A time zone by its name.
pub(super) fn zone(name: &str) -> Option<Tz> {
    name.parse().ok()
}

fn opening(interval: Interval) -> Opening {
    Opening {
        weekday: interval.weekday.into(),
        from_s: u32::from(interval.from) * MINUTE_S,
        to_s: u32::from(interval.to) * MINUTE_S,
    }
}
