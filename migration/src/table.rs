//! Short words for what every migration says again and again.

use sea_orm_migration::{
    prelude::*,
    schema::{text, text_null},
    sea_orm::DbBackend,
    sea_query::TableCreateStatement,
};

pub(crate) fn table(name: &'static str) -> TableCreateStatement {
    Table::create().table(name).take()
}

/// Adds a foreign key to `table`'s `column`. Rows that are named elsewhere cannot be deleted.
pub(crate) trait References {
    fn references(
        &mut self,
        column: &'static str,
        table: &'static str,
        key: &'static str,
    ) -> &mut Self;
}

impl References for TableCreateStatement {
    fn references(
        &mut self,
        column: &'static str,
        table: &'static str,
        key: &'static str,
    ) -> &mut Self {
        self.foreign_key(
            ForeignKey::create()
                .from_col(column)
                .to(table, key)
                .on_delete(ForeignKeyAction::Restrict),
        )
    }
}

/// A text that lists are ordered by: code point by code point on both databases, so that cursors
/// mean the same on each.
pub(crate) fn sorted_text(manager: &SchemaManager<'_>, name: &'static str) -> ColumnDef {
    in_code_points(manager, text(name))
}

/// A text that is compared letter by letter on both databases, whatever the locale.
pub(crate) fn plain_text_null(manager: &SchemaManager<'_>, name: &'static str) -> ColumnDef {
    in_code_points(manager, text_null(name))
}

fn in_code_points(manager: &SchemaManager<'_>, mut column: ColumnDef) -> ColumnDef {
    if manager.get_database_backend() == DbBackend::Postgres {
        column.extra("COLLATE \"C\"");
    }
    column
}

pub(crate) async fn create_all(
    manager: &SchemaManager<'_>,
    tables: Vec<&mut TableCreateStatement>,
) -> Result<(), DbErr> {
    for table in tables {
        manager.create_table(table.take()).await?;
    }
    Ok(())
}

pub(crate) async fn index(
    manager: &SchemaManager<'_>,
    table: &'static str,
    columns: &[&'static str],
) -> Result<(), DbErr> {
    manager.create_index(on(table, columns)).await
}

pub(crate) async fn unique(
    manager: &SchemaManager<'_>,
    table: &'static str,
    columns: &[&'static str],
) -> Result<(), DbErr> {
    manager
        .create_index(on(table, columns).unique().take())
        .await
}

fn on(table: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    let mut index = Index::create()
        .name(format!("{table}_{}", columns.join("_")))
        .table(table)
        .take();
    for column in columns {
        index.col(*column);
    }
    index
}
