//! A comment on a ticket.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::ids::{CommentId, TicketId, UserId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "comments")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CommentId,
    pub ticket_id: TicketId,
    /// None: the system wrote it.
    pub author_id: Option<UserId>,
    pub visibility: Visibility,
    /// Markdown.
    pub body: String,
    /// The body as sanitized HTML, rendered once.
    pub body_html: String,
    /// The beginning of the body as plain text.
    pub excerpt: String,
    pub is_solution: bool,
    pub external_id: Option<String>,
    pub created_at: DateTimeUtc,
    pub edited_at: Option<DateTimeUtc>,
}

#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize,
)]
#[sea_orm(rs_type = "i16", db_type = "SmallInteger")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Visibility {
    Public = 0,
    /// For staff only, everywhere.
    Internal = 1,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
