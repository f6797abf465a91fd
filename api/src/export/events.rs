//! Events of tickets as lines, for warehouses; no import reads them.

use std::collections::HashSet;

use entity::ids::TicketId;
use serde_json::{Map, Value, json};

use super::{
    Line,
    batch::Place,
    tickets::{external_id, time},
};
use crate::{
    actor::Actor,
    app::App,
    error::Result,
    events::{
        Pos,
        log::{self, Placed},
    },
    graphql::GlobalId,
    policy::{self, Scope},
    ticket,
};

/// Events that are read at once.
const BATCH: u64 = 1_000;
/// What the data of events name, and what their global ids begin with.
const IDS: [(&str, &str); 14] = [
    ("ticketId", "tic"),
    ("intoId", "tic"),
    ("mergedId", "tic"),
    ("otherId", "tic"),
    ("commentId", "com"),
    ("moved", "com"),
    ("assigneeId", "usr"),
    ("mentioned", "usr"),
    ("teamId", "tea"),
    ("notifyTeamId", "tea"),
    ("articleId", "art"),
    ("linkId", "lnk"),
    ("levelChangeId", ""),
    ("fieldChangeId", ""),
];

/// The lines of the next events that have places, and where they end; none at the end of the log.
pub(super) async fn next(
    app: &App,
    actor: &Actor,
    after: Pos,
) -> Result<Option<(Vec<Line>, Place)>> {
    let events = log::after(&app.store.read, after, BATCH).await?;
    let Some(last) = events.last().map(|event| event.pos) else {
        return Ok(None);
    };
    let sees_internal = policy::sees_internal(actor);
    let told: Vec<_> = events
        .into_iter()
        .filter(|event| event.ticket_id.is_some() && (sees_internal || !event.is_internal))
        .collect();
    let ids: HashSet<TicketId> = told.iter().filter_map(|event| event.ticket_id).collect();
    let seen = ticket::find_many(app, actor, &Vec::from_iter(ids)).await?;
    let mut lines = Vec::new();
    for event in &told {
        let Some(ticket) = event.ticket_id.and_then(|id| seen.get(&id)) else {
            continue;
        };
        lines.push(line(app, actor, event, &external_id(ticket))?);
    }
    Ok(Some((lines, Place::Event(last))))
}

fn line(app: &App, actor: &Actor, event: &Placed, ticket: &str) -> Result<Line> {
    let data = serde_json::to_value(&event.event).map_err(anyhow::Error::from)?;
    let word = data.get("type").cloned().unwrap_or_default();
    // Partners are told what happened to their tickets, but not which others, and whose, had to do with it.
    let data = (policy::scope(actor) == Scope::Desk).then(|| named(data));
    Ok(Line::of("event", app.feed.cursor(event.pos))
        .with("at", time(event.at))
        .with("event", word)
        .with("ticketId", event.ticket_id.map(|id| id.global().0))
        .with("ticketExternalId", ticket)
        .with("actorKind", json!(event.actor_kind))
        .with("actorId", event.actor_id.map(|id| id.global().0))
        .with("data", data.unwrap_or_default()))
}

/// With global ids, and without what has a field of its own or names nothing outside.
fn named(data: Value) -> Value {
    let Value::Object(fields) = data else {
        return data;
    };
    let fields = fields
        .into_iter()
        .filter(|(name, _)| name != "type" && name != "ticketId");
    let named = fields.filter_map(|(name, value)| {
        let value = match IDS.iter().find(|(known, _)| *known == name) {
            Some((_, "")) => return None,
            Some((_, kind)) => global(kind, value),
            None => within(value),
        };
        Some((name, value))
    });
    Value::Object(named.collect::<Map<_, _>>())
}

fn within(value: Value) -> Value {
    match value {
        Value::Object(_) => named(value),
        other => other,
    }
}

fn global(kind: &str, id: Value) -> Value {
    match id {
        Value::String(id) => format!("{kind}_{}", id.replace('-', "")).into(),
        Value::Array(ids) => ids.into_iter().map(|id| global(kind, id)).collect(),
        other => other,
    }
}
