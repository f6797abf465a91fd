//! What the measures of a month cost.

use std::time::Instant;

use anyhow::Result;
use live::{
    cpu::{forget_peak_of, in_mb, memory_of, peak_memory_of},
    meter::{Kind, Measured, Meter},
    scratch::{Scratch, rows},
    table::table,
    took::Took,
};
use serde_json::json;

use crate::{Cli, desk};

const METRICS: &str = "query($from: DateTime!, $to: DateTime!, $by: MetricsDimension, $interval: MetricsInterval) {
    metrics(from: $from, to: $to, by: $by, interval: $interval, timeZone: \"Europe/Paris\") {
      total { created solved } rows { from team { id name } created solved backlog firstReply { count p50 p90 mean }
        resolution { count p50 p90 mean } resolutionWorkingTime { count p50 p90 mean } reopenRate { rate } breachRate { rate } } } }";
/// The log that they are worked out from, read once.
const LOG: &str = "SELECT ticket_id, at, actor_id, data, facts FROM events WHERE ticket_id IS NOT NULL ORDER BY ticket_id, id";
const TIMES: usize = 5;

pub(crate) async fn measure(cli: &Cli, scratch: &Scratch) -> Result<String> {
    desk::add_admin(cli, scratch)?;
    let imported = desk::import(cli, scratch, &desk::month(cli.measured)).await?;
    let server = desk::start(cli, scratch).await?;
    let person = desk::admin(&server)?;
    let meter = Meter::new(&server, scratch).await?;
    let process = server.process_id();
    let resting = in_mb(memory_of(process)?);
    let mut lines = Vec::new();
    for (name, by, interval) in [
        ("a month", None, None),
        ("a month by team and week", Some("TEAM"), Some("WEEK")),
    ] {
        forget_peak_of(process)?;
        let [from, to] = desk::last_month();
        let variables = json!({ "from": from, "to": to, "by": by, "interval": interval });
        let variables = vec![variables; TIMES];
        let measured = meter
            .ask(&person, (Kind::Query, METRICS), &variables, 1)
            .await?;
        lines.push(row(name, &measured, in_mb(peak_memory_of(process)?)));
    }
    let log = read_log(scratch).await?;
    let name = "the log read once, plain SQL";
    lines.push(row(
        name,
        &Measured {
            took: log,
            ..Measured::default()
        },
        0.0,
    ));
    let after = in_mb(memory_of(process)?);
    server.stop().await?;
    let head = [
        "metrics",
        "p50 ms",
        "longest ms",
        "CPU ms, server",
        "CPU ms, PostgreSQL",
        "MB at most, with the program",
    ];
    let memory =
        format!("\nThe server rested at {resting:.0} MB before and {after:.0} MB after.\n");
    Ok(imported + &table(&head, &lines) + &memory)
}

fn row(name: &str, measured: &Measured, peak: f64) -> Vec<String> {
    vec![
        name.to_owned(),
        format!("{:.0}", measured.took.at(50)),
        format!("{:.0}", measured.took.longest()),
        format!("{:.0}", measured.server_cpu_ms),
        format!("{:.0}", measured.postgres_cpu_ms),
        format!("{peak:.0}"),
    ]
}

async fn read_log(scratch: &Scratch) -> Result<Took> {
    let connection = scratch.connect().await?;
    let mut times = Vec::new();
    for _ in 0..TIMES {
        let begin = Instant::now();
        rows(&connection, LOG, []).await?;
        times.push(begin.elapsed());
    }
    Ok(Took::new(times))
}
