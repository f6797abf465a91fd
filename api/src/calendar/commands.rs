//! Every change to calendars. What they say is written anew with each change, so that timers can tell by which hours
//! they counted.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    calendar::{self, Column},
    calendar_hours,
    ids::{CalendarHoursId, CalendarId},
    json::{Holiday, Holidays, Intervals},
    service_level_policy,
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    sea_query::Expr,
};

use super::{
    icalendar,
    queries::Calendar,
    working::{week, zone},
};
use crate::{
    actor::Actor,
    app::{App, Tx, is_taken},
    error::{Error, Result, expect_version, refuse_if_any},
    events::Event,
    input::Checked,
    policy::{self, Action},
    refusal::{Refusal, Why},
    sla,
    text::NAME_CHARS_MAX,
    ticket,
};

const CALENDARS_MAX: usize = 100;
const INTERVALS_MAX: usize = 100;
const HOLIDAYS_MAX: usize = 2_000;
/// An iCalendar text.
const ICALENDAR_BYTES_MAX: usize = 524_288;

/// What to say about a calendar; what is absent stays as it is.
#[derive(Clone, Debug, Default)]
pub struct Edit {
    pub name: Option<String>,
    pub time_zone: Option<String>,
    pub intervals: Option<Intervals>,
    pub holidays: Option<Vec<Holiday>>,
    pub is_default: Option<bool>,
}

/// What came of an import.
#[derive(Clone, Debug)]
pub struct Imported {
    pub calendar: Calendar,
    pub added: usize,
    pub skipped: usize,
}

/// Makes a calendar of a name, a time zone and intervals.
pub async fn create(app: &App, actor: &Actor, new: &Edit) -> Result<Calendar> {
    policy::authorize(actor, Action::ChangeServiceTerms)?;
    let mut tx = app.begin(actor).await?;
    sla::change_terms(&mut tx).await?;
    let (id, hours_id) = (CalendarId(tx.new_id()), CalendarHoursId(tx.new_id()));
    let empty = Calendar {
        calendar: calendar::Model {
            id,
            name: String::new(),
            version: 1,
            hours_id,
            is_default: false,
            created_at: tx.now(),
            updated_at: tx.now(),
            deleted_at: None,
        },
        hours: calendar_hours::Model {
            id: hours_id,
            calendar_id: id,
            time_zone: String::new(),
            intervals: Intervals::default(),
            holidays: Holidays::default(),
            created_at: tx.now(),
        },
    };
    refuse_one_too_many(&tx).await?;
    let calendar = checked(&empty, new, tx.now())?;
    make_room_for_default(&tx, &calendar.calendar).await?;
    let row = calendar.calendar.clone().into_active_model().reset_all();
    let inserted = calendar::Entity::insert(row)
        .exec_without_returning(&*tx)
        .await;
    inserted.map_err(taken_or_internal)?;
    insert_hours(&tx, &calendar.hours).await?;
    tx.record(Event::CalendarCreated { calendar_id: id });
    tx.commit().await?;
    ticket::follow_terms_now(app).await?;
    Ok(calendar)
}

/// Changes what is given of a calendar. Timers that are open count by the new hours from now on.
pub async fn edit(
    app: &App,
    actor: &Actor,
    id: Option<CalendarId>,
    expected_version: Option<i32>,
    edit: &Edit,
) -> Result<Calendar> {
    policy::authorize(actor, Action::ChangeServiceTerms)?;
    let mut tx = app.begin(actor).await?;
    sla::change_terms(&mut tx).await?;
    let before = find_for_change(&tx, id, expected_version).await?;
    let after = checked(&before, edit, tx.now())?;
    save(app, tx, &before, after).await
}

