//! What was measured, as a table.

use std::{fmt::Write, time::Duration};

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
    pub(crate) name: &'static str,
    pub(crate) asked: Measured,
    pub(crate) plain: Measured,
    pub(crate) aim: f64,
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
/// SQL costs.
pub(crate) fn table(rows: &[Row]) -> String {
    let mut text = String::from(
        "| request | server ms | PostgreSQL ms | together ms | plain SQL ms | ratio | aim | requests/s |\n\
         | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n",
    );
    for row in rows {
        let server_ms = row.asked.cost_ms(row.asked.server);
        let postgres_ms = row.asked.cost_ms(row.asked.postgres);
        let plain_ms = row.plain.cost_ms(row.plain.postgres);
        let together_ms = server_ms + postgres_ms;
        let _cannot_fail = writeln!(
            text,
            "| {} | {server_ms:.2} | {postgres_ms:.2} | {together_ms:.2} | {plain_ms:.2} | {:.2} | {:.2} | {:.0} |",
            row.name,
            together_ms / plain_ms,
            row.aim,
            row.asked.per_second(),
        );
    }
    text
}
