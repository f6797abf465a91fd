//! Whether the pages elsewhere that articles are links to are still there.

use sea_orm_migration::{
    prelude::*,
    schema::{
        integer, pk_uuid, small_integer_null, text, timestamp_with_time_zone,
        timestamp_with_time_zone_null,
    },
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
        let checks = table("link_checks")
            .col(pk_uuid("article_id"))
            .col(text("url"))
            .col(small_integer_null("status"))
            .col(small_integer_null("problem"))
            .col(small_integer_null("http_status"))
            .col(integer("failures"))
            .col(timestamp_with_time_zone_null("checked_at"))
            .col(timestamp_with_time_zone("next_check_at"))
            .references("article_id", "articles", "id")
            .take();
        manager.create_table(checks).await?;
        // Which page is to be asked for next, and the articles whose page is gone.
        index(manager, "link_checks", &["next_check_at"]).await?;
        index(manager, "link_checks", &["status"]).await
    }
}
