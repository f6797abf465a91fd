//! The desk that is measured: loaded by `guichet import`, as an operator would.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::Path,
    time::{Duration, Instant},
};

use anyhow::Result;
use live::{
    counters::Counters,
    cpu::{forget_peak_of, in_mb, memory_of, peak_memory_of},
    person::Person,
    random::Random,
    scratch::Scratch,
    server::{Server, run},
};
use serde_json::{Value, json};

use crate::{Cli, pool::Pool};

const PASSWORD: &str = "only for this benchmark 7";
pub(crate) const AGENT: &str = "agent@bench.guichet.test";
pub(crate) const REQUESTER: &str = "requester@bench.guichet.test";
const ORGANIZATIONS: usize = 50;
const REQUESTERS: usize = 2_000;
/// Solved tickets are spread over so many hours, two years, evenly.
const HOURS: usize = 17_520;
/// A solved ticket closes after a week.
const CLOSED_AFTER_HOURS: usize = 7 * 24;
/// So many of a hundred are linked to an article, and of these so many as what solved them.
const LINKED_PERCENT: usize = 60;
const SOLUTION_PERCENT: usize = 65;
/// One ticket is open for so many that are solved.
const OPEN_OF: usize = 50;
const LOOK_EVERY: Duration = Duration::from_millis(20);
const READ_WITHIN: Duration = Duration::from_mins(10);

/// What the server has in memory, in MB, and how long it reads what it suggests from.
pub(crate) struct Memory {
    pub(crate) of_empty_desk: f64,
    pub(crate) listening: f64,
    pub(crate) read_within: Duration,
    pub(crate) peak: f64,
    pub(crate) resting: f64,
    pub(crate) index: f64,
}

/// Makes the people who ask, and reads what a server takes that knows nothing yet.
pub(crate) async fn memory_of_empty_desk(cli: &Cli, scratch: &Scratch) -> Result<f64> {
    for (email, role) in [(AGENT, "agent"), (REQUESTER, "requester")] {
        let arguments = [
            "user", "add", "--email", email, "--name", role, "--role", role,
        ];
        run(&cli.server, &scratch.settings, &arguments, PASSWORD)?;
    }
    let server = Server::start(&cli.server, &scratch.settings)?;
    server.calm_down().await?;
    let memory = in_mb(memory_of(server.process_id())?);
    server.stop().await?;
    Ok(memory)
}

/// Imports everything, and lets a server tell what is overdue; returns rows, and how long the import took.
pub(crate) async fn fill(cli: &Cli, scratch: &Scratch, pool: &Pool) -> Result<(usize, Duration)> {
    let path = scratch.folder.join("desk.jsonl");
    let rows = write_file(cli, pool, &path)?;
    let begin = Instant::now();
    let arguments = ["import", &path.display().to_string()];
    run(&cli.server, &scratch.settings, &arguments, "")?;
    let took = begin.elapsed();
    std::fs::remove_file(&path)?;
    let server = Server::start(&cli.server, &scratch.settings)?;
    server.calm_down().await?;
    server.stop().await?;
    scratch.analyze().await?;
    Ok((rows, took))
}

/// Starts the server that is measured, and watches it read what it suggests from.
pub(crate) async fn start(
    cli: &Cli,
    scratch: &Scratch,
    of_empty_desk: f64,
) -> Result<(Server, Memory)> {
    let server = Server::start(&cli.server, &scratch.settings)?;
    let (begin, process) = (Instant::now(), server.process_id());
    let listening = in_mb(memory_of(process)?);
    forget_peak_of(process)?;
    let mut index = 0.0;
    while index == 0.0 && begin.elapsed() < READ_WITHIN {
        tokio::time::sleep(LOOK_EVERY).await;
        let counters = Counters::read(&server).await?;
        index = counters.get("guichet_suggestions_index_bytes");
    }
    let read_within = begin.elapsed();
    server.calm_down().await?;
    let memory = Memory {
        of_empty_desk,
        listening,
        read_within,
        peak: in_mb(peak_memory_of(process)?),
        resting: in_mb(memory_of(process)?),
        index: index / 1e6,
    };
    Ok((server, memory))
}

/// What the server has in memory now, in MB.
pub(crate) fn memory_now(server: &Server) -> Result<f64> {
    Ok(in_mb(memory_of(server.process_id())?))
}

pub(crate) fn sign_in(server: &Server, email: &str) -> Result<Person> {
    Person::at(server, email, PASSWORD)
}

fn write_file(cli: &Cli, pool: &Pool, path: &Path) -> Result<usize> {
    let mut file = BufWriter::new(File::create(path)?);
    let mut random = Random::new(3);
    let mut rows = 0;
    let mut write = |row: Value| -> Result<()> {
        rows += 1;
        Ok(writeln!(file, "{row}")?)
    };
    for number in 0..ORGANIZATIONS {
        write(json!({ "type": "organization", "name": organization(number) }))?;
    }
    for number in 0..REQUESTERS {
        write(json!({
            "type": "user", "email": email(number), "organization": organization(number),
            "locale": if number.is_multiple_of(3) { "fr" } else { "en" },
        }))?;
    }
    for number in 0..cli.articles {
        let article = pool.article(number, &mut random);
        write(json!({
            "type": "article", "slug": slug(number), "title": article.title, "body": article.body,
            "locale": article.locale,
        }))?;
    }
    for number in 0..cli.tickets {
        write(solved(cli, pool, number, &mut random))?;
    }
    for number in 0..cli.tickets.div_ceil(OPEN_OF) {
        let topic = random.below(pool.topics());
        let asked = pool.ticket(topic, &mut random);
        write(json!({
            "type": "ticket", "externalId": format!("open-{number}"), "subject": asked.subject,
            "description": asked.description, "requesterEmail": email(random.below(REQUESTERS)),
            "createdAt": format!("-{}m", 1 + random.below(59)),
        }))?;
    }
    file.flush()?;
    Ok(rows)
}

/// The older, the smaller the number. Of the articles of its topic one is the right one.
fn solved(cli: &Cli, pool: &Pool, number: usize, random: &mut Random) -> Value {
    let topic = random.below(pool.topics().min(cli.articles));
    let asked = pool.ticket(topic, random);
    let hours = (HOURS - HOURS * number / cli.tickets).max(2);
    let is_closed = hours > CLOSED_AFTER_HOURS;
    let mut row = json!({
        "type": "ticket", "externalId": format!("solved-{number}"), "subject": asked.subject,
        "description": asked.description, "requesterEmail": email(random.below(REQUESTERS)),
        "status": if is_closed { "CLOSED" } else { "SOLVED" },
        "createdAt": format!("-{hours}h"), "solvedAt": format!("-{}h", hours - 1),
    });
    if random.chance(LINKED_PERCENT) {
        let of_topic = (cli.articles - topic).div_ceil(pool.topics());
        let article = topic + pool.topics() * random.below(of_topic);
        let role = if random.chance(SOLUTION_PERCENT) {
            "SOLUTION"
        } else {
            "SHARED"
        };
        row["knowledge"] = json!([{ "article": slug(article), "role": role }]);
    }
    row
}

/// The first of them is the one who asks.
pub(crate) fn email(number: usize) -> String {
    match number {
        0 => REQUESTER.to_owned(),
        _ => format!("person{number}@bench.guichet.test"),
    }
}

fn organization(number: usize) -> String {
    format!("Organization {}", number % ORGANIZATIONS)
}

fn slug(number: usize) -> String {
    format!("article-{number}")
}
