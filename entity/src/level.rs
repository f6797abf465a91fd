//! How far a request must travel.

use sea_orm::entity::prelude::*;

use crate::{escalation::Escalation, ids::TeamId, ticket::Priority};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "levels")]
pub struct Model {
    /// 1 is the nearest; a level is known by its rank, which never changes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub rank: i16,
    pub name_en: String,
    pub name_fr: String,
    pub description_en: String,
    pub description_fr: String,
    pub default_priority: Priority,
    pub default_team_id: Option<TeamId>,
    pub first_reply_s: Option<i32>,
    pub next_reply_s: Option<i32>,
    pub resolution_s: Option<i32>,
    pub escalation: Escalation,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
