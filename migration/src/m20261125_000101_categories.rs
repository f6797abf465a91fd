//! The tree of categories that articles stand in.

use sea_orm_migration::{
    prelude::*,
    schema::{integer, pk_uuid, text, timestamp_with_time_zone, uuid_null},
    sea_orm::DbBackend,
};

use crate::table::{References, index, table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let categories = table("article_categories")
            .col(pk_uuid("id"))
            .col(uuid_null("parent_id"))
            .col(text("name_en"))
            .col(text("name_fr"))
            .col(integer("position"))
            .col(timestamp_with_time_zone("created_at"))
            .col(timestamp_with_time_zone("updated_at"))
            .references("parent_id", "article_categories", "id")
            .take();
        manager.create_table(categories).await?;
        // With its foreign key, which sea-query does not add to a table that is there: a category with articles stays.
        let kind = match manager.get_database_backend() {
            DbBackend::Postgres => "uuid",
            _ => "uuid_text",
        };
        let column = format!(
            "ALTER TABLE articles ADD COLUMN category_id {kind} REFERENCES article_categories (id)"
        );
        manager.get_connection().execute_unprepared(&column).await?;
        // The articles of categories, and how many there are.
        index(manager, "articles", &["category_id"]).await
    }
}
