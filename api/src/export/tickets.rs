//! Tickets as lines: with the way they took and the articles on them.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, SecondsFormat, Utc};
use entity::{
    article, event,
    ids::{ArticleId, LevelChangeId, TicketId, UserId},
    knowledge_link, level_change, ticket, ticket_detail,
};
use sea_orm::{
    ColumnTrait, EntityTrait, IdenStatic, Iterable, QueryFilter, QueryOrder, QuerySelect,
    sea_query::Expr,
};
use serde_json::{Map, Value, json};

use super::{
    Line,
    history::{self, Sources},
    named::Named,
};
use crate::{
    actor::Actor,
    app::App,
    error::Result,
    events::{Event, log},
    graphql::GlobalId,
    policy,
};

/// Everything that the lines of some tickets are made of.
struct Around {
    named: Named,
    details: HashMap<TicketId, ticket_detail::Model>,
    events: HashMap<TicketId, Vec<event::Model>>,
    level_changes: HashMap<LevelChangeId, level_change::Model>,
    links: HashMap<TicketId, Vec<knowledge_link::Model>>,
    slugs: HashMap<ArticleId, String>,
}

pub(super) async fn lines(app: &App, actor: &Actor, rows: &[ticket::Model]) -> Result<Vec<Line>> {
    let around = Around::read(app, actor, rows).await?;
    rows.iter().map(|row| line(actor, &around, row)).collect()
}

/// What a ticket or comment is known by in a file: the number that another system gave it, or its id.
pub(super) fn external_id(ticket: &ticket::Model) -> String {
    let own = ticket.external_id.clone();
    let own = own.filter(|_| ticket.integration_id.is_nil());
    own.unwrap_or_else(|| ticket.id.global().0)
}

pub(super) fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

fn line(actor: &Actor, around: &Around, row: &ticket::Model) -> Result<Line> {
    let Around { named, .. } = around;
    let detail = around.details.get(&row.id);
    let sources = Sources {
        actor,
        named,
        level_changes: &around.level_changes,
    };
    let events = around.events.get(&row.id).map_or(&[][..], Vec::as_slice);
    let steps = history::steps(&sources, row, events)?;
    // A merge closes what was not solved; whoever reads the line finds both.
    let solved_at = row.solved_at.or(row.closed_at);
    let line = Line::of("ticket", row.id.global().0)
        .with("externalId", external_id(row))
        .with("subject", row.subject.as_str())
        .with(
            "description",
            detail.map(|detail| detail.description.as_str()),
        )
        .with("requesterEmail", named.email(row.requester_id))
        .with("requesterName", named.name(row.requester_id))
        .with("status", json!(row.status))
        .with("waitingReason", json!(row.waiting_reason))
        .with("waitingUntil", row.waiting_until.map(time))
        .with("priority", json!(row.priority))
        .with("levelRank", row.level_rank)
        .with("channel", json!(row.channel))
        .with(
            "assigneeEmail",
            row.assignee_id.and_then(|id| named.person(id)),
        )
        .with("team", row.team_id.map(|id| named.team(actor, id)))
        .with("noTeam", row.team_id.is_none().then_some(true))
        .with("tags", filled(json!(row.tags)))
        .with("createdAt", time(row.created_at))
        .with("updatedAt", time(row.updated_at))
        .with("firstRepliedAt", row.first_replied_at.map(time))
        .with("solvedAt", solved_at.map(time))
        .with("closedAt", row.closed_at.map(time))
        .with("history", filled(steps.into()))
        .with("knowledge", filled(knowledge(around, row.id)));
    Ok(match detail {
        Some(detail) => with_detail(line, detail),
        None => line,
    })
}

fn with_detail(line: Line, detail: &ticket_detail::Model) -> Line {
    let fields = detail.custom_fields.0.iter();
    let fields: Map<_, _> = fields
        .map(|field| (field.key.clone(), field.value.clone()))
        .collect();
    let satisfaction = detail.satisfaction.as_ref().map(|given| {
        let mut value = json!({ "score": given.score, "ratedAt": time(given.rated_at) });
        if let Some(comment) = &given.comment {
            value["comment"] = comment.as_str().into();
        }
        value
    });
    let context = detail.context.as_ref().map(|context| json!(context));
    line.with("customFields", filled(fields.into()))
        .with(
            "context",
            filled(without_nulls(context.unwrap_or_default())),
        )
        .with("satisfaction", satisfaction)
}

/// Null for what is empty.
fn filled(value: Value) -> Value {
    let is_empty = match &value {
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    };
    if is_empty { Value::Null } else { value }
}

