//! `guichet import` as people type it: its options, its progress bar and its summary.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use anyhow::Context;
use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};

use super::{
    commands::{Existing, Options, check, import},
    foreign::{Foreign, Source},
    mapping::{Assignment, Mapping, Translation},
    parse::Defaults,
    reader::{Format, Rows},
    record::Kind,
    report::Report,
};
use crate::{app::App, error::Result as AppResult, text};

/// What `guichet import` takes.
#[derive(Args, Debug)]
pub struct Arguments {
    /// JSON Lines (.jsonl) or CSV (.csv), plain or gzipped (.gz); several are read one after the other
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The files come from another help desk
    #[arg(long, value_name = "PRODUCT", conflicts_with_all = ["kind", "map", "set", "translate"])]
    pub from: Option<Source>,
    /// Say what would be done, and do nothing
    #[arg(long)]
    pub dry_run: bool,
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
    /// Write every bad line's number and reason to this file; of one FILE
    #[arg(long, value_name = "FILE")]
    pub errors: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FormatName {
    Jsonl,
    Csv,
}

/// Files that are open, and how to import them.
pub struct Job {
    files: Vec<Open>,
    options: Options,
    errors: Option<PathBuf>,
    is_dry: bool,
}

struct Open {
    path: PathBuf,
    rows: Rows,
    bytes: u64,
}

impl Arguments {
    /// Opens the files and checks every option, before anything is written.
    ///
    /// # Errors
    /// Says which option cannot be used, or why a file cannot be read.
    pub fn open(self) -> Result<Job, String> {
        if self.errors.is_some() && self.files.len() > 1 {
            return Err("--errors: takes the bad lines of one file".to_owned());
        }
        let files = self.files.iter().map(|path| self.open_one(path));
        let files = files.collect::<Result<Vec<_>, _>>()?;
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
            foreign: self
                .from
                .map(|from| Arc::new(Mutex::new(Foreign::new(from)))),
        };
        for file in &files {
            check(&file.rows, &options)?;
        }
        Ok(Job {
            files,
            options,
            errors: self.errors,
            is_dry: self.dry_run,
        })
    }

    fn open_one(&self, path: &Path) -> Result<Open, String> {
        let in_file = |error: io::Error| format!("{}: {error}", path.display());
        let format = self.format.or_else(|| format_of(path));
        let format = match format
            .ok_or("--format is needed: the file's name does not end in .jsonl or .csv")?
        {
            FormatName::Jsonl => Format::JsonLines,
            FormatName::Csv => Format::Csv {
                delimiter: self.delimiter,
            },
        };
        Ok(Open {
            path: path.to_owned(),
            rows: Rows::open(path, format).map_err(in_file)?,
            bytes: std::fs::metadata(path).map_err(in_file)?.len(),
        })
    }
}

impl Job {
    /// Imports the files, with a progress bar where somebody looks on, and a summary of each at the end. Tells whether every
    /// line was good.
    ///
    /// # Errors
    /// When the database is out of reach, or the list of bad lines cannot be written.
    pub async fn run(mut self, app: &App) -> anyhow::Result<bool> {
        let files = mem::take(&mut self.files);
        let reports = if self.is_dry {
            // One change that is undone: what later lines refer to is there until then.
            app.rehearse(Box::pin(self.import_all(app, files))).await?
        } else {
            self.import_all(app, files).await?
        };
        let mut output = io::stdout().lock();
        let is_one = reports.len() == 1;
        if self.is_dry {
            writeln!(output, "dry run: nothing was written")?;
        }
        for (path, report) in &reports {
            if !is_one {
                writeln!(output, "{}:", path.display())?;
            }
            report
                .write(&mut output)
                .context("the summary cannot be shown")?;
        }
        output.flush().context("the summary cannot be shown")?;
        Ok(reports.iter().all(|(_, report)| report.is_clean()))
    }

    async fn import_all(&self, app: &App, files: Vec<Open>) -> AppResult<Vec<(PathBuf, Report)>> {
        let mut reports = Vec::new();
        for Open { path, rows, bytes } in files {
            let report = Report::new(self.errors.as_deref());
            let mut report = report.context("--errors")?;
            let bytes_read = rows.bytes_read();
            let bar = ProgressBar::new(bytes).with_style(style()?);
            let show = |report: &Report| {
                bar.set_position(bytes_read.load(Ordering::Relaxed));
                bar.set_message(format!(
                    "{} rows, {} bad",
                    report.row_count(),
                    report.bad_line_count
                ));
            };
            let imported = import(app, rows, &self.options, &mut report, show).await;
            bar.finish_and_clear();
            imported?;
            reports.push((path, report));
        }
        Ok(reports)
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
