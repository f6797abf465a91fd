//! What came of an import: counts for each type, the bad lines, and how long it took.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::time::Duration;

use super::record::Kind;

/// How many bad lines are shown; all of them go to the file of `--errors`.
const SHOWN_MAX: usize = 20;
/// A reason may quote the file; no more of it than this is shown.
const REASON_CHARACTERS_MAX: usize = 500;

/// What came of one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Created,
    Updated,
    Unchanged,
}

/// How many rows of one type came to what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub created: u64,
    pub updated: u64,
    pub unchanged: u64,
}

/// A line that was not imported, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadLine {
    pub line: u64,
    pub reason: String,
}

/// Grows while a file is imported.
#[derive(Debug, Default)]
pub struct Report {
    pub counts: BTreeMap<Kind, Counts>,
    /// The first bad lines.
    pub bad_lines: Vec<BadLine>,
    pub bad_line_count: u64,
    /// Columns of a CSV file that name no field.
    pub ignored_columns: Vec<String>,
    pub elapsed: Duration,
    list: Option<BufWriter<File>>,
}

impl Report {
    /// A report that writes every bad line to this file, if one is named.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn new(list: Option<&Path>) -> io::Result<Self> {
        let list = list.map(File::create).transpose()?.map(BufWriter::new);
        Ok(Self {
            list,
            ..Self::default()
        })
    }

    pub fn count(&mut self, kind: Kind, outcome: Outcome) {
        let counts = self.counts.entry(kind).or_default();
        match outcome {
            Outcome::Created => counts.created += 1,
            Outcome::Updated => counts.updated += 1,
            Outcome::Unchanged => counts.unchanged += 1,
        }
    }

    /// Notes a bad line.
    ///
    /// # Errors
    /// When the list of them cannot be written.
    pub fn refuse(&mut self, line: u64, reason: &str) -> io::Result<()> {
        let reason = shortened(reason);
        if let Some(list) = &mut self.list {
            writeln!(list, "line {line}: {reason}")?;
        }
        if self.bad_lines.len() < SHOWN_MAX {
            self.bad_lines.push(BadLine { line, reason });
        }
        self.bad_line_count += 1;
        Ok(())
    }

    /// Ends the report.
    ///
    /// # Errors
    /// When the list of bad lines cannot be written.
    pub fn finish(&mut self, elapsed: Duration) -> io::Result<()> {
        self.elapsed = elapsed;
        self.list.as_mut().map_or(Ok(()), Write::flush)
    }

    pub fn is_clean(&self) -> bool {
        self.bad_line_count == 0
    }

    /// Rows that were read, bad ones included.
    pub fn row_count(&self) -> u64 {
        let good: u64 = self
            .counts
            .values()
            .map(|counts| counts.created + counts.updated + counts.unchanged)
            .sum();
        good + self.bad_line_count
    }

    /// Writes what a person wants to see at the end.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, output: &mut impl Write) -> io::Result<()> {
        for BadLine { line, reason } in &self.bad_lines {
            writeln!(output, "line {line}: {reason}")?;
        }
        let unshown = self.bad_line_count - self.bad_lines.len() as u64;
        if unshown > 0 {
            writeln!(
                output,
                "… and {unshown} more bad lines (--errors FILE lists them all)"
            )?;
        }
        if !self.ignored_columns.is_empty() {
            writeln!(
                output,
                "columns not imported: {}",
                self.ignored_columns.join(", ")
            )?;
        }
        writeln!(
            output,
            "{:<14}{:>10}{:>10}{:>10}",
            "", "created", "updated", "unchanged"
        )?;
        for (kind, counts) in &self.counts {
            let Counts {
                created,
                updated,
                unchanged,
            } = counts;
            writeln!(
                output,
                "{:<14}{created:>10}{updated:>10}{unchanged:>10}",
                format!("{kind}s")
            )?;
        }
        let seconds = self.elapsed.as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "a rate to be looked at")]
        let rate = self.row_count() as f64 / seconds.max(0.001);
        let bad = self.bad_line_count;
        writeln!(
            output,
            "{} rows in {seconds:.1} s ({rate:.0} a second), {bad} bad",
            self.row_count()
        )
    }
}

fn shortened(reason: &str) -> String {
    let line: String = reason
        .chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect();
    match line.char_indices().nth(REASON_CHARACTERS_MAX) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_screen_shows_some_bad_lines_and_the_file_all() {
        let path = std::env::temp_dir().join(format!("guichet-report-{}.txt", std::process::id()));
        let mut report = Report::new(Some(&path)).unwrap();
        for line in 1..=25 {
            report.refuse(line, "subject: is\nrequired").unwrap();
        }
        report.count(Kind::Ticket, Outcome::Created);
        report.count(Kind::Ticket, Outcome::Unchanged);
        report.ignored_columns = vec!["a".to_owned(), "b".to_owned()];
        report.finish(Duration::from_secs(2)).unwrap();

        let mut shown = Vec::new();
        report.write(&mut shown).unwrap();
        let shown = String::from_utf8(shown).unwrap();
        let listed = std::fs::read_to_string(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(listed.lines().count(), 25);
        assert!(listed.starts_with("line 1: subject: is required\n"));
        let end: Vec<&str> = shown.lines().skip(20).collect();
        insta::assert_snapshot!(end.join("\n"), @"
        … and 5 more bad lines (--errors FILE lists them all)
        columns not imported: a, b
                         created   updated unchanged
        tickets                1         0         1
        27 rows in 2.0 s (14 a second), 25 bad
        ");
    }
}
