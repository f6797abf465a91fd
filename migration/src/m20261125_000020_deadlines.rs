//! When something next happens to a ticket by itself, and what was told of its targets.

use sea_orm_migration::{
    prelude::*,
    schema::{small_integer, timestamp_with_time_zone_null},
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = [
            // The release before this one knows nothing of it: what it writes is looked at, at once.
            timestamp_with_time_zone_null("next_deadline_at").default("1970-01-01T00:00:00+00:00"),
            small_integer("warning").default(0),
        ]
        .map(|column| Table::alter().table("tickets").add_column(column).take());
        for column in columns {
            manager.alter_table(column).await?;
        }
        let connection = manager.get_connection();
        for statement in [TAKE_UP, NEVER_TO_NULL] {
            connection.execute_unprepared(statement).await?;
        }
        manager.create_index(deadlines()).await
    }
}

/// Solved tickets and those that wait for a date, then those whose timers run (`service_phase` 0).
const TAKE_UP: &str = "
UPDATE tickets SET next_deadline_at = CASE
  WHEN status = 4 THEN NULL
  WHEN status = 3 THEN updated_at
  WHEN waiting_until < at_risk_at THEN waiting_until
  ELSE at_risk_at END";

const NEVER_TO_NULL: &str =
    "UPDATE tickets SET next_deadline_at = NULL WHERE next_deadline_at >= '9999-12-30'";

/// Holds only tickets to which something will happen, and answers "what is next" by itself.
fn deadlines() -> IndexCreateStatement {
    Index::create()
        .name("tickets_deadlines")
        .table("tickets")
        .col("next_deadline_at")
        .cond_where(Expr::col("next_deadline_at").is_not_null())
        .take()
}
