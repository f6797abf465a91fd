//! Many tickets are changed at once, while people follow queues and others work.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use live::{
    api::text_at,
    meter::{Meter, as_float},
    scratch::Scratch,
    server::Server,
    table::table,
    took::Took,
    traffic::{HEAD, Seen, Traffic},
};
use serde_json::json;
use tokio::time::timeout;

use crate::{
    Cli,
    desk::{TAG, admin, start},
    follow::{self, Queue},
};

const CHANGE: &str = "mutation($input: BulkChangeTicketsInput!) { bulkChangeTickets(input: $input) { job { id totalCount } userErrors { code field message } } }";
/// How long a queue may be behind once the job is over.
const HEARD_WITHIN: Duration = Duration::from_secs(30);

/// What a job came to.
struct Done {
    answered: Duration,
    took: Duration,
    server_cpu: Duration,
    postgres_cpu: Duration,
    /// How often its starter heard how far it is.
    heard: usize,
}

pub(crate) async fn measure(cli: &Cli, scratch: &Scratch) -> Result<String> {
    let server = start(cli, scratch).await?;
    let person = admin(&server)?;
    let traffic = Traffic::new(&person).await?;
    let quiet = traffic.quiet(Duration::from_secs(cli.seconds)).await?;
    let tagged = json!({ "tags": { "hasAny": [TAG] } });
    let urgent = json!({ "and": [tagged, { "priority": { "eq": "URGENT" } }] });
    // What is changed stays in the one, and enters the other.
    let mut staying = Queue::open(&server, &person, tagged).await?;
    let mut entering = Queue::open(&server, &person, urgent).await?;

    let is_over = AtomicBool::new(false);
    let work = async {
        let done = change(cli, scratch, &server).await;
        is_over.store(true, Ordering::Relaxed);
        done
    };
    let (done, seen, (), ()) = tokio::try_join!(
        work,
        traffic.until(&is_over),
        hear(&mut staying, cli.changed, &is_over),
        hear(&mut entering, cli.changed, &is_over),
    )?;
    let mut followed = String::new();
    for (name, queue) in [("stays", staying), ("enters", entering)] {
        followed += &catch_up(&server, name, queue, cli.changed).await?;
    }
    server.stop().await?;
    Ok(job_row(cli, &done) + &followed + &requests(&quiet, &seen))
}

/// Starts the job, and follows it to its end.
async fn change(cli: &Cli, scratch: &Scratch, server: &Server) -> Result<Done> {
    let person = admin(server)?;
    person.token().await?;
    let meter = Meter::new(server, scratch).await?;
    let used = meter.cpu()?;
    let steps = json!([{ "tag": { "add": ["moved"] } }, { "setPriority": "URGENT" }]);
    let tickets = json!({ "filter": { "tags": { "hasAny": [TAG] } } });
    let input = json!({ "input": { "tickets": tickets, "steps": steps } });
    let begin = Instant::now();
    let answer = person.ask(CHANGE, &input).await?;
    let answered = begin.elapsed();
    let id = text_at(&answer, "/bulkChangeTickets/job/id")?;
    let (job, heard) = follow::job(server, &person, &id).await?;
    let took = begin.elapsed();
    let is_done = job["status"] == "FINISHED" && job["doneCount"] == cli.changed;
    ensure!(is_done, "the job ended as {job}");
    let (server_cpu, postgres_cpu) = meter.cpu_since(&used)?;
    Ok(Done {
        answered,
        took,
        server_cpu,
        postgres_cpu,
        heard,
    })
}

/// Follows a queue until the job is over, and then until something was said of every ticket.
async fn hear(queue: &mut Queue, changed: usize, is_over: &AtomicBool) -> Result<()> {
    let mut over = None;
    while queue.told.len() < changed {
        // A queue that says nothing more is found out here.
        let look_after = Duration::from_millis(200);
        if let Ok(heard) = timeout(look_after, queue.next()).await {
            heard?;
        }
        if over.is_none() && is_over.load(Ordering::Relaxed) {
            over = Some(Instant::now());
        }
        let waited = over.map(|since| since.elapsed()).unwrap_or_default();
        ensure!(
            waited < HEARD_WITHIN,
            "a queue heard of {} tickets",
            queue.told.len()
        );
    }
    Ok(())
}

/// Takes in what is still on its way, until the queue shows what a fresh query does.
async fn catch_up(server: &Server, name: &str, mut queue: Queue, changed: usize) -> Result<String> {
    let person = admin(server)?;
    let begin = Instant::now();
    while !queue.is_fresh(&person).await? {
        let waited = begin.elapsed();
        ensure!(waited < HEARD_WITHIN, "what {name} is not as a fresh query");
        while let Ok(heard) = timeout(Duration::from_millis(500), queue.next()).await {
            heard?;
        }
    }
    ensure!(queue.told.len() == changed, "others were told of too");
    let (told, items) = (queue.told.len(), queue.items);
    queue.close().await;
    Ok(format!(
        "\nA queue in which it {name} was told of {told} tickets in {items} items, and shows what a fresh query does.\n"
    ))
}

fn job_row(cli: &Cli, done: &Done) -> String {
    let tickets = as_float(cli.changed);
    let each = |cpu: Duration| format!("{:.2}", cpu.as_secs_f64() * 1e3 / tickets);
    let seconds = done.took.as_secs_f64();
    let row = vec![
        cli.changed.to_string(),
        format!("{:.0}", done.answered.as_secs_f64() * 1e3),
        format!("{seconds:.1}"),
        format!("{:.0}", tickets / seconds),
        each(done.server_cpu),
        each(done.postgres_cpu),
        done.heard.to_string(),
    ];
    let head = [
        "tickets changed at once",
        "answered after ms",
        "done after s",
        "tickets/s",
        "server, CPU ms a ticket",
        "PostgreSQL, CPU ms a ticket",
        "times its starter heard of it",
    ];
    table(&head, &[row])
}

fn requests(quiet: &Seen, seen: &Seen) -> String {
    let ratio = |of: fn(&Seen) -> &Took| format!("{:.2}", of(seen).at(99) / of(quiet).at(99));
    let ratios = vec![
        "p99, ratio".to_owned(),
        ratio(|seen| &seen.queue),
        ratio(|seen| &seen.ticket),
        ratio(|seen| &seen.comment),
        String::new(),
    ];
    let rows = [quiet.row("before"), seen.row("meanwhile"), ratios];
    table(&HEAD, &rows)
}
