//! An article on a ticket, and why it is there.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::ids::{ArticleId, KnowledgeLinkId, TicketId, UserId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "knowledge_links")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: KnowledgeLinkId,
    pub ticket_id: TicketId,
    pub article_id: ArticleId,
    pub role: Role,
    /// None: the system offered it.
    pub added_by_id: Option<UserId>,
    pub created_at: DateTimeUtc,
}

#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize,
)]
#[sea_orm(rs_type = "i16", db_type = "SmallInteger")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Role {
    /// Offered by the system.
    Suggested = 0,
    /// Sent to the requester.
    Shared = 1,
    /// It solved the ticket.
    Solution = 2,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
