//! Files: what was uploaded, and what it is attached to.

use sea_orm_migration::{
    prelude::*,
    schema::{
        big_integer, integer, pk_uuid, small_integer, text, text_null, timestamp_with_time_zone,
        timestamp_with_time_zone_null, uuid, uuid_null, var_binary, var_binary_null,
    },
};

use crate::table::{References, create_all, index, table, unique};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create_all(manager, vec![&mut uploads(), &mut attachments()]).await?;
        // What nobody attached, whose it is, and whether a file that lies somewhere is known.
        index(manager, "uploads", &["expires_at"]).await?;
        index(manager, "uploads", &["user_id", "expires_at"]).await?;
        unique(manager, "uploads", &["storage_key"]).await?;
        // The files of a thing, and whether a file is still anywhere.
        index(manager, "attachments", &["ticket_id"]).await?;
        index(manager, "attachments", &["comment_id"]).await?;
        index(manager, "attachments", &["article_id"]).await?;
        index(manager, "attachments", &["upload_id"]).await
    }
}

fn uploads() -> TableCreateStatement {
    table("uploads")
        .col(pk_uuid("id"))
        .col(uuid("user_id"))
        .col(var_binary("token_hash", 32))
        .col(text("file_name"))
        .col(text("content_type"))
        .col(big_integer("byte_size"))
        .col(small_integer("state"))
        .col(text_null("storage_key"))
        .col(var_binary_null("sha256", 32))
        .col(small_integer("preview"))
        .col(integer("preview_byte_size"))
        .col(timestamp_with_time_zone_null("expires_at"))
        .col(timestamp_with_time_zone("created_at"))
        .references("user_id", "users", "id")
        .take()
}

fn attachments() -> TableCreateStatement {
    table("attachments")
        .col(pk_uuid("id"))
        .col(uuid("upload_id"))
        .col(uuid_null("ticket_id"))
        .col(uuid_null("comment_id"))
        .col(uuid_null("article_id"))
        .col(timestamp_with_time_zone("created_at"))
        .references("upload_id", "uploads", "id")
        .references("ticket_id", "tickets", "id")
        .references("comment_id", "comments", "id")
        .references("article_id", "articles", "id")
        .take()
}
