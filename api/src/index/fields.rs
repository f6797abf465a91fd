//! The words of custom fields, apart from those of the ticket and from each other: who sees a field may change at any
//! time, and then nothing need be written again.

use entity::{
    custom_field::{self, Kind},
    ids::TicketId,
    json::CustomFields,
};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, Statement, Value};

use super::{
    document::Document,
    write::{Existing, place, rows_of, vector},
};
use crate::{directory::Fields, error::Result};

/// Fields in one statement.
const STATEMENT_ROWS_MAX: usize = 200;

/// What a ticket's custom fields say, by key.
#[derive(Clone, Debug, Default)]
pub(super) struct FieldTexts {
    /// Whether there may be others from before.
    pub(super) replaces: bool,
    pub(super) texts: Vec<(String, String)>,
}

impl FieldTexts {
    /// Texts, and of choices what they are called in both languages. Other values are not words, and of a field that is
    /// not defined nobody has said whom it is for.
    pub(super) fn of(definitions: &Fields, values: &CustomFields, replaces: bool) -> Self {
        let text = |value: &entity::json::CustomField| {
            let text = text_of(definitions.get(&value.key)?, &value.value)?;
            Some((value.key.clone(), text))
        };
        Self {
            replaces,
            texts: values.0.iter().filter_map(text).collect(),
        }
    }
}

fn text_of(definition: &custom_field::Model, value: &serde_json::Value) -> Option<String> {
    let name = |key: &str| {
        let choice = definition.choices.0.iter().find(|choice| choice.key == key);
        choice.map_or_else(
            || key.to_owned(),
            |choice| format!("{key}\n{}\n{}", choice.label_en, choice.label_fr),
        )
    };
    match (definition.kind, value) {
        (Kind::Text, serde_json::Value::String(text)) => Some(text.clone()),
        (Kind::Choice, serde_json::Value::String(key)) => Some(name(key)),
        (Kind::Choices, serde_json::Value::Array(keys)) => {
            let names = keys.iter().filter_map(|key| key.as_str()).map(name);
            Some(names.collect::<Vec<_>>().join("\n"))
        }
        _ => None,
    }
}

/// Takes the words of these tickets' fields away.
pub(super) async fn forget(tx: &DatabaseTransaction, ids: &[TicketId]) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let backend = tx.get_database_backend();
    let rows = match backend {
        DbBackend::Postgres => "ticket_field_words",
        _ => "ticket_field_words_ids",
    };
    let places: Vec<String> = (1..=ids.len()).map(|n| place(backend, n)).collect();
    let sql = format!("DELETE FROM {rows} WHERE id IN ({})", places.join(", "));
    let ids = ids.iter().map(|id| Value::from(id.0));
    tx.execute_raw(Statement::from_sql_and_values(backend, sql, ids))
        .await?;
    Ok(())
}

/// Writes the words of fields that are not there.
pub(super) async fn put(
    tx: &DatabaseTransaction,
    fields: &[(TicketId, &str, &str)],
    existing: Existing,
) -> Result<()> {
    for some in fields.chunks(STATEMENT_ROWS_MAX) {
        match tx.get_database_backend() {
            DbBackend::Postgres => put_vectors(tx, some, existing).await?,
            _ => put_rows(tx, some).await?,
        }
    }
    Ok(())
}

async fn put_vectors(
    tx: &DatabaseTransaction,
    fields: &[(TicketId, &str, &str)],
    existing: Existing,
) -> Result<()> {
    let mut values: Vec<Value> = Vec::with_capacity(3 * fields.len());
    for (id, key, text) in fields {
        let words = vector(&Document::words_of(text));
        values.extend([Value::from(id.0), Value::from(*key), Value::from(words)]);
    }
    let rows = (0..fields.len()).map(|row| {
        let (id, key, words) = (3 * row + 1, 3 * row + 2, 3 * row + 3);
        format!("(${id}, ${key}, CAST(${words} AS text)::tsvector)")
    });
    let sql = format!(
        "INSERT INTO ticket_field_words (id, key, words) VALUES {} ON CONFLICT (id, key) DO {}",
        rows.collect::<Vec<_>>().join(", "),
        existing.sql(),
    );
    let statement = Statement::from_sql_and_values(DbBackend::Postgres, sql, values);
    tx.execute_raw(statement).await?;
    Ok(())
}

async fn put_rows(tx: &DatabaseTransaction, fields: &[(TicketId, &str, &str)]) -> Result<()> {
    const WRITE: &str = "INSERT INTO ticket_field_words_ids (id, key) VALUES (?, ?)
            ON CONFLICT (id, key) DO NOTHING;
        INSERT OR REPLACE INTO ticket_field_words (rowid, words, stems)
            SELECT number, ?, ? FROM ticket_field_words_ids WHERE id = ? AND key = ?";
    for (id, key, text) in fields {
        let (id, key) = (Value::from(id.0), Value::from(*key));
        let [words, stems] = rows_of(Document::words_of(text));
        let (words, stems) = (Value::from(words), Value::from(stems));
        let values = [id.clone(), key.clone(), words, stems, id, key];
        let statement = Statement::from_sql_and_values(DbBackend::Sqlite, WRITE, values);
        tx.execute_raw(statement).await?;
    }
    Ok(())
}
