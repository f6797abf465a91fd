//! Articles with their translations, and their links to tickets.

use sea_orm_migration::{
    prelude::*,
    schema::{
        integer, json_binary, pk_uuid, small_integer, text, text_null, timestamp_with_time_zone,
        timestamp_with_time_zone_null, uuid, uuid_null,
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
        create_all(
            manager,
            vec![
                &mut articles(),
                &mut article_translations(),
                &mut knowledge_links(),
            ],
        )
        .await?;
        unique(manager, "articles", &["slug"]).await?;
        unique(manager, "articles", &["external_id"]).await?;
        index(manager, "articles", &["updated_at", "id"]).await?;
        // A ticket's links, and the tickets that one article solved.
        unique(
            manager,
            "knowledge_links",
            &["ticket_id", "article_id", "role"],
        )
        .await?;
        index(manager, "knowledge_links", &["article_id", "role"]).await
    }
}

fn articles() -> TableCreateStatement {
    table("articles")
        .col(pk_uuid("id"))
        .col(text("slug"))
        .col(small_integer("status"))
        .col(small_integer("visibility"))
        .col(text_null("category"))
        .col(json_binary("tags"))
        .col(text_null("url"))
        .col(small_integer("locale"))
        .col(integer("solved_count"))
        .col(integer("helpful_count"))
        .col(text_null("external_id"))
        .col(uuid_null("created_by_id"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("updated_at"))
        .col(timestamp_with_time_zone_null("published_at"))
        .references("created_by_id", "users", "id")
        .take()
}

fn article_translations() -> TableCreateStatement {
    table("article_translations")
        .col(uuid("article_id"))
        .col(small_integer("locale"))
        .col(text("title"))
        .col(text("title_folded"))
        .col(text("summary"))
        .col(text_null("body"))
        .col(text_null("body_html"))
        .col(timestamp_with_time_zone("updated_at"))
        .primary_key(Index::create().col("article_id").col("locale"))
        .references("article_id", "articles", "id")
        .take()
}

fn knowledge_links() -> TableCreateStatement {
    table("knowledge_links")
        .col(pk_uuid("id"))
        .col(uuid("ticket_id"))
        .col(uuid("article_id"))
        .col(small_integer("role"))
        .col(uuid_null("added_by_id"))
        .col(timestamp_with_time_zone("created_at"))
        .references("ticket_id", "tickets", "id")
        .references("article_id", "articles", "id")
        .references("added_by_id", "users", "id")
        .take()
}
