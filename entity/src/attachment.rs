//! A file on a ticket, on a comment or on an article: one of the three. Who may read that may read the file.

use sea_orm::entity::prelude::*;

use crate::ids::{ArticleId, AttachmentId, CommentId, TicketId, UploadId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "attachments")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AttachmentId,
    /// The file. A ticket that was split from another shares its files.
    pub upload_id: UploadId,
    /// The ticket whose description it belongs to.
    pub ticket_id: Option<TicketId>,
    pub comment_id: Option<CommentId>,
    pub article_id: Option<ArticleId>,
    pub created_at: DateTimeUtc,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
