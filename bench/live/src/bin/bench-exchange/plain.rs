//! What the database alone takes for the same rows: the least that taking them out and bringing them in can take.

use std::time::{Duration, Instant};

use anyhow::Result;
use futures_util::TryStreamExt;
use live::scratch::{Engine, Scratch};
use sea_orm::{
    ConnectionTrait,
    sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection},
};

/// What the lines of a kind are made of.
const READS: [(&str, &[&str]); 7] = [
    ("organizations", &["SELECT * FROM organizations"]),
    ("teams", &["SELECT * FROM teams"]),
    (
        "people",
        &["SELECT * FROM users", "SELECT * FROM team_members"],
    ),
    (
        "articles",
        &[
            "SELECT * FROM articles",
            "SELECT * FROM article_translations",
        ],
    ),
    (
        "tickets",
        &[
            "SELECT * FROM tickets",
            "SELECT * FROM ticket_details",
            "SELECT * FROM level_changes",
            "SELECT * FROM knowledge_links",
            "SELECT id, ticket_id, at, actor_id, actor_kind, data FROM events WHERE ticket_id IS NOT NULL ORDER BY ticket_id, id",
        ],
    ),
    ("comments", &["SELECT * FROM comments"]),
    (
        "events",
        &["SELECT * FROM events WHERE ticket_id IS NOT NULL ORDER BY id"],
    ),
];
/// What most of an import is.
const WRITTEN: [&str; 5] = ["users", "tickets", "ticket_details", "comments", "events"];

/// How long one connection takes to read all rows of a kind once.
pub(crate) async fn read(scratch: &Scratch, kind: &str) -> Result<Duration> {
    let of_kind = READS.iter().find(|(name, _)| *name == kind);
    let statements = of_kind.map_or(&[][..], |(_, statements)| statements);
    let url = &scratch.settings.database_url;
    match scratch.engine {
        Engine::Postgres => {
            let mut connection = PgConnection::connect(url).await?;
            let begin = Instant::now();
            for statement in statements {
                let mut rows = connection.fetch(AssertSqlSafe((*statement).to_owned()));
                while rows.try_next().await?.is_some() {}
            }
            Ok(begin.elapsed())
        }
        Engine::Sqlite => {
            let mut connection = SqliteConnection::connect(url).await?;
            let begin = Instant::now();
            for statement in statements {
                let mut rows = connection.fetch(AssertSqlSafe((*statement).to_owned()));
                while rows.try_next().await?.is_some() {}
            }
            Ok(begin.elapsed())
        }
    }
}

/// How long the database takes to write the largest tables once more, without indexes.
pub(crate) async fn write(scratch: &Scratch) -> Result<Duration> {
    let connection = scratch.connect().await?;
    let begin = Instant::now();
    for table in WRITTEN {
        let statement = format!("CREATE TABLE plain_{table} AS SELECT * FROM {table}");
        connection.execute_unprepared(&statement).await?;
    }
    Ok(begin.elapsed())
}
