//! Measures live streams: deliveries a second, latency and memory with thousands of sockets on one
//! server, beside a bare program that broadcasts the same bytes to as many sockets in the same run.

mod drive;
mod outage;
mod pair;
mod people;
mod publisher;
mod report;
mod sockets;
mod swarm;

use std::{
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use clap::{Parser, ValueEnum};
use live::{
    api::Servers,
    cpu::memory_of,
    database::{create_database, drop_database},
    person::Person,
    redis::Redis,
    server::{Server, Settings},
};

use crate::{
    drive::{Drive, Measured, latency},
    publisher::Publisher,
    report::Row,
    sockets::{Documents, open_bare, open_guichet},
    swarm::Swarm,
};

const DATABASE: &str = "guichet_live_bench";
/// Until memory stands still.
const SETTLING: Duration = Duration::from_secs(5);
/// About what a row of a queue takes.
const FRAME_BYTES: usize = 600;
/// Before the first of the sockets that are measured, so that what is made once is there.
const WARM_UP_SOCKETS: usize = 50;

#[derive(Parser)]
pub(crate) struct Cli {
    /// The server's program.
    #[arg(long)]
    server: PathBuf,
    /// The program that only broadcasts.
    #[arg(long)]
    bare: PathBuf,
    /// A PostgreSQL on this machine, as a user who may create databases.
    #[arg(long)]
    database_url: String,
    /// A Redis program, for two servers. Without one that is left out.
    #[arg(long)]
    redis_server: Option<PathBuf>,
    /// Sockets that show the same.
    #[arg(long, value_delimiter = ',', default_value = "1000,10000")]
    sockets: Vec<usize>,
    /// Sockets each with a document of its own; 0 leaves them out.
    #[arg(long, value_delimiter = ',', default_value = "1000")]
    own_documents: Vec<usize>,
    /// How long each measurement takes.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Changes a second in an even pace; half of the highest rate where it is not given.
    #[arg(long)]
    pace: Option<f64>,
    /// Only this part; all but the last where it is not given.
    #[arg(long, value_enum)]
    only: Option<Part>,
    /// Where the servers' output goes.
    #[arg(long)]
    log: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Thousands of sockets, beside the bound.
    Sockets,
    /// Two servers, and what happens to Redis between them.
    Pair,
    /// Whether requests are slower while Redis is down.
    Outage,
    /// The bound alone, with a frame that is made up.
    Bare,
}

impl Cli {
    fn measures(&self, part: Part) -> bool {
        self.only.map_or(part != Part::Bare, |only| only == part)
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let cli = Cli::parse();
    if cli.measures(Part::Bare) {
        return measure_bound(&cli).await;
    }
    let database_url = create_database(&cli.database_url, DATABASE, None).await?;
    let result = measure_all(&cli, &database_url).await;
    drop_database(&cli.database_url, DATABASE).await?;
    result
}

async fn measure_all(cli: &Cli, database_url: &str) -> Result<()> {
    let redis = match &cli.redis_server {
        Some(program) => Some(Redis::start(program).await?),
        None => None,
    };
    let settings = Settings {
        redis_url: redis.as_ref().map(Redis::url),
        others: vec![(
            "GUICHET_PUBLIC_URL".to_owned(),
            "http://bench.guichet.test".to_owned(),
        )],
        log: cli.log.clone(),
        ..Settings::new(database_url)
    };
    let people_count = people_count(cli);
    people::add(cli, &settings, people_count).await?;
    let servers = Servers::default();
    let server = Server::start(&cli.server, &settings)?;
    servers.set(vec![server.socket_address()?]);
    let people = people::sign_in(&servers, people_count).await?;
    drop(server);
    if cli.measures(Part::Sockets) {
        measure_sockets(cli, &settings, &servers, &people).await?;
    }
    if let Some(mut redis) = redis {
        measure_servers(cli, &settings, &servers, &mut redis, &people).await?;
    }
    Ok(())
}

/// So many that their sockets are enough for every part.
fn people_count(cli: &Cli) -> usize {
    let all = cli.sockets.iter().chain(&cli.own_documents);
    let most = all.max().copied().unwrap_or_default();
    let wanted = if cli.measures(Part::Sockets) { most } else { 0 };
    wanted.max(pair::SOCKETS).div_ceil(people::SOCKETS_EACH)
}

async fn measure_sockets(
    cli: &Cli,
    settings: &Settings,
    servers: &Servers,
    people: &[Arc<Person>],
) -> Result<()> {
    let mut rows = Vec::new();
    let one = cli.sockets.iter().map(|count| (*count, Documents::One));
    let own = cli
        .own_documents
        .iter()
        .map(|count| (*count, Documents::Own));
    for (count, documents) in one.chain(own).filter(|(count, _)| *count > 0) {
        // A new server each time, so that memory begins anew.
        let server = Server::start(&cli.server, settings)?;
        servers.set(vec![server.socket_address()?]);
        let guichet = measure_guichet(cli, &server, people, count, documents).await;
        let (guichet, frame) = guichet.with_context(|| format!("{count} sockets"))?;
        drop(server);
        let bare = measure_bare(cli, count, frame).await?;
        let name = match documents {
            Documents::One => count.to_string(),
            Documents::Own => format!("{count}, each its own document"),
        };
        rows.push(Row {
            name,
            guichet,
            bare,
        });
        say(&report::table(&rows[rows.len() - 1..]))?;
    }
    say(&report::table(&rows))
}

/// With a second server, and without Redis.
async fn measure_servers(
    cli: &Cli,
    settings: &Settings,
    servers: &Servers,
    redis: &mut Redis,
    people: &[Arc<Person>],
) -> Result<()> {
    let pair = [
        Server::start(&cli.server, settings)?,
        Server::start(&cli.server, settings)?,
    ];
    if cli.measures(Part::Pair) {
        servers.set(vec![pair[0].socket_address()?]);
        say(&pair::measure(cli, &pair, servers, redis, people).await?)?;
    }
    if cli.measures(Part::Outage) {
        say(&outage::measure(cli, &pair[0], servers, redis, people).await?)?;
    }
    Ok(())
}

async fn measure_bound(cli: &Cli) -> Result<()> {
    for count in &cli.sockets {
        let frame = format!("{{\"version\":1,\"text\":\"{}\"}}", "x".repeat(FRAME_BYTES));
        let bare = measure_bare(cli, *count, frame).await?;
        let guichet = Measured::default();
        let name = count.to_string();
        say(&report::table(&[Row {
            name,
            guichet,
            bare,
        }]))?;
    }
    Ok(())
}

async fn measure_guichet(
    cli: &Cli,
    server: &Server,
    people: &[Arc<Person>],
    count: usize,
    documents: Documents,
) -> Result<(Measured, String)> {
    let address = server.socket_address()?;
    let writer = people.last().context("nobody is there")?;
    let publisher = Publisher::Guichet {
        ticket: people::create_ticket(writer).await?,
        person: Arc::clone(writer),
    };
    let warm_up = Swarm::start()?;
    open_guichet(&warm_up, address, people, WARM_UP_SOCKETS, documents).await?;
    drop(warm_up);
    tokio::time::sleep(SETTLING).await;
    let before = memory_of(server.process_id())?;
    let swarm = Swarm::start()?;
    open_guichet(&swarm, address, people, count, documents).await?;
    let measured = measure(cli, &swarm, &publisher, server.process_id(), before, count).await?;
    Ok((measured, swarm.board.sample()))
}

async fn measure_bare(cli: &Cli, count: usize, frame: String) -> Result<Measured> {
    ensure!(!frame.is_empty(), "no frame was seen");
    let server = bare_server(&cli.bare)?;
    let publisher = Publisher::Bare {
        http: reqwest::Client::new(),
        url: server.address().to_owned(),
        frame,
    };
    let address = server.socket_address()?;
    let warm_up = Swarm::start()?;
    open_bare(&warm_up, address, WARM_UP_SOCKETS).await?;
    drop(warm_up);
    tokio::time::sleep(SETTLING).await;
    let before = memory_of(server.process_id())?;
    let swarm = Swarm::start()?;
    open_bare(&swarm, address, count).await?;
    measure(cli, &swarm, &publisher, server.process_id(), before, count).await
}

fn bare_server(program: &Path) -> Result<Server> {
    Server::start(program, &Settings::default())
}

/// Everything of one server, once all sockets are open.
async fn measure(
    cli: &Cli,
    swarm: &Swarm,
    publisher: &Publisher,
    process_id: u32,
    before: u64,
    count: usize,
) -> Result<Measured> {
    tokio::time::sleep(SETTLING).await;
    let sockets = count as u64;
    let grown = || Ok::<_, anyhow::Error>(memory_of(process_id)?.saturating_sub(before) / sockets);
    let idle_bytes = grown()?;
    let drive = Drive {
        board: &swarm.board,
        publisher,
        sockets,
        process_id,
    };
    let length = Duration::from_secs(cli.seconds);
    let (per_second, cpu_us) = drive.maximum(length).await?;
    let half = per_second / drive::as_float(sockets) / 2.0;
    let (sent, receipts, half_cpu_us) = drive.paced(cli.pace.unwrap_or(half), length).await?;
    Ok(Measured {
        per_second,
        cpu_us,
        from_request: latency(&sent, &receipts, |sent| sent.asked_us),
        from_answer: latency(&sent, &receipts, |sent| sent.answered_us),
        half_cpu_us,
        idle_bytes,
        used_bytes: grown()?,
        frame_bytes: swarm.board.sample().len(),
    })
}

fn say(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}
