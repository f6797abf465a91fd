//! Webhooks: who is told, what they are to be told, and what came of telling them.

use sea_orm_migration::{
    prelude::*,
    schema::{
        big_integer, big_integer_null, integer, integer_null, json_binary_null, pk_uuid,
        small_integer, small_integer_null, text, timestamp_with_time_zone,
        timestamp_with_time_zone_null, uuid, uuid_null, var_binary, var_binary_null,
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
        let mut tables = [endpoints(), deliveries(), attempts()];
        create_all(manager, tables.iter_mut().collect()).await?;
        // An event is told to an endpoint under one id.
        unique(
            manager,
            "webhook_deliveries",
            &["endpoint_id", "webhook_id"],
        )
        .await?;
        // What is due, what is listed, and what is old enough to be taken away.
        index(manager, "webhook_deliveries", &["endpoint_id", "due_at"]).await?;
        index(manager, "webhook_deliveries", &["endpoint_id", "id"]).await?;
        index(manager, "webhook_deliveries", &["begun_at"]).await?;
        index(manager, "webhook_attempts", &["delivery_id", "id"]).await?;
        index(manager, "webhook_attempts", &["at"]).await
    }
}

fn endpoints() -> TableCreateStatement {
    table("webhook_endpoints")
        .col(pk_uuid("id"))
        .col(uuid("owner_id"))
        .col(integer_null("scopes"))
        .col(text("url"))
        .col(text("description"))
        .col(json_binary_null("events"))
        .col(json_binary_null("filter"))
        .col(var_binary("secret", 32))
        .col(var_binary_null("previous_secret", 32))
        .col(timestamp_with_time_zone_null("previous_until"))
        .col(big_integer("position"))
        .col(big_integer_null("replay_position"))
        .col(big_integer_null("replay_end"))
        .col(big_integer("lost_count"))
        .col(timestamp_with_time_zone_null("lost_at"))
        .col(timestamp_with_time_zone_null("failing_since"))
        .col(timestamp_with_time_zone_null("disabled_at"))
        .col(small_integer_null("disabled_reason"))
        .col(uuid_null("created_by"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("updated_at"))
        .col(timestamp_with_time_zone_null("deleted_at"))
        .references("owner_id", "users", "id")
        .references("created_by", "users", "id")
        .take()
}

fn deliveries() -> TableCreateStatement {
    table("webhook_deliveries")
        .col(pk_uuid("id"))
        .col(uuid("endpoint_id"))
        .col(text("webhook_id"))
        .col(text("event"))
        .col(big_integer_null("pos"))
        .col(small_integer("state"))
        .col(integer("attempt_count"))
        .col(timestamp_with_time_zone_null("due_at"))
        .col(uuid_null("claim"))
        .col(timestamp_with_time_zone("begun_at"))
        .col(timestamp_with_time_zone_null("finished_at"))
        .references("endpoint_id", "webhook_endpoints", "id")
        .take()
}

fn attempts() -> TableCreateStatement {
    table("webhook_attempts")
        .col(pk_uuid("id"))
        .col(uuid("delivery_id"))
        .col(timestamp_with_time_zone("at"))
        .col(integer("duration_ms"))
        .col(small_integer_null("http_status"))
        .col(small_integer_null("problem"))
        .references("delivery_id", "webhook_deliveries", "id")
        .take()
}
