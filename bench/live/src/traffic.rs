//! Other people's work, in an even pace: pages that are read, and comments that are written.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use anyhow::{Context, Result};
use futures_util::future::try_join_all;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{meter::ask_once, person::Person, took::Took};

const QUEUE: &str = "query { tickets(filter: { status: { in: [NEW, OPEN] } }, orderBy: { field: NEXT_DUE }, first: 50) {
    nodes { id number subject status requester { id name } serviceLevel { state nextDueAt } } } }";
const TICKET: &str = "query($id: ID!) { node(id: $id) { ... on Ticket { id subject comments(first: 25) { nodes { id bodyHtml } }
    serviceLevel { state nextDueAt firstReply { dueAt remaining } resolution { dueAt remaining } } } } }";
const COMMENT: &str = "mutation($input: AddCommentInput!) { addComment(input: $input) { ticket { version } userErrors { code } } }";
const IDS: &str =
    "{ tickets(filter: { status: { in: [NEW, OPEN] } }, first: 100) { nodes { id } } }";
/// From one request of a kind to the next.
const PACE: Duration = Duration::from_millis(100);

/// Requests of three kinds, ten a second of each.
pub struct Traffic<'a> {
    person: &'a Person,
    tickets: Vec<String>,
}

/// How long requests took from the moment at which they were to be sent.
pub struct Seen {
    pub queue: Took,
    pub ticket: Took,
    pub comment: Took,
}

impl<'a> Traffic<'a> {
    pub async fn new(person: &'a Person) -> Result<Self> {
        let answer = person.ask(IDS, &json!({})).await?;
        let nodes = answer.pointer("/tickets/nodes").and_then(Value::as_array);
        let nodes = nodes.with_context(|| format!("no tickets: {answer}"))?;
        let id = |node: &Value| Some(node["id"].as_str()?.to_owned());
        let tickets = nodes.iter().filter_map(id).collect();
        Ok(Self { person, tickets })
    }

    /// Asks until it is told to stop.
    pub async fn until(&self, is_over: &AtomicBool) -> Result<Seen> {
        let ticket = |turn: usize| &self.tickets[turn * 7 % self.tickets.len()];
        let loops = [QUEUE, TICKET, COMMENT].map(|document| {
            let variables = move |turn: usize| match document {
                TICKET => json!({ "id": ticket(turn) }),
                COMMENT => json!({ "input": {
                    "ticketId": ticket(turn), "body": "We look into it.", "visibility": "INTERNAL",
                } }),
                _ => json!({}),
            };
            self.ask(document, variables, is_over)
        });
        let seen = try_join_all(loops).await?;
        let [queue, ticket, comment] = <[Took; 3]>::try_from(seen).ok().context("three kinds")?;
        Ok(Seen {
            queue,
            ticket,
            comment,
        })
    }

    /// What is seen in a time in which nothing else is done.
    pub async fn quiet(&self, time: Duration) -> Result<Seen> {
        let is_over = AtomicBool::new(false);
        let end = async {
            tokio::time::sleep(time).await;
            is_over.store(true, Ordering::Relaxed);
            Ok(())
        };
        let (seen, ()) = tokio::try_join!(self.until(&is_over), end)?;
        Ok(seen)
    }

    async fn ask(
        &self,
        document: &str,
        variables: impl Fn(usize) -> Value,
        is_over: &AtomicBool,
    ) -> Result<Took> {
        let mut times = Vec::new();
        let mut planned = Instant::now();
        for turn in 0.. {
            if is_over.load(Ordering::Relaxed) {
                break;
            }
            tokio::time::sleep_until(planned).await;
            ask_once(self.person, document, &variables(turn)).await?;
            // One that waited for the one before it waited too.
            times.push(planned.elapsed());
            planned += PACE;
        }
        Ok(Took::new(times))
    }
}

impl Seen {
    /// A row of a table: the middle and the 99th percentile of each kind, and how many of each there were.
    pub fn row(&self, name: &str) -> Vec<String> {
        let both = |took: &Took| format!("{:.1} / {:.1}", took.at(50), took.at(99));
        vec![
            name.to_owned(),
            both(&self.queue),
            both(&self.ticket),
            both(&self.comment),
            self.queue.count().to_string(),
        ]
    }
}

/// The head of a table of such rows.
pub const HEAD: [&str; 5] = [
    "p50 / p99 ms of other requests",
    "queue page",
    "ticket page",
    "addComment",
    "times each",
];
