//! A ticket that the desk does not have yet: its first row, and what happened to it since.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::{
    article,
    ids::TicketId,
    json::{self, Fields, Tags},
    ticket::{self, Channel, NEVER, ServicePhase, Status, Warning},
    ticket_detail,
};
use uuid::Uuid;

use super::{
    known::Known,
    record::{Change, Step, Ticket},
    tickets::{Finals, Open},
    way,
};
use crate::{
    app::Tx,
    custom_field,
    text::{self, markdown},
};

/// What a row says of a new ticket, or what it names that is not there.
pub(super) fn open(
    tx: &Tx<'_>,
    known: &Known,
    articles: &HashMap<String, article::Model>,
    row: &Ticket,
) -> Result<Open, String> {
    let now = tx.now();
    let created_at = row
        .created_at
        .map_or(now, |when| when.resolve(now).min(now));
    let ticket = first(tx, known, row, created_at)?;
    let new = Open {
        before: None,
        first_rank: ticket.level_rank,
        after: ticket,
        moments: Vec::new(),
        detail: None,
        finals: finals(row, created_at, now),
        level_changes: Vec::new(),
        field_changes: Vec::new(),
        links: Vec::new(),
    };
    let mut open = way::walk(tx, known, articles, new, row)?;
    open.after.priority = row
        .priority
        .unwrap_or(known.directory.levels[&last_rank(known, row)?].default_priority);
    open.detail = Some(detail(row, open.after.id, created_at, now));
    Ok(open)
}

/// The ticket as it was when it was created.
fn first(
    tx: &Tx<'_>,
    known: &Known,
    row: &Ticket,
    created_at: DateTime<Utc>,
) -> Result<ticket::Model, String> {
    let requester = known.user("requesterEmail", &row.requester.email)?;
    let level_rank = first_rank(known, row)?;
    let last_level = &known.directory.levels[&last_rank(known, row)?];
    let team_id = match (row.history.iter().flatten().find_map(first_team), &row.team) {
        (Some(None), _) => None,
        (Some(Some(name)), _) => Some(known.team("history", name)?),
        (None, Some(name)) => Some(known.team("team", name)?),
        (None, None) if row.has_no_team => None,
        (None, None) => last_level.default_team_id,
    };
    Ok(ticket::Model {
        id: TicketId(tx.new_id()),
        number: 0,
        integration_id: Uuid::nil(),
        external_id: Some(row.external_id.clone()),
        version: 0,
        subject: row.subject.clone(),
        subject_folded: text::fold(&row.subject),
        status: Status::New,
        waiting_reason: None,
        waiting_until: None,
        priority: last_level.default_priority,
        level_rank,
        channel: row.channel.unwrap_or(Channel::Api),
        requester_id: requester.id,
        organization_id: requester.organization_id,
        team_id,
        assignee_id: None,
        tags: Tags(row.tags.clone().unwrap_or_default()),
        fields: facts(known, row),
        public_comment_count: 0,
        internal_comment_count: 0,
        last_public_comment: None,
        last_internal_comment: None,
        timers: String::new(),
        service_phase: ServicePhase::Met,
        next_due_at: NEVER,
        at_risk_at: NEVER,
        warning: Warning::None,
        next_deadline_at: None,
        terms_version: 0,
        reopen_count: 0,
        merged_into_id: None,
        merged_tickets: None,
        follow_up_of_id: None,
        created_at,
        updated_at: created_at,
        first_replied_at: None,
        solved_at: None,
        closed_at: None,
    })
}

fn facts(known: &Known, row: &Ticket) -> Fields {
    let definitions = &known.directory.fields;
    let values = row.custom_fields.as_ref();
    values.map_or_else(Fields::default, |values| {
        custom_field::facts_of(definitions, values)
    })
}

#[expect(
    clippy::option_option,
    reason = "no change of team, or one from no team"
)]
fn first_team(step: &Step) -> Option<Option<&str>> {
    match &step.change {
        Change::Team { from, .. } => Some(from.as_deref()),
        Change::Status { .. } | Change::Level { .. } | Change::Assignee { .. } => None,
    }
}

fn first_rank(known: &Known, row: &Ticket) -> Result<i16, String> {
    let from = row
        .history
        .iter()
        .flatten()
        .find_map(|step| match step.change {
            Change::Level { from, .. } => Some(from),
            Change::Status { .. } | Change::Assignee { .. } | Change::Team { .. } => None,
        });
    from.map_or_else(
        || last_rank(known, row),
        |rank| require_level(known, "history", rank),
    )
}

fn last_rank(known: &Known, row: &Ticket) -> Result<i16, String> {
    let to = row
        .history
        .iter()
        .flatten()
        .rev()
        .find_map(|step| match step.change {
            Change::Level { to, .. } => Some(to),
            Change::Status { .. } | Change::Assignee { .. } | Change::Team { .. } => None,
        });
    let nearest = || known.directory.levels.keys().next().copied();
    let rank = to
        .or(row.level_rank)
        .or_else(nearest)
        .ok_or("levelRank: there are no levels")?;
    require_level(known, "levelRank", rank)
}

pub(super) fn require_level(known: &Known, field: &str, rank: i16) -> Result<i16, String> {
    let is_known = known.directory.levels.contains_key(&rank);
    is_known
        .then_some(rank)
        .ok_or_else(|| format!("{field}: there is no level {rank}"))
}

fn finals(row: &Ticket, created_at: DateTime<Utc>, now: DateTime<Utc>) -> Finals {
    let time =
        |when: Option<super::when::When>| when.map(|when| when.resolve(now).clamp(created_at, now));
    Finals {
        updated_at: time(row.updated_at),
        first_replied_at: time(row.first_replied_at),
        solved_at: time(row.solved_at),
        closed_at: time(row.closed_at),
    }
}

pub(super) fn detail(
    row: &Ticket,
    id: TicketId,
    created_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> ticket_detail::Model {
    ticket_detail::Model {
        ticket_id: id,
        description: row.description.clone(),
        description_html: markdown::to_html(&row.description),
        context: row.context.clone(),
        custom_fields: row.custom_fields.clone().unwrap_or_default(),
        satisfaction: row.satisfaction.as_ref().map(|given| json::Satisfaction {
            score: given.score,
            comment: given.comment.clone(),
            rated_at: given
                .rated_at
                .or(row.updated_at)
                .map_or(now, |when| when.resolve(now).clamp(created_at, now)),
        }),
    }
}
