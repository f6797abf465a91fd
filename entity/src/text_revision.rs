//! The text of a ticket or comment as it was before an edit.

use sea_orm::entity::prelude::*;

use crate::ids::{CommentId, TextRevisionId, TicketId, UserId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "text_revisions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TextRevisionId,
    pub ticket_id: TicketId,
    /// None: the ticket's own subject and description.
    pub comment_id: Option<CommentId>,
    /// A ticket's earlier subject; comments have none.
    pub subject: Option<String>,
    pub body: String,
    pub edited_by_id: Option<UserId>,
    pub edited_at: DateTimeUtc,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
