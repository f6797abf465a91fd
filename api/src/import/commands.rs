//! The whole of an import: from a file's rows to a report.

use std::collections::HashSet;
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use anyhow::Context;
use tokio::sync::mpsc;

use super::{
    batch,
    foreign::Foreign,
    mapping::Mapping,
    parse::{self, Defaults},
    reader::{Row, Rows, Values},
    record::{Kind, Record},
    report::Report,
};
use crate::{app::App, error::Result};

/// Rows that are written together.
const BATCH_ROWS_MAX: usize = 500;
/// More rows, where they are comments on a ticket of the batch.
const TOGETHER_ROWS_MAX: usize = 500;
/// Batches that are read ahead of the one that is written.
const BATCHES_AHEAD_MAX: usize = 2;

/// How a file is to be read and written.
#[derive(Clone, Default)]
pub struct Options {
    pub mapping: Mapping,
    pub defaults: Defaults,
    pub existing: Existing,
    /// Whose rows they are, where they are not ours; the files of one run share it.
    pub foreign: Option<Arc<Mutex<Foreign>>>,
}

/// What becomes of things that are here already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Existing {
    /// They get what their rows say.
    #[default]
    Update,
    /// They stay as they are.
    Keep,
}

/// Rows of one batch, as they were read.
#[derive(Default)]
struct Batch {
    good: Vec<(u64, Record)>,
    bad: Vec<(u64, String)>,
    keys: HashSet<(Kind, String)>,
}

impl Batch {
    /// Whether a row must go to the next batch: this one is full, or has a row about the same thing.
    /// Comments stay with their ticket as long as they can, so that its log is in the order of time.
    fn is_complete_before(&self, next: Option<&Record>) -> bool {
        let count = self.good.len() + self.bad.len();
        let Some(next) = next else {
            return count >= BATCH_ROWS_MAX;
        };
        let belongs = match next {
            Record::Comment(comment) => self.keys.contains(&(Kind::Ticket, comment.ticket.clone())),
            Record::Organization(_)
            | Record::Team(_)
            | Record::User(_)
            | Record::Article(_)
            | Record::Ticket(_) => false,
        };
        let rows_max = if belongs {
            BATCH_ROWS_MAX + TOGETHER_ROWS_MAX
        } else {
            BATCH_ROWS_MAX
        };
        count >= rows_max || self.keys.contains(&next.key())
    }
}

/// Imports all rows and tells `progress` after each batch. Bad lines end up in the report.
///
/// # Errors
/// When the database is out of reach, or the list of bad lines cannot be written.
pub async fn import(
    app: &App,
    rows: Rows,
    options: &Options,
    report: &mut Report,
    progress: impl Fn(&Report),
) -> Result<()> {
    let started = Instant::now();
    report.ignored_columns = ignored_columns(&rows, options);
    let ignored = report.ignored_columns.clone();
    let (sender, mut batches) = mpsc::channel(BATCHES_AHEAD_MAX);
    let options_of_reader = options.clone();
    let reading =
        tokio::task::spawn_blocking(move || read(rows, &ignored, &options_of_reader, &sender));
    while let Some(Batch { good, bad, .. }) = batches.recv().await {
        for (line, reason) in bad {
            report
                .refuse(line, &reason)
                .context("the list of bad lines cannot be written")?;
        }
        let mut verdicts = batch::write(app, &good, options.existing).await?;
        verdicts.sort_by_key(|(line, _, _)| *line);
        for (line, kind, verdict) in verdicts {
            match verdict {
                Ok(outcome) => report.count(kind, outcome),
                Err(reason) => report
                    .refuse(line, &reason)
                    .context("the list of bad lines cannot be written")?,
            }
        }
        progress(report);
    }
    reading
        .await
        .context("the file could not be read to its end")?;
    report
        .finish(started.elapsed())
        .context("the list of bad lines cannot be written")?;
    Ok(())
}

/// Why these options cannot be used with this file.
///
/// # Errors
/// Names a field that there is not, or a column that the file has not.
pub fn check(rows: &Rows, options: &Options) -> std::result::Result<(), String> {
    if let Some(field) = options
        .mapping
        .fields()
        .find(|field| !is_field(options, field))
    {
        return Err(format!("there is no field {field}"));
    }
    let has_column = |column: &String| rows.columns().is_empty() || rows.columns().contains(column);
    match options
        .mapping
        .columns
        .iter()
        .find(|assignment| !has_column(&assignment.value))
    {
        Some(assignment) => Err(format!("the file has no column {}", assignment.value)),
        None => Ok(()),
    }
}

fn is_field(options: &Options, name: &str) -> bool {
    match options.defaults.kind {
        Some(kind) => kind.has_field(name),
        None => Kind::ALL.iter().any(|kind| kind.has_field(name)),
    }
}

fn ignored_columns(rows: &Rows, options: &Options) -> Vec<String> {
    if options.foreign.is_some() {
        return Vec::new();
    }
    let is_read =
        |name: &str| name == "type" || is_field(options, name) || options.mapping.is_source(name);
    rows.columns()
        .iter()
        .filter(|name| !is_read(name))
        .cloned()
        .collect()
}

/// Reads all rows and sends them on in batches.
fn read(rows: Rows, ignored: &[String], options: &Options, sender: &mpsc::Sender<Batch>) {
    let mut batch = Batch::default();
    for Row { line, values } in rows {
        let records = values.and_then(|mut values| {
            values.fields.retain(|name, _| !ignored.contains(name));
            records(values, options)
        });
        let (records, bad) = match records {
            Ok(records) => (records, None),
            Err(reason) => (Vec::new(), Some(reason)),
        };
        for record in records
            .into_iter()
            .map(Some)
            .chain(bad.is_some().then_some(None))
        {
            if batch.is_complete_before(record.as_ref()) {
                // Nobody listens any more once the import has failed.
                if sender.blocking_send(mem::take(&mut batch)).is_err() {
                    return;
                }
            }
            if let Some(record) = record {
                batch.keys.insert(record.key());
                batch.good.push((line, record));
            }
        }
        batch.bad.extend(bad.map(|reason| (line, reason)));
    }
    let _ = sender.blocking_send(batch);
}

/// What one row says: of ours one thing, of others' files what they mean here.
fn records(values: Values, options: &Options) -> std::result::Result<Vec<Record>, String> {
    match &options.foreign {
        Some(foreign) => {
            // Only one file is read at a time.
            let mut foreign = foreign.lock().unwrap_or_else(PoisonError::into_inner);
            foreign.read(values, &options.defaults)
        }
        None => Ok(vec![parse::parse(
            values,
            &options.mapping,
            &options.defaults,
        )?]),
    }
}
