//! What words add to a statement that writes an event. Both are written by one, so that no clock of the server's tells
//! them apart.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use entity::user::Locale;
use guichet::{clock::Clock, text::analysis};
use live::scratch::{Engine, Scratch, number};
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement, TransactionTrait, Value};

/// So many texts are written.
const TIMES: u32 = 400;
const EVENT: &str =
    "INSERT INTO events (ticket_id, actor_id, actor_kind, is_internal, at, data, facts)
    SELECT ticket_id, actor_id, actor_kind, is_internal, at, data, facts FROM events WHERE id = $1";

/// Things that have words, and where they and their texts are.
pub(crate) struct Things {
    pub(crate) words: &'static str,
    pub(crate) texts: &'static str,
    pub(crate) column: &'static str,
}

/// In milliseconds, of the words of texts that are there already.
pub(crate) async fn words_ms(scratch: &Scratch, things: &Things) -> Result<f64> {
    let connection = scratch.connect().await?;
    let (with_words, texts) = match scratch.engine {
        Engine::Postgres => (within(things), vectors(&connection, things).await?),
        Engine::Sqlite => {
            // The ids that words are written under here are nobody's.
            let unchecked = "PRAGMA foreign_keys = OFF";
            connection.execute_unprepared(unchecked).await?;
            (behind(things), words_and_stems(&connection, things).await?)
        }
    };
    ensure!(texts.len() == TIMES as usize, "{} texts", texts.len());
    let event = "SELECT max(id) FROM events WHERE facts IS NOT NULL";
    let event = Value::from(number(&connection, event).await?);
    let clock = Clock::wall();
    let (mut without, mut with) = (Duration::ZERO, Duration::ZERO);
    for words in texts {
        without += took(&connection, EVENT, vec![event.clone()]).await?;
        let mut values = vec![event.clone(), clock.new_id().into()];
        values.extend(words.into_iter().map(Value::from));
        with += took(&connection, &with_words, values).await?;
    }
    let more = with.as_secs_f64() - without.as_secs_f64();
    Ok(more * 1e3 / f64::from(TIMES))
}

fn within(Things { words, .. }: &Things) -> String {
    format!(
        "WITH words AS (INSERT INTO {words} (id, words) VALUES ($2, CAST($3 AS text)::tsvector)
            ON CONFLICT (id) DO UPDATE SET words = excluded.words) {EVENT}"
    )
}

fn behind(Things { words, .. }: &Things) -> String {
    format!(
        "{EVENT}; INSERT INTO {words}_ids (id) VALUES ($2) ON CONFLICT (id) DO NOTHING;
         INSERT OR REPLACE INTO {words} (rowid, words, stems) SELECT key, $3, $4 FROM {words}_ids WHERE id = $2"
    )
}

async fn vectors(connection: &DatabaseConnection, things: &Things) -> Result<Vec<Vec<String>>> {
    let sql = format!("SELECT words::text FROM {}", things.words);
    let vectors = texts(connection, &sql).await?.into_iter();
    Ok(vectors.map(|vector| vec![vector]).collect())
}

/// SQLite's index does not keep what it was given.
async fn words_and_stems(
    connection: &DatabaseConnection,
    Things {
        texts: table,
        column,
        ..
    }: &Things,
) -> Result<Vec<Vec<String>>> {
    let texts = texts(connection, &format!("SELECT {column} FROM {table}")).await?;
    let of_text = |text: String| {
        let tokens = analysis::tokens(&text).map(|token| token.lower);
        let words: Vec<String> = tokens.collect();
        let language = analysis::guess_language(&text).unwrap_or(Locale::En);
        let mut stems: BTreeSet<String> = analysis::stems(&text, language).into_iter().collect();
        for word in &words {
            stems.remove(word);
        }
        let stems: Vec<String> = stems.into_iter().collect();
        vec![words.join(" "), stems.join(" ")]
    };
    Ok(texts.into_iter().map(of_text).collect())
}

async fn texts(connection: &DatabaseConnection, sql: &str) -> Result<Vec<String>> {
    let backend = connection.get_database_backend();
    let statement = Statement::from_string(backend, format!("{sql} LIMIT {TIMES}"));
    let rows = connection.query_all_raw(statement).await?;
    let texts = rows.iter().map(|row| row.try_get_by_index(0));
    texts.collect::<Result<_, _>>().context("no text")
}

/// Of the statement alone; nothing of it stays.
async fn took(connection: &DatabaseConnection, sql: &str, values: Vec<Value>) -> Result<Duration> {
    let tx = connection.begin().await?;
    let begin = Instant::now();
    let statement = Statement::from_sql_and_values(connection.get_database_backend(), sql, values);
    tx.execute_raw(statement).await?;
    let took = begin.elapsed();
    tx.rollback().await?;
    Ok(took)
}