/// Adds the holidays of an iCalendar text to those that are there; one of the same day replaces it.
pub async fn import_holidays(
    app: &App,
    actor: &Actor,
    id: Option<CalendarId>,
    expected_version: Option<i32>,
    text: &str,
) -> Result<Imported> {
    policy::authorize(actor, Action::ChangeServiceTerms)?;
    let found = (text.len() <= ICALENDAR_BYTES_MAX)
        .then(|| icalendar::read(text))
        .flatten();
    let found = found.ok_or(Refusal::Invalid {
        field: "icalendar",
        why: Why::ICalendar,
    })?;

    let mut tx = app.begin(actor).await?;
    sla::change_terms(&mut tx).await?;
    let before = find_for_change(&tx, id, expected_version).await?;
    let known = &before.hours.holidays.0;
    let is_new = |holiday: &&Holiday| {
        let is_it = |known: &Holiday| (known.date, known.yearly) == (holiday.date, holiday.yearly);
        !known.iter().any(is_it)
    };
    let added = found.holidays.iter().filter(is_new).count();
    let edit = Edit {
        holidays: Some(known.iter().chain(&found.holidays).cloned().collect()),
        ..Edit::default()
    };
    let calendar = checked(&before, &edit, tx.now()).map_err(|error| about(error, "icalendar"))?;
    Ok(Imported {
        calendar: save(app, tx, &before, calendar).await?,
        added,
        skipped: found.skipped,
    })
}

/// Deletes a calendar that neither the desk nor a policy uses.
pub async fn delete(app: &App, actor: &Actor, id: Option<CalendarId>) -> Result<CalendarId> {
    policy::authorize(actor, Action::ChangeServiceTerms)?;
    let mut tx = app.begin(actor).await?;
    sla::change_terms(&mut tx).await?;
    let Calendar { mut calendar, .. } = find_for_change(&tx, id, None).await?;
    let policies = service_level_policy::Entity::find()
        .filter(service_level_policy::Column::CalendarId.eq(calendar.id))
        .count(&*tx)
        .await?;
    if calendar.is_default || policies > 0 {
        let (field, why) = ("calendarId", Why::InUse);
        return Err(Refusal::Invalid { field, why }.into());
    }
    calendar.deleted_at = Some(tx.now());
    let calendar_id = calendar.id;
    calendar
        .into_active_model()
        .reset_all()
        .update(&*tx)
        .await?;
    tx.record(Event::CalendarDeleted { calendar_id });
    tx.commit().await?;
    ticket::follow_terms_now(app).await?;
    Ok(calendar_id)
}

/// The calendar with what is said about it, or all that is wrong with that.
fn checked(before: &Calendar, edit: &Edit, now: DateTime<Utc>) -> Result<Calendar> {
    let mut checked = Checked::default();
    let mut after = before.clone();
    if let Some(name) = &edit.name {
        after.calendar.name = checked.line("name", name, NAME_CHARS_MAX);
    }
    if let Some(is_default) = edit.is_default {
        after.calendar.is_default = is_default;
    }
    if let Some(time_zone) = &edit.time_zone {
        after.hours.time_zone.clone_from(time_zone);
    }
    if let Some(intervals) = &edit.intervals {
        refuse_many(&mut checked, "intervals", intervals.0.len(), INTERVALS_MAX);
        after.hours.intervals.clone_from(intervals);
    }
    if let Some(holidays) = &edit.holidays {
        after.hours.holidays = Holidays(tidied(&mut checked, holidays));
        let count = after.hours.holidays.0.len();
        refuse_many(&mut checked, "holidays", count, HOLIDAYS_MAX);
    }
    if zone(&after.hours.time_zone).is_none() {
        let (field, why) = ("timeZone", Why::TimeZone);
        checked.refuse(Refusal::Invalid { field, why });
    }
    refuse_if_any(checked.refusals)?;
    let hours = &after.hours;
    let week = week(&hours.time_zone, &hours.intervals, &hours.holidays);
    // A week that holidays close for good is as bad as an empty one.
    let opens = week.and_then(|week| week.add(now, TimeDelta::microseconds(1)));
    if opens.is_none() {
        let (field, why) = ("intervals", Why::NeverOpen);
        return Err(Refusal::Invalid { field, why }.into());
    }
    Ok(after)
}

/// In the order of their dates, each day once; of two of a day the later one.
fn tidied(checked: &mut Checked, holidays: &[Holiday]) -> Vec<Holiday> {
    let mut by_date = BTreeMap::new();
    for holiday in holidays {
        let mut holiday = holiday.clone();
        if !holiday.name.is_empty() {
            holiday.name = checked.line("holidays", &holiday.name, NAME_CHARS_MAX);
        }
        by_date.insert((holiday.date, holiday.yearly), holiday);
    }
    by_date.into_values().collect()
}

