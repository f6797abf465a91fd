//! What was measured, as a table.

use std::time::Duration;

/// Requests, and what they used.
#[derive(Default)]
pub(crate) struct Measured {
    requests: u64,
    server: Duration,
    postgres: Duration,
    length: Duration,
}

/// One workload, by the server and as plain SQL.
pub(crate) struct Row {
    name: &'static str,
    aim: f64,
    pub(crate) asked: Measured,
    /// Plain SQL whose plans are kept, and made anew for each execution.
    pub(crate) prepared: Measured,
    pub(crate) planned: Measured,
}

impl Row {
    pub(crate) fn new(name: &'static str, aim: f64) -> Self {
        Self {
            name,
            aim,
            asked: Measured::default(),
            prepared: Measured::default(),
            planned: Measured::default(),
        }
    }
}

impl Measured {
    pub(crate) fn add(
        &mut self,
        requests: u64,
        server: Duration,
        postgres: Duration,
        length: Duration,
    ) {
        self.requests += requests;
        self.server += server;
        self.postgres += postgres;
        self.length += length;
    }

    /// Milliseconds of CPU for one request.
    fn cost_ms(&self, used: Duration) -> f64 {
        used.as_secs_f64() * 1_000.0 / self.requests_as_float()
    }

    fn per_second(&self) -> f64 {
        self.requests_as_float() / self.length.as_secs_f64()
    }

    #[expect(clippy::cast_precision_loss, reason = "there are not 2^52 of them")]
    const fn requests_as_float(&self) -> f64 {
        self.requests as f64
    }
}

/// Milliseconds of CPU a request, and the ratio of all that the server's answer costs to what plain
/// SQL costs: prepared once, and planned each time.
pub(crate) fn table(rows: &[Row]) -> String {
    let mut lines = vec![
        "| request | server | PostgreSQL | together | prepared SQL | ratio | planned SQL | ratio | aim | requests/s |".to_owned(),
        format!("| --- |{}", " ---: |".repeat(9)),
    ];
    lines.extend(rows.iter().map(line));
    lines.join("\n") + "\n"
}

fn line(row: &Row) -> String {
    let server = row.asked.cost_ms(row.asked.server);
    let postgres = row.asked.cost_ms(row.asked.postgres);
    let together = server + postgres;
    let prepared = row.prepared.cost_ms(row.prepared.postgres);
    let planned = row.planned.cost_ms(row.planned.postgres);
    format!(
        "| {} | {server:.2} | {postgres:.2} | {together:.2} | {prepared:.2} | {:.2} | {planned:.2} | {:.2} | {:.2} | {:.0} |",
        row.name,
        together / prepared,
        together / planned,
        row.aim,
        row.asked.per_second(),
    )
}
