//! A merge that can be undone: one of each merged ticket.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{TicketId, UserId},
    json::BeforeMerge,
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ticket_merges")]
pub struct Model {
    /// The merged ticket.
    #[sea_orm(primary_key, auto_increment = false)]
    pub ticket_id: TicketId,
    pub into_id: TicketId,
    pub before: BeforeMerge,
    pub merged_by_id: Option<UserId>,
    pub merged_at: DateTimeUtc,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
