//! Where the event log ends, in a single row.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "log_head")]
pub struct Model {
    /// Always 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i16,
    /// Which life of the log this is; 0 before its first.
    pub epoch: i64,
    /// Of which database: another one begins another epoch.
    pub fingerprint: String,
    /// The newest event's place; on SQLite the greatest id says it.
    pub pos: i64,
    /// Only events after this place can be followed.
    pub oldest: i64,
    /// The events up to this place have no facts any more.
    pub cleared: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
