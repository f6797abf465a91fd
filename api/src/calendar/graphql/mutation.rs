//! Changes to calendars, and what they take and give.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use entity::{
    ids::CalendarId,
    json::{self, Intervals},
};

use super::{
    super::commands::{self, Edit},
    Calendar, Weekday,
};
use crate::{
    app::retry,
    error,
    graphql::{
        Caller, GlobalId, UserError,
        scalars::{Date, LocalTime},
        split_errors,
    },
    refusal::{Refusal, Why},
};

/// Hours of one weekday in which support works.
#[derive(Clone, InputObject)]
pub struct WorkingIntervalInput {
    /// The day on which it begins.
    weekday: Weekday,
    /// When it begins.
    from: LocalTime,
    /// When it ends; before the beginning: on the next day.
    to: LocalTime,
}

/// A day on which support does not work.
#[derive(Clone, InputObject)]
pub struct HolidayInput {
    /// The day.
    date: Date,
    /// Whether it is a holiday on this day of every year.
    #[graphql(default)]
    is_yearly: bool,
    /// What people call it, at most 255 characters.
    #[graphql(default)]
    name: String,
}

/// A new calendar.
#[derive(InputObject)]
pub struct CreateCalendarInput {
    /// Its name, at most 255 characters; no other calendar may have it.
    name: String,
    /// A name of the IANA time zone database, such as `Europe/Paris`.
    time_zone: String,
    /// The working hours of the week, at most 100 intervals; they may overlap.
    intervals: Vec<WorkingIntervalInput>,
    /// The days without work, at most 2,000.
    holidays: Option<Vec<HolidayInput>>,
    /// Whether it is to count for the desk, instead of the one that did.
    #[graphql(default)]
    is_default: bool,
}

/// What to change about a calendar; what is absent stays.
#[derive(InputObject)]
pub struct EditCalendarInput {
    /// The calendar.
    calendar_id: ID,
    /// Refuses the change where the calendar has another version by now.
    expected_version: Option<i32>,
    /// Its name, at most 255 characters; no other calendar may have it.
    name: Option<String>,
    /// A name of the IANA time zone database, such as `Europe/Paris`.
    time_zone: Option<String>,
    /// All working hours of the week, at most 100 intervals; they may overlap.
    intervals: Option<Vec<WorkingIntervalInput>>,
    /// All days without work, at most 2,000.
    holidays: Option<Vec<HolidayInput>>,
    /// Whether it is to count for the desk. Where no calendar does, every hour counts.
    is_default: Option<bool>,
}

/// Which calendar to delete.
#[derive(InputObject)]
pub struct DeleteCalendarInput {
    /// The calendar.
    calendar_id: ID,
}

/// Holidays for a calendar.
#[derive(InputObject)]
pub struct ImportHolidaysInput {
    /// The calendar.
    calendar_id: ID,
    /// Refuses the change where the calendar has another version by now.
    expected_version: Option<i32>,
    /// An iCalendar text (RFC 5545) of at most 512 KiB. Its events of whole days become holidays; those with
    /// `RRULE:FREQ=YEARLY` yearly ones.
    icalendar: String,
}

/// What came of creating a calendar.
#[derive(SimpleObject)]
pub struct CreateCalendarPayload {
    /// The new calendar; null when refused.
    calendar: Option<Calendar>,
    /// What a person can put right; empty when it was done.
    user_errors: Vec<UserError>,
}

/// What came of changing a calendar.
#[derive(SimpleObject)]
pub struct EditCalendarPayload {
    /// The calendar as it is now; null when refused.
    calendar: Option<Calendar>,
    /// What a person can put right; empty when it was done.
    user_errors: Vec<UserError>,
}

/// What came of deleting a calendar.
#[derive(SimpleObject)]
pub struct DeleteCalendarPayload {
    /// The calendar that is no more; null when refused.
    deleted_id: Option<ID>,
    /// What a person can put right; empty when it was done.
    user_errors: Vec<UserError>,
}

/// What came of importing holidays.
#[derive(SimpleObject)]
pub struct ImportHolidaysPayload {
    /// The calendar as it is now; null when refused.
    calendar: Option<Calendar>,
    /// How many days are holidays now that were none before.
    added_count: i32,
    /// How many events were no holidays: not of whole days, cancelled, or repeated in another way than yearly.
    skipped_count: i32,
    /// What a person can put right; empty when it was done.
    user_errors: Vec<UserError>,
}