fn refuse_many(checked: &mut Checked, field: &'static str, count: usize, max: usize) {
    if count > max {
        let why = Why::TooMany { max };
        checked.refuse(Refusal::Invalid { field, why });
    }
}

async fn find_for_change(
    tx: &Tx<'_>,
    id: Option<CalendarId>,
    expected_version: Option<i32>,
) -> Result<Calendar> {
    let missing = || Refusal::NotFound {
        field: "calendarId",
    };
    let calendar = calendar::Entity::find_by_id(id.ok_or_else(missing)?)
        .filter(Column::DeletedAt.is_null())
        .one(&**tx)
        .await?;
    let calendar = calendar.ok_or_else(missing)?;
    expect_version(calendar.version, expected_version)?;
    let hours = calendar_hours::Entity::find_by_id(calendar.hours_id)
        .one(&**tx)
        .await?;
    let hours = hours.ok_or_else(|| anyhow::anyhow!("a calendar without hours"))?;
    Ok(Calendar { calendar, hours })
}

/// Writes what is different; the hours, where they are, as new ones. Where nothing is, nothing comes into force.
async fn save(
    app: &App,
    mut tx: Tx<'_>,
    before: &Calendar,
    mut after: Calendar,
) -> Result<Calendar> {
    if after == *before {
        return Ok(after);
    }
    if after.hours != before.hours {
        after.hours.id = CalendarHoursId(tx.new_id());
        after.hours.created_at = tx.now();
        after.calendar.hours_id = after.hours.id;
        insert_hours(&tx, &after.hours).await?;
    }
    after.calendar.version += 1;
    after.calendar.updated_at = tx.now();
    make_room_for_default(&tx, &after.calendar).await?;
    let row = after.calendar.clone().into_active_model().reset_all();
    row.update(&*tx).await.map_err(taken_or_internal)?;
    tx.record(Event::CalendarEdited {
        calendar_id: after.calendar.id,
    });
    tx.commit().await?;
    ticket::follow_terms_now(app).await?;
    Ok(after)
}

async fn insert_hours(tx: &Tx<'_>, hours: &calendar_hours::Model) -> Result<()> {
    let row = hours.clone().into_active_model().reset_all();
    calendar_hours::Entity::insert(row)
        .exec_without_returning(&**tx)
        .await?;
    Ok(())
}

/// Only one calendar counts by default.
async fn make_room_for_default(tx: &Tx<'_>, calendar: &calendar::Model) -> Result<()> {
    if calendar.is_default {
        calendar::Entity::update_many()
            .col_expr(Column::IsDefault, Expr::val(false))
            .filter(Column::IsDefault.eq(true))
            .filter(Column::Id.ne(calendar.id))
            .exec(&**tx)
            .await?;
    }
    Ok(())
}

async fn refuse_one_too_many(tx: &Tx<'_>) -> Result<()> {
    let calendars = calendar::Entity::find().filter(Column::DeletedAt.is_null());
    let count = calendars.count(&**tx).await?;
    if usize::try_from(count).is_ok_and(|count| count < CALENDARS_MAX) {
        return Ok(());
    }
    let why = Why::TooMany { max: CALENDARS_MAX };
    Err(Refusal::Invalid { field: "name", why }.into())
}

/// The same refusals, about another field of the input.
fn about(error: Error, field: &'static str) -> Error {
    match error {
        Error::Refused(refusals) => {
            let moved = refusals.into_iter().map(|refusal| match refusal {
                Refusal::Invalid { why, .. } => Refusal::Invalid { field, why },
                other => other,
            });
            Error::Refused(moved.collect())
        }
        other => other,
    }
}

/// Of what is unique on a calendar only the name comes from outside.
fn taken_or_internal(error: sea_orm::DbErr) -> Error {
    if is_taken(&error) {
        Refusal::Taken { field: "name" }.into()
    } else {
        error.into()
    }
}
