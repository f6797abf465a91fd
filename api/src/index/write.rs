//! Writes the words of things: with the change of their texts, or all of them again.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Instant,
};

use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbBackend, Statement, Value,
    sea_query::{
        CommonTableExpression, Expr, ExprTrait, InsertStatement, OnConflict, Query, WithClause,
    },
};
use uuid::Uuid;

use super::{Document, Spent, Thing, document::Words, fields, sql::table_of, stored};
use crate::{
    directory::{Directory, Fields},
    error::Result,
    events::{Event, log::Beside},
    store::Store,
};

/// Things in one statement, and the bytes of their texts.
const STATEMENT_ROWS_MAX: usize = 500;
const STATEMENT_BYTES_MAX: usize = 4_000_000;
/// On SQLite, things whose words are written with the events: more would make a statement that is not asked again.
const BESIDE_MAX: usize = 4;
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

    /// Writes the words of all that changed; where there are events, and few things, hands over what is to be written
    /// with these. The texts of what `events` name are read where nobody gave them, and where they changed
    /// more than once: then what was given may be of the first time.
    pub(crate) async fn write<'a>(
        mut self,
        tx: &DatabaseTransaction,
        (directory, store, spent): (&Directory, &Store, &Spent),
        events: impl Iterator<Item = &'a Event>,
    ) -> Result<Option<Beside>> {
        let begin = Instant::now();
        let mut is_alone = true;
        let mut told = BTreeSet::new();
        for event in events {
            is_alone = false;
            let Some(thing) = Thing::changed_by(event) else {
                continue;
            };
            if !told.insert(thing) || !self.documents.contains_key(&thing) {
                self.add(thing);
            }
        }
        let mut documents: Vec<Document> = self.documents.into_values().collect();
        let is_ticket = |thing: &Thing| matches!(thing, Thing::Ticket(_));
        let known = if self.things.iter().any(is_ticket) {
            directory.snapshot(store).await?
        } else {
            Arc::default()
        };
        documents.extend(stored::read(tx, &known.fields, self.things).await?);
        put_custom(tx, &documents, Existing::Replace).await?;
        let beside = if is_alone {
            None
        } else {
            beside(tx.get_database_backend(), &documents)?
        };
        if beside.is_none() {
            put_texts(tx, &documents, Existing::Replace).await?;
        }
        if !documents.is_empty() {
            spent.add(begin.elapsed());
        }
        Ok(beside)
    }
}

/// The words of documents that are few enough to be written with the events.
fn beside(backend: DbBackend, documents: &[Document]) -> Result<Option<Beside>> {
    Ok(match backend {
        DbBackend::Postgres if pieces(documents).count() == 1 => {
            let parts = parts(insertions(documents, Existing::Replace)?);
            Some(Beside::Within(Box::new(parts)))
        }
        DbBackend::Sqlite if (1..=BESIDE_MAX).contains(&documents.len()) => {
            Some(Beside::Behind(documents.iter().map(row).collect()))
        }
        _ => None,
    })
}

/// What is inserted while another statement is executed.
fn parts(insertions: Vec<InsertStatement>) -> WithClause {
    let mut parts = WithClause::new();
    for (number, insertion) in insertions.into_iter().enumerate() {
        let mut part = CommonTableExpression::new();
        part.table_name(format!("words_{number}")).query(insertion);
        parts.cte(part);
    }
    parts
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
    put_texts(tx, &documents, Existing::Keep).await?;
    put_custom(tx, &documents, Existing::Keep).await
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

async fn put_texts(
    tx: &DatabaseTransaction,
    documents: &[Document],
    existing: Existing,
) -> Result<()> {
    if tx.get_database_backend() != DbBackend::Postgres {
        return put_rows(tx, documents).await;
    }
    for some in pieces(documents) {
        for insertion in insertions(some, existing)? {
            tx.execute(&insertion).await?;
        }
    }
    Ok(())
}

/// As many each as one statement takes.
fn pieces(documents: &[Document]) -> impl Iterator<Item = &[Document]> {
    let (mut count, mut bytes) = (0, 0);
    documents.chunk_by(move |last, _| {
        count += 1;
        bytes += last.text_bytes();
        let has_room = count < STATEMENT_ROWS_MAX && bytes < STATEMENT_BYTES_MAX;
        if !has_room {
            (count, bytes) = (0, 0);
        }
        has_room
    })
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

/// On PostgreSQL, one for each kind.
fn insertions(documents: &[Document], existing: Existing) -> Result<Vec<InsertStatement>> {
    let mut rows: BTreeMap<&'static str, Vec<(Uuid, String)>> = BTreeMap::new();
    for document in documents {
        let of_kind = rows.entry(table_of(document.thing.kind())).or_default();
        of_kind.push((document.thing.id(), vector(&document.words())));
    }
    let insertions = rows.into_iter();
    insertions
        .map(|(table, rows)| insertion(table, rows, existing))
        .collect()
}

fn insertion(
    table: &'static str,
    rows: Vec<(Uuid, String)>,
    existing: Existing,
) -> Result<InsertStatement> {
    let mut insertion = Query::insert();
    insertion.into_table(table).columns(["id", "words"]);
    for (id, vector) in rows {
        let words = Expr::val(vector).cast_as("text").cast_as("tsvector");
        let row = insertion.values([Expr::val(id), words]);
        row.map_err(anyhow::Error::from)?;
    }
    let mut conflict = OnConflict::column("id");
    match existing {
        Existing::Replace => conflict.update_column("words"),
        Existing::Keep => conflict.do_nothing(),
    };
    insertion.on_conflict(conflict);
    Ok(insertion)
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

async fn put_rows(tx: &DatabaseTransaction, documents: &[Document]) -> Result<()> {
    for document in documents {
        tx.execute_raw(row(document)).await?;
    }
    Ok(())
}

/// On SQLite. It has one writer, so nobody can be between the two; as one statement they are one question to the thread
/// that the connection has.
fn row(document: &Document) -> Statement {
    let table = table_of(document.thing.kind());
    let sql = format!(
        "INSERT INTO {table}_ids (id) VALUES (?) ON CONFLICT (id) DO NOTHING;
         INSERT OR REPLACE INTO {table} (rowid, words, stems) SELECT key, ?, ? FROM {table}_ids WHERE id = ?"
    );
    let id = Value::from(document.thing.id());
    let [places, stems] = rows_of(document.words());
    let values = [id.clone(), places.into(), stems.into(), id];
    Statement::from_sql_and_values(DbBackend::Sqlite, sql, values)
}

#[cfg(test)]
mod tests {
    use entity::ids::UserId;

    use super::*;

    #[test]
    fn a_statement_is_bounded_in_rows_and_in_bytes() {
        let lengths = |count: usize, bytes: usize| -> Vec<usize> {
            let thing = Thing::User(UserId(Uuid::nil()));
            let document = Document::of_texts(thing, ["x".repeat(bytes)]);
            let documents = vec![document; count];
            pieces(&documents).map(<[Document]>::len).collect()
        };
        assert_eq!(lengths(0, 1), [0_usize; 0]);
        assert_eq!(lengths(1, STATEMENT_BYTES_MAX + 1), [1]);
        assert_eq!(
            lengths(2 * STATEMENT_ROWS_MAX + 1, 1),
            [STATEMENT_ROWS_MAX, STATEMENT_ROWS_MAX, 1]
        );
        assert_eq!(lengths(5, STATEMENT_BYTES_MAX / 2), [2, 2, 1]);
    }
}
