//! Whose tickets are being given back, so that another server goes on where one ends; and versions of saved queues, so
//! that two who edit one notice.

use sea_orm_migration::{
    prelude::*,
    schema::{integer, pk_uuid},
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
        let versions = Table::alter()
            .table("queues")
            .add_column(integer("version").default(1))
            .take();
        manager.alter_table(versions).await?;
        let returns = table("returns")
            .col(pk_uuid("user_id"))
            .references("user_id", "users", "id")
            .take();
        create_all(manager, vec![&mut { returns }]).await
    }
}
