//! The rounds: clients write, servers are killed; and what there is afterwards.

use std::time::{Duration, Instant};

use anyhow::Result;
use live::{
    lab::{Lab, Parts},
    random::Random,
};
use tokio::{
    sync::watch,
    task::{JoinSet, spawn_blocking},
};

use crate::{
    Cli,
    client::Client,
    desk::Desk,
    receiver::Receiver,
    report::Report,
    told::{self, Told},
    verifier::Verifier,
    written::{self, There, open_jobs},
};

/// All servers are killed in every so manieth round.
const ALL_EVERY: usize = 5;
/// How long there are fewer servers, at most.
const AWAY_MS: usize = 300;
const LOOK_AGAIN_AFTER: Duration = Duration::from_secs(2);
const JOBS_DONE_WITHIN: Duration = Duration::from_mins(5);

pub(crate) async fn run(cli: &Cli) -> Result<Report> {
    let mut lab = Lab::open(&Parts {
        name: "guichet_keys_check",
        server: &cli.server,
        database_url: cli.database_url.as_deref(),
        redis_server: cli.redis_server.as_deref(),
        log: cli.log.as_deref(),
        settings: &[("GUICHET_WEBHOOKS_ALLOW_CIDRS", "127.0.0.0/8")],
    })
    .await?;
    let receiver = Receiver::start(cli.seed, cli.lose_every).await?;
    let desk = Desk::open(cli, &lab, receiver.address).await?;
    let verifier = Verifier::start(&cli.verifier, desk.endpoints.clone(), receiver.listen())?;
    let mut report = Report::default();

    let begin = Instant::now();
    let (mut clients, killed) = kill_under_load(cli, &mut lab, &desk).await?;
    report.killed = killed;
    report.load = begin.elapsed();
    let begin = Instant::now();
    receiver.behave();
    clients = ask_again(clients).await?;
    finish_jobs(&mut clients).await?;
    let there = There::read(&lab, &desk.admin.person).await?;
    report.told = settle(cli, &desk, &there, &receiver).await?;
    report.settled = begin.elapsed();
    receiver.stop_listening();
    let refused = spawn_blocking(|| verifier.finish()).await??;
    report.told.wrong.extend(refused);
    report.written = written::compare(&there, clients.iter().map(|client| &client.ledger))?;
    report.tickets = there.tickets.len();
    report.comments = there.comments.len();
    let ledgers = clients.into_iter().map(|client| client.ledger);
    report.ledgers = ledgers.collect();
    lab.close().await?;
    Ok(report)
}

/// Returns the clients once all that they sent is answered, and how many servers were killed.
async fn kill_under_load(cli: &Cli, lab: &mut Lab, desk: &Desk) -> Result<(Vec<Client>, usize)> {
    let (stop, stops) = watch::channel(false);
    let pause = Duration::from_secs_f64(1.0 / cli.rate);
    let mut working = JoinSet::new();
    for (number, person) in desk.clients.iter().enumerate() {
        let mut client = Client::new(number, person, cli.seed, cli.lose_every);
        let stop = stops.clone();
        working.spawn(async move {
            client.run(pause, &stop).await;
            client
        });
    }
    let killed = kill(cli, lab).await;
    stop.send_replace(true);
    let clients = working.join_all().await;
    Ok((clients, killed?))
}

async fn kill(cli: &Cli, lab: &mut Lab) -> Result<usize> {
    let mut random = Random::new(cli.seed);
    let mut killed = 0;
    let spread = cli.pause_max_ms.saturating_sub(cli.pause_min_ms) + 1;
    for round in 1..=cli.rounds {
        let wait = cli.pause_min_ms + random.below(spread);
        tokio::time::sleep(Duration::from_millis(wait as u64)).await;
        let away = Duration::from_millis(random.below(AWAY_MS) as u64);
        if round.is_multiple_of(ALL_EVERY) {
            killed += lab.process_ids().len();
            lab.replace_all_killed(away).await?;
        } else {
            killed += 1;
            lab.replace_killed(away).await?;
        }
    }
    Ok(killed)
}

async fn ask_again(clients: Vec<Client>) -> Result<Vec<Client>> {
    let mut asking = JoinSet::new();
    for mut client in clients {
        asking.spawn(async move {
            client.ask_again().await;
            client
        });
    }
    Ok(asking.join_all().await)
}

/// Waits until all bulk jobs are over.
async fn finish_jobs(clients: &mut [Client]) -> Result<()> {
    let begin = Instant::now();
    loop {
        let mut open = 0;
        for client in &mut *clients {
            open += open_jobs(client).await?;
        }
        if open == 0 {
            return Ok(());
        }
        anyhow::ensure!(begin.elapsed() < JOBS_DONE_WITHIN, "{open} jobs go on");
        tokio::time::sleep(LOOK_AGAIN_AFTER).await;
    }
}

/// Waits until everything was told, or for as long as that may take.
async fn settle(cli: &Cli, desk: &Desk, there: &There, receiver: &Receiver) -> Result<Told> {
    let expected = told::expected(there)?;
    let begin = Instant::now();
    loop {
        let told = told::compare(&expected, &receiver.received());
        let is_over = begin.elapsed().as_secs() >= cli.settle_s;
        if told.missing.is_empty() || is_over {
            return Ok(told);
        }
        for endpoint in &desk.endpoints {
            desk.ping(endpoint).await?;
        }
        tokio::time::sleep(LOOK_AGAIN_AFTER).await;
    }
}
