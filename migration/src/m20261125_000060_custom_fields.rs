//! Custom fields: what they are, their values for filters, and what changes made of them.

use sea_orm_migration::{
    prelude::*,
    schema::{
        boolean, double_null, json, json_binary, pk_uuid, small_integer, text,
        timestamp_with_time_zone, timestamp_with_time_zone_null, uuid,
    },
};

use crate::table::{References, index, sorted_text, table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables = [
            custom_fields(manager),
            ticket_fields(manager),
            field_changes(),
        ];
        for table in tables {
            manager.create_table(table).await?;
        }
        let on_tickets = Table::alter()
            .table("tickets")
            .add_column(json("fields").default("{}"))
            .take();
        manager.alter_table(on_tickets).await?;
        // Filters by a value, and by a range of numbers.
        index(manager, "ticket_fields", &["key", "item"]).await?;
        index(manager, "ticket_fields", &["key", "number"]).await
    }
}

fn custom_fields(manager: &SchemaManager<'_>) -> TableCreateStatement {
    table("custom_fields")
        .col(sorted_text(manager, "key").primary_key())
        .col(small_integer("kind").check(Expr::col("kind").between(0, 5)))
        .col(text("label_en"))
        .col(text("label_fr"))
        .col(json_binary("choices"))
        .col(boolean("is_required"))
        .col(small_integer("audience").check(Expr::col("audience").between(0, 2)))
        .col(timestamp_with_time_zone_null("archived_at"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("updated_at"))
        .take()
}

fn ticket_fields(manager: &SchemaManager<'_>) -> TableCreateStatement {
    table("ticket_fields")
        .col(uuid("ticket_id"))
        .col(sorted_text(manager, "key"))
        .col(sorted_text(manager, "item"))
        .col(double_null("number"))
        .primary_key(Index::create().col("ticket_id").col("key").col("item"))
        .references("ticket_id", "tickets", "id")
        .references("key", "custom_fields", "key")
        .take()
}

fn field_changes() -> TableCreateStatement {
    table("field_changes")
        .col(pk_uuid("id"))
        .col(uuid("ticket_id"))
        .col(json_binary("changes"))
        .references("ticket_id", "tickets", "id")
        .take()
}
