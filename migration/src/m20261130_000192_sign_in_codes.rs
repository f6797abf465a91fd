//! What an OpenID sign-in hands to the frontend, to be exchanged for a session.

use sea_orm_migration::{
    prelude::*,
    schema::{pk_uuid, text, timestamp_with_time_zone, uuid, var_binary},
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
        create_all(manager, vec![&mut codes()]).await?;
        unique(manager, "sign_in_codes", &["code_hash"]).await?;
        // Those that are over are deleted.
        index(manager, "sign_in_codes", &["expires_at"]).await
    }
}

fn codes() -> TableCreateStatement {
    table("sign_in_codes")
        .col(pk_uuid("id"))
        .col(var_binary("code_hash", 32))
        .col(uuid("user_id"))
        .col(text("challenge"))
        .col(timestamp_with_time_zone("expires_at"))
        .references("user_id", "users", "id")
        .take()
}
