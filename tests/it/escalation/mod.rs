//! What levels do by themselves when a target is near or missed.

mod rules;
mod rungs;

use entity::ticket;
use harness::{Client, TestServer, global};
use serde_json::{Value, json};

use crate::ask::{mutate, outcome};

async fn set(server: &TestServer, input: Value) {
    let answer = mutate(
        &server.admin(),
        "setLevelEscalation",
        "level { rank }",
        input,
    )
    .await;
    assert_eq!(outcome(&answer), "ok", "{answer}");
}

const TIMELINE: &str = "query ($id: ID!) { ticket(by: { id: $id }) { timeline(first: 50) { nodes {
  __typename actor { ... on User { name } ... on System { name } }
  ... on LevelEntry { from { rank } to { rank } reason rule { on timer } }
  ... on AssignmentEntry { rule teamAfter { name } }
  ... on ServiceLevelEntry { timer state } } } } }";

/// What a timeline says after the ticket was opened, an entry a line.
async fn timeline(who: &Client, ticket: &ticket::Model) -> String {
    let answer = who.run(TIMELINE, json!({ "id": global(ticket.id) })).await;
    let nodes = &answer["data"]["ticket"]["timeline"]["nodes"];
    let nodes = nodes.as_array().unwrap_or_else(|| panic!("{answer}"));
    let lines: Vec<_> = nodes[1..].iter().map(Value::to_string).collect();
    lines.join("\n")
}
