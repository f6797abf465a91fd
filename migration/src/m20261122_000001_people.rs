//! People, their organizations and teams, their sessions, and the desk's secrets.

use sea_orm_migration::{
    prelude::*,
    schema::{
        blob, boolean, pk_uuid, small_integer, text, text_null, timestamp_with_time_zone,
        timestamp_with_time_zone_null, uuid, uuid_null, var_binary, var_binary_null,
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
        create_all(
            manager,
            vec![
                &mut organizations(manager),
                &mut users(manager),
                &mut teams(manager),
                &mut team_members(),
            ],
        )
        .await?;
        create_all(
            manager,
            vec![&mut sessions(), &mut signing_keys(), &mut secrets()],
        )
        .await?;
        // A person signs in by e-mail; integrations look up by their own ids; lists go by name.
        unique(manager, "users", &["email"]).await?;
        unique(manager, "users", &["external_id"]).await?;
        index(manager, "users", &["name_folded", "id"]).await?;
        unique(manager, "organizations", &["external_id"]).await?;
        index(manager, "organizations", &["name", "id"]).await?;
        unique(manager, "teams", &["external_id"]).await?;
        unique(manager, "teams", &["name"]).await?;
        // The members of an organization, and an actor's teams at every request.
        index(manager, "users", &["organization_id"]).await?;
        index(manager, "team_members", &["user_id"]).await?;
        // Signing out everywhere.
        index(manager, "sessions", &["user_id"]).await
    }
}

fn organizations(manager: &SchemaManager<'_>) -> TableCreateStatement {
    table("organizations")
        .col(pk_uuid("id"))
        .col(sorted_text(manager, "name"))
        .col(boolean("shares_tickets"))
        .col(text_null("external_id"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("updated_at"))
        .take()
}

fn users(manager: &SchemaManager<'_>) -> TableCreateStatement {
    table("users")
        .col(pk_uuid("id"))
        .col(small_integer("kind"))
        .col(small_integer("role").check(Expr::col("role").between(0, 3)))
        .col(text("name"))
        .col(sorted_text(manager, "name_folded"))
        .col(text_null("email"))
        .col(small_integer("locale"))
        .col(text("time_zone"))
        .col(uuid_null("organization_id"))
        .col(small_integer("availability"))
        .col(small_integer("capacity"))
        .col(text_null("password_hash"))
        .col(timestamp_with_time_zone_null("disabled_at"))
        .col(text_null("external_id"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("updated_at"))
        .references("organization_id", "organizations", "id")
        .take()
}

fn teams(manager: &SchemaManager<'_>) -> TableCreateStatement {
    table("teams")
        .col(pk_uuid("id"))
        .col(sorted_text(manager, "name"))
        .col(small_integer("kind"))
        .col(small_integer("assignment"))
        .col(text_null("external_id"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("updated_at"))
        .take()
}

fn team_members() -> TableCreateStatement {
    table("team_members")
        .col(uuid("team_id"))
        .col(uuid("user_id"))
        .primary_key(Index::create().col("team_id").col("user_id"))
        .references("team_id", "teams", "id")
        .references("user_id", "users", "id")
        .take()
}

fn sessions() -> TableCreateStatement {
    table("sessions")
        .col(pk_uuid("id"))
        .col(uuid("user_id"))
        .col(var_binary("token_hash", 32))
        .col(var_binary_null("previous_hash", 32))
        .col(timestamp_with_time_zone("rotated_at"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("expires_at"))
        .col(timestamp_with_time_zone("ends_at"))
        .col(timestamp_with_time_zone_null("revoked_at"))
        .references("user_id", "users", "id")
        .take()
}

fn signing_keys() -> TableCreateStatement {
    table("signing_keys")
        .col(text("kid").primary_key())
        .col(blob("private_key"))
        .col(blob("public_key"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("retired_at"))
        .take()
}

fn secrets() -> TableCreateStatement {
    table("secrets")
        .col(text("name").primary_key())
        .col(blob("value"))
        .col(timestamp_with_time_zone("created_at"))
        .take()
}
