//! A link from one ticket to another.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::ids::{TicketId, TicketLinkId, UserId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ticket_links")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TicketLinkId,
    pub from_id: TicketId,
    pub to_id: TicketId,
    pub kind: Kind,
    pub added_by_id: Option<UserId>,
    pub created_at: DateTimeUtc,
}

/// Read from the first ticket to the second: "A is a duplicate of B", "A is caused by B".
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "i16", db_type = "SmallInteger")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Kind {
    RelatesTo = 0,
    DuplicateOf = 1,
    CausedBy = 2,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
