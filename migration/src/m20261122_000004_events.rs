//! The event log.

use sea_orm_migration::{
    prelude::*,
    schema::{
        big_pk_auto, boolean, json_binary, small_integer, timestamp_with_time_zone, uuid_null,
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
        manager.create_table(events()).await?;
        // A ticket's timeline.
        index(manager, "events", &["ticket_id", "id"]).await
    }
}

fn events() -> TableCreateStatement {
    table("events")
        .col(big_pk_auto("id"))
        .col(uuid_null("ticket_id"))
        .col(uuid_null("actor_id"))
        .col(small_integer("actor_kind"))
        .col(boolean("is_internal"))
        .col(timestamp_with_time_zone("at"))
        .col(json_binary("data"))
        .references("ticket_id", "tickets", "id")
        .references("actor_id", "users", "id")
        .take()
}
