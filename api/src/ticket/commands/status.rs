//! The moves between statuses that somebody makes by hand.

use chrono::{DateTime, SubsecRound, Utc};
use entity::{
    comment::Visibility,
    ids::{ArticleId, TicketId},
    knowledge_link::Role,
    ticket::{self, NEVER, Status, WaitingReason},
};

use super::{
    super::{Change, rules},
    edit::details_of,
};
use crate::{
    actor::Actor,
    app::{App, Tx},
    comment::{self, NewComment},
    custom_field,
    directory::Snapshot,
    error::{Result, refuse_if_any},
    events::Event,
    input::{Checked, Named},
    knowledge,
    policy::{self, Action},
    refusal::{Refusal, Why},
};

/// Waits for the requester, for a third party, or until a date.
pub async fn wait(
    app: &App,
    actor: &Actor,
    id: Option<TicketId>,
    expected_version: Option<i32>,
    reason: WaitingReason,
    until: Option<DateTime<Utc>>,
) -> Result<ticket::Model> {
    let until = until.map(|until| until.trunc_subsecs(6));
    let mut tx = app.begin(actor).await?;
    check_until(reason, until, tx.now())?;
    let mut change = Change::lock_met(&mut tx, id).await?;
    policy::authorize(actor, Action::WaitTicket(&change.after))?;
    change.expect_version(expected_version)?;
    let from = change.after.status;
    rules::require(from, Status::Waiting, rules::next(from))?;
    change.after.solved_at = None;
    change.after.status = Status::Waiting;
    change.after.waiting_reason = Some(reason);
    change.after.waiting_until = until;
    change.timers().pause(reason, tx.now());
    tx.record(Event::TicketWaited {
        ticket_id: change.after.id,
        from,
        reason,
        until,
    });
    change.finish(tx).await
}

fn check_until(
    reason: WaitingReason,
    until: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<()> {
    let refusal = match (reason, until) {
        (WaitingReason::Scheduled, None) => Refusal::Required { field: "until" },
        (WaitingReason::Scheduled, Some(until)) if until <= now => Refusal::Invalid {
            field: "until",
            why: Why::InThePast,
        },
        (WaitingReason::Scheduled, Some(until)) if until >= NEVER => Refusal::Invalid {
            field: "until",
            why: Why::TooFarAway,
        },
        (WaitingReason::Requester | WaitingReason::ThirdParty, Some(_)) => Refusal::Invalid {
            field: "until",
            why: Why::OnlyWhenScheduled,
        },
        (WaitingReason::Scheduled, Some(_))
        | (WaitingReason::Requester | WaitingReason::ThirdParty, None) => {
            return Ok(());
        }
    };
    Err(refusal.into())
}

/// Solves it, with a comment that says how or an article that says it already, or without.
pub async fn solve(
    app: &App,
    actor: &Actor,
    id: Option<TicketId>,
    expected_version: Option<i32>,
    comment: Option<&str>,
    article: Named<ArticleId>,
) -> Result<ticket::Model> {
    let body = check_comment(comment)?;
    let directory = app.directory().await?;
    let mut tx = app.begin(actor).await?;
    let mut change = Change::lock_met(&mut tx, id).await?;
    policy::authorize(actor, Action::SolveTicket(&change.after))?;
    change.expect_version(expected_version)?;
    solve_with(&mut tx, &directory, &mut change, body, article).await?;
    change.finish(tx).await
}

/// Solves a locked ticket; whether the actor may is asked already.
pub(super) async fn solve_with(
    tx: &mut Tx<'_>,
    directory: &Snapshot,
    change: &mut Change,
    body: Option<String>,
    article: Named<ArticleId>,
) -> Result<()> {
    let actor = tx.actor();
    let from = change.after.status;
    rules::require(from, Status::Solved, own_moves(actor, &change.after, from))?;
    require_fields(tx, directory, change.after.id).await?;
    let may_link = policy::may(actor, Action::LinkKnowledge(&change.after));
    if let Some(body) = body {
        policy::authorize(actor, Action::AddComment(&change.after, Visibility::Public))?;
        let is_solution = policy::may(actor, Action::MarkSolution(&change.after));
        let new = NewComment {
            body,
            visibility: Visibility::Public,
            is_solution,
        };
        comment::write(tx, change, new).await?;
        comment::note_reply(tx, change);
    }
    match article {
        Named::Absent | Named::Null => {}
        Named::Id(_) | Named::Unknown if !may_link => {
            let field = Some("articleId");
            return Err(Refusal::Forbidden { field }.into());
        }
        Named::Id(id) => {
            knowledge::link(tx, &change.after, Some(id), Role::Solution).await?;
        }
        Named::Unknown => return Err(Refusal::NotFound { field: "articleId" }.into()),
    }
    change.end_wait();
    change.after.status = Status::Solved;
    change.after.solved_at = Some(tx.now());
    change.timers().solve(tx.now());
    tx.record(Event::TicketSolved {
        ticket_id: change.after.id,
        from,
    });
    Ok(())
}

/// Refuses to solve what lacks a field that is required.
async fn require_fields(tx: &Tx<'_>, directory: &Snapshot, id: TicketId) -> Result<()> {
    if !directory.fields.values().any(|field| field.is_required) {
        return Ok(());
    }
    let values = details_of(tx, id).await?.custom_fields;
    let missing = custom_field::missing(&directory.fields, tx.actor(), &values);
    refuse_if_any(missing)
}

/// Moves back to OPEN. From SOLVED it is a reopen, and counted; agents end a wait with it too.
pub async fn reopen(
    app: &App,
    actor: &Actor,
    id: Option<TicketId>,
    comment: Option<&str>,
) -> Result<ticket::Model> {
    let body = check_comment(comment)?;
    let mut tx = app.begin(actor).await?;
    let mut change = Change::lock_met(&mut tx, id).await?;
    policy::authorize(actor, Action::ReopenTicket(&change.after))?;
    let from = change.after.status;
    rules::require(from, Status::Open, own_moves(actor, &change.after, from))?;
    if let Some(body) = body {
        policy::authorize(actor, Action::AddComment(&change.after, Visibility::Public))?;
        let new = NewComment {
            body,
            visibility: Visibility::Public,
            is_solution: false,
        };
        comment::write(&mut tx, &mut change, new).await?;
        comment::note_reply(&tx, &mut change);
    }
    change.open(&mut tx);
    change.finish(tx).await
}

/// Closes a solved ticket for good.
pub async fn close(app: &App, actor: &Actor, id: Option<TicketId>) -> Result<ticket::Model> {
    let mut tx = app.begin(actor).await?;
    let mut change = Change::lock_met(&mut tx, id).await?;
    policy::authorize(actor, Action::CloseTicket(&change.after))?;
    let from = change.after.status;
    rules::require(from, Status::Closed, rules::next(from))?;
    change.close(&mut tx);
    change.finish(tx).await
}

/// Staff move by the whole table, the requester by their part of it.
fn own_moves(actor: &Actor, ticket: &ticket::Model, from: Status) -> &'static [Status] {
    if policy::may(actor, Action::WaitTicket(ticket)) {
        rules::next(from)
    } else {
        rules::next_for_requester(from)
    }
}

pub(super) fn check_comment(comment: Option<&str>) -> Result<Option<String>> {
    let mut checked = Checked::default();
    let body = comment.map(|text| checked.body("comment", text));
    refuse_if_any(checked.refusals)?;
    Ok(body)
}
