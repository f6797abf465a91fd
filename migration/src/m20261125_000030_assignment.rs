//! Assignment: whose turn it is in a team, what happens to the tickets of who goes away, and the way
//! to what nobody has.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, boolean},
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let turns = Table::alter()
            .table("team_members")
            .add_column(big_integer("last_turn").default(0))
            .take();
        manager.alter_table(turns).await?;
        let returns = Table::alter()
            .table("teams")
            .add_column(boolean("returns_when_away").default(false))
            .take();
        manager.alter_table(returns).await?;
        manager.create_index(unassigned()).await
    }
}

/// What a team has to give out: NEW or OPEN and nobody's, those that are due next on top.
fn unassigned() -> IndexCreateStatement {
    const ACTIVE: [i16; 2] = [0, 1];
    Index::create()
        .name("tickets_unassigned")
        .table("tickets")
        .col("team_id")
        .col("next_due_at")
        .col("id")
        .cond_where(Expr::col("status").is_in(ACTIVE))
        .cond_where(Expr::col("assignee_id").is_null())
        .take()
}
