//! What words add to a statement that writes an event. On PostgreSQL both are written by one, so that no clock of the
//! server's tells them apart.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use guichet::clock::Clock;
use live::scratch::{Engine, Scratch, number};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement, TransactionTrait, Value};

/// So many texts are written, at most.
const TIMES: u32 = 400;
const EVENT: &str = "INSERT INTO events (ticket_id, actor_id, actor_kind, is_internal, at, data, facts)
    SELECT ticket_id, actor_id, actor_kind, is_internal, now(), data, facts FROM events WHERE id = $1";

/// In milliseconds, of the words of texts that `table` has; nothing on SQLite, where they have statements of their own.
pub(crate) async fn words_ms(scratch: &Scratch, table: &str) -> Result<f64> {
    if scratch.engine == Engine::Sqlite {
        return Ok(0.0);
    }
    let connection = scratch.connect().await?;
    let event = number(
        &connection,
        "SELECT max(id) FROM events WHERE facts IS NOT NULL",
    )
    .await?;
    let with_words = format!(
        "WITH words AS (INSERT INTO {table} (id, words) VALUES ($2, CAST($3 AS text)::tsvector)
            ON CONFLICT (id) DO UPDATE SET words = excluded.words) {EVENT}"
    );
    let clock = Clock::wall();
    let (mut without, mut with) = (Duration::ZERO, Duration::ZERO);
    let texts = texts(&connection, table).await?;
    let count = u32::try_from(texts.len())?;
    for words in texts {
        without += took(&connection, EVENT, vec![event.into()]).await?;
        let values = vec![event.into(), clock.new_id().into(), words.into()];
        with += took(&connection, &with_words, values).await?;
    }
    let more = with.as_secs_f64() - without.as_secs_f64();
    Ok(more * 1e3 / f64::from(count))
}

async fn texts(connection: &DatabaseConnection, table: &str) -> Result<Vec<String>> {
    let sql = format!("SELECT words::text FROM {table} LIMIT {TIMES}");
    let rows = connection
        .query_all_raw(Statement::from_string(DbBackend::Postgres, sql))
        .await?;
    ensure!(
        rows.len() == TIMES as usize,
        "{table} has {} rows",
        rows.len()
    );
    let texts = rows.iter().map(|row| row.try_get_by_index(0));
    texts.collect::<Result<_, _>>().context("no words")
}

/// Of the statement alone; nothing of it stays.
async fn took(connection: &DatabaseConnection, sql: &str, values: Vec<Value>) -> Result<Duration> {
    let tx = connection.begin().await?;
    let begin = Instant::now();
    let statement = Statement::from_sql_and_values(DbBackend::Postgres, sql, values);
    tx.execute_raw(statement).await?;
    let took = begin.elapsed();
    tx.rollback().await?;
    Ok(took)
}
