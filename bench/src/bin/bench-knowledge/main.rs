//! Measures what knowledge costs at 2,000 articles and 100,000 solved tickets: suggestions while somebody types, search,
//! gaps and duplicates, the memory for it, and what the index adds to writing; on both databases.

mod desk;
mod pool;
mod reading;
mod statement;
mod writing;

use std::{io::Write, path::PathBuf};

use anyhow::Result;
use clap::Parser;
use live::{
    meter::Meter,
    scratch::{Engine, Scratch},
    server::Server,
    table::table,
};

use crate::{desk::Memory, pool::Pool, reading::Line};

const DATABASE: &str = "guichet_bench_knowledge";

/// Loads a desk with `guichet import`, and measures.
#[derive(Parser)]
pub(crate) struct Cli {
    /// A PostgreSQL on this machine, as a user who may create databases.
    #[arg(long)]
    database_url: String,
    /// The server's program.
    #[arg(long)]
    server: PathBuf,
    /// Where SQLite's file and the file that is imported are made.
    #[arg(long, default_value_os_t = std::env::temp_dir())]
    folder: PathBuf,
    /// The folder with `banking77`, `msss` and `stackfaq`; without it texts are made of the documentation.
    #[arg(long)]
    data: Option<PathBuf>,
    #[arg(long, default_value_t = 2_000)]
    articles: usize,
    /// Solved ones; one more for each fifty is open.
    #[arg(long, default_value_t = 100_000)]
    tickets: usize,
    /// Texts that are typed, letter by letter, and of which words are searched for.
    #[arg(long, default_value_t = 200)]
    texts: usize,
    /// Tickets and comments that are written.
    #[arg(long, default_value_t = 500)]
    writes: usize,
    /// Only on this database.
    #[arg(long, value_enum)]
    only: Option<Engine>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let cli = Cli::parse();
    let pool = Pool::read(cli.data.as_deref())?;
    for engine in Engine::ALL {
        if cli.only.is_none_or(|only| only == engine) {
            let scratch = Scratch::new(engine, &cli.database_url, &cli.folder, DATABASE).await?;
            let measured = measure(&cli, &scratch, &pool).await;
            scratch.remove().await?;
            measured?;
        }
    }
    Ok(())
}

async fn measure(cli: &Cli, scratch: &Scratch, pool: &Pool) -> Result<()> {
    say(&format!("\n## {}\n", scratch.engine.name()))?;
    let of_empty_desk = desk::memory_of_empty_desk(cli, scratch).await?;
    let (rows, took) = desk::fill(cli, scratch, pool).await?;
    say(&format!(
        "{rows} rows imported in {:.0} s\n",
        took.as_secs_f64()
    ))?;
    let (server, memory) = desk::start(cli, scratch, of_empty_desk).await?;
    let agent = desk::sign_in(&server, desk::AGENT)?;
    let requester = desk::sign_in(&server, desk::REQUESTER)?;
    let meter = Meter::new(&server, scratch).await?;
    let people = (&agent, &requester);
    let read = reading::measure(cli, &meter, scratch, people, pool).await?;
    say(&requests(&read))?;
    let written = writing::measure(cli, &meter, scratch, &agent, pool).await?;
    say(&writes(&written))?;
    say(&memory_table(&memory, &server)?)
}

fn requests(lines: &[Line]) -> String {
    let row = |line: &Line| {
        let Line { name, measured } = line;
        let mut row = vec![
            name.clone(),
            measured.took.count().to_string(),
            format!("{:.2}", measured.took.at(50)),
            format!("{:.2}", measured.took.at(99)),
            format!("{:.2}", measured.took.longest()),
        ];
        if measured.server_ms > 0.0 {
            row.extend([
                format!("{:.2}", measured.server_ms),
                format!("{:.1} %", measured.within_20_ms * 100.0),
                format!("{:.2}", measured.server_cpu_ms),
                format!("{:.2}", measured.postgres_cpu_ms),
            ]);
        }
        // The server has no part in plain SQL.
        row.resize(9, String::new());
        row
    };
    let head = [
        "request",
        "times",
        "p50 ms",
        "p99 ms",
        "longest ms",
        "server, mean ms",
        "server within 20 ms",
        "CPU ms, server",
        "CPU ms, PostgreSQL",
    ];
    table(&head, &lines.iter().map(row).collect::<Vec<_>>())
}

/// What indexing adds is what it takes, by what is left without it.
fn writes(lines: &[Line]) -> String {
    let row = |line: &Line| {
        let Line { name, measured } = line;
        let without = measured.server_ms - measured.indexing_ms;
        vec![
            name.clone(),
            measured.took.count().to_string(),
            format!("{:.2}", measured.took.at(50)),
            format!("{:.2}", measured.took.at(99)),
            format!("{:.2}", measured.server_ms),
            format!("{:.3}", measured.indexing_ms),
            format!("{:.1} %", measured.indexing_ms / without * 100.0),
            format!("{:.2}", measured.server_cpu_ms),
            format!("{:.2}", measured.postgres_cpu_ms),
        ]
    };
    let head = [
        "change",
        "times",
        "p50 ms",
        "p99 ms",
        "server, mean ms",
        "of it indexing",
        "slower by",
        "CPU ms, server",
        "CPU ms, PostgreSQL",
    ];
    table(&head, &lines.iter().map(row).collect::<Vec<_>>())
}

fn memory_table(memory: &Memory, server: &Server) -> Result<String> {
    let row = |name: &str, mb: f64| vec![name.to_owned(), format!("{mb:.0}")];
    let rows = [
        row("on an empty desk", memory.of_empty_desk),
        row("when it begins to listen", memory.listening),
        row(
            "at most while it reads its index, with the program",
            memory.peak,
        ),
        row("when it has read it, and rests", memory.resting),
        row("the index, by its own count", memory.index),
        row("after all that was asked", desk::memory_now(server)?),
    ];
    let read = memory.read_within.as_secs_f64();
    let seconds = format!("\nThe index was read {read:.2} s after the server listened.\n");
    Ok(table(&["the server's memory", "MB"], &rows) + &seconds)
}

fn say(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}
