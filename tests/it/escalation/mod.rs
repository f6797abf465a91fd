//! What levels do by themselves when a target is near or missed.

mod just_late;
mod rules;
mod rungs;

use entity::{level_change, ticket};
use harness::{Client, TestServer, global};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
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

/// How often rules have raised a ticket.
async fn raised(server: &TestServer, ticket: &ticket::Model) -> usize {
    let rows = level_change::Entity::find()
        .filter(level_change::Column::TicketId.eq(ticket.id))
        .filter(level_change::Column::Cause.is_not_null());
    rows.all(&server.app().store.read).await.unwrap().len()
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
