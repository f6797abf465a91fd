//! What readers make of articles: whether one helped, and how often it was opened.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, boolean, pk_uuid, timestamp_with_time_zone, uuid},
    sea_query::TableCreateStatement,
};

use crate::table::{References, create_all, table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create_all(manager, vec![&mut feedback(), &mut views()]).await
    }
}

/// Its key finds a reader's own, and all of an article.
fn feedback() -> TableCreateStatement {
    table("article_feedback")
        .col(uuid("article_id"))
        .col(uuid("user_id"))
        .col(boolean("is_helpful"))
        .col(timestamp_with_time_zone("given_at"))
        .primary_key(Index::create().col("article_id").col("user_id"))
        .references("article_id", "articles", "id")
        .references("user_id", "users", "id")
        .take()
}

/// Beside the articles, so that counting never waits for somebody who edits one.
fn views() -> TableCreateStatement {
    table("article_views")
        .col(pk_uuid("article_id"))
        .col(big_integer("count"))
        .col(timestamp_with_time_zone("viewed_at"))
        .references("article_id", "articles", "id")
        .take()
}
