//! A saved ticket filter with an order, shared with a team or personal.

use sea_orm::entity::prelude::*;

use crate::ids::{QueueId, TeamId, UserId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "queues")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: QueueId,
    /// Grows by one with every change, from 1.
    pub version: i32,
    pub name: String,
    /// A `TicketFilter` as clients write it.
    pub filter: Json,
    /// A `TicketOrder` as clients write it.
    pub order_by: Option<Json>,
    /// The team that shares it; none for a personal queue.
    pub team_id: Option<TeamId>,
    /// Whose queue it is, where it is personal.
    pub owner_id: Option<UserId>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
