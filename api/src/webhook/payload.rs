//! What is told: made when it is sent, of what the endpoint's owner may read at that moment. `docs/webhooks/` has its
//! schema.

use chrono::{DateTime, Utc};
use entity::{
    comment,
    event::ActorKind,
    ids::{CommentId, TicketId},
    ticket,
    webhook_endpoint::Model,
};
use sea_orm::{ActiveEnum, EntityTrait, QueryFilter};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{
    seen::Seen,
    selection::{About, Subject, about},
};
use crate::{
    actor::Actor,
    app::App,
    error::Result,
    events::log::{Placed, TicketChange},
    graphql::{
        GlobalId,
        ids::{FieldKey, LevelRank},
    },
    policy,
    ticket::{self as tickets, reference},
};

/// Another one only where what is there changes its meaning or goes; what is new may come at any time.
const VERSION: &str = "v1";
/// A longer one goes without the text of its comment.
const BYTES_MAX: usize = 256 * 1024;
/// What of an event is told as it stands in the log. Ids are not: each is told where its thing may be seen.
const DETAILS: [&str; 16] = [
    "fields",
    "from",
    "to",
    "why",
    "added",
    "removed",
    "reason",
    "until",
    "score",
    "timer",
    "locale",
    "publishAt",
    "archiveAt",
    "role",
    "kind",
    "assignment",
];

#[derive(Serialize)]
struct Payload {
    version: &'static str,
    #[serde(rename = "type")]
    kind: String,
    timestamp: DateTime<Utc>,
    /// Grows with every event, so that receivers can put them in order.
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence: Option<u64>,
    data: Value,
}

/// A test.
pub(super) fn ping(endpoint: &Model, now: DateTime<Utc>) -> Result<Vec<u8>> {
    let payload = Payload {
        version: VERSION,
        kind: entity::webhook_event::WebhookEvent::Ping.to_value(),
        timestamp: now,
        sequence: None,
        data: json!({ "endpointId": endpoint.id.global().0 }),
    };
    Ok(serde_json::to_vec(&payload).map_err(anyhow::Error::from)?)
}

/// What is told of an event; nothing where the owner may not know of it.
pub(super) async fn build(app: &App, owner: &Actor, event: &Placed) -> Result<Option<Vec<u8>>> {
    let Some(about) = about(&event.event) else {
        return Ok(None);
    };
    let mut data = Map::new();
    data.insert("subject".to_owned(), named(&about.subject));
    data.insert("actor".to_owned(), actor(event));
    data.insert("details".to_owned(), details(event)?);
    let is_told = match &about.subject {
        Subject::Ticket(id) => add_ticket(app, owner, event, &about, *id, &mut data).await?,
        subject => {
            let seen = Seen::load(app, owner, std::iter::once(subject)).await?;
            seen.has(owner, subject)
        }
    };
    if !is_told {
        return Ok(None);
    }
    let related = about.related.iter();
    let seen = Seen::load(app, owner, related).await?;
    if let Some(other) = about.related.filter(|other| seen.has(owner, other)) {
        data.insert("related".to_owned(), json!([named(&other)]));
    }
    let mut payload = Payload {
        version: VERSION,
        kind: about.kind.to_value(),
        timestamp: event.at,
        sequence: Some(event.pos.0),
        data: Value::Object(data),
    };
    let mut body = serde_json::to_vec(&payload).map_err(anyhow::Error::from)?;
    if body.len() > BYTES_MAX {
        if let Some(comment) = payload.data.get_mut("comment") {
            comment["body"] = Value::Null;
            comment["isBodyOmitted"] = Value::Bool(true);
        }
        body = serde_json::to_vec(&payload).map_err(anyhow::Error::from)?;
    }
    Ok(Some(body))
}

/// Adds the ticket as it is now, what was different before, and the comment that it is about; whether the owner may
/// know of any of it.
async fn add_ticket(
    app: &App,
    owner: &Actor,
    event: &Placed,
    about: &About,
    id: TicketId,
    data: &mut Map<String, Value>,
) -> Result<bool> {
    if event.is_internal && !policy::sees_internal(owner) {
        return Ok(false);
    }
    let Some(row) = tickets::find_many(app, owner, &[id]).await?.remove(&id) else {
        return Ok(false);
    };
    if let Some(Subject::Comment(id)) = &about.related {
        let Some(comment) = comment_of(app, owner, *id).await? else {
            return Ok(false);
        };
        data.insert("comment".to_owned(), comment);
    }
    if let Some(before) = event
        .change
        .as_ref()
        .and_then(|change| before(owner, id, change))
    {
        data.insert("before".to_owned(), before);
    }
    data.insert("ticket".to_owned(), ticket(owner, &row));
    Ok(true)
}

