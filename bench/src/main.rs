//! Measures what a request costs at 100,000 tickets: the CPU time of the server and of PostgreSQL,
//! beside the same work as plain SQL, run by `pgbench` on the same data in the same run.

mod client;
mod desk;
mod history;
mod load;
mod opening;
mod pgbench;
mod report;
mod texts;
mod workload;

use std::{io::Write, path::PathBuf, time::Duration};

use anyhow::{Context, Result};
use clap::Parser;

use live::{
    cpu::Cpu,
    database::{create_database, drop_database, postmaster},
    server::{Server, Settings},
};

use crate::{client::Client, desk::Desk, pgbench::Plans, report::Row, workload::Workload};

/// The database that is filled, and its copy that is measured and dropped.
const LOADED: &str = "guichet_bench_loaded";
const MEASURED: &str = "guichet_bench";

/// Loads a desk into a database of its own, and measures.
#[derive(Parser)]
struct Cli {
    /// A PostgreSQL on this machine, as a user who may create databases.
    #[arg(long)]
    database_url: String,
    /// The server's program.
    #[arg(long)]
    server: PathBuf,
    /// Thousands of tickets; comments are four times as many.
    #[arg(long, default_value_t = 100)]
    thousand_tickets: usize,
    /// Connections that ask without a pause, of clients and of `pgbench` alike.
    #[arg(long, default_value_t = 4)]
    connections: usize,
    /// How often each workload is measured; server and plain SQL take turns.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// How long each measurement takes.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Keep the loaded database for the next run, which then loads nothing.
    #[arg(long)]
    keep: bool,
    /// Only the workloads whose name has this in it.
    #[arg(long, default_value = "")]
    only: String,
}

#[tokio::main]
async fn main() -> Result<()> {
    let cli = Cli::parse();
    let url = cli.database_url.as_str();
    if !load::database_exists(url, LOADED).await? {
        let loaded = create_database(url, LOADED, None).await?;
        let desk = Desk::open(&loaded, cli.thousand_tickets * 1_000).await?;
        load::fill(&loaded, &desk).await?;
        load::settle(&loaded, &cli.server).await?;
    }
    let measured = create_database(url, MEASURED, Some(LOADED)).await?;
    let result = measure_all(&cli, &measured).await;
    drop_database(url, MEASURED).await?;
    if !cli.keep {
        drop_database(url, LOADED).await?;
    }
    result
}

async fn measure_all(cli: &Cli, url: &str) -> Result<()> {
    let server = Server::start(&cli.server, &Settings::new(url))?;
    server.calm_down().await?;
    let client = Client::sign_in(server.address(), desk::EMAIL, desk::PASSWORD).await?;
    let mut rows = Vec::new();
    for workload in workload::all(url).await? {
        if workload.name.contains(&cli.only) {
            let row = measure(cli, url, &server, &client, &workload).await;
            rows.push(row.with_context(|| format!("measuring {}", workload.name))?);
        }
    }
    say(&report::table(&rows))
}

/// One workload, server and plain SQL in turns, so that both meet the same machine.
async fn measure(
    cli: &Cli,
    url: &str,
    server: &Server,
    client: &Client,
    workload: &Workload,
) -> Result<Row> {
    let postgres = postmaster(url).await?;
    client.check(workload).await?;
    let warm_up = Duration::from_secs(1);
    client.ask_for(warm_up, cli.connections, workload).await?;
    let length = Duration::from_secs(cli.seconds);
    let mut row = Row::new(workload.name, workload.aim);
    for _ in 0..cli.rounds {
        let before = [Cpu::of(server.process_id())?, Cpu::of(postgres)?];
        let requests = client.ask_for(length, cli.connections, workload).await?;
        let server_used = before[0].until_now()?;
        row.asked
            .add(requests, server_used, before[1].until_now()?, length);

        for (plans, plain) in [
            (Plans::Kept, &mut row.prepared),
            (Plans::Remade, &mut row.planned),
        ] {
            let before = Cpu::of(postgres)?;
            let transactions = pgbench::run(url, cli.connections, length, workload, plans)?;
            plain.add(transactions, Duration::ZERO, before.until_now()?, length);
        }
    }
    Ok(row)
}

fn say(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}
