//! Checks the promise of live streams from outside: writers log every acknowledged change, readers
//! log every cursor, and while things go wrong nothing may be missing, wrong or foreign.

mod desk;
mod faults;
mod filter;
mod ledger;
mod phase;
mod proxy;
mod reader;
mod report;
mod rights;
mod verify;
mod view;
mod writer;

use std::{io::Write, path::PathBuf, process::ExitCode};

use anyhow::Result;
use clap::{Parser, ValueEnum};
use live::lab::{Lab, Parts};

use crate::{desk::Desk, faults::Fault, phase::Phases};

/// Starts servers of its own, and checks them.
#[derive(Parser)]
pub(crate) struct Cli {
    /// The server's program.
    #[arg(long)]
    server: PathBuf,
    /// A PostgreSQL, as a user who may create databases. SQLite and one server where absent.
    #[arg(long)]
    database_url: Option<String>,
    /// A Redis program. Without one the servers have no Redis, and nothing happens to it.
    #[arg(long)]
    redis_server: Option<PathBuf>,
    /// What goes wrong; all there is where absent.
    #[arg(long, value_enum, value_delimiter = ',')]
    faults: Vec<Fault>,
    /// Readers of a phase.
    #[arg(long, default_value_t = 60)]
    readers: usize,
    /// Readers whose sockets are cut.
    #[arg(long, default_value_t = 200)]
    cut_readers: usize,
    #[arg(long, default_value_t = 16)]
    writers: usize,
    /// Changes a second of each writer, about.
    #[arg(long, default_value_t = 2.5)]
    rate: f64,
    /// How long a phase writes.
    #[arg(long, default_value_t = 9)]
    seconds: u64,
    /// Where the servers' output goes; nowhere where absent.
    #[arg(long)]
    log: Option<PathBuf>,
    /// Readers lose every so manieth item on purpose: then the check must fail.
    #[arg(long)]
    lose_every: Option<usize>,
    /// How many findings of a phase are told.
    #[arg(long, default_value_t = 8)]
    findings: usize,
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let cli = Cli::parse();
    let lab = Lab::open(&Parts {
        name: "guichet_live_check",
        server: &cli.server,
        database_url: cli.database_url.as_deref(),
        redis_server: cli.redis_server.as_deref(),
        log: cli.log.as_deref(),
        settings: &[],
    })
    .await?;
    let desk = Desk::open(&lab.servers).await?;
    let mut phases = Phases::open(&cli, lab, desk).await?;
    let mut rows = Vec::new();
    for fault in faults(&cli) {
        let row = phases.run(fault).await?;
        say(&report::line(&row))?;
        for finding in row.findings.iter().take(cli.findings) {
            say(&format!("    {finding}\n"))?;
        }
        rows.push(row);
    }
    phases.close().await?;
    say(&report::table(&rows))?;
    let is_clean = rows.iter().all(report::Row::is_clean);
    Ok(if is_clean {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Those that are asked for and can be had.
fn faults(cli: &Cli) -> Vec<Fault> {
    let all = if cli.faults.is_empty() {
        Fault::value_variants()
    } else {
        &cli.faults
    };
    let can_be_had = |fault: &&Fault| {
        (cli.redis_server.is_some() || !fault.needs_redis())
            && (cli.database_url.is_some() || !fault.needs_postgres())
    };
    all.iter().filter(can_be_had).copied().collect()
}

fn say(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}
