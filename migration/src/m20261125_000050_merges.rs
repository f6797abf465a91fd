//! Merges: what a ticket shows of those merged into it, and what undoing one takes.

use sea_orm_migration::{
    prelude::*,
    schema::{json, json_null, pk_uuid, timestamp_with_time_zone, uuid, uuid_null},
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
        let shown = Table::alter()
            .table("tickets")
            .add_column(json_null("merged_tickets"))
            .take();
        manager.alter_table(shown).await?;
        create_all(manager, vec![&mut merges()]).await
    }
}

fn merges() -> TableCreateStatement {
    table("ticket_merges")
        .col(pk_uuid("ticket_id"))
        .col(uuid("into_id"))
        .col(json("before"))
        .col(uuid_null("merged_by_id"))
        .col(timestamp_with_time_zone("merged_at"))
        .references("ticket_id", "tickets", "id")
        .references("into_id", "tickets", "id")
        .references("merged_by_id", "users", "id")
        .take()
}
