//! What a phase came to, as a table.

use std::time::Duration;

#[derive(Debug, Default)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) readers: usize,
    pub(crate) acknowledged: usize,
    pub(crate) delivered: usize,
    pub(crate) duplicates: usize,
    pub(crate) reconnects: usize,
    pub(crate) resyncs: usize,
    pub(crate) missing: usize,
    pub(crate) wrong: usize,
    pub(crate) foreign: usize,
    pub(crate) median: Duration,
    pub(crate) p99: Duration,
    pub(crate) longest: Duration,
    /// Of the writers' requests.
    pub(crate) asked_p99: Duration,
    /// Of all servers, at the end.
    pub(crate) memory_mib: u64,
    pub(crate) findings: Vec<String>,
}

impl Row {
    pub(crate) const fn is_clean(&self) -> bool {
        self.missing == 0 && self.wrong == 0 && self.foreign == 0
    }
}

const HEAD: &str = "| fault | readers | acknowledged | delivered | duplicates | reconnects | resyncs | missing | wrong | foreign | p50 ms | p99 ms | longest ms | request p99 ms | MiB |";

pub(crate) fn table(rows: &[Row]) -> String {
    let rule = format!("| --- |{}\n", " ---: |".repeat(14));
    let lines: String = rows.iter().map(line).collect();
    format!("\n{HEAD}\n{rule}{lines}")
}

pub(crate) fn line(row: &Row) -> String {
    format!(
        "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |\n",
        row.name,
        row.readers,
        row.acknowledged,
        row.delivered,
        row.duplicates,
        row.reconnects,
        row.resyncs,
        row.missing,
        row.wrong,
        row.foreign,
        row.median.as_millis(),
        row.p99.as_millis(),
        row.longest.as_millis(),
        row.asked_p99.as_millis(),
        row.memory_mib,
    )
}
