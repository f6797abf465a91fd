//! Articles change: which version they are at, what is to happen to them, how they were named and what they said before.

use sea_orm_migration::{
    prelude::*,
    schema::{
        integer, pk_uuid, small_integer, text, text_null, timestamp_with_time_zone,
        timestamp_with_time_zone_null, uuid, uuid_null,
    },
    sea_query::TableCreateStatement,
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
        let of_articles = [
            integer("version").default(1).take(),
            timestamp_with_time_zone_null("publish_at"),
            timestamp_with_time_zone_null("archive_at"),
            timestamp_with_time_zone_null("scheduled_at"),
            timestamp_with_time_zone_null("reviewed_at"),
            uuid_null("reviewed_by_id"),
        ]
        .map(|column| Table::alter().table("articles").add_column(column).take());
        let of_texts = Table::alter()
            .table("article_translations")
            .add_column(uuid_null("edited_by_id"))
            .take();
        for table in of_articles.into_iter().chain([of_texts]) {
            manager.alter_table(table).await?;
        }
        manager.create_index(scheduled()).await?;
        create_all(manager, vec![&mut slugs(), &mut revisions()]).await?;
        // The former names of one article, and its earlier texts.
        index(manager, "article_slugs", &["article_id"]).await?;
        index(manager, "article_revisions", &["article_id", "id"]).await
    }
}

/// Holds only articles to which something will happen, and answers "what is next" by itself.
fn scheduled() -> IndexCreateStatement {
    Index::create()
        .name("articles_scheduled")
        .table("articles")
        .col("scheduled_at")
        .cond_where(Expr::col("scheduled_at").is_not_null())
        .take()
}

fn slugs() -> TableCreateStatement {
    table("article_slugs")
        .col(text("slug").primary_key())
        .col(uuid("article_id"))
        .references("article_id", "articles", "id")
        .take()
}

fn revisions() -> TableCreateStatement {
    table("article_revisions")
        .col(pk_uuid("id"))
        .col(uuid("article_id"))
        .col(small_integer("locale"))
        .col(text("title"))
        .col(text("summary"))
        .col(text_null("body"))
        .col(uuid_null("edited_by_id"))
        .col(timestamp_with_time_zone("edited_at"))
        .col(timestamp_with_time_zone("replaced_at"))
        .references("article_id", "articles", "id")
        .references("edited_by_id", "users", "id")
        .take()
}
