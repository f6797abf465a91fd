//! What is measured: a request as a frontend sends it, and the same work as plain SQL.

use anyhow::{Context, Result};
use sea_orm::sqlx::{Connection, PgConnection, query_as, query_scalar};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{desk, history::FIRST_NUMBER};

/// One kind of request.
pub(crate) struct Workload {
    pub(crate) name: &'static str,
    pub(crate) document: &'static str,
    /// The variables of the request at a turn.
    pub(crate) variables_of: Box<dyn Fn(u64) -> Value>,
    /// Whether an answer has all that was asked for.
    pub(crate) is_right: fn(&Value) -> bool,
    /// The same for `pgbench`, with the variables it takes from outside.
    pub(crate) sql: &'static str,
    pub(crate) variables: Vec<(&'static str, String)>,
    /// What the request may cost, as a multiple of plain SQL.
    pub(crate) aim: f64,
}

/// All of them, over a database that was filled and not changed since.
pub(crate) async fn all(url: &str) -> Result<[Workload; 4]> {
    let mut connection = PgConnection::connect(url).await?;
    let texts = StoredTexts::read(&mut connection).await?;
    let (team, agent): (Uuid, Uuid) = query_as(
        "SELECT team_id, user_id FROM team_members JOIN users ON id = user_id WHERE email = $1",
    )
    .bind(desk::EMAIL)
    .fetch_one(&mut connection)
    .await?;
    let mut ids = async |statement| -> Result<Vec<Uuid>> {
        let ids = query_scalar(statement).fetch_all(&mut connection).await;
        ids.context(statement)
    };
    let requesters = ids("SELECT id FROM users WHERE role = 0 ORDER BY id").await?;
    let tickets = ids("SELECT id FROM tickets ORDER BY number").await?;
    Ok([
        queue_page(team),
        ticket_page(tickets.len()),
        create_ticket(team, &requesters, &texts),
        add_comment(agent, tickets, &texts),
    ])
}

/// JSON as the server writes it. `pgbench` gets it from outside, since it takes every colon in a
/// statement for the start of a variable.
struct StoredTexts {
    body: String,
    timers: String,
    digest: String,
    created: String,
    commented: String,
}

impl StoredTexts {
    async fn read(connection: &mut PgConnection) -> Result<Self> {
        let mut one = async |statement| {
            query_scalar(statement)
                .fetch_one(&mut *connection)
                .await
                .context(statement)
        };
        Ok(Self {
            body: one("SELECT body FROM comments LIMIT 1").await?,
            timers: one("SELECT timers FROM tickets WHERE status = 1 LIMIT 1").await?,
            digest: one("SELECT last_public_comment::text FROM tickets WHERE public_comment_count > 0 LIMIT 1").await?,
            created: one("SELECT data::text FROM events WHERE data->>'type' = 'TicketCreated' LIMIT 1").await?,
            commented: one("SELECT data::text FROM events WHERE data->>'type' = 'CommentAdded' LIMIT 1").await?,
        })
    }
}

/// The open tickets of one's team, those that break first on top.
fn queue_page(team: Uuid) -> Workload {
    let team_id = global_id("tea", team);
    Workload {
        name: "queue page of 50",
        document: include_str!("../workloads/queue_page.graphql"),
        variables_of: Box::new(move |_| json!({ "team": team_id })),
        is_right: |answer| {
            let nodes = answer
                .pointer("/data/tickets/nodes")
                .and_then(Value::as_array);
            nodes.is_some_and(|nodes| {
                nodes.len() == 50 && nodes.iter().any(|node| node["lastComment"].is_object())
            })
        },
        sql: include_str!("../workloads/queue_page.sql"),
        variables: vec![("team", team.to_string())],
        aim: 0.45,
    }
}

/// A ticket with a long thread.
fn ticket_page(ticket_count: usize) -> Workload {
    let long_threads = ticket_count as u64 / 10;
    Workload {
        name: "ticket page",
        document: include_str!("../workloads/ticket_page.graphql"),
        variables_of: Box::new(
            move |turn| json!({ "number": 1_010 + 10 * (turn * 7_919 % long_threads) }),
        ),
        is_right: |answer| {
            let count = |list| answer.pointer(list).and_then(Value::as_array).map(Vec::len);
            count("/data/ticket/comments/nodes") == Some(25)
                && count("/data/ticket/timeline/nodes") == Some(25)
        },
        sql: include_str!("../workloads/ticket_page.sql"),
        variables: vec![("threads", (long_threads - 1).to_string())],
        aim: 3.0,
    }
}

fn create_ticket(team: Uuid, requesters: &[Uuid], texts: &StoredTexts) -> Workload {
    let requesters: Vec<_> = requesters.iter().map(|id| global_id("usr", *id)).collect();
    let team_id = global_id("tea", team);
    let body = texts.body.clone();
    Workload {
        name: "createTicket",
        document: include_str!("../workloads/create_ticket.graphql"),
        variables_of: Box::new(move |turn| {
            let requester = &requesters[turn_to_index(turn, requesters.len())];
            let tags = ["billing", "export"];
            json!({ "input": {
                "subject": format!("The invoice of order {turn} is wrong"), "description": body,
                "requesterId": requester, "teamId": team_id, "tags": tags, "channel": "PHONE",
            } })
        }),
        is_right: |answer| answer.pointer("/data/createTicket/ticket/id").is_some(),
        sql: include_str!("../workloads/create_ticket.sql"),
        variables: vec![
            ("team", team.to_string()),
            ("timers", texts.timers.clone()),
            ("event", texts.created.clone()),
        ],
        aim: 2.5,
    }
}

/// A reply to one of the newest fifth.
fn add_comment(author: Uuid, mut tickets: Vec<Uuid>, texts: &StoredTexts) -> Workload {
    let oldest = tickets.len() - tickets.len() / 5;
    let tickets = tickets.split_off(oldest);
    let body = texts.body.clone();
    let variables = vec![
        ("oldest", (FIRST_NUMBER + oldest).to_string()),
        (
            "newest",
            (FIRST_NUMBER + oldest + tickets.len() - 1).to_string(),
        ),
        ("author", author.to_string()),
        ("timers", texts.timers.clone()),
        ("digest", texts.digest.clone()),
        ("event", texts.commented.clone()),
    ];
    Workload {
        name: "addComment",
        document: include_str!("../workloads/add_comment.graphql"),
        variables_of: Box::new(move |turn| {
            let ticket = tickets[turn_to_index(turn * 7_919, tickets.len())];
            json!({ "input": { "ticketId": global_id("tic", ticket), "body": body } })
        }),
        is_right: |answer| answer.pointer("/data/addComment/comment/id").is_some(),
        sql: include_str!("../workloads/add_comment.sql"),
        variables,
        aim: 2.5,
    }
}

fn global_id(kind: &str, id: Uuid) -> String {
    format!("{kind}_{}", id.simple())
}

fn turn_to_index(turn: u64, count: usize) -> usize {
    usize::try_from(turn).unwrap_or_default() % count
}
