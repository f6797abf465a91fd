//! The log itself: appended to in the transaction of the change, read in the order of places.

use chrono::{DateTime, Utc};
use entity::{
    event::{self, ActorKind},
    ids::{TicketId, UserId},
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend, EntityTrait, NotSet, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait, Set, Statement, Values, sea_query::WithClause,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    Event, Pos,
    facts::{Change, Facts},
    places,
};
use crate::error::Result;

/// What a row's `data` holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    #[serde(flatten)]
    pub event: Event,
    /// On the last event of a change to a ticket, the facts that are different now, as they were
    /// before; none where the ticket is new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Map<String, Value>>,
}

/// An event to be appended.
pub(crate) struct Line {
    pub(crate) signature: Signature,
    pub(crate) event: Event,
    /// Of one change, the last event says what it changed.
    pub(crate) change: Option<Change>,
}

/// Who did it, and when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signature {
    pub actor_id: Option<UserId>,
    pub actor_kind: ActorKind,
    pub at: DateTime<Utc>,
}

/// What is written elsewhere with events, so that the database is asked once.
pub(crate) enum Beside {
    /// Parts of their statement: PostgreSQL takes one with values.
    Within(Box<WithClause>),
    /// SQLite takes several as one.
    Behind(Vec<Statement>),
}

/// Events in one statement: each is eight values, and SQLite takes 32,766 of them.
const STATEMENT_ROWS_MAX: usize = 4_000;

/// Writes `lines` in their order, in one statement unless they are very many; `beside` what is inserted elsewhere with it.
pub(crate) async fn append(
    db: &impl ConnectionTrait,
    mut lines: Vec<Line>,
    mut beside: Option<Beside>,
) -> Result<()> {
    while !lines.is_empty() {
        let rest = lines.split_off(lines.len().min(STATEMENT_ROWS_MAX));
        let rows = lines.into_iter().map(row).collect::<Result<Vec<_>>>()?;
        let insertion = event::Entity::insert_many(rows);
        match beside.take() {
            Some(Beside::Within(parts)) => {
                db.execute(&insertion.into_query().with(*parts)).await?;
            }
            Some(Beside::Behind(others)) => {
                let events = db.get_database_backend().build(&insertion.into_query());
                db.execute_raw(joined(events, others)).await?;
            }
            None => {
                insertion.exec_without_returning(db).await?;
            }
        }
        lines = rest;
    }
    Ok(())
}

/// All of them as one.
fn joined(mut first: Statement, others: Vec<Statement>) -> Statement {
    for other in others {
        first.sql.push_str("; ");
        first.sql.push_str(&other.sql);
        if let Some(more) = other.values {
            first
                .values
                .get_or_insert_with(|| Values(Vec::new()))
                .0
                .extend(more.0);
        }
    }
    first
}

fn row(line: Line) -> Result<event::ActiveModel> {
    let signature = line.signature;
    let (ticket_id, is_internal) = (line.event.ticket_id(), line.event.is_internal());
    let (before, facts) = line
        .change
        .map_or((None, None), |change| (change.before, Some(change.facts)));
    let entry = Entry {
        event: line.event,
        before,
    };
    Ok(event::ActiveModel {
        id: NotSet,
        ticket_id: Set(ticket_id),
        actor_id: Set(signature.actor_id),
        actor_kind: Set(signature.actor_kind),
        is_internal: Set(is_internal),
        at: Set(signature.at),
        data: Set(serde_json::to_value(entry).map_err(anyhow::Error::from)?),
        pos: NotSet,
        facts: Set(facts),
    })
}

/// Reads what a row holds.
pub fn entry(row: &event::Model) -> Result<Entry> {
    Ok(Entry::deserialize(&row.data).map_err(anyhow::Error::from)?)
}

/// An event that has its place.
#[derive(Clone, Debug)]
pub struct Placed {
    pub pos: Pos,
    pub id: i64,
    pub ticket_id: Option<TicketId>,
    pub actor_id: Option<UserId>,
    pub actor_kind: ActorKind,
    pub is_internal: bool,
    pub at: DateTime<Utc>,
    pub event: Event,
    /// On the last event of a change to a ticket, what the change made of it.
    pub change: Option<TicketChange>,
}

/// A ticket's facts before and after a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketChange {
    /// None: the ticket is new.
    pub before: Option<Facts>,
    pub after: Facts,
}

impl Placed {
    pub(crate) fn read(row: &event::Model) -> Result<Self> {
        let entry = entry(row)?;
        let change = row.facts.as_ref().map(|facts| change(&entry, facts));
        Ok(Self {
            pos: Pos::of(row.pos.unwrap_or_default()),
            id: row.id,
            ticket_id: row.ticket_id,
            actor_id: row.actor_id,
            actor_kind: row.actor_kind,
            is_internal: row.is_internal,
            at: row.at,
            event: entry.event,
            change: change.transpose()?,
        })
    }

    /// What it takes in memory, about.
    pub(super) fn weight(&self) -> usize {
        let facts = self.change.iter().flat_map(|change| {
            let before = change.before.iter();
            before.chain(std::iter::once(&change.after))
        });
        size_of::<Self>() + facts.map(Facts::weight).sum::<usize>()
    }
}

fn change(entry: &Entry, facts: &Value) -> Result<TicketChange> {
    let before = entry.before.as_ref();
    let read = || {
        Ok(TicketChange {
            before: before
                .map(|different| Facts::before(facts, different))
                .transpose()?,
            after: Facts::read(facts)?,
        })
    };
    read().map_err(|error: serde_json::Error| anyhow::Error::from(error).into())
}

/// At most `max` of the events after `pos` that have places, in their order.
pub(crate) async fn after(db: &impl ConnectionTrait, pos: Pos, max: u64) -> Result<Vec<Placed>> {
    let place = places::column(db.get_database_backend());
    let rows = event::Entity::find()
        .filter(place.gt(pos.to_stored()))
        .order_by_asc(place)
        .limit(max)
        .all(db)
        .await?;
    rows.iter().map(Placed::read).collect()
}

/// The event at a place; none where it has none yet.
pub async fn at(db: &impl ConnectionTrait, pos: Pos) -> Result<Option<Placed>> {
    let place = places::column(db.get_database_backend());
    let row = event::Entity::find()
        .filter(place.eq(pos.to_stored()))
        .one(db)
        .await?;
    row.as_ref().map(Placed::read).transpose()
}

/// The last place between two before what happened at `time` or later. Changes that go on at once note their times a
/// moment before they get their places, so it is exact to some seconds.
pub async fn place_before(
    db: &impl ConnectionTrait,
    time: DateTime<Utc>,
    (mut first, mut last): (Pos, Pos),
) -> Result<Pos> {
    while first < last {
        let middle = Pos(first.0 + (last.0 - first.0).div_ceil(2));
        if at(db, middle).await?.is_none_or(|event| event.at < time) {
            first = middle;
        } else {
            last = Pos(middle.0 - 1);
        }
    }
    Ok(first)
}

/// Where the log ends in a snapshot, and what was committed there and has no place yet. SQLite places
/// with the commit.
pub(crate) async fn end(snapshot: &DatabaseTransaction) -> Result<(Pos, Vec<Placed>)> {
    let head = places::read(snapshot).await?;
    if snapshot.get_database_backend() != DbBackend::Postgres {
        return Ok((head.pos, Vec::new()));
    }
    let rows = event::Entity::find()
        .filter(event::Column::Pos.is_null())
        .all(snapshot)
        .await?;
    let unplaced = rows.iter().map(Placed::read).collect::<Result<_>>()?;
    Ok((head.pos, unplaced))
}
