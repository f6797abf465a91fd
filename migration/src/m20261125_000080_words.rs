//! The words of tickets, comments, articles and people, for searching. What is there already is indexed by the server,
//! in batches, once it runs.

use sea_orm_migration::{
    prelude::*,
    schema::{boolean, small_integer, uuid_null},
    sea_orm::DbBackend,
};

use crate::table::table;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// What is searched for: the number in `index_fills`, the table, and that of its words.
const KINDS: [(i16, &str, &str); 4] = [
    (0, "tickets", "ticket_words"),
    (1, "comments", "comment_words"),
    (2, "articles", "article_words"),
    (3, "users", "user_words"),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(index_fills()).await?;
        if manager.get_database_backend() == DbBackend::Postgres {
            manager
                .get_connection()
                .execute_unprepared(FORGET_WORDS)
                .await?;
        }
        for (number, things, words) in KINDS {
            let statements = match manager.get_database_backend() {
                DbBackend::Postgres => vectors(things, words),
                _ => rows(things, words),
            };
            for statement in statements {
                manager
                    .get_connection()
                    .execute_unprepared(&statement)
                    .await?;
            }
            // Where there is nothing, there is nothing to fill.
            let fill = format!(
                "INSERT INTO index_fills (kind, version, after_id, is_done)
                 SELECT {number}, 1, NULL, NOT EXISTS (SELECT 1 FROM {things})"
            );
            manager.get_connection().execute_unprepared(&fill).await?;
        }
        Ok(())
    }
}

fn index_fills() -> TableCreateStatement {
    table("index_fills")
        .col(small_integer("kind").primary_key())
        .col(small_integer("version"))
        .col(uuid_null("after_id"))
        .col(boolean("is_done"))
        .take()
}

/// Takes the words of what was deleted away. A foreign key would do it too, and lock the thing with each write.
const FORGET_WORDS: &str = "
CREATE FUNCTION forget_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('DELETE FROM %I WHERE id = $1', TG_ARGV[0]) USING old.id;
  RETURN NULL;
END $$";

/// What is asked with typos forgiven has hundreds of words, each of which the planner takes for a frequent one: it would
/// read the whole table, which takes a hundred times as long as its index. `near` leaves it no choice.
fn vectors(things: &str, words: &str) -> Vec<String> {
    vec![
        format!("CREATE TABLE {words} (id uuid PRIMARY KEY, words tsvector NOT NULL)"),
        format!("CREATE INDEX {words}_words ON {words} USING gin (words)"),
        format!(
            "CREATE TRIGGER {words}_gone AFTER DELETE ON {things}
             FOR EACH ROW EXECUTE FUNCTION forget_words('{words}')"
        ),
        format!(
            "CREATE FUNCTION {words}_near(asked tsquery) RETURNS SETOF uuid LANGUAGE sql STABLE ROWS 100
             SET enable_seqscan = off
             AS $$ SELECT id FROM {words} WHERE words @@ asked $$"
        ),
    ]
}

/// FTS5 knows its rows by number. Words come as they are to be found, in lower case and without accents: its tokenizer
/// only cuts them at spaces.
fn rows(things: &str, words: &str) -> Vec<String> {
    vec![
        format!(
            "CREATE TABLE {words}_ids (
               key integer PRIMARY KEY,
               id uuid_text NOT NULL UNIQUE REFERENCES {things} (id) ON DELETE CASCADE)"
        ),
        format!(
            "CREATE VIRTUAL TABLE {words} USING fts5
               (words, stems, content = '', contentless_delete = 1, tokenize = 'ascii')"
        ),
        format!(
            "CREATE TRIGGER {words}_gone AFTER DELETE ON {words}_ids
             BEGIN DELETE FROM {words} WHERE rowid = old.key; END"
        ),
    ]
}
