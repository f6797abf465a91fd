//! Measures what service-level timers cost: 100,000 that run while nobody asks, a change of the terms that all of them
//! follow, and the measures of a month; on both databases.

mod desk;
mod idle;
mod measures;
mod terms;

use std::{io::Write, path::PathBuf};

use anyhow::{Result, ensure};
use clap::Parser;
use live::scratch::{Engine, Scratch};

const TIMERS: &str = "guichet_bench_timers";
const MEASURES: &str = "guichet_bench_measures";

/// Loads desks with `guichet import`, and measures.
#[derive(Parser)]
pub(crate) struct Cli {
    /// A PostgreSQL on this machine, as a user who may create databases.
    #[arg(long)]
    database_url: String,
    /// The server's program.
    #[arg(long)]
    server: PathBuf,
    /// Where SQLite's file and the files that are imported are made.
    #[arg(long, default_value_os_t = std::env::temp_dir())]
    folder: PathBuf,
    /// Open tickets, each with its timers.
    #[arg(long, default_value_t = 100_000)]
    timers: usize,
    /// Tickets of the month that is measured; an answer takes at most 50,000.
    #[arg(long, default_value_t = 50_000)]
    measured: usize,
    /// How long nothing is asked, and how long requests are timed before terms change.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Only on this database.
    #[arg(long, value_enum)]
    only: Option<Engine>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let cli = Cli::parse();
    let mut failures = 0;
    for engine in Engine::ALL {
        if cli.only.is_some_and(|only| only != engine) {
            continue;
        }
        say(&format!("\n## {}\n", engine.name()))?;
        let scratch = Scratch::new(engine, &cli.database_url, &cli.folder, TIMERS).await?;
        let measured = measure_timers(&cli, &scratch).await;
        scratch.remove().await?;
        failures += note(measured)?;
        let scratch = Scratch::new(engine, &cli.database_url, &cli.folder, MEASURES).await?;
        let measured = measures::measure(&cli, &scratch).await;
        scratch.remove().await?;
        failures += note(measured.and_then(|table| say(&table)))?;
    }
    ensure!(failures == 0, "not everything was measured");
    Ok(())
}

/// Says why something was not measured, and has the rest go on; returns how much that is.
fn note(measured: Result<()>) -> Result<usize> {
    let Err(error) = measured else { return Ok(0) };
    say(&format!("\nnot measured: {error:#}\n"))?;
    Ok(1)
}

async fn measure_timers(cli: &Cli, scratch: &Scratch) -> Result<()> {
    let empty = idle::of_empty_desk(cli, scratch).await?;
    let rows = desk::import(cli, scratch, &desk::open_tickets(cli.timers)).await?;
    say(&rows)?;
    let server = desk::start(cli, scratch).await?;
    let full = idle::of(cli, scratch, &server).await?;
    say(&idle::table(cli.timers, &empty, &full))?;
    say(&terms::measure(cli, scratch, &server).await?)?;
    server.stop().await
}

fn say(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}
