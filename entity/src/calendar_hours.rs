//! A calendar's working hours from one change to the next. Rows never change, so that timers can say by which they count.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{CalendarHoursId, CalendarId},
    json::{Holidays, Intervals},
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "calendar_hours")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CalendarHoursId,
    pub calendar_id: CalendarId,
    /// A name of the IANA time zone database.
    pub time_zone: String,
    pub intervals: Intervals,
    pub holidays: Holidays,
    pub created_at: DateTimeUtc,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
