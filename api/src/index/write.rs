//! Writes the words of things: with the change of their texts, or all of them again.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use entity::index_fill::Kind;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, Statement, Value};

use super::{Document, Thing, document::Words, fields, sql::table_of, stored};
use crate::{
    directory::{Directory, Fields},
    error::Result,
    events::Event,
    store::Store,
};

/// Things in one statement, and the bytes of their words, about.
const STATEMENT_ROWS_MAX: usize = 500;
const STATEMENT_BYTES_MAX: usize = 4_000_000;
/// In SQLite's index, a place where no word stands: to its tokenizer a word, and no text has it.
const GAP: &str = "\u{b6}";

/// What the transaction has changed in what can be searched for, until its commit.
#[derive(Default)]
pub(crate) struct Pending {
    documents: BTreeMap<Thing, Document>,
    things: BTreeSet<Thing>,
}

impl Pending {
    pub(crate) fn add(&mut self, thing: Thing) {
        // What was given is older now.
        self.documents.remove(&thing);
        self.things.insert(thing);
    }

    pub(crate) fn add_as(&mut self, document: Document) {
        self.documents.insert(document.thing, document);
    }

    /// Writes the words of all that changed. The texts of what `events` name are read where nobody gave them, and where
    /// they changed more than once: then what was given may be of the first time. Returns how many had words.
    pub(crate) async fn write<'a>(
        mut self,
        tx: &DatabaseTransaction,
        (directory, store): (&Directory, &Store),
        events: impl Iterator<Item = &'a Event>,
    ) -> Result<usize> {
        let mut told = BTreeSet::new();
        for thing in events.filter_map(Thing::changed_by) {
            if told.insert(thing) && self.documents.contains_key(&thing) {
                continue;
            }
            self.add(thing);
        }
        let mut documents: Vec<Document> = self.documents.into_values().collect();
        let is_ticket = |thing: &Thing| matches!(thing, Thing::Ticket(_));
        let known = if self.things.iter().any(is_ticket) {
            directory.snapshot(store).await?
        } else {
            Arc::default()
        };
        documents.extend(stored::read(tx, &known.fields, self.things).await?);
        put(tx, &documents, Existing::Replace).await?;
        Ok(documents.len())
    }
}

/// Indexes things of one kind again, as they are stored at this moment.
///
/// What is there is taken away first: whoever changes one of them meanwhile waits for this transaction, and then writes
/// their own words over these. What they have just written stays.
pub async fn refill(
    tx: &DatabaseTransaction,
    definitions: &Fields,
    things: &[Thing],
) -> Result<()> {
    let Some(kind) = things.first().map(|thing| thing.kind()) else {
        return Ok(());
    };
    let table = table_of(kind);
    let backend = tx.get_database_backend();
    let rows = match backend {
        DbBackend::Postgres => table.to_owned(),
        _ => format!("{table}_ids"),
    };
    let places: Vec<String> = (1..=things.len()).map(|n| place(backend, n)).collect();
    let sql = format!("DELETE FROM {rows} WHERE id IN ({})", places.join(", "));
    let ids = things.iter().map(|thing| Value::from(thing.id()));
    tx.execute_raw(Statement::from_sql_and_values(backend, sql, ids))
        .await?;
    let documents = stored::read(tx, definitions, things.iter().copied().collect()).await?;
    put(tx, &documents, Existing::Keep).await
}

pub(super) fn place(backend: DbBackend, n: usize) -> String {
    match backend {
        DbBackend::Postgres => format!("${n}"),
        _ => "?".to_owned(),
    }
}

/// What to do with words that are there already.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Existing {
    Replace,
    Keep,
}

impl Existing {
    /// What PostgreSQL does with such a row.
    pub(super) const fn sql(self) -> &'static str {
        match self {
            Self::Replace => "UPDATE SET words = excluded.words",
            Self::Keep => "NOTHING",
        }
    }
}

async fn put(tx: &DatabaseTransaction, documents: &[Document], existing: Existing) -> Result<()> {
    for kind in [Kind::Ticket, Kind::Comment, Kind::Article, Kind::User] {
        let of_kind = documents
            .iter()
            .filter(|document| document.thing.kind() == kind);
        match tx.get_database_backend() {
            DbBackend::Postgres => put_vectors(tx, kind, of_kind, existing).await?,
            _ => put_rows(tx, kind, of_kind).await?,
        }
    }
    put_custom(tx, documents, existing).await
}

