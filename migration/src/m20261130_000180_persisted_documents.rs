//! Documents that clients ask for by their hash.

use sea_orm_migration::{
    prelude::*,
    schema::{text, timestamp_with_time_zone, var_binary},
};

use crate::table::{create_all, index, table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create_all(manager, vec![&mut documents()]).await?;
        // Those that nobody has asked for the longest go first.
        index(manager, "persisted_documents", &["used_at"]).await
    }
}

fn documents() -> TableCreateStatement {
    table("persisted_documents")
        .col(var_binary("hash", 32).primary_key())
        .col(text("text"))
        .col(timestamp_with_time_zone("used_at"))
        .take()
}
