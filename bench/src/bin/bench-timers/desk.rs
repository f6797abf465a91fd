//! The desks that are measured: loaded by `guichet import`, as an operator would.

use std::{
    fs::File,
    io::{BufWriter, Write},
    time::Instant,
};

use anyhow::{Context, Result, ensure};
use chrono::TimeDelta;
use guichet::clock::Clock;
use live::{
    person::Person,
    random::Random,
    scratch::Scratch,
    server::{Server, run},
};
use serde_json::{Value, json};

use crate::Cli;

const ADMIN: &str = "admin@bench.guichet.test";
const PASSWORD: &str = "only for this benchmark 7";
const TEAMS: [&str; 4] = ["Billing", "Devices", "Accounts", "Network"];
const AGENTS: usize = 20;
const REQUESTERS: usize = 2_000;
/// So long that no target comes near while it is measured.
const TARGET: &str = "PT4000H";
/// Minutes of a month, and of the week after which a solved ticket closes.
const MONTH: usize = 31 * 24 * 60;
const WEEK: usize = 7 * 24 * 60;
const BODY: &str = "The printer on the second floor shows an error since yesterday, and none of us can print the invoices.";

/// Adds an admin.
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

/// Has working hours count, and targets far away.
pub(crate) async fn set_terms(admin: &Person) -> Result<()> {
    for rank in 1..=3 {
        let level = json!({
            "rank": rank, "firstReply": TARGET, "nextReply": TARGET, "resolution": TARGET,
        });
        change(admin, "editLevel", "EditLevelInput", level).await?;
    }
    let calendar = json!({
        "name": "Office hours", "timeZone": "Europe/Paris", "isDefault": true, "intervals": intervals("17:00"),
    });
    change(admin, "createCalendar", "CreateCalendarInput", calendar).await?;
    let policy = json!({ "name": "All tickets", "resolution": TARGET });
    change(
        admin,
        "createServiceLevelPolicy",
        "CreateServiceLevelPolicyInput",
        policy,
    )
    .await
}

/// From Monday to Friday until a time of day.
pub(crate) fn intervals(to: &str) -> Value {
    let days = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"];
    days.map(|day| json!({ "weekday": day, "from": "09:00", "to": to }))
        .into()
}

/// Makes one change that is not refused.
pub(crate) async fn change(admin: &Person, name: &str, kind: &str, input: Value) -> Result<()> {
    let document = format!(
        "mutation($input: {kind}!) {{ {name}(input: $input) {{ userErrors {{ code field message }} }} }}"
    );
    let answer = admin.ask(&document, &json!({ "input": input })).await?;
    let errors = answer[name]["userErrors"].as_array().context("no answer")?;
    ensure!(errors.is_empty(), "refused: {answer}");
    Ok(())
}

/// Imports the people and these rows; says how long it took.
pub(crate) async fn import(cli: &Cli, scratch: &Scratch, tickets: &[Value]) -> Result<String> {
    let path = scratch.folder.join("desk.jsonl");
    let mut file = BufWriter::new(File::create(&path)?);
    let people = people();
    for row in people.iter().chain(tickets) {
        writeln!(file, "{row}")?;
    }
    file.flush()?;
    let begin = Instant::now();
    let arguments = ["import", &path.display().to_string()];
    run(&cli.server, &scratch.settings, &arguments, "")?;
    let seconds = begin.elapsed().as_secs_f64();
    std::fs::remove_file(&path)?;
    scratch.analyze().await?;
    Ok(format!(
        "\n{} rows imported in {seconds:.0} s\n",
        people.len() + tickets.len()
    ))
}

fn people() -> Vec<Value> {
    let teams = TEAMS.map(|team| json!({ "type": "team", "name": team }));
    let agents = (0..AGENTS).map(|number| {
        json!({
            "type": "user", "email": agent(number), "role": "AGENT", "teams": [TEAMS[number % TEAMS.len()]],
        })
    });
    teams.into_iter().chain(agents).collect()
}

fn agent(number: usize) -> String {
    format!("agent{}@bench.guichet.test", number % AGENTS)
}

fn requester(random: &mut Random) -> String {
    format!("person{}@bench.guichet.test", random.below(REQUESTERS))
}

/// Six of ten nobody has taken, three of ten somebody works on, one of ten waits for its requester.
pub(crate) fn open_tickets(count: usize) -> Vec<Value> {
    let mut random = Random::new(21);
    let ticket = |number: usize| {
        let mut row = json!({
            "type": "ticket", "externalId": format!("open-{number}"), "subject": format!("No invoices {number}"),
            "description": BODY, "requesterEmail": requester(&mut random), "team": TEAMS[number % TEAMS.len()],
            "levelRank": 1 + number % 3, "createdAt": format!("-{}m", 1 + random.below(600)),
        });
        match number % 10 {
            0 => {
                row["status"] = "WAITING".into();
                row["waitingReason"] = "REQUESTER".into();
            }
            1..4 => row["status"] = "OPEN".into(),
            _ => {}
        }
        if number % 10 < 4 {
            row["assigneeEmail"] = agent(number).into();
        }
        row
    };
    (0..count).map(ticket).collect()
}

/// From when until when that is.
pub(crate) fn last_month() -> [String; 2] {
    let now = Clock::wall().now();
    let minutes = i64::try_from(MONTH).unwrap_or_default();
    [now - TimeDelta::minutes(minutes), now].map(|time| time.to_rfc3339())
}

/// Tickets of a month with all that happened to them: taken, answered, at times waiting, solved, and closed after a week.
pub(crate) fn month(count: usize) -> Vec<Value> {
    let mut random = Random::new(22);
    (0..count)
        .flat_map(|number| lived(number, count, &mut random))
        .collect()
}

fn lived(number: usize, count: usize, random: &mut Random) -> Vec<Value> {
    let created = MONTH - (MONTH - 600) * number / count;
    let agent = agent(number);
    let mut at = created;
    let mut later = |most: usize| {
        at = at.saturating_sub(1 + random.below(most)).max(1);
        format!("-{at}m")
    };
    let mut step = |most: usize, what: Value| {
        let mut step = what;
        step["at"] = later(most).into();
        step["by"] = agent.clone().into();
        step
    };
    let mut history = vec![
        step(60, json!({ "assigneeEmail": agent.clone() })),
        step(2, json!({ "status": "OPEN" })),
    ];
    let replied = step(60, json!({}))["at"].clone();
    if number.is_multiple_of(3) {
        history.push(step(
            60,
            json!({ "status": "WAITING", "waitingReason": "REQUESTER" }),
        ));
        history.push(step(200, json!({ "status": "OPEN" })));
    }
    let solved = step(200, json!({ "status": "SOLVED" }));
    history.push(solved);
    let is_closed = created > WEEK + 600;
    if is_closed {
        history.push(json!({ "at": format!("-{}m", created - WEEK - 590), "status": "CLOSED" }));
    }
    let id = format!("month-{number}");
    let ticket = json!({
        "type": "ticket", "externalId": id, "subject": format!("No invoices {number}"), "description": BODY,
        "requesterEmail": format!("person{}@bench.guichet.test", number % REQUESTERS),
        "team": TEAMS[number % TEAMS.len()], "createdAt": format!("-{created}m"),
        "status": if is_closed { "CLOSED" } else { "SOLVED" }, "history": history,
    });
    let comment = json!({
        "type": "comment", "externalId": format!("{id}-reply"), "ticketExternalId": id, "authorEmail": agent,
        "body": BODY, "createdAt": replied,
    });
    vec![ticket, comment]
}
