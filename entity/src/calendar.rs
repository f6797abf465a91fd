//! A calendar by its name; its hours are in `calendar_hours`.

use sea_orm::entity::prelude::*;

use crate::ids::{CalendarHoursId, CalendarId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "calendars")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CalendarId,
    /// Unique among calendars that are not deleted.
    pub name: String,
    /// Grows by one with every change.
    pub version: i32,
    /// The hours in force.
    pub hours_id: CalendarHoursId,
    /// Whether it counts where no policy names another; at most one does.
    pub is_default: bool,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    /// Timers may have counted by it, so its hours stay.
    pub deleted_at: Option<DateTimeUtc>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