fn ticket(owner: &Actor, row: &ticket::Model) -> Value {
    let organization = row.organization_id;
    let organization = organization.filter(|id| policy::sees_organization(owner, *id));
    let team = row.team_id.filter(|id| policy::sees_team(owner, *id));
    json!({
        "id": row.id.global().0,
        "reference": reference(row.number),
        "externalId": row.external_id,
        "version": row.version,
        "subject": row.subject,
        "status": row.status,
        "waitingReason": row.waiting_reason,
        "priority": row.priority,
        "levelRank": row.level_rank,
        "channel": row.channel,
        "requesterId": row.requester_id.global().0,
        "organizationId": organization.map(|id| id.global().0),
        "teamId": team.map(|id| id.global().0),
        "assigneeId": row.assignee_id.map(|id| id.global().0),
        "tags": row.tags,
        "createdAt": row.created_at,
        "updatedAt": row.updated_at,
        "solvedAt": row.solved_at,
    })
}

/// What was different before the change; the log knows no words, so none of them. None: the ticket is new.
fn before(owner: &Actor, id: TicketId, change: &TicketChange) -> Option<Value> {
    let facts = change.before.as_ref()?;
    let [Value::Object(before), after] = [
        ticket(owner, &facts.row(id)),
        ticket(owner, &change.after.row(id)),
    ] else {
        return None;
    };
    let different = before
        .into_iter()
        .filter(|(name, value)| after.get(name) != Some(value));
    Some(Value::Object(different.collect()))
}

async fn comment_of(app: &App, owner: &Actor, id: CommentId) -> Result<Option<Value>> {
    let found = comment::Entity::find_by_id(id).filter(policy::visible_comments(owner));
    let found = found.one(&app.store.read).await?;
    Ok(found.map(|row| {
        json!({
            "id": row.id.global().0,
            "authorId": row.author_id.map(|id| id.global().0),
            "visibility": row.visibility,
            "body": row.body,
            "isBodyOmitted": false,
            "isSolution": row.is_solution,
            "createdAt": row.created_at,
            "editedAt": row.edited_at,
        })
    }))
}

fn actor(event: &Placed) -> Value {
    let kind = match event.actor_kind {
        ActorKind::Person => "PERSON",
        ActorKind::Machine => "MACHINE",
        ActorKind::System => "SYSTEM",
    };
    json!({ "type": kind, "id": event.actor_id.map(|id| id.global().0) })
}

/// Words, numbers and times of the event.
fn details(event: &Placed) -> Result<Value> {
    let written = serde_json::to_value(&event.event).map_err(anyhow::Error::from)?;
    let Value::Object(written) = written else {
        return Ok(json!({}));
    };
    let told = written
        .into_iter()
        .filter(|(name, value)| DETAILS.contains(&name.as_str()) && !value.is_object());
    Ok(Value::Object(told.collect()))
}

fn named(subject: &Subject) -> Value {
    let (kind, id) = match subject {
        Subject::Ticket(id) => ("Ticket", id.global()),
        Subject::Comment(id) => ("Comment", id.global()),
        Subject::Article(id) => ("Article", id.global()),
        Subject::ArticleCategory(id) => ("ArticleCategory", id.global()),
        Subject::User(id) => ("User", id.global()),
        Subject::Organization(id) => ("Organization", id.global()),
        Subject::Team(id) => ("Team", id.global()),
        Subject::CustomField(key) => ("CustomField", FieldKey(key.clone()).global()),
        Subject::Level(rank) => ("Level", LevelRank(*rank).global()),
        Subject::Calendar(id) => ("Calendar", id.global()),
        Subject::ServiceLevelPolicy(id) => ("ServiceLevelPolicy", id.global()),
    };
    json!({ "type": kind, "id": id.0 })
}
