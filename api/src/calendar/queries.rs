//! Every read of calendars, for who may read the terms of service.

use std::collections::HashMap;

use entity::{
    calendar::{self, Column},
    calendar_hours,
    ids::CalendarId,
};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder};

use crate::{
    actor::Actor,
    app::App,
    error::Result,
    policy::{self, Action},
};

/// A calendar with its hours in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    pub calendar: calendar::Model,
    pub hours: calendar_hours::Model,
}

/// All calendars by name, for who may read them; there are a hundred at most.
pub async fn list(app: &App, actor: &Actor) -> Result<Vec<Calendar>> {
    if !policy::may(actor, Action::ReadServiceTerms) {
        return Ok(Vec::new());
    }
    find_with_hours(app, Condition::all()).await
}

/// Those of these that there are, for who may read them.
pub async fn find_many(
    app: &App,
    actor: &Actor,
    ids: &[CalendarId],
) -> Result<HashMap<CalendarId, Calendar>> {
    if !policy::may(actor, Action::ReadServiceTerms) {
        return Ok(HashMap::new());
    }
    let these = Condition::all().add(Column::Id.is_in(ids.iter().copied()));
    let calendars = find_with_hours(app, these).await?;
    Ok(calendars
        .into_iter()
        .map(|calendar| (calendar.calendar.id, calendar))
        .collect())
}

async fn find_with_hours(app: &App, which: Condition) -> Result<Vec<Calendar>> {
    let calendars = calendar::Entity::find()
        .filter(which)
        .filter(Column::DeletedAt.is_null())
        .order_by_asc(Column::Name)
        .all(&app.store.read)
        .await?;
    let ids = calendars.iter().map(|calendar| calendar.hours_id);
    let hours = calendar_hours::Entity::find()
        .filter(calendar_hours::Column::Id.is_in(ids))
        .all(&app.store.read)
        .await?;
    let mut hours: HashMap<_, _> = hours.into_iter().map(|hours| (hours.id, hours)).collect();
    let with_hours = calendars.into_iter().filter_map(|calendar| {
        let hours = hours.remove(&calendar.hours_id)?;
        Some(Calendar { calendar, hours })
    });
    Ok(with_hours.collect())
}
