//! Other people's work, in an even pace: pages that are read, and comments that are written.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use anyhow::{Context, Result};
use futures_util::future::try_join_all;
use live::{meter::ask_once, person::Person, took::Took};
use serde_json::{Value, json};
use tokio::time::Instant;

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
pub(crate) struct Traffic<'a> {
    person: &'a Person,
    tickets: Vec<String>,
}

/// How long requests took from the moment at which they were to be sent.
pub(crate) struct Seen {
    pub(crate) queue: Took,
    pub(crate) ticket: Took,
    pub(crate) comment: Took,
}

impl<'a> Traffic<'a> {
    pub(crate) async fn new(person: &'a Person) -> Result<Self> {
        let answer = person.ask(IDS, &json!({})).await?;
        let nodes = answer.pointer("/tickets/nodes").and_then(Value::as_array);
        let nodes = nodes.with_context(|| format!("no tickets: {answer}"))?;
        let id = |node: &Value| Some(node["id"].as_str()?.to_owned());
        let tickets = nodes.iter().filter_map(id).collect();
        Ok(Self { person, tickets })
    }

    /// Asks until it is told to stop.
    pub(crate) async fn until(&self, is_over: &AtomicBool) -> Result<Seen> {
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