fn without_nulls(mut value: Value) -> Value {
    if let Value::Object(fields) = &mut value {
        fields.retain(|_, value| !value.is_null());
    }
    value
}

fn knowledge(around: &Around, id: TicketId) -> Value {
    let links = around.links.get(&id).into_iter().flatten();
    let links = links.filter_map(|link| {
        let mut value = json!({ "article": around.slugs.get(&link.article_id)?, "role": link.role,
            "at": time(link.created_at) });
        if let Some(by) = link.added_by_id.and_then(|by| around.named.person(by)) {
            value["by"] = by.into();
        }
        Some(value)
    });
    links.collect()
}

impl Around {
    async fn read(app: &App, actor: &Actor, rows: &[ticket::Model]) -> Result<Self> {
        let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
        let events = read_events(app, &ids).await?;
        let links = knowledge_link::Entity::find()
            .filter(knowledge_link::Column::TicketId.is_in(ids.iter().copied()))
            .order_by_asc(knowledge_link::Column::Id)
            .all(&app.store.read)
            .await?;
        let slugs = read_slugs(app, actor, &links).await?;
        let details = ticket_detail::Entity::find()
            .filter(ticket_detail::Column::TicketId.is_in(ids))
            .all(&app.store.read)
            .await?;
        let people = people_of(rows, &events, &links)?;
        Ok(Self {
            named: Named::load(app, actor, people).await?,
            details: details
                .into_iter()
                .map(|row| (row.ticket_id, row))
                .collect(),
            level_changes: read_level_changes(app, &events).await?,
            events: grouped(events, |row| row.ticket_id),
            links: grouped(links, |row| Some(row.ticket_id)),
            slugs,
        })
    }
}

fn grouped<T>(rows: Vec<T>, of: impl Fn(&T) -> Option<TicketId>) -> HashMap<TicketId, Vec<T>> {
    let mut groups: HashMap<_, Vec<T>> = HashMap::new();
    for row in rows {
        if let Some(id) = of(&row) {
            groups.entry(id).or_default().push(row);
        }
    }
    groups
}

/// In the order in which they were recorded, without facts, which are most of a row.
async fn read_events(app: &App, ids: &[TicketId]) -> Result<Vec<event::Model>> {
    let read = event::Column::iter().filter(|column| !matches!(column, event::Column::Facts));
    let rows = event::Entity::find()
        .select_only()
        .columns(read)
        .expr_as(Expr::cust("NULL"), event::Column::Facts.as_str())
        .filter(event::Column::TicketId.is_in(ids.iter().copied()))
        .order_by_asc(event::Column::Id);
    Ok(rows.all(&app.store.read).await?)
}

async fn read_level_changes(
    app: &App,
    events: &[event::Model],
) -> Result<HashMap<LevelChangeId, level_change::Model>> {
    let mut ids = Vec::new();
    for row in events {
        if let Event::TicketLevelChanged {
            level_change_id, ..
        } = log::entry(row)?.event
        {
            ids.push(level_change_id);
        }
    }
    let rows = level_change::Entity::find()
        .filter(level_change::Column::Id.is_in(ids))
        .all(&app.store.read)
        .await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

async fn read_slugs(
    app: &App,
    actor: &Actor,
    links: &[knowledge_link::Model],
) -> Result<HashMap<ArticleId, String>> {
    let ids = links.iter().map(|link| link.article_id);
    let rows = article::Entity::find()
        .filter(policy::visible_articles(actor))
        .filter(article::Column::Id.is_in(ids))
        .all(&app.store.read)
        .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.slug)).collect())
}

/// Everybody whom lines name.
fn people_of(
    rows: &[ticket::Model],
    events: &[event::Model],
    links: &[knowledge_link::Model],
) -> Result<Vec<UserId>> {
    let mut people = Vec::new();
    for row in rows {
        people.push(row.requester_id);
        people.extend(row.assignee_id);
    }
    for row in events {
        people.extend(row.actor_id);
        if let Event::TicketClaimed { from, to, .. }
        | Event::TicketAssigned { from, to, .. }
        | Event::TicketHanded { from, to, .. } = log::entry(row)?.event
        {
            people.extend(from.assignee_id);
            people.extend(to.assignee_id);
        }
    }
    people.extend(links.iter().filter_map(|link| link.added_by_id));
    Ok(people)
}

/// Tickets by id, for what only names them.
pub(super) async fn read_by_id(
    app: &App,
    ids: impl IntoIterator<Item = TicketId>,
) -> Result<BTreeMap<TicketId, ticket::Model>> {
    let rows = ticket::Entity::find()
        .filter(ticket::Column::Id.is_in(ids))
        .all(&app.store.read)
        .await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}
