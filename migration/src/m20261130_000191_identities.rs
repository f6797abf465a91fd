//! Applications whose backends say who their users are, and people who are known elsewhere.

use sea_orm_migration::{
    prelude::*,
    schema::{
        blob, json_binary_null, pk_uuid, small_integer, text, timestamp_with_time_zone,
        timestamp_with_time_zone_null, uuid, uuid_null,
    },
};

use crate::table::{References, create_all, index, sorted_text, table, unique};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut tables = [applications(manager), keys(manager), identities(manager)];
        create_all(manager, tables.iter_mut().collect()).await?;
        // A token names its key.
        unique(manager, "application_keys", &["application_id", "kid"]).await?;
        // Whoever signs in is found by it.
        unique(manager, "identities", &["source", "subject"]).await?;
        index(manager, "identities", &["user_id"]).await?;
        // SQLite adds one column at a time.
        for column in [uuid_null("application_id"), json_binary_null("context")] {
            let mut altered = Table::alter();
            manager
                .alter_table(altered.table("sessions").add_column(column).take())
                .await?;
        }
        // Those of an application end with it.
        index(manager, "sessions", &["application_id"]).await
    }
}

fn applications(manager: &SchemaManager<'_>) -> TableCreateStatement {
    table("applications")
        .col(pk_uuid("id"))
        .col(text("name"))
        .col(sorted_text(manager, "name_folded"))
        .col(text("issuer"))
        .col(timestamp_with_time_zone_null("disabled_at"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("updated_at"))
        .take()
}

fn keys(manager: &SchemaManager<'_>) -> TableCreateStatement {
    table("application_keys")
        .col(pk_uuid("id"))
        .col(uuid("application_id"))
        .col(sorted_text(manager, "kid"))
        .col(small_integer("algorithm"))
        .col(blob("material"))
        .col(timestamp_with_time_zone("created_at"))
        .references("application_id", "applications", "id")
        .take()
}

fn identities(manager: &SchemaManager<'_>) -> TableCreateStatement {
    table("identities")
        .col(pk_uuid("id"))
        .col(uuid("user_id"))
        .col(sorted_text(manager, "source"))
        .col(sorted_text(manager, "subject"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("last_sign_in_at"))
        .references("user_id", "users", "id")
        .take()
}
