//! Macros: changes to a ticket that are made together.

use sea_orm_migration::{
    prelude::*,
    schema::{json_binary, pk_uuid, text, timestamp_with_time_zone, uuid_null},
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
        manager.create_table(macros()).await?;
        // Those of one person, and those of some teams.
        index(manager, "macros", &["owner_id"]).await?;
        index(manager, "macros", &["team_id"]).await
    }
}

fn macros() -> TableCreateStatement {
    table("macros")
        .col(pk_uuid("id"))
        .col(text("name"))
        .col(json_binary("steps"))
        .col(uuid_null("team_id"))
        .col(uuid_null("owner_id"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("updated_at"))
        .check(
            Expr::col("team_id")
                .is_null()
                .ne(Expr::col("owner_id").is_null()),
        )
        .references("team_id", "teams", "id")
        .references("owner_id", "users", "id")
        .take()
}
