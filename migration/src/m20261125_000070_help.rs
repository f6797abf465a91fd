//! Help before a ticket: what came of suggestions, and the way to an article's newest tickets.

use sea_orm_migration::{
    prelude::*,
    schema::{
        boolean, pk_uuid, small_integer, text_null, timestamp_with_time_zone, uuid, uuid_null,
    },
};

use crate::table::{References, create_all, index, table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create_all(manager, vec![&mut sessions(), &mut outcomes()]).await?;
        // The one that a person is in, and those of a span of time.
        index(manager, "help_sessions", &["user_id", "created_at"]).await?;
        index(manager, "help_sessions", &["created_at"]).await?;
        // What was said in a session, what helped with an article, and what was said in a span of time.
        index(manager, "help_outcomes", &["session_id"]).await?;
        index(manager, "help_outcomes", &["article_id", "created_at"]).await?;
        index(manager, "help_outcomes", &["created_at"]).await?;
        // The newest tickets of an article.
        index(manager, "knowledge_links", &["article_id", "created_at"]).await
    }
}

fn sessions() -> TableCreateStatement {
    table("help_sessions")
        .col(pk_uuid("id"))
        .col(uuid("user_id"))
        .col(uuid_null("ticket_id"))
        .col(boolean("is_helped"))
        .col(timestamp_with_time_zone("created_at"))
        .references("user_id", "users", "id")
        .references("ticket_id", "tickets", "id")
        .take()
}

fn outcomes() -> TableCreateStatement {
    table("help_outcomes")
        .col(pk_uuid("id"))
        .col(uuid("session_id"))
        .col(uuid_null("article_id"))
        .col(small_integer("outcome"))
        .col(uuid("user_id"))
        .col(uuid_null("organization_id"))
        .col(text_null("text"))
        .col(timestamp_with_time_zone("created_at"))
        .references("session_id", "help_sessions", "id")
        .references("article_id", "articles", "id")
        .references("user_id", "users", "id")
        .references("organization_id", "organizations", "id")
        .take()
}
