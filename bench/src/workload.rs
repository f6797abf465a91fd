//! What is measured: a request as a frontend sends it, and the same work as plain SQL.

use anyhow::{Context, Result};
use sea_orm::sqlx::{Connection, PgConnection, query_scalar};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::desk::Desk;

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

pub(crate) async fn all(desk: &Desk, url: &str) -> Result<[Workload; 4]> {
    let mut connection = PgConnection::connect(url).await?;
    let newest = query_scalar("SELECT id FROM tickets ORDER BY number DESC LIMIT $1")
        .bind(i64::try_from(desk.ticket_count / 5)?)
        .fetch_all(&mut connection)
        .await?;
    let texts = StoredTexts::read(&mut connection).await?;
    Ok([
        queue_page(desk),
        ticket_page(desk),
        create_ticket(desk, &texts),
        add_comment(desk, newest, &texts),
    ])
}

/// JSON as the server writes it. `pgbench` gets it from outside, since it takes every colon in a
/// statement for the start of a variable.
struct StoredTexts {
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
            timers: one("SELECT timers FROM tickets WHERE status = 1 LIMIT 1").await?,
            digest: one("SELECT last_public_comment::text FROM tickets WHERE public_comment_count > 0 LIMIT 1").await?,
            created: one("SELECT data::text FROM events WHERE data->>'type' = 'TicketCreated' LIMIT 1").await?,
            commented: one("SELECT data::text FROM events WHERE data->>'type' = 'CommentAdded' LIMIT 1").await?,
        })
    }
}

/// The open tickets of one's team, those that break first on top.
fn queue_page(desk: &Desk) -> Workload {
    let team = global_id("tea", desk.teams[0].0);
    Workload {
        name: "queue page of 50",
        document: include_str!("../workloads/queue_page.graphql"),
        variables_of: Box::new(move |_| json!({ "team": team })),
        is_right: |answer| {
            let nodes = answer
                .pointer("/data/tickets/nodes")
                .and_then(Value::as_array);
            nodes.is_some_and(|nodes| {
                nodes.len() == 50 && nodes.iter().any(|node| node["lastComment"].is_object())
            })
        },
        sql: include_str!("../workloads/queue_page.sql"),
        variables: vec![("team", desk.teams[0].0.to_string())],
        aim: 0.45,
    }
}

/// A ticket with a long thread.
fn ticket_page(desk: &Desk) -> Workload {
    let long_threads = desk.ticket_count as u64 / 10;
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

fn create_ticket(desk: &Desk, texts: &StoredTexts) -> Workload {
    let requesters: Vec<_> = desk
        .requesters
        .iter()
        .map(|(id, _)| global_id("usr", id.0))
        .collect();
    let team = global_id("tea", desk.teams[0].0);
    let body = desk.bodies[0].markdown.clone();
    Workload {
        name: "createTicket",
        document: include_str!("../workloads/create_ticket.graphql"),
        variables_of: Box::new(move |turn| {
            let requester = &requesters[turn_to_index(turn, requesters.len())];
            let tags = ["billing", "export"];
            json!({ "input": {
                "subject": format!("The invoice of order {turn} is wrong"), "description": body,
                "requesterId": requester, "teamId": team, "tags": tags, "channel": "PHONE",
            } })
        }),
        is_right: |answer| answer.pointer("/data/createTicket/ticket/id").is_some(),
        sql: include_str!("../workloads/create_ticket.sql"),
        variables: vec![
            ("team", desk.teams[0].0.to_string()),
            ("timers", texts.timers.clone()),
            ("event", texts.created.clone()),
        ],
        aim: 2.5,
    }
}

fn add_comment(desk: &Desk, tickets: Vec<Uuid>, texts: &StoredTexts) -> Workload {
    let body = desk.bodies[1].markdown.clone();
    let newest = 1_000 + desk.ticket_count;
    let variables = vec![
        ("oldest", (newest - tickets.len() + 1).to_string()),
        ("newest", newest.to_string()),
        ("author", desk.agents[0][0].0.to_string()),
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
