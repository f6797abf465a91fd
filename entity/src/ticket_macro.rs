//! A macro: changes to a ticket that are made together, shared with a team or personal.

use sea_orm::entity::prelude::*;

use crate::ids::{MacroId, TeamId, UserId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "macros")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MacroId,
    pub name: String,
    /// A list of `MacroStepInput` as clients write them.
    pub steps: Json,
    /// The team that shares it; none for a personal macro.
    pub team_id: Option<TeamId>,
    /// Whose macro it is, where it is personal.
    pub owner_id: Option<UserId>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
