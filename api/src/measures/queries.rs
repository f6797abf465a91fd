//! Reads the log, through what the actor may see.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use entity::{
    event,
    ids::{TicketId, UserId},
    ticket::{self, Column, Status},
    user,
};
use futures_util::TryStreamExt;
use sea_orm::{
    ColumnTrait, Condition, DatabaseTransaction, EntityTrait, FromQueryResult, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
    sea_query::{Expr, ExprTrait},
};
use serde::Deserialize;

use super::{
    Dimension, Interval, Period, Report,
    replay::{Kept, Line, Replay},
    rules::State,
    tally::Tallies,
};
use crate::{
    actor::Actor,
    app::App,
    error::{Error, Result},
    events::Event,
    policy::{self, Action},
    sla::Stored,
    ticket::Filter,
    turns::Turns,
};

/// Tickets whose log is read for one answer.
const TICKETS_MAX: u64 = 50_000;
/// Tickets whose log one statement reads.
const TICKETS_AT_ONCE: u64 = 500;
/// Answers that are worked out at once on a server, and that wait for their turn.
static TURNS: Turns = Turns::new(2, 8);

/// What to measure.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// Which tickets, as they are now.
    pub filter: &'a Filter,
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
    pub by: Option<Dimension>,
    pub interval: Option<Interval>,
    /// An IANA name; the actor's own where absent.
    pub time_zone: Option<&'a str>,
}

/// Works out the measures of the tickets that the actor sees. Memory holds a number for each length and a page of tickets,
/// never the log.
pub async fn measure(app: &App, actor: &Actor, asked: Question<'_>) -> Result<(Period, Report)> {
    policy::authorize(actor, Action::ReadMetrics)?;
    let zone = zone(app, actor, asked.time_zone).await?;
    let period = Period::new((asked.from, asked.to), zone, asked.interval)?;
    let _turn = TURNS.take().await?;
    // The tickets and their log as they are at one moment.
    let snapshot = app.store.snapshot().await?;
    let tickets = ticket::Entity::find()
        .filter(policy::visible_tickets(actor))
        .filter(asked.filter.condition())
        .filter(in_play(&period));
    if tickets.clone().count(&snapshot).await? > TICKETS_MAX {
        return Err(Error::BadInput(
            "more than 50,000 tickets: ask for a shorter time, or filter them",
        ));
    }
    let mut tallies = Tallies::new(&period);
    let mut after = None;
    loop {
        let page = page(&snapshot, &tickets, after).await?;
        after = page.last().map(|ticket| ticket.id);
        if after.is_none() {
            break;
        }
        replay(&snapshot, page, &period, asked.by, &mut tallies).await?;
    }
    let report = tallies.report()?;
    Ok((period, report))
}

async fn zone(app: &App, actor: &Actor, asked: Option<&str>) -> Result<Tz> {
    let unknown = Error::BadInput("there is no such time zone: use a name such as Europe/Paris");
    if let Some(name) = asked {
        return name.parse().map_err(|_| unknown);
    }
    let Some(id) = actor.id() else {
        return Ok(Tz::UTC);
    };
    let own: Option<String> = user::Entity::find_by_id(id)
        .select_only()
        .column(user::Column::TimeZone)
        .into_tuple()
        .one(&app.store.read)
        .await?;
    Ok(own.and_then(|name| name.parse().ok()).unwrap_or(Tz::UTC))
}

/// Those to which anything happened within the time that is measured, or that were unresolved in it: others are solved
/// or closed since before it, and untouched.
fn in_play(period: &Period) -> Condition {
    let from = period.from();
    let lasts = Condition::any()
        .add(Filter::Status(vec![Status::New, Status::Open, Status::Waiting]).condition())
        .add(Column::UpdatedAt.gte(from))
        .add(Column::SolvedAt.gte(from))
        .add(Column::ClosedAt.gte(from));
    Condition::all()
        .add(Column::CreatedAt.lt(period.to()))
        .add(lasts)
}

#[derive(FromQueryResult)]
struct TicketRow {
    id: TicketId,
    created_at: DateTime<Utc>,
    first_replied_at: Option<DateTime<Utc>>,
    timers: String,
}

async fn page(
    snapshot: &DatabaseTransaction,
    tickets: &Select<ticket::Entity>,
    after: Option<TicketId>,
) -> Result<Vec<TicketRow>> {
    let rows = tickets
        .clone()
        .select_only()
        .columns([
            Column::Id,
            Column::CreatedAt,
            Column::FirstRepliedAt,
            Column::Timers,
        ])
        .filter(Condition::all().add_option(after.map(|id| Column::Id.gt(id))))
        .order_by_asc(Column::Id)
        .limit(TICKETS_AT_ONCE);
    Ok(rows.into_model().all(snapshot).await?)
}

#[derive(FromQueryResult)]
struct EventRow {
    ticket_id: Option<TicketId>,
    actor_id: Option<UserId>,
    at: DateTime<Utc>,
    data: serde_json::Value,
    facts: Option<serde_json::Value>,
    is_asking: bool,
}

/// Tells the log of a page of tickets again, until the end of the time.
async fn replay(
    snapshot: &DatabaseTransaction,
    page: Vec<TicketRow>,
    period: &Period,
    by: Option<Dimension>,
    tallies: &mut Tallies<'_>,
) -> Result<()> {
    let ids: Vec<_> = page.iter().map(|ticket| ticket.id).collect();
    let mut log = events(ids, period.to())
        .into_model::<EventRow>()
        .stream(snapshot)
        .await?;
    let mut next = log.try_next().await?;
    for ticket in page {
        let mut replay = Replay::new(tallies, by, ticket.kept()?);
        while let Some(row) = next.take_if(|row| row.ticket_id == Some(ticket.id)) {
            replay.line(row.line()?);
            next = log.try_next().await?;
        }
        replay.end(period.to());
    }
    Ok(())
}

/// The events of these tickets before the end, ticket by ticket, each in its order.
fn events(ids: Vec<TicketId>, to: DateTime<Utc>) -> Select<event::Entity> {
    let asking = user::Entity::find()
        .select_only()
        .expr(Expr::val(1))
        .filter(
            Expr::col((user::Entity, user::Column::Id))
                .equals((event::Entity, event::Column::ActorId)),
        )
        .filter(policy::asking_for_help())
        .into_query();
    event::Entity::find()
        .select_only()
        .columns([
            event::Column::TicketId,
            event::Column::ActorId,
            event::Column::At,
            event::Column::Data,
            event::Column::Facts,
        ])
        .expr_as(Expr::exists(asking), "is_asking")
        .filter(event::Column::TicketId.is_in(ids))
        .filter(event::Column::At.lt(to))
        .order_by_asc(event::Column::TicketId)
        .order_by_asc(event::Column::Id)
}

impl TicketRow {
    fn kept(&self) -> Result<Kept> {
        let timers: Stored = serde_json::from_str(&self.timers).map_err(anyhow::Error::from)?;
        Ok(Kept {
            created_at: self.created_at,
            first_replied_at: self.first_replied_at,
            timers,
        })
    }
}

impl EventRow {
    fn line(self) -> Result<Line> {
        let after = self.facts.as_ref().map(State::deserialize).transpose();
        Ok(Line {
            at: self.at,
            event: Event::deserialize(&self.data).map_err(anyhow::Error::from)?,
            by: self.actor_id,
            is_asking: self.is_asking,
            after: after.map_err(anyhow::Error::from)?,
        })
    }
}
