//! Whether requests are slower while Redis is down: the same requests with and without it, in turns.

use std::time::Duration;

use anyhow::{Context, Result};
use live::{api::Servers, person::Person, redis::Redis, server::Server};
use std::sync::Arc;

use crate::{
    Cli,
    drive::{Drive, Latency, Sent, latency_of},
    people,
    publisher::Publisher,
    sockets::{Documents, open_guichet},
    swarm::Swarm,
};

/// They make every change worth a bell.
const SOCKETS: usize = 20;
/// Well below what saturates, so that nothing waits for anything but its own work.
const CHANGES_PER_SECOND: f64 = 100.0;
/// Every state comes once in each, so that all meet the same machine.
const ROUNDS: usize = 6;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Up,
    Killed,
    StandingStill,
}

const STATES: [State; 3] = [State::Up, State::Killed, State::StandingStill];

/// How long requests took with Redis and without, and the ratios of the latter to the former.
pub(crate) async fn measure(
    cli: &Cli,
    server: &Server,
    servers: &Servers,
    redis: &mut Redis,
    people: &[Arc<Person>],
) -> Result<String> {
    let swarm = Swarm::start()?;
    let here = server.socket_address()?;
    open_guichet(&swarm, here, people, SOCKETS, Documents::One).await?;
    servers.set(vec![here]);
    let writer = people.last().context("nobody is there")?;
    let publisher = Publisher::Guichet {
        ticket: people::create_ticket(writer).await?,
        person: Arc::clone(writer),
    };
    let drive = Drive {
        board: &swarm.board,
        publisher: &publisher,
        sockets: SOCKETS as u64,
        process_id: server.process_id(),
    };
    let length = Duration::from_secs(cli.seconds);
    let mut taken: [Vec<u32>; 3] = Default::default();
    // The first time everything is made and filled.
    drive.paced(CHANGES_PER_SECOND, length).await?;
    for round in 0..ROUNDS {
        for turn in 0..STATES.len() {
            let index = (round + turn) % STATES.len();
            enter(STATES[index], redis).await?;
            let (sent, ..) = drive.paced(CHANGES_PER_SECOND, length).await?;
            taken[index].extend(sent.iter().map(Sent::took_us));
            leave(STATES[index], redis).await?;
        }
    }
    Ok(table(&taken.map(latency_of)))
}

async fn enter(state: State, redis: &mut Redis) -> Result<()> {
    match state {
        State::Up => Ok(()),
        State::Killed => redis.kill().await,
        State::StandingStill => redis.stand_still(),
    }
}

async fn leave(state: State, redis: &mut Redis) -> Result<()> {
    match state {
        State::Up => Ok(()),
        State::Killed => redis.start_again().await,
        State::StandingStill => redis.go_on(),
    }
}

fn table(seen: &[Latency; 3]) -> String {
    let mut text =
        "\n| Redis | request p50 ms | p99 ms | p99, ratio |\n| --- | ---: | ---: | ---: |\n"
            .to_owned();
    let lines = STATES.iter().zip(seen).map(|(state, latency)| {
        let (p50, p99, ratio) = (latency.p50, latency.p99, latency.p99 / seen[0].p99);
        format!("| {state:?} | {p50:.2} | {p99:.2} | {ratio:.2} |\n")
    });
    text.extend(lines);
    text
}
