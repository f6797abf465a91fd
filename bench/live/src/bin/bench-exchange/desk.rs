//! The desk that is taken out: loaded by `guichet import`, with something of everything that a file carries.

use std::{
    fs::File,
    io::{BufWriter, Write},
    time::Duration,
};

use anyhow::Result;
use live::{
    cpu::in_mb,
    meter::as_float,
    person::Person,
    random::Random,
    scratch::Scratch,
    server::{Server, run, watch},
};
use serde_json::{Value, json};

use crate::Cli;

const ADMIN: &str = "admin@bench.guichet.test";
const PASSWORD: &str = "only for this benchmark 7";
const TEAMS: [&str; 4] = ["Billing", "Devices", "Accounts", "Network"];
const AGENTS: usize = 20;
const ORGANIZATIONS: usize = 50;
const REQUESTERS: usize = 2_000;
const ARTICLES: usize = 200;
/// Minutes: from the first ticket to now, and from the newest.
const OLDEST: usize = 90 * 24 * 60;
const NEWEST: usize = 24 * 60;
/// Of five tickets so many are open, and nobody waits for anything.
pub(crate) const OPEN_OF_FIVE: usize = 2;
/// Nobody waits so long while it is measured.
const WAITED_FOR: &str = "2099-01-01T08:00:00Z";
/// Of so many tickets one has no team.
const WITHOUT_TEAM: usize = 50;
/// What the tickets have that are changed at once.
pub(crate) const TAG: &str = "batch";
const BODY: &str = "The printer on the second floor shows an error since yesterday, and none of us can print the invoices.\n\n- It says *E-42*.\n- Turning it off and on did not help.";

/// Adds an admin, and imports everything; says how long it took.
pub(crate) async fn load(cli: &Cli, scratch: &Scratch) -> Result<String> {
    add_admin(cli, scratch)?;
    let path = scratch.folder.join("desk.jsonl");
    let mut file = BufWriter::new(File::create(&path)?);
    let mut rows = 0;
    let all = people().chain(articles());
    for row in all.chain((0..cli.tickets).flat_map(|number| ticket(number, cli))) {
        writeln!(file, "{row}")?;
        rows += 1;
    }
    file.flush()?;
    let arguments = ["import", &path.display().to_string()];
    let (took, peak) = watch(&cli.server, &scratch.settings, &arguments).await?;
    std::fs::remove_file(&path)?;
    scratch.analyze().await?;
    Ok(imported("the desk", rows, took, peak))
}

pub(crate) fn imported(what: &str, rows: usize, took: Duration, peak: u64) -> String {
    let seconds = took.as_secs_f64();
    let each = as_float(rows) / seconds;
    let peak = in_mb(peak);
    format!(
        "\nimported {what}: {rows} rows in {seconds:.1} s, {each:.0} rows/s, {peak:.0} MB at most, with the program\n"
    )
}

pub(crate) fn add_admin(cli: &Cli, scratch: &Scratch) -> Result<()> {
    let arguments = [
        "user", "add", "--email", ADMIN, "--name", "Ada", "--role", "admin",
    ];
    run(&cli.server, &scratch.settings, &arguments, PASSWORD)
}

/// Starts a server, and waits until it rests.
pub(crate) async fn start(cli: &Cli, scratch: &Scratch) -> Result<Server> {
    let server = Server::start(&cli.server, &scratch.settings)?;
    server.calm_down().await?;
    Ok(server)
}

pub(crate) fn admin(server: &Server) -> Result<Person> {
    Person::at(server, ADMIN, PASSWORD)
}

fn people() -> impl Iterator<Item = Value> {
    let organizations = (0..ORGANIZATIONS).map(|number| {
        json!({
            "type": "organization", "name": format!("Company {number}"),
            "sharesTickets": number.is_multiple_of(5),
        })
    });
    let teams = TEAMS
        .iter()
        .map(|team| json!({ "type": "team", "name": team }));
    let agents = (0..AGENTS).map(|number| {
        json!({
            "type": "user", "email": agent(number), "name": format!("Agent {number}"), "role": "AGENT",
            "teams": [TEAMS[number % TEAMS.len()]],
        })
    });
    let requesters = (0..REQUESTERS).map(|number| {
        json!({
            "type": "user", "email": requester(number), "name": format!("Person {number}"),
            "locale": if number.is_multiple_of(3) { "fr" } else { "en" },
            "organization": format!("Company {}", number % ORGANIZATIONS),
        })
    });
    organizations.chain(teams).chain(agents).chain(requesters)
}

