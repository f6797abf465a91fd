//! Authenticators, and the recovery codes that stand in for them.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, blob_null, pk_uuid, timestamp_with_time_zone_null, uuid, var_binary},
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
        create_all(manager, vec![&mut enrollments(), &mut recovery_codes()]).await
    }
}

fn enrollments() -> TableCreateStatement {
    table("totp_enrollments")
        .col(pk_uuid("user_id"))
        .col(blob_null("secret"))
        .col(timestamp_with_time_zone_null("enabled_at"))
        .col(big_integer("last_step"))
        .col(blob_null("pending_secret"))
        .col(timestamp_with_time_zone_null("pending_since"))
        .references("user_id", "users", "id")
        .take()
}

fn recovery_codes() -> TableCreateStatement {
    table("recovery_codes")
        .col(uuid("user_id"))
        .col(var_binary("code_hash", 16))
        .primary_key(Index::create().col("user_id").col("code_hash"))
        .references("user_id", "users", "id")
        .take()
}
