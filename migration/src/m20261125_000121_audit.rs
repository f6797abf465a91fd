//! The audit log of administration and sign-ins.

use sea_orm_migration::{
    prelude::*,
    schema::{
        integer, pk_uuid, small_integer, small_integer_null, text_null, timestamp_with_time_zone,
        uuid_null,
    },
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
        create_all(manager, vec![&mut entries()]).await?;
        // The whole log in its order, a span of it, and what is too old.
        index(manager, "audit_entries", &["at", "id"]).await?;
        // What one actor did, and what was done to one thing.
        index(manager, "audit_entries", &["actor_id", "at", "id"]).await?;
        index(manager, "audit_entries", &["subject_key", "at", "id"]).await
    }
}

/// Without foreign keys: an entry outlives what it tells of.
fn entries() -> TableCreateStatement {
    table("audit_entries")
        .col(pk_uuid("id"))
        .col(timestamp_with_time_zone("at"))
        .col(small_integer("actor_kind"))
        .col(uuid_null("actor_id"))
        .col(uuid_null("token_id"))
        .col(small_integer("action"))
        .col(small_integer("outcome"))
        .col(integer("count"))
        .col(small_integer_null("subject_kind"))
        .col(text_null("subject_key"))
        .col(uuid_null("member_id"))
        .col(text_null("address"))
        .take()
}