async fn put_custom(
    tx: &DatabaseTransaction,
    documents: &[Document],
    existing: Existing,
) -> Result<()> {
    let (mut replaced, mut texts) = (Vec::new(), Vec::new());
    for document in documents {
        let (Thing::Ticket(id), Some(custom)) = (document.thing, &document.custom) else {
            continue;
        };
        if custom.replaces {
            replaced.push(id);
        }
        let of_ticket = custom.texts.iter();
        texts.extend(of_ticket.map(|(key, text)| (id, key.as_str(), text.as_str())));
    }
    fields::forget(tx, &replaced).await?;
    fields::put(tx, &texts, existing).await
}

async fn put_vectors(
    tx: &DatabaseTransaction,
    kind: Kind,
    documents: impl Iterator<Item = &Document>,
    existing: Existing,
) -> Result<()> {
    let mut values: Vec<Value> = Vec::new();
    let mut bytes = 0;
    for document in documents {
        let vector = vector(&document.words());
        bytes += vector.len();
        values.extend([Value::from(document.thing.id()), Value::from(vector)]);
        if values.len() >= 2 * STATEMENT_ROWS_MAX || bytes >= STATEMENT_BYTES_MAX {
            insert_vectors(tx, kind, std::mem::take(&mut values), existing).await?;
            bytes = 0;
        }
    }
    insert_vectors(tx, kind, values, existing).await
}

async fn insert_vectors(
    tx: &DatabaseTransaction,
    kind: Kind,
    values: Vec<Value>,
    existing: Existing,
) -> Result<()> {
    if values.is_empty() {
        return Ok(());
    }
    let rows = (0..values.len() / 2).map(|row| {
        let (id, words) = (2 * row + 1, 2 * row + 2);
        format!("(${id}, CAST(${words} AS text)::tsvector)")
    });
    let sql = format!(
        "INSERT INTO {} (id, words) VALUES {} ON CONFLICT (id) DO {}",
        table_of(kind),
        rows.collect::<Vec<_>>().join(", "),
        existing.sql(),
    );
    let statement = Statement::from_sql_and_values(DbBackend::Postgres, sql, values);
    tx.execute_raw(statement).await?;
    Ok(())
}

/// A `tsvector` as text. Words have places, stems none: in a phrase only words count.
pub(super) fn vector(words: &Words) -> String {
    let mut places: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, word) in words.places.iter().enumerate() {
        if let Some(word) = word {
            places.entry(word).or_default().push(at + 1);
        }
    }
    let words_in_places = places.into_iter().map(|(word, places)| {
        let places: Vec<String> = places.iter().map(usize::to_string).collect();
        format!("'{word}':{}", places.join(","))
    });
    let stems = words.stems.iter().map(|stem| format!("'{stem}'"));
    words_in_places.chain(stems).collect::<Vec<_>>().join(" ")
}

/// Words and stems as SQLite's index is given them.
pub(super) fn rows_of(words: Words) -> [String; 2] {
    let places = words.places.iter();
    let places = places.map(|word| word.as_deref().unwrap_or(GAP));
    let places = places.collect::<Vec<_>>().join(" ");
    [
        places,
        words.stems.into_iter().collect::<Vec<_>>().join(" "),
    ]
}

/// SQLite has one writer, so nobody can be between two statements.
async fn put_rows(
    tx: &DatabaseTransaction,
    kind: Kind,
    documents: impl Iterator<Item = &Document>,
) -> Result<()> {
    let table = table_of(kind);
    let name = format!("INSERT INTO {table}_ids (id) VALUES (?) ON CONFLICT (id) DO NOTHING");
    let write = format!(
        "INSERT OR REPLACE INTO {table} (rowid, words, stems) SELECT key, ?, ? FROM {table}_ids WHERE id = ?"
    );
    for document in documents {
        let id = document.thing.id();
        let [places, stems] = rows_of(document.words());
        for (sql, values) in [
            (&name, vec![Value::from(id)]),
            (&write, vec![places.into(), stems.into(), id.into()]),
        ] {
            let statement = Statement::from_sql_and_values(DbBackend::Sqlite, sql, values);
            tx.execute_raw(statement).await?;
        }
    }
    Ok(())
}
