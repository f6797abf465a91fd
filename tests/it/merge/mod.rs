//! Tickets that go on as others, and parts of them that go on by themselves.

mod comments;
mod incidents;
mod life;
mod race;
mod sight;
mod split;
mod time;

use entity::ticket;
use harness::{Client, TestServer, global};
use serde_json::{Value, json};

use crate::ask::{mutate, outcome};

/// What both ends are asked for.
const BOTH: &str = "ticket { reference status version mergedInto { reference } }
  into { reference status version commentCount mergedTickets { reference } }";

async fn merge(who: &Client, ticket: &ticket::Model, into: &ticket::Model) -> Value {
    let input = json!({ "ticketId": global(ticket.id), "intoId": global(into.id) });
    mutate(who, "mergeTicket", BOTH, input).await
}

async fn unmerge(who: &Client, ticket: &ticket::Model) -> Value {
    let input = json!({ "ticketId": global(ticket.id) });
    mutate(who, "unmergeTicket", BOTH, input).await
}

async fn merged(who: &Client, ticket: &ticket::Model, into: &ticket::Model) -> Value {
    let answer = merge(who, ticket, into).await;
    assert_eq!(outcome(&answer), "ok", "{answer}");
    answer
}

async fn unmerged(who: &Client, ticket: &ticket::Model) -> Value {
    let answer = unmerge(who, ticket).await;
    assert_eq!(outcome(&answer), "ok", "{answer}");
    answer
}

/// `fields` of a ticket, as somebody sees it.
async fn see(who: &Client, ticket: &ticket::Model, fields: &str) -> Value {
    let document = format!("query($id: ID!) {{ ticket(by: {{ id: $id }}) {{ {fields} }} }}");
    let mut answer = who.run(&document, json!({ "id": global(ticket.id) })).await;
    assert!(answer["errors"].is_null(), "{answer}");
    answer["data"]["ticket"].take()
}

/// A ticket of somebody's with public comments of theirs.
async fn with_comments(server: &TestServer, by: &Client, bodies: &[&str]) -> ticket::Model {
    let ticket = server.ticket().by(by).create().await;
    for body in bodies {
        server.comment(&ticket).by(by).body(body).create().await;
    }
    ticket
}
