//! Escalation: what a level does when a target is near or missed, and which rule moved a ticket.

use sea_orm_migration::{
    prelude::*,
    schema::{json_binary, json_binary_null},
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let rules = Table::alter()
            .table("levels")
            .add_column(json_binary("escalation").default("{}"))
            .take();
        manager.alter_table(rules).await?;
        let causes = Table::alter()
            .table("level_changes")
            .add_column(json_binary_null("cause"))
            .take();
        manager.alter_table(causes).await
    }
}
