//! The event log: what happened, by ids and by the fields that filters and policy look at. Never
//! a text that a person wrote.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::ids::{TicketId, UserId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "events")]
pub struct Model {
    /// Grows with every insert, but does not commit in order: it is no place to go on from.
    #[sea_orm(primary_key)]
    pub id: i64,
    pub ticket_id: Option<TicketId>,
    pub actor_id: Option<UserId>,
    pub actor_kind: ActorKind,
    /// Whether only staff may learn of it.
    pub is_internal: bool,
    pub at: DateTimeUtc,
    pub data: Json,
    /// Its place in the log, once it has one: after the commit, dense, and never another.
    pub pos: Option<i64>,
    /// The ticket's facts after the change, on the last event of a change to a ticket.
    pub facts: Option<Json>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "i16", db_type = "SmallInteger")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ActorKind {
    Person = 0,
    Machine = 1,
    System = 2,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
