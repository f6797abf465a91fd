//! Two servers: what the way through Redis adds, and what happens without it.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result};
use live::{api::Servers, person::Person, redis::Redis, server::Server};

use crate::{
    Cli,
    drive::{Drive, Latency, Sent, latency, latency_of},
    people,
    publisher::Publisher,
    sockets::{Documents, open_guichet},
    swarm::Swarm,
};

/// Few enough that their number is not what takes the time.
pub(crate) const SOCKETS: usize = 100;
const CHANGES_PER_SECOND: f64 = 40.0;

const ITEM_COMES_WITHIN: Duration = Duration::from_secs(2);

/// What happens to Redis.
#[derive(Clone, Copy)]
enum Deed {
    Nothing,
    Stop,
    Continue,
    Kill,
    Start,
}

/// Where the writer is, and what happens to Redis just before it begins.
struct Turn {
    name: &'static str,
    server: usize,
    deed: Deed,
}

const TURNS: [Turn; 8] = [
    turn("same server", 0, Deed::Nothing),
    turn("other server", 1, Deed::Nothing),
    turn("other server, Redis stopped just now", 1, Deed::Stop),
    turn("other server, Redis goes on", 1, Deed::Continue),
    turn("other server, Redis killed just now", 1, Deed::Kill),
    turn("same server, no Redis", 0, Deed::Nothing),
    turn("other server, Redis is back", 1, Deed::Start),
    turn("other server, as at first", 1, Deed::Nothing),
];

const fn turn(name: &'static str, server: usize, deed: Deed) -> Turn {
    Turn { name, server, deed }
}

/// From the answer to the receipt, and of the requests themselves.
struct Seen {
    name: &'static str,
    receipts: Latency,
    requests: Latency,
}

/// A writer on the server that the sockets are on, on the other one, and without Redis.
pub(crate) async fn measure(
    cli: &Cli,
    pair: &[Server; 2],
    servers: &Servers,
    redis: &mut Redis,
    people: &[Arc<Person>],
) -> Result<String> {
    let swarm = Swarm::start()?;
    let here = pair[0].socket_address()?;
    open_guichet(&swarm, here, people, SOCKETS, Documents::One).await?;
    let length = Duration::from_secs(cli.seconds);
    let mut seen = Vec::new();
    for turn in TURNS {
        let server = &pair[turn.server];
        servers.set(vec![server.socket_address()?]);
        seen.push(write(&swarm, &turn, server, redis, people, length).await?);
    }
    Ok(table(&seen))
}

async fn write(
    swarm: &Swarm,
    turn: &Turn,
    server: &Server,
    redis: &mut Redis,
    people: &[Arc<Person>],
    length: Duration,
) -> Result<Seen> {
    let writer = people.last().context("nobody is there")?;
    let publisher = Publisher::Guichet {
        ticket: people::create_ticket(writer).await?,
        person: Arc::clone(writer),
    };
    // The new ticket's own item comes before all.
    tokio::time::sleep(ITEM_COMES_WITHIN).await;
    match turn.deed {
        Deed::Nothing => {}
        Deed::Stop => redis.stand_still()?,
        Deed::Continue => redis.go_on()?,
        Deed::Kill => redis.kill().await?,
        Deed::Start => redis.start_again().await?,
    }
    let drive = Drive {
        board: &swarm.board,
        publisher: &publisher,
        sockets: SOCKETS as u64,
        process_id: server.process_id(),
    };
    let (sent, receipts, _) = drive.paced(CHANGES_PER_SECOND, length).await?;
    Ok(Seen {
        name: turn.name,
        receipts: latency(&sent, &receipts, |sent| sent.answered_us),
        requests: latency_of(sent.iter().map(Sent::took_us).collect()),
    })
}

fn table(seen: &[Seen]) -> String {
    let mut text = "\n| writer | receipt after answer p50 ms | p99 ms | longest ms | request p50 ms | p99 ms |\n| --- | ---: | ---: | ---: | ---: | ---: |\n".to_owned();
    text.extend(seen.iter().map(line));
    text
}

fn line(seen: &Seen) -> String {
    let (receipts, requests) = (seen.receipts, seen.requests);
    format!(
        "| {} | {:.1} | {:.1} | {:.1} | {:.1} | {:.1} |\n",
        seen.name, receipts.p50, receipts.p99, receipts.longest, requests.p50, requests.p99,
    )
}
