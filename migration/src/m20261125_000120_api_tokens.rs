//! Tokens of the API: of machines, and of people for their scripts.

use sea_orm_migration::{
    prelude::*,
    schema::{
        integer, pk_uuid, text, timestamp_with_time_zone, timestamp_with_time_zone_null, uuid,
        uuid_null, var_binary,
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
        create_all(manager, vec![&mut tokens()]).await?;
        // Whoever shows one is found by it.
        unique(manager, "api_tokens", &["token_hash"]).await?;
        // Those of one owner, to be listed and counted.
        index(manager, "api_tokens", &["user_id"]).await?;
        // Machines are listed by name, and are few among people.
        index(manager, "users", &["kind", "name_folded", "id"]).await
    }
}

fn tokens() -> TableCreateStatement {
    table("api_tokens")
        .col(pk_uuid("id"))
        .col(uuid("user_id"))
        .col(text("name"))
        .col(text("hint"))
        .col(var_binary("token_hash", 32))
        .col(integer("scopes"))
        .col(uuid_null("created_by"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("expires_at"))
        .col(timestamp_with_time_zone_null("last_used_at"))
        .col(timestamp_with_time_zone_null("revoked_at"))
        .references("user_id", "users", "id")
        .references("created_by", "users", "id")
        .take()
}
