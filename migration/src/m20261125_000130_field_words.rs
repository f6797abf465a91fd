//! The words of custom fields, for searching: a row for each field of a ticket, so that whoever searches is asked only in
//! the fields that they see at that moment.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let statements = match manager.get_database_backend() {
            DbBackend::Postgres => VECTORS,
            _ => ROWS,
        };
        for statement in statements {
            manager
                .get_connection()
                .execute_unprepared(statement)
                .await?;
        }
        // The server fills in what there is; where no field is defined, there is nothing.
        manager
            .get_connection()
            .execute_unprepared(
                "UPDATE index_fills SET is_done = false, after_id = NULL
                 WHERE kind = 0 AND EXISTS (SELECT 1 FROM custom_fields)",
            )
            .await?;
        Ok(())
    }
}

/// As the words of tickets are kept, with the field's key.
const VECTORS: &[&str] = &[
    "CREATE TABLE ticket_field_words (
       id uuid NOT NULL, key text NOT NULL, words tsvector NOT NULL, PRIMARY KEY (id, key))",
    "CREATE INDEX ticket_field_words_words ON ticket_field_words USING gin (words)",
    "CREATE TRIGGER ticket_field_words_gone AFTER DELETE ON tickets
     FOR EACH ROW EXECUTE FUNCTION forget_words('ticket_field_words')",
];

const ROWS: &[&str] = &[
    "CREATE TABLE ticket_field_words_ids (
       number integer PRIMARY KEY,
       id uuid_text NOT NULL REFERENCES tickets (id) ON DELETE CASCADE,
       key text NOT NULL,
       UNIQUE (id, key))",
    "CREATE VIRTUAL TABLE ticket_field_words USING fts5
       (words, stems, content = '', contentless_delete = 1, tokenize = 'ascii')",
    "CREATE TRIGGER ticket_field_words_gone AFTER DELETE ON ticket_field_words_ids
     BEGIN DELETE FROM ticket_field_words WHERE rowid = old.number; END",
];
