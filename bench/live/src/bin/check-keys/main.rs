//! Checks what keys and webhooks promise, from outside: clients send changes again until they are answered while servers
//! are killed, and a receiver is told. Then each acknowledged change is there once, and each event was told.

mod client;
mod desk;
mod ledger;
mod receiver;
mod report;
mod rounds;
mod told;
mod verifier;
mod written;

use std::{io::Write, path::PathBuf, process::ExitCode};

use anyhow::Result;
use clap::Parser;

use crate::report::Report;

/// Starts servers of its own, and kills them.
#[derive(Parser)]
pub(crate) struct Cli {
    /// The server's program.
    #[arg(long)]
    server: PathBuf,
    /// A PostgreSQL, as a user who may create databases: two servers. SQLite and one server where absent.
    #[arg(long)]
    database_url: Option<String>,
    /// A Redis program. Without one the servers have no Redis.
    #[arg(long)]
    redis_server: Option<PathBuf>,
    /// What verifies requests, a program of Node.js.
    #[arg(long, default_value = "tests/clients/verify.mjs")]
    verifier: PathBuf,
    /// How often a server is killed; every fifth time all are.
    #[arg(long, default_value_t = 100)]
    rounds: usize,
    #[arg(long, default_value_t = 12)]
    clients: usize,
    /// Changes a second of each client, about.
    #[arg(long, default_value_t = 6.0)]
    rate: f64,
    /// A server is killed at random so many ms after the last one was there again, at least and at most.
    #[arg(long, default_value_t = 300)]
    pause_min_ms: usize,
    #[arg(long, default_value_t = 2_500)]
    pause_max_ms: usize,
    /// How long events may take to be told once the clients are done.
    #[arg(long, default_value_t = 180)]
    settle_s: u64,
    /// What is at random differs with it.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where the servers' output goes; nowhere where absent.
    #[arg(long)]
    log: Option<PathBuf>,
    /// On purpose every so manieth change is sent once more under another key, and the receiver forgets every so manieth
    /// request: then the check must fail.
    #[arg(long)]
    lose_every: Option<usize>,
    /// How many findings are told.
    #[arg(long, default_value_t = 20)]
    findings: usize,
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let cli = Cli::parse();
    let report: Report = rounds::run(&cli).await?;
    say(&report.table())?;
    for finding in report.findings().take(cli.findings) {
        say(&format!("    {finding}\n"))?;
    }
    Ok(if report.findings().next().is_none() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn say(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}
