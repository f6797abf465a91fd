//! Nothing about the places of events is kept for PostgreSQL's planner. After an import none has a place for a moment; were
//! the table analyzed then, each look for events without a place would read all of it until the next time.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() == DbBackend::Postgres {
            let connection = manager.get_connection();
            let statement = "ALTER TABLE events ALTER COLUMN pos SET STATISTICS 0";
            connection.execute_unprepared(statement).await?;
        }
        Ok(())
    }
}
