//! What was measured, as tables.

use crate::drive::{Measured, as_float};

/// One row: Guichet and the bound, at one number of sockets.
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) guichet: Measured,
    pub(crate) bare: Measured,
}

const HEAD: &str = "| sockets | deliveries/s | bare | ratio | CPU µs a delivery | bare | ratio | at half the rate | bare | from request p50 / p99 ms | bare | from answer p50 / p99 ms | bare | KiB an idle socket | bare | KiB after load | frame bytes |";

pub(crate) fn table(rows: &[Row]) -> String {
    let rule = format!("| --- |{}\n", " ---: |".repeat(16));
    let lines: String = rows.iter().map(line).collect();
    format!("\n{HEAD}\n{rule}{lines}")
}

fn line(row: &Row) -> String {
    let (own, bare) = (&row.guichet, &row.bare);
    let both = |latency: crate::drive::Latency| format!("{:.1} / {:.1}", latency.p50, latency.p99);
    let kib = |bytes| as_float(bytes) / 1_024.0;
    format!(
        "| {} | {:.0} | {:.0} | {:.2} | {:.2} | {:.2} | {:.2} | {:.2} | {:.2} | {} | {} | {} | {} | {:.1} | {:.1} | {:.1} | {} |\n",
        row.name,
        own.per_second,
        bare.per_second,
        own.per_second / bare.per_second,
        own.cpu_us,
        bare.cpu_us,
        own.cpu_us / bare.cpu_us,
        own.half_cpu_us,
        bare.half_cpu_us,
        both(own.from_request),
        both(bare.from_request),
        both(own.from_answer),
        both(bare.from_answer),
        kib(own.idle_bytes),
        kib(bare.idle_bytes),
        kib(own.used_bytes),
        own.frame_bytes,
    )
}
