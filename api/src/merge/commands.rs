//! Merging, and undoing it.

use std::collections::BTreeSet;

use entity::{
    follower,
    ids::{TicketId, UserId},
    json::BeforeMerge,
    organization,
    ticket::{self, Status},
    ticket_merge,
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect, Set, sea_query::OnConflict,
};

use super::rules;
use crate::{
    actor::Actor,
    app::{App, Tx},
    error::{Error, Result},
    events::Event,
    policy::{self, Action},
    refusal::{Late, Refusal, Why},
    ticket::{Change, require_not_closed},
};

/// Followers of a merged ticket who follow the other from then on; the oldest accounts come first.
const FOLLOWERS_MAX: u64 = 500;

/// Both ends of a merge, as they are after it.
#[derive(Debug)]
pub struct Merged {
    pub ticket: ticket::Model,
    pub into: ticket::Model,
}

/// Closes a ticket because it goes on as another, which shows its comments from now on.
pub async fn merge(
    app: &App,
    actor: &Actor,
    id: Option<TicketId>,
    into_id: Option<TicketId>,
    expected_version: Option<i32>,
) -> Result<Merged> {
    let missing = |field| Error::from(Refusal::NotFound { field });
    let id = id.ok_or_else(|| missing("ticketId"))?;
    let into_id = into_id.ok_or_else(|| missing("intoId"))?;
    if id == into_id {
        return Err(invalid("intoId", Why::Itself));
    }
    let mut tx = app.begin(actor).await?;
    let [ticket, into] = Change::lock_both(&mut tx, [id, into_id]).await?;
    let mut ticket = ticket.ok_or_else(|| missing("ticketId"))?;
    let mut into = into.ok_or_else(|| missing("intoId"))?;
    // The other's targets are as they were after it.
    ticket.meet_targets(&mut tx).await?;
    policy::authorize(actor, Action::MergeTicket(&ticket.after))?;
    policy::authorize(actor, Action::MergeTicket(&into.after))?;
    ticket.expect_version(expected_version)?;
    let from = ticket.after.status;
    require_not_closed(from)?;
    if into.after.status == Status::Closed {
        return Err(invalid("intoId", Why::Closed));
    }
    into.after.merged_tickets = Some(rules::with(&into.after, &ticket.after)?);

    let merge = ticket_merge::Model {
        ticket_id: id,
        into_id,
        before: BeforeMerge {
            status: from,
            waiting_reason: ticket.after.waiting_reason,
            waiting_until: ticket.after.waiting_until,
            stopped: ticket.timers().open_kinds(),
            followers: take_along_followers(&tx, &ticket.after, &into.after).await?,
        },
        merged_by_id: actor.id(),
        merged_at: tx.now(),
    };
    ticket_merge::Entity::insert(merge.into_active_model().reset_all())
        .exec_without_returning(&*tx)
        .await?;

    let is_internal = tell(&tx, &ticket, &mut into).await?;
    tx.record(Event::MergeReceived {
        ticket_id: into_id,
        merged_id: id,
        is_internal,
    });
    let into = into.save(&mut tx).await?;

    let now = tx.now();
    ticket.end_wait();
    ticket.after.status = Status::Closed;
    ticket.after.closed_at = Some(now);
    ticket.after.merged_into_id = Some(into_id);
    ticket.timers().close(now);
    tx.record(Event::TicketMerged {
        ticket_id: id,
        into_id,
        from,
    });
    let ticket = ticket.finish(tx).await?;
    Ok(Merged { ticket, into })
}

