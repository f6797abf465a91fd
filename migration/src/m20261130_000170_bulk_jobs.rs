//! Changes to many tickets in the background, and what came of each.

use sea_orm_migration::{
    prelude::*,
    schema::{
        integer, json_binary, json_binary_null, pk_uuid, small_integer, timestamp_with_time_zone,
        timestamp_with_time_zone_null, uuid, uuid_null,
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
        create_all(manager, vec![&mut jobs(), &mut items()]).await?;
        // Those that run, and those of one person.
        index(manager, "bulk_jobs", &["status", "created_at"]).await?;
        index(manager, "bulk_jobs", &["created_by_id", "status"]).await?;
        // The next of a job that is not done yet.
        index(manager, "bulk_job_items", &["job_id", "status", "position"]).await
    }
}

fn jobs() -> TableCreateStatement {
    table("bulk_jobs")
        .col(pk_uuid("id"))
        .col(uuid("created_by_id"))
        .col(uuid_null("api_token_id"))
        .col(json_binary("steps"))
        .col(small_integer("status"))
        .col(integer("total_count"))
        .col(integer("done_count"))
        .col(integer("refused_count"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("finished_at"))
        .references("created_by_id", "users", "id")
        .references("api_token_id", "api_tokens", "id")
        .take()
}

fn items() -> TableCreateStatement {
    table("bulk_job_items")
        .col(uuid("job_id"))
        .col(integer("position"))
        .col(uuid("ticket_id"))
        .col(small_integer("status"))
        .col(json_binary_null("errors"))
        .primary_key(Index::create().col("job_id").col("position"))
        .references("job_id", "bulk_jobs", "id")
        .take()
}