fn articles() -> impl Iterator<Item = Value> {
    (0..ARTICLES).map(|number| {
        json!({
            "type": "article", "slug": slug(number), "locale": "en", "title": format!("Error E-{number}"),
            "summary": "What to do.", "body": BODY, "status": "PUBLISHED", "tags": ["printer"],
            "translations": [{ "locale": "fr", "title": format!("Erreur E-{number}"), "body": BODY }],
        })
    })
}

fn slug(number: usize) -> String {
    format!("error-e-{}", number % ARTICLES)
}

fn agent(number: usize) -> String {
    format!("agent{}@bench.guichet.test", number % AGENTS)
}

fn requester(number: usize) -> String {
    format!("person{}@bench.guichet.test", number % REQUESTERS)
}

/// A ticket on one of five ways, with its comments.
fn ticket(number: usize, cli: &Cli) -> Vec<Value> {
    let mut random = Random::new(number as u64);
    let created = OLDEST - (OLDEST - NEWEST) * number / cli.tickets;
    let id = format!("ticket-{number}");
    let mut row = json!({
        "type": "ticket", "externalId": id, "subject": format!("No invoices {number}"), "description": BODY,
        "requesterEmail": requester(number), "team": TEAMS[number % TEAMS.len()],
        "levelRank": 1 + number % 3, "priority": random.one_of(&["LOW", "NORMAL", "HIGH"]),
        "channel": random.one_of(&["PORTAL", "EMAIL", "PHONE"]), "createdAt": minutes(created),
        "tags": [format!("floor-{}", number % 7)],
        "customFields": { "floor": number % 7, "vip": number.is_multiple_of(2) },
        "context": { "url": "https://app.example.org/invoices", "application": "Invoices" },
    });
    match number % 5 {
        0 => {}
        1 => {
            row["status"] = "OPEN".into();
            row["assigneeEmail"] = agent(number).into();
        }
        2 => {
            row["status"] = "WAITING".into();
            row["waitingReason"] = "SCHEDULED".into();
            row["waitingUntil"] = WAITED_FOR.into();
            row["assigneeEmail"] = agent(number).into();
        }
        way => end(&mut row, number, created, way == 4),
    }
    let is_open = number % 5 < OPEN_OF_FIVE;
    if is_open && number / 5 * OPEN_OF_FIVE + number % 5 < cli.changed {
        row["tags"] = json!([format!("floor-{}", number % 7), TAG]);
    }
    if number.is_multiple_of(WITHOUT_TEAM) {
        row["team"] = Value::Null;
        row["noTeam"] = true.into();
    }
    let of_agent = *random.one_of(&["PUBLIC", "INTERNAL"]);
    let comments = [
        (requester(number), "PUBLIC", 20),
        (agent(number), of_agent, 40),
    ];
    let comment = |(author, visibility, after): (String, &str, usize)| {
        json!({
            "type": "comment", "externalId": format!("{id}-{after}"), "ticketExternalId": id,
            "authorEmail": author, "visibility": visibility, "body": BODY, "createdAt": minutes(created - after),
        })
    };
    let comments = comments.map(comment).into_iter();
    let comments = comments.filter(|_| number < cli.commented);
    std::iter::once(row).chain(comments).collect()
}

/// Taken, solved with an article, rated, and at last closed.
fn end(row: &mut Value, number: usize, created: usize, is_closed: bool) {
    let by = agent(number);
    let mut history = vec![
        json!({ "at": minutes(created - 60), "by": by, "assigneeEmail": by }),
        json!({ "at": minutes(created - 61), "by": by, "status": "OPEN" }),
        json!({ "at": minutes(created - 200), "by": by, "status": "SOLVED" }),
    ];
    row["status"] = "SOLVED".into();
    if is_closed {
        history.push(json!({ "at": minutes(created - 900), "status": "CLOSED" }));
        row["status"] = "CLOSED".into();
    }
    row["history"] = history.into();
    row["satisfaction"] = json!({ "score": 1 + number % 5, "comment": "Thank you.", "ratedAt": minutes(created - 300) });
    row["knowledge"] = json!([
        { "article": slug(number), "role": "SOLUTION", "by": by, "at": minutes(created - 200) },
    ]);
}

fn minutes(ago: usize) -> String {
    format!("-{ago}m")
}
