//! `guichet import` as people type it: its options, its progress bar and its summary.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use anyhow::Context;
use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};

use super::{
    commands::{Existing, Options, check, import},
    mapping::{Assignment, Mapping, Translation},
    parse::Defaults,
    reader::{Format, Rows},
    record::Kind,
    report::Report,
};
use crate::{app::App, text};

/// What `guichet import` takes.
#[derive(Args, Debug)]
pub struct Arguments {
    /// JSON Lines (.jsonl) or CSV (.csv), plain or gzipped (.gz)
    pub file: PathBuf,
    /// What the rows are that do not say
    #[arg(long = "type", value_name = "TYPE")]
    pub kind: Option<Kind>,
    /// How the file is written, where its name does not say
    #[arg(long)]
    pub format: Option<FormatName>,
    /// The character between the cells of a CSV file
    #[arg(long, default_value = ",", value_parser = delimiter)]
    pub delimiter: u8,
    /// Read a field from this column
    #[arg(long, value_name = "FIELD=COLUMN")]
    pub map: Vec<Assignment>,
    /// Give a field this value where a row has none
    #[arg(long, value_name = "FIELD=VALUE")]
    pub set: Vec<Assignment>,
    /// Replace values of a field; `*` is every other value
    #[arg(long, value_name = "FIELD:FROM=TO,…")]
    pub translate: Vec<Translation>,
    /// The requester of tickets that name none
    #[arg(long, value_name = "EMAIL")]
    pub requester: Option<String>,
    /// Leave what is here already as it is
    #[arg(long)]
    pub only_new: bool,
    /// Write every bad line's number and reason to this file
    #[arg(long, value_name = "FILE")]
    pub errors: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FormatName {
    Jsonl,
    Csv,
}

/// A file that is open, and how to import it.
pub struct Job {
    rows: Rows,
    options: Options,
    report: Report,
    bytes: u64,
}

impl Arguments {
    /// Opens the file and checks every option, before anything is written.
    ///
    /// # Errors
    /// Says which option cannot be used, or why the file cannot be read.
    pub fn open(self) -> Result<Job, String> {
        let in_file = |error: io::Error| format!("{}: {error}", self.file.display());
        let format = self.format.or_else(|| format_of(&self.file));
        let format = match format
            .ok_or("--format is needed: the file's name does not end in .jsonl or .csv")?
        {
            FormatName::Jsonl => Format::JsonLines,
            FormatName::Csv => Format::Csv {
                delimiter: self.delimiter,
            },
        };
        let requester = self.requester.as_deref().map(text::email).transpose();
        let defaults = Defaults {
            kind: self.kind,
            requester: requester.map_err(|error| format!("--requester: {error}"))?,
        };
        let mapping = Mapping {
            columns: self.map,
            constants: self.set,
            translations: self.translate,
        };
        let existing = if self.only_new {
            Existing::Keep
        } else {
            Existing::Update
        };
        let options = Options {
            mapping,
            defaults,
            existing,
        };
        let bytes = std::fs::metadata(&self.file).map_err(in_file)?.len();
        let rows = Rows::open(&self.file, format).map_err(in_file)?;
        check(&rows, &options)?;
        let report =
            Report::new(self.errors.as_deref()).map_err(|error| format!("--errors: {error}"))?;
        Ok(Job {
            rows,
            options,
            report,
            bytes,
        })
    }
}

impl Job {
    /// Imports the file, with a progress bar where somebody looks on, and a summary at the end. Tells
    /// whether every line was good.
    ///
    /// # Errors
    /// When the database is out of reach, or the list of bad lines cannot be written.
    pub async fn run(mut self, app: &App) -> anyhow::Result<bool> {
        let bytes_read = self.rows.bytes_read();
        let bar = ProgressBar::new(self.bytes).with_style(style()?);
        let show = |report: &Report| {
            bar.set_position(bytes_read.load(Ordering::Relaxed));
            bar.set_message(format!(
                "{} rows, {} bad",
                report.row_count(),
                report.bad_line_count
            ));
        };
        let imported = import(app, self.rows, &self.options, &mut self.report, show).await;
        bar.finish_and_clear();
        imported?;
        let mut output = io::stdout().lock();
        self.report
            .write(&mut output)
            .and_then(|()| output.flush())
            .context("the summary cannot be shown")?;
        Ok(self.report.is_clean())
    }
}

/// The bar hides itself where standard error is not a terminal.
fn style() -> anyhow::Result<ProgressStyle> {
    Ok(ProgressStyle::with_template(
        "{wide_bar} {bytes}/{total_bytes}  {msg}  {eta} left",
    )?)
}

fn format_of(file: &Path) -> Option<FormatName> {
    let is_packed = file.extension() == Some(OsStr::new("gz"));
    let name = if is_packed {
        Path::new(file.file_stem()?)
    } else {
        file
    };
    match name.extension()?.to_str()? {
        "jsonl" | "ndjson" => Some(FormatName::Jsonl),
        "csv" => Some(FormatName::Csv),
        _ => None,
    }
}

fn delimiter(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        [byte] if !byte.is_ascii_alphanumeric() && !matches!(byte, b'"' | b'\r' | b'\n') => {
            Ok(*byte)
        }
        _ if text == "\\t" => Ok(b'\t'),
        _ => {
            Err("must be one character that is no letter, digit or quote; \\t is a tab".to_owned())
        }
    }
}