/// Changes to calendars.
#[derive(Default)]
pub struct CalendarMutation;

#[Object]
impl CalendarMutation {
    /// Creates a calendar. For admins.
    async fn create_calendar(
        &self,
        ctx: &Context<'_>,
        input: CreateCalendarInput,
    ) -> Result<CreateCalendarPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let created = match intervals(Some(input.intervals)) {
            Ok(intervals) => {
                let new = Edit {
                    name: Some(input.name),
                    time_zone: Some(input.time_zone),
                    intervals,
                    holidays: holidays(input.holidays),
                    is_default: Some(input.is_default),
                };
                retry(|| commands::create(app, actor, &new)).await
            }
            Err(error) => Err(error),
        };
        let (calendar, user_errors) = split_errors(created, actor.locale())?;
        Ok(CreateCalendarPayload {
            calendar: calendar.map(Calendar),
            user_errors,
        })
    }

    /// Changes a calendar. Timers that are open count by the new hours from now on, and keep what they have earned.
    /// For admins.
    async fn edit_calendar(
        &self,
        ctx: &Context<'_>,
        input: EditCalendarInput,
    ) -> Result<EditCalendarPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let id = CalendarId::of(&input.calendar_id);
        let edited = match intervals(input.intervals) {
            Ok(intervals) => {
                let edit = Edit {
                    name: input.name,
                    time_zone: input.time_zone,
                    intervals,
                    holidays: holidays(input.holidays),
                    is_default: input.is_default,
                };
                retry(|| commands::edit(app, actor, id, input.expected_version, &edit)).await
            }
            Err(error) => Err(error),
        };
        let (calendar, user_errors) = split_errors(edited, actor.locale())?;
        Ok(EditCalendarPayload {
            calendar: calendar.map(Calendar),
            user_errors,
        })
    }

    /// Deletes a calendar that neither the desk nor a service-level policy uses. For admins.
    async fn delete_calendar(
        &self,
        ctx: &Context<'_>,
        input: DeleteCalendarInput,
    ) -> Result<DeleteCalendarPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let id = CalendarId::of(&input.calendar_id);
        let deleted = retry(|| commands::delete(app, actor, id)).await;
        let (deleted, user_errors) = split_errors(deleted, actor.locale())?;
        Ok(DeleteCalendarPayload {
            deleted_id: deleted.map(|id| id.global()),
            user_errors,
        })
    }

    /// Adds the holidays of an iCalendar text to a calendar. A holiday of the same day is replaced. For admins.
    async fn import_holidays(
        &self,
        ctx: &Context<'_>,
        input: ImportHolidaysInput,
    ) -> Result<ImportHolidaysPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let id = CalendarId::of(&input.calendar_id);
        let ImportHolidaysInput {
            expected_version,
            icalendar,
            ..
        } = input;
        let import = || commands::import_holidays(app, actor, id, expected_version, &icalendar);
        let (imported, user_errors) = split_errors(retry(import).await, actor.locale())?;
        let count = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
        let counts = imported
            .as_ref()
            .map_or((0, 0), |imported| (imported.added, imported.skipped));
        Ok(ImportHolidaysPayload {
            calendar: imported.map(|imported| Calendar(imported.calendar)),
            added_count: count(counts.0),
            skipped_count: count(counts.1),
            user_errors,
        })
    }
}

fn intervals(input: Option<Vec<WorkingIntervalInput>>) -> error::Result<Option<Intervals>> {
    let Some(input) = input else { return Ok(None) };
    if input.iter().any(|interval| interval.from == interval.to) {
        let (field, why) = ("intervals", Why::EmptyInterval);
        return Err(Refusal::Invalid { field, why }.into());
    }
    let intervals = input.iter().map(|interval| json::Interval {
        weekday: interval.weekday as u8,
        from: interval.from.minutes,
        to: interval.to.minutes,
    });
    Ok(Some(Intervals(intervals.collect())))
}

fn holidays(input: Option<Vec<HolidayInput>>) -> Option<Vec<json::Holiday>> {
    let holidays = input?.into_iter().map(|holiday| json::Holiday {
        date: holiday.date.0,
        yearly: holiday.is_yearly,
        name: holiday.name,
    });
    Some(holidays.collect())
}
