//! A ticket's custom fields again, for filters: a row for each value, of several choices one each.

use sea_orm::entity::prelude::*;

use crate::{ids::TicketId, json::Number};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ticket_fields")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub ticket_id: TicketId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// The choice, the date, `true` or `false`; empty for a number, and for a text, which is not repeated here.
    #[sea_orm(primary_key, auto_increment = false)]
    pub item: String,
    pub number: Option<Number>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
