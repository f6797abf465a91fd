//! Nobody reads when an identity was used last: the audit log tells of sign-ins.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut altered = Table::alter();
        let dropped = altered.table("identities").drop_column("last_sign_in_at");
        manager.alter_table(dropped.take()).await
    }
}
