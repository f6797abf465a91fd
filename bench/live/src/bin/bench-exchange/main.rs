//! Measures taking everything out of a desk and bringing it into another, and changing many tickets at once while others
//! work; on both databases.

mod bulk;
mod compare;
mod desk;
mod exchange;
mod follow;
mod plain;
mod take;

use std::{io::Write, path::PathBuf};

use anyhow::{Result, ensure};
use clap::{Parser, ValueEnum};
use live::scratch::{Engine, Scratch};

/// Loads desks with `guichet import`, and measures.
#[derive(Parser)]
pub(crate) struct Cli {
    /// A PostgreSQL on this machine, as a user who may create databases.
    #[arg(long)]
    database_url: String,
    /// The server's program.
    #[arg(long)]
    server: PathBuf,
    /// Where SQLite's files and the files that are imported and exported are made.
    #[arg(long, default_value_os_t = std::env::temp_dir())]
    folder: PathBuf,
    /// Tickets of the desk.
    #[arg(long, default_value_t = 100_000)]
    tickets: usize,
    /// How many of them have two comments.
    #[arg(long, default_value_t = 100_000)]
    commented: usize,
    /// Tickets that are changed at once; a job takes at most 10,000.
    #[arg(long, default_value_t = 10_000)]
    changed: usize,
    /// How long requests are timed before.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Only on this database.
    #[arg(long, value_enum)]
    only: Option<Engine>,
    /// Only this.
    #[arg(long, value_enum)]
    part: Option<Part>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    Exchange,
    Bulk,
}

impl Cli {
    fn measures(&self, part: Part) -> bool {
        self.part.is_none_or(|only| only == part)
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let cli = Cli::parse();
    ensure!(
        cli.changed <= cli.tickets * desk::OPEN_OF_FIVE / 5,
        "there are not so many open tickets"
    );
    for engine in Engine::ALL {
        if cli.only.is_some_and(|only| only != engine) {
            continue;
        }
        say(&format!("\n## {}\n", engine.name()))?;
        let name = "guichet_bench_exchange";
        let scratch = Scratch::new(engine, &cli.database_url, &cli.folder, name).await?;
        let measured = measure(&cli, &scratch).await;
        scratch.remove().await?;
        measured?;
    }
    Ok(())
}

async fn measure(cli: &Cli, scratch: &Scratch) -> Result<()> {
    say(&desk::load(cli, scratch).await?)?;
    if cli.measures(Part::Bulk) {
        say(&bulk::measure(cli, scratch).await?)?;
    }
    if cli.measures(Part::Exchange) {
        exchange::measure(cli, scratch).await?;
    }
    Ok(())
}

pub(crate) fn say(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}
