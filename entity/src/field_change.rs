//! What a change made of a ticket's custom fields, which the event log must not hold.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{FieldChangeId, TicketId},
    json::FieldChanges,
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "field_changes")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: FieldChangeId,
    pub ticket_id: TicketId,
    pub changes: FieldChanges,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