/// Undoes a merge: the ticket is again what it was, and the other shows its comments no longer. What was said
/// on the other since then stays there.
pub async fn unmerge(
    app: &App,
    actor: &Actor,
    id: Option<TicketId>,
    expected_version: Option<i32>,
) -> Result<Merged> {
    let mut tx = app.begin(actor).await?;
    let Some(merge) = find(&tx, id).await? else {
        // Missing, hidden, or not merged.
        let ticket = Change::lock_whatever_status(&mut tx, id).await?.after;
        policy::authorize(actor, Action::MergeTicket(&ticket))?;
        return Err(invalid("ticketId", Why::NotMerged));
    };
    let (id, into_id) = (merge.ticket_id, merge.into_id);
    let [ticket, into] = Change::lock_both(&mut tx, [id, into_id]).await?;
    let mut ticket = ticket.ok_or(Refusal::NotFound { field: "ticketId" })?;
    policy::authorize(actor, Action::MergeTicket(&ticket.after))?;
    let mut into = into.ok_or(Error::Forbidden)?;
    policy::authorize(actor, Action::MergeTicket(&into.after))?;
    ticket.expect_version(expected_version)?;
    // Which two to lock was read before they were locked.
    match ticket.after.merged_into_id {
        Some(other) if other == into_id => {}
        Some(_) => {
            let current = ticket.after.version;
            return Err(Refusal::Conflict { current }.into());
        }
        None => return Err(invalid("ticketId", Why::NotMerged)),
    }
    if into.after.status == Status::Closed {
        return Err(Refusal::TooLate {
            field: "ticketId",
            why: Late::TargetClosed,
        }
        .into());
    }
    // What was written down may be of another merge of the same two, since.
    let merge = find(&tx, Some(id)).await?.unwrap_or(merge);
    into.after.merged_tickets = rules::without(&into.after, &ticket.after);
    let is_internal = tell(&tx, &ticket, &mut into).await?;
    tx.record(Event::MergeWithdrawn {
        ticket_id: into_id,
        merged_id: id,
        is_internal,
    });
    let into = into.save(&mut tx).await?;
    leave_followers(&tx, into_id, &merge.before.followers).await?;
    ticket_merge::Entity::delete_by_id(id).exec(&*tx).await?;
    restore(&mut tx, &mut ticket, merge);
    let ticket = ticket.finish(tx).await?;
    Ok(Merged { ticket, into })
}

fn restore(tx: &mut Tx<'_>, ticket: &mut Change, merge: ticket_merge::Model) {
    let before = merge.before;
    ticket.after.merged_into_id = None;
    ticket.after.closed_at = None;
    ticket.after.status = before.status;
    ticket.after.waiting_reason = before.waiting_reason;
    ticket.after.waiting_until = before.waiting_until;
    ticket.timers().unmerge(&before.stopped, tx.now());
    tx.record(Event::TicketUnmerged {
        ticket_id: merge.ticket_id,
        into_id: merge.into_id,
        to: before.status,
    });
}

async fn find(tx: &Tx<'_>, id: Option<TicketId>) -> Result<Option<ticket_merge::Model>> {
    let Some(id) = id else { return Ok(None) };
    Ok(ticket_merge::Entity::find_by_id(id).one(&**tx).await?)
}

/// Counts as a change of the other ticket for its requesters where they may read this one too; else it is the
/// staff's, which is the answer.
async fn tell(tx: &Tx<'_>, ticket: &Change, into: &mut Change) -> Result<bool> {
    let shares = match into.after.organization_id {
        Some(id) => organization::Entity::find_by_id(id).one(&**tx).await?,
        None => None,
    };
    let shares = shares.is_some_and(|organization| organization.shares_tickets);
    let are_read_alike = policy::are_read_alike(&into.after, &ticket.after, shares);
    if are_read_alike {
        into.touch();
    }
    Ok(!are_read_alike)
}

/// Who follows the ticket, or opened it, follows the other from now on: these, without those who did before.
async fn take_along_followers(
    tx: &Tx<'_>,
    ticket: &ticket::Model,
    into: &ticket::Model,
) -> Result<Vec<UserId>> {
    let rows = follower::Entity::find()
        .filter(follower::Column::TicketId.eq(ticket.id))
        .order_by_asc(follower::Column::UserId)
        .limit(FOLLOWERS_MAX)
        .all(&**tx)
        .await?;
    let mut users: BTreeSet<_> = rows.into_iter().map(|row| row.user_id).collect();
    users.insert(ticket.requester_id);
    // Their requester hears of it anyway.
    users.remove(&into.requester_id);
    let there = follower::Entity::find()
        .filter(follower::Column::TicketId.eq(into.id))
        .filter(follower::Column::UserId.is_in(users.iter().copied()))
        .all(&**tx)
        .await?;
    for row in there {
        users.remove(&row.user_id);
    }
    if users.is_empty() {
        return Ok(Vec::new());
    }
    let rows = users.iter().map(|user_id| follower::ActiveModel {
        ticket_id: Set(into.id),
        user_id: Set(*user_id),
    });
    let at_once = OnConflict::columns([follower::Column::TicketId, follower::Column::UserId])
        .do_nothing()
        .to_owned();
    follower::Entity::insert_many(rows)
        .on_conflict(at_once)
        .exec_without_returning(&**tx)
        .await?;
    Ok(users.into_iter().collect())
}

async fn leave_followers(tx: &Tx<'_>, id: TicketId, followers: &[UserId]) -> Result<()> {
    follower::Entity::delete_many()
        .filter(follower::Column::TicketId.eq(id))
        .filter(follower::Column::UserId.is_in(followers.iter().copied()))
        .exec(&**tx)
        .await?;
    Ok(())
}

fn invalid(field: &'static str, why: Why) -> Error {
    Refusal::Invalid { field, why }.into()
}
