//! Writes tickets, and with them all that one batch says of each: rows, comments, events.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Utc};
use entity::{
    article, comment, event, field_change,
    ids::{CommentId, TicketId, UserId},
    json::CommentDigest,
    knowledge_link, level_change,
    ticket::{self, Status},
    ticket_detail,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::{
    bulk,
    commands::Existing,
    known::Known,
    life::{self, Moment},
    opening,
    record::Ticket,
    report::Outcome,
    revising,
    stored::{write_links, write_tickets},
};
use crate::{
    app::Tx,
    error::Result,
    events::{Event, log},
    sla::Timers,
    ticket::{change::terms::read_timers, deadline::store_timers, next_numbers},
};

/// What came of a row, or why it cannot be imported.
pub(super) type Verdict = Result<Outcome, String>;

/// The tickets that a batch touches, by external id, until all is known and they are written.
#[derive(Default)]
pub(super) struct Desk {
    pub(super) tickets: HashMap<String, Open>,
    /// New comments.
    pub(super) comments: BTreeMap<CommentId, comment::Model>,
}

/// A ticket that the batch touches.
#[derive(Clone)]
pub(super) struct Open {
    /// As it is stored; none: it is new.
    pub(super) before: Option<ticket::Model>,
    /// As it was created if it is new, else with all changed that no moment changes.
    pub(super) after: ticket::Model,
    /// The level it was created on.
    pub(super) first_rank: i16,
    /// What the batch says that happened to it.
    pub(super) moments: Vec<Moment>,
    /// Its long texts, where they are new or different.
    pub(super) detail: Option<ticket_detail::Model>,
    pub(super) finals: Finals,
    pub(super) level_changes: Vec<level_change::Model>,
    pub(super) field_changes: Vec<field_change::Model>,
    pub(super) links: Vec<knowledge_link::Model>,
}

/// Times that the file states and that win over those of the moments.
#[expect(clippy::struct_field_names, reason = "the ticket's names")]
#[derive(Clone, Copy, Default)]
pub(super) struct Finals {
    pub(super) updated_at: Option<DateTime<Utc>>,
    pub(super) first_replied_at: Option<DateTime<Utc>>,
    pub(super) solved_at: Option<DateTime<Utc>>,
    pub(super) closed_at: Option<DateTime<Utc>>,
}

/// What is merged is as the other ticket shows it, until that is undone.
pub(super) fn require_not_merged(open: &Open) -> Result<(), String> {
    match open.after.merged_into_id {
        Some(_) => Err("the ticket is merged into another here, and stays so".to_owned()),
        None => Ok(()),
    }
}

impl Open {
    fn stored(ticket: ticket::Model) -> Self {
        Self {
            after: ticket.clone(),
            first_rank: ticket.level_rank,
            before: Some(ticket),
            moments: Vec::new(),
            detail: None,
            finals: Finals::default(),
            level_changes: Vec::new(),
            field_changes: Vec::new(),
            links: Vec::new(),
        }
    }

    /// Adds a knowledge link.
    pub(super) fn link(&mut self, link: knowledge_link::Model) {
        self.moments.push(Moment {
            at: link.created_at,
            by: link.added_by_id,
            event: Event::KnowledgeLinked {
                ticket_id: link.ticket_id,
                link_id: link.id,
                article_id: link.article_id,
                role: link.role,
            },
        });
        self.links.push(link);
    }
}

impl Desk {
    /// Reads the tickets with these external ids, and holds them until the transaction ends.
    pub(super) async fn load(tx: &Tx<'_>, external_ids: HashSet<&str>) -> Result<Self> {
        let own = ticket::Entity::find()
            .filter(ticket::Column::IntegrationId.eq(Uuid::nil()))
            .lock_exclusive();
        let found = bulk::find_in(tx, own, ticket::Column::ExternalId, external_ids).await?;
        let by_id =
            |ticket: ticket::Model| Some((ticket.external_id.clone()?, Open::stored(ticket)));
        Ok(Self {
            tickets: found.into_iter().filter_map(by_id).collect(),
            comments: BTreeMap::new(),
        })
    }

    /// Takes in what rows say of tickets.
    pub(super) async fn take(
        &mut self,
        tx: &Tx<'_>,
        known: &Known,
        articles: &HashMap<String, article::Model>,
        rows: &[(u64, &Ticket)],
        existing: Existing,
    ) -> Result<Vec<(u64, Verdict)>> {
        let stored = rows
            .iter()
            .filter_map(|(_, row)| self.tickets.get(&row.external_id))
            .map(|open| open.after.id);
        let details = revising::details(tx, stored.collect()).await?;
        let mut verdicts = Vec::new();
        for (line, row) in rows {
            let verdict = match self.tickets.get_mut(&row.external_id) {
                Some(_) if existing == Existing::Keep => Ok(Outcome::Unchanged),
                Some(open) => {
                    revising::revise(tx, known, articles, &details[&open.after.id], open, row)
                }
                None => opening::open(tx, known, articles, row).map(|open| {
                    self.tickets.insert(row.external_id.clone(), open);
                    Outcome::Created
                }),
            };
            verdicts.push((*line, verdict));
        }
        Ok(verdicts)
    }

    /// Writes everything, and says what happened.
    pub(super) async fn write(self, tx: &mut Tx<'_>, known: &mut Known) -> Result<()> {
        let mut opens: Vec<Open> = self
            .tickets
            .into_values()
            .filter(|open| !open.moments.is_empty())
            .collect();
        opens.sort_by_key(|open| open.after.id);
        let mut past = past_moments(tx, known, &opens).await?;
        let new_count = opens.iter().filter(|open| open.before.is_none()).count();
        let mut numbers = next_numbers(tx, new_count).await?.into_iter();
        for open in &mut opens {
            if open.before.is_none()
                && let Some(number) = numbers.next()
            {
                open.after.number = number;
            }
            let past = past.remove(&open.after.id).unwrap_or_default();
            let stored = stored_timers(tx, open).await?;
            live(tx, known, open, past, stored.as_ref(), &self.comments)?;
        }
        write_tickets(tx, &opens).await?;
        bulk::insert::<comment::Entity, _>(tx, self.comments.into_values()).await?;
        let level_changes = opens
            .iter_mut()
            .flat_map(|open| std::mem::take(&mut open.level_changes));
        bulk::insert::<level_change::Entity, _>(tx, level_changes).await?;
        let field_changes = opens
            .iter_mut()
            .flat_map(|open| std::mem::take(&mut open.field_changes));
        bulk::insert::<field_change::Entity, _>(tx, field_changes).await?;
        let links: Vec<_> = opens.into_iter().flat_map(|open| open.links).collect();
        write_links(tx, links).await
    }
}

/// What the log has of the tickets that are stored already: their timers are made of all of it.
async fn past_moments(
    tx: &Tx<'_>,
    known: &mut Known,
    opens: &[Open],
) -> Result<HashMap<TicketId, Vec<Moment>>> {
    let ids = opens
        .iter()
        .filter_map(|open| open.before.as_ref())
        .map(|ticket| ticket.id);
    let in_order = event::Entity::find().order_by_asc(event::Column::Id);
    let rows = bulk::find_in(tx, in_order, event::Column::TicketId, ids).await?;
    known
        .meet_all(tx, rows.iter().filter_map(|row| row.actor_id).collect())
        .await?;
    let mut past: HashMap<TicketId, Vec<Moment>> = HashMap::new();
    for row in rows {
        if let Some(ticket_id) = row.ticket_id {
            let event = log::entry(&row)?.event;
            past.entry(ticket_id).or_default().push(Moment {
                at: row.at,
                by: row.actor_id,
                event,
            });
        }
    }
    Ok(past)
}

/// Takes a ticket through its new moments, recording each, to where it stands in the end.
fn live(
    tx: &mut Tx<'_>,
    known: &Known,
    open: &mut Open,
    past: Vec<Moment>,
    stored: Option<&Timers>,
    comments: &BTreeMap<CommentId, comment::Model>,
) -> Result<()> {
    life::sort(&mut open.moments);
    let mut whole = past;
    whole.extend(open.moments.iter().cloned());
    life::sort(&mut whole);
    let first_rank = life::first_rank(&whole).unwrap_or(open.first_rank);
    let first_replied_at = open.finals.first_replied_at.or(open.after.first_replied_at);
    let staff = &known.staff;
    let first = ticket::Model {
        level_rank: first_rank,
        priority: life::first_priority(&whole).unwrap_or(open.after.priority),
        ..open.after.clone()
    };
    let mut timers = life::timers(&first, first_replied_at, &whole, staff, &known.book);
    open.after.terms_version = known.book.version();

    // What came due elsewhere is not told here; what came due here, and nobody has told yet, is told later.
    timers.pass_over(stored, tx.now());

    let last = open.moments.len() - 1;
    for (index, moment) in open.moments.iter().enumerate() {
        if moment.is_public() {
            open.after.version += 1;
        }
        life::advance(&mut open.after, moment);
        if let Event::CommentAdded { comment_id, .. } = &moment.event
            && let Some(comment) = comments.get(comment_id)
        {
            show(&mut open.after, comment, staff);
        }
        if index == last {
            settle(&mut open.after, &open.finals);
            store_timers(&mut open.after, &timers, tx.close_after())?;
            give_time(tx, &mut open.after);
        }
        tx.record_past(moment.event.clone(), moment.by, moment.at);
    }
    tx.record_change(open.before.as_ref(), &open.after)
}

/// The timers as they are, of a ticket that is stored already.
async fn stored_timers(tx: &Tx<'_>, open: &Open) -> Result<Option<Timers>> {
    match &open.before {
        Some(before) => Ok(Some(read_timers(tx.app(), &before.timers).await?)),
        None => Ok(None),
    }
}

/// A ticket that comes solved, however long ago, can be reopened for as long as one that is solved here.
fn give_time(tx: &Tx<'_>, ticket: &mut ticket::Model) {
    if ticket.status == Status::Solved
        && let Some(close_after) = tx.close_after()
    {
        let quiet_end = Some(tx.now() + close_after);
        ticket.next_deadline_at = std::cmp::max(ticket.next_deadline_at, quiet_end);
    }
}

/// Keeps on the ticket what lists show: how many comments, and the newest of each visibility.
fn show(ticket: &mut ticket::Model, comment: &comment::Model, staff: &HashSet<UserId>) {
    let is_public = comment.visibility == comment::Visibility::Public;
    let (count, newest) = if is_public {
        (
            &mut ticket.public_comment_count,
            &mut ticket.last_public_comment,
        )
    } else {
        (
            &mut ticket.internal_comment_count,
            &mut ticket.last_internal_comment,
        )
    };
    *count += 1;
    if newest
        .as_ref()
        .is_none_or(|newest| newest.created_at <= comment.created_at)
    {
        *newest = Some(CommentDigest {
            id: comment.id,
            author_id: comment.author_id,
            excerpt: comment.excerpt.clone(),
            created_at: comment.created_at,
        });
    }
    if is_public
        && comment
            .author_id
            .is_some_and(|author| staff.contains(&author))
    {
        let replied_at = ticket.first_replied_at.get_or_insert(comment.created_at);
        *replied_at = std::cmp::min(comment.created_at, *replied_at);
    }
}

fn settle(ticket: &mut ticket::Model, finals: &Finals) {
    ticket.updated_at = finals.updated_at.unwrap_or(ticket.updated_at);
    ticket.first_replied_at = finals.first_replied_at.or(ticket.first_replied_at);
    if ticket.solved_at.is_some() {
        ticket.solved_at = finals.solved_at.or(ticket.solved_at);
    }
    if ticket.closed_at.is_some() {
        ticket.closed_at = finals.closed_at.or(ticket.closed_at);
    }
}
