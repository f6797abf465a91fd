//! Answers to changes that may be sent again.

use sea_orm_migration::{
    prelude::*,
    schema::{text, timestamp_with_time_zone, uuid, var_binary},
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
        create_all(manager, vec![&mut answers()]).await?;
        // The oldest are deleted.
        index(manager, "kept_answers", &["created_at"]).await
    }
}

fn answers() -> TableCreateStatement {
    table("kept_answers")
        .col(uuid("user_id"))
        .col(var_binary("key_hash", 32))
        .col(var_binary("request_hash", 32))
        .col(text("answer"))
        .col(timestamp_with_time_zone("created_at"))
        .primary_key(Index::create().col("user_id").col("key_hash"))
        .references("user_id", "users", "id")
        .take()
}
