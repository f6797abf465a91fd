//! What happens to a ticket by itself when its time comes: targets get near and are missed, waits end, and what was
//! solved is closed. `tickets.next_deadline_at` says when the next of these is, and is written with every change.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    ids::{TeamId, TicketId},
    ticket::{self, Column, NEVER, ServicePhase, Status, Warning},
};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{LockBehavior, LockType},
};

use super::{Change, escalation};
use crate::{
    actor::Actor,
    app::{App, Tx},
    error::Result,
    events::Event,
    sla::{Due, Phase, Stored, Timers},
};

/// When the next deadline of any ticket other than `except` is. One entry of one index is read beside theirs.
pub async fn next_deadline(app: &App, except: &[TicketId]) -> Result<Option<DateTime<Utc>>> {
    let others = (!except.is_empty()).then(|| Column::Id.is_not_in(except.iter().copied()));
    let next = ticket::Entity::find()
        .select_only()
        .column(Column::NextDeadlineAt)
        .filter(
            Condition::all()
                .add_option(others)
                .add(Column::NextDeadlineAt.is_not_null()),
        )
        .order_by_asc(Column::NextDeadlineAt)
        .limit(1)
        .into_tuple();
    Ok(next.one(&app.store.read).await?)
}

/// Does what has come due for one ticket that nobody else is changing, other than `except`; none where there is no such
/// ticket. What is done and that it was done are committed together, so it happens once, whoever else tries and
/// whatever ends in between.
pub async fn meet_deadline(
    app: &App,
    except: &[TicketId],
) -> Result<Option<(TicketId, Result<()>)>> {
    let tx = app.begin(&Actor::System).await?;
    let due = ticket::Entity::find()
        .filter(Column::NextDeadlineAt.lte(tx.now()))
        .filter(Column::Id.is_not_in(except.iter().copied()))
        .order_by_asc(Column::NextDeadlineAt)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .limit(1);
    let Some(ticket) = due.one(&*tx).await? else {
        return Ok(None);
    };
    Ok(Some((ticket.id, meet(tx, ticket).await)))
}

async fn meet(mut tx: Tx<'_>, ticket: ticket::Model) -> Result<()> {
    let mut change = Change::of_locked(&mut tx, ticket).await?;
    escalation::tell_due(&mut tx, &mut change).await?;
    let now = tx.now();
    let is_past = |at: Option<DateTime<Utc>>| at.is_some_and(|at| at <= now);
    if is_past(wait_end(&change.after)) {
        change.open(&mut tx);
    } else if is_past(quiet_end(&change.after, tx.close_after())) {
        change.close(&mut tx);
    }
    change.finish(tx).await?;
    Ok(())
}

/// What is told of a target, to a team besides those who answer for the ticket.
pub(super) const fn event(ticket_id: TicketId, due: Due, notify_team_id: Option<TeamId>) -> Event {
    let timer = due.kind;
    match due.warning {
        Warning::None | Warning::AtRisk => Event::TicketAtRisk {
            ticket_id,
            timer,
            notify_team_id,
        },
        Warning::Breached => Event::TicketBreached {
            ticket_id,
            timer,
            notify_team_id,
        },
    }
}

/// Keeps on the row what lists, filters and deadlines need of the timers. `close_after` is how long a solved ticket
/// is quiet before it closes.
pub fn store_timers(
    ticket: &mut ticket::Model,
    timers: &Timers,
    close_after: Option<TimeDelta>,
) -> Result<()> {
    let summary = timers.summary();
    let or_never = |time: Option<DateTime<Utc>>| time.unwrap_or(NEVER);
    ticket.timers = serde_json::to_string(&Stored::from(timers)).map_err(anyhow::Error::from)?;
    ticket.next_due_at = or_never(summary.next_due_at);
    ticket.at_risk_at = or_never(summary.at_risk_at);
    ticket.service_phase = match summary.phase {
        Phase::Running => ServicePhase::Running,
        Phase::Paused => ServicePhase::Paused,
        Phase::Met => ServicePhase::Met,
        Phase::Cancelled => ServicePhase::Cancelled,
    };
    ticket.warning = timers.told();
    store_deadline(ticket, timers, close_after);
    Ok(())
}

/// Keeps on the row when something next happens to it.
pub(super) fn store_deadline(
    ticket: &mut ticket::Model,
    timers: &Timers,
    close_after: Option<TimeDelta>,
) {
    let deadlines = [
        timers.next_due().map(|due| due.at),
        wait_end(ticket),
        quiet_end(ticket, close_after),
    ];
    ticket.next_deadline_at = deadlines.into_iter().flatten().min();
}

fn wait_end(ticket: &ticket::Model) -> Option<DateTime<Utc>> {
    ticket
        .waiting_until
        .filter(|_| ticket.status == Status::Waiting)
}

/// Whatever its requester could see restarts the quiet time; internal comments do not.
fn quiet_end(ticket: &ticket::Model, close_after: Option<TimeDelta>) -> Option<DateTime<Utc>> {
    let close_after = close_after.filter(|_| ticket.status == Status::Solved)?;
    ticket.updated_at.checked_add_signed(close_after)
}
