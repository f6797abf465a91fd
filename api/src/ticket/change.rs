//! A change to one ticket, from the lock to the new version.

pub mod terms;

use chrono::{DateTime, Utc};
use entity::{
    ids::{TicketId, UserId},
    team,
    ticket::{self, Column, Status},
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, Iterable, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, Select,
    sea_query::{LockBehavior, LockType},
};

use super::{
    deadline::{self, store_deadline, store_timers},
    escalation,
    filter::Filter,
    rules,
};
use crate::{
    app::Tx,
    assignment,
    error::{Result, expect_version},
    events::{Assignment, Event, Handing},
    policy,
    refusal::Refusal,
    sla::{Due, Timers},
};

/// A locked ticket, as it was and as it will be.
pub struct Change {
    before: ticket::Model,
    pub after: ticket::Model,
    timers: Timers,
    /// The timers before this change, by the terms in force.
    found: Timers,
    /// The same by the terms before these, and until when they counted.
    overtaken: Option<(Timers, DateTime<Utc>)>,
    is_touched: bool,
    is_noted: bool,
}

impl Change {
    /// Locks the ticket for the rest of the transaction. One that the actor may not see is missing; one
    /// that is closed stays as it is.
    pub async fn lock(tx: &mut Tx<'_>, id: Option<TicketId>) -> Result<Self> {
        let change = Self::lock_whatever_status(tx, id).await?;
        rules::require_not_closed(change.before.status)?;
        Ok(change)
    }

    /// The same for what moves the timers on: what has come due just before is met first.
    pub async fn lock_met(tx: &mut Tx<'_>, id: Option<TicketId>) -> Result<Self> {
        let mut change = Self::lock(tx, id).await?;
        change.meet_targets(tx).await?;
        Ok(change)
    }

    /// The same for what may be done beside a closed ticket: following it, and asking again.
    pub async fn lock_whatever_status(tx: &mut Tx<'_>, id: Option<TicketId>) -> Result<Self> {
        let missing = Refusal::NotFound { field: "ticketId" };
        let Some(id) = id else {
            return Err(missing.into());
        };
        let ticket = ticket::Entity::find()
            .filter(Column::Id.eq(id))
            .filter(policy::visible_tickets(tx.actor()))
            .lock(LockType::Update)
            .one(&**tx)
            .await?;
        Self::of_locked(tx, ticket.ok_or(missing)?).await
    }

    /// Locks the first ticket of these that nobody else is changing, and that still is one of them. The
    /// query says who may see it.
    pub async fn lock_next(tx: &mut Tx<'_>, query: Select<ticket::Entity>) -> Result<Option<Self>> {
        let free = query.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
        match free.one(&**tx).await? {
            Some(ticket) => Ok(Some(Self::of_locked(tx, ticket).await?)),
            None => Ok(None),
        }
    }

    /// Locks those of an agent's NEW and OPEN tickets that go back to their team when the agent is away.
    pub async fn lock_returning(tx: &mut Tx<'_>, agent: UserId, most: u64) -> Result<Vec<Self>> {
        let teams = team::Entity::find()
            .select_only()
            .column(team::Column::Id)
            .filter(team::Column::ReturnsWhenAway.eq(true))
            .into_query();
        let tickets = ticket::Entity::find()
            .filter(Column::AssigneeId.eq(agent))
            .filter(Filter::Status(vec![Status::New, Status::Open]).condition())
            .filter(Column::TeamId.in_subquery(teams))
            .order_by_asc(Column::Id)
            .limit(most)
            .lock(LockType::Update)
            .all(&**tx)
            .await?;
        let mut changes = Vec::with_capacity(tickets.len());
        for ticket in tickets {
            changes.push(Self::of_locked(tx, ticket).await?);
        }
        Ok(changes)
    }

    /// Locks two tickets, that with the smaller id first, so that nobody waits in a circle. Those that
    /// the actor may not see are missing.
    pub async fn lock_both(tx: &mut Tx<'_>, ids: [TicketId; 2]) -> Result<[Option<Self>; 2]> {
        let tickets = ticket::Entity::find()
            .filter(Column::Id.is_in(ids))
            .filter(policy::visible_tickets(tx.actor()))
            .order_by_asc(Column::Id)
            .lock(LockType::Update)
            .all(&**tx)
            .await?;
        let mut changes = [None, None];
        for ticket in tickets {
            let place = usize::from(ticket.id != ids[0]);
            changes[place] = Some(Self::of_locked(tx, ticket).await?);
        }
        Ok(changes)
    }

    /// The same for a ticket that the transaction has locked already.
    pub(super) async fn of_locked(tx: &mut Tx<'_>, ticket: ticket::Model) -> Result<Self> {
        tx.follow(newest_moment(&ticket));
        let timers = terms::read_timers(tx.app(), &ticket.timers).await?;
        let mut change = Self {
            after: ticket.clone(),
            before: ticket,
            found: timers.clone(),
            timers,
            overtaken: None,
            is_touched: false,
            is_noted: false,
        };
        change.catch_up(tx).await?;
        Ok(change)
    }

    /// Tells what has come due of the targets and does what the level wants done about it, as the desk's own doing and
    /// before what the actor does: as if `deadlines` had come a moment earlier. A ticket that went out of the actor's
    /// sight by that is missing.
    pub async fn meet_targets(&mut self, tx: &mut Tx<'_>) -> Result<()> {
        if self.before.next_deadline_at.is_none_or(|at| at > tx.now()) {
            return Ok(());
        }
        tx.set_by_itself(true);
        // Boxed, so that the commands' futures stay small.
        Box::pin(escalation::tell_due(tx, self)).await?;
        tx.set_by_itself(false);
        if policy::sees_ticket(tx.actor(), &self.after) {
            Ok(())
        } else {
            Err(Refusal::NotFound { field: "ticketId" }.into())
        }
    }

    /// Refuses a change that was meant for another version.
    pub fn expect_version(&self, expected: Option<i32>) -> Result<()> {
        expect_version(self.before.version, expected)
    }

    /// The service-level timers, to be moved on.
    pub const fn timers(&mut self) -> &mut Timers {
        &mut self.timers
    }

    /// NEW becomes OPEN by itself, with the first assignment or the first reply.
    pub fn open_if_new(&mut self, tx: &mut Tx<'_>) {
        if self.after.status == Status::New {
            self.open(tx);
        }
    }

    /// Moves to OPEN from NEW, WAITING or SOLVED; from the last it is a reopen, and counted.
    pub fn open(&mut self, tx: &mut Tx<'_>) {
        let (ticket_id, from) = (self.after.id, self.after.status);
        self.end_wait();
        self.after.status = Status::Open;
        if from == Status::Solved {
            self.after.reopen_count += 1;
            self.after.solved_at = None;
            self.timers.reopen(tx.now());
            tx.record(Event::TicketReopened { ticket_id, from });
        } else {
            self.timers.resume(tx.now());
            tx.record(Event::TicketOpened { ticket_id, from });
        }
    }

    /// Moves from SOLVED to CLOSED, for good.
    pub fn close(&mut self, tx: &mut Tx<'_>) {
        let (ticket_id, from) = (self.after.id, self.after.status);
        self.after.status = Status::Closed;
        self.after.closed_at = Some(tx.now());
        self.timers.close(tx.now());
        tx.record(Event::TicketClosed { ticket_id, from });
    }

    /// Leaves WAITING's own fields empty.
    pub const fn end_wait(&mut self) {
        self.after.waiting_reason = None;
        self.after.waiting_until = None;
    }

    /// Counts as a change though the row stays: something beside it is different.
    pub const fn touch(&mut self) {
        self.is_touched = true;
    }

    /// Counts as a change that only staff may know of.
    pub const fn note(&mut self) {
        self.is_noted = true;
    }

    /// Whether anything is different.
    pub fn is_change(&self) -> bool {
        self.is_touched || self.is_noted || self.before != self.after
    }

    /// Whether its requester may know of it. An internal comment, a warning, a field that is the staff's and the comments of a
    /// merged ticket, which they may not read, leave the version and the time of the last change as they are, or these would
    /// tell of it; and so do terms that promise the same. Who changes what a requester sees touches the ticket.
    fn is_public_change(&self) -> bool {
        let mut before = self.before.clone();
        before.terms_version = self.after.terms_version;
        before.internal_comment_count = self.after.internal_comment_count;
        before
            .last_internal_comment
            .clone_from(&self.after.last_internal_comment);
        before.timers.clone_from(&self.after.timers);
        before.merged_tickets.clone_from(&self.after.merged_tickets);
        before.warning = self.after.warning;
        before.fields.clone_from(&self.after.fields);
        before.next_deadline_at = self.after.next_deadline_at;
        self.is_touched || before != self.after
    }

    /// Saves the last change of a transaction, passes on the work that it frees, and commits.
    pub async fn finish(mut self, mut tx: Tx<'_>) -> Result<ticket::Model> {
        let freed = self.freed();
        // Boxed, so that the commands' futures stay small.
        let roster = Box::pin(assignment::roster_for(&tx, &self.after, freed));
        let mut roster = roster.await?;
        if let Some(roster) = &mut roster {
            roster.route(&mut tx, &mut self);
        }
        let ticket = self.save(&mut tx).await?;
        if let Some(mut roster) = roster {
            if let Some(agent) = freed {
                roster.free(agent);
            }
            Box::pin(roster.give_out(&mut tx)).await?;
        }
        tx.commit().await?;
        Ok(ticket)
    }

    /// Who had it among their open tickets, and has one less now. Not who has just put it back.
    fn freed(&self) -> Option<UserId> {
        let (before, after) = (&self.before, &self.after);
        let is_put_back = after.assignee_id.is_none() && after.team_id == before.team_id;
        let is_passed_on = after.assignee_id != before.assignee_id && !is_put_back;
        let is_freed = is_load(before) && (!is_load(after) || is_passed_on);
        before.assignee_id.filter(|_| is_freed)
    }

    /// Who had it before this change.
    pub const fn holder_before(&self) -> Option<UserId> {
        self.before.assignee_id
    }

    /// Gives it to an agent of its team, or takes it back, by the desk itself.
    pub fn hand(&mut self, tx: &mut Tx<'_>, to: Option<UserId>, why: Handing) {
        let from = assignment_of(&self.after);
        self.after.assignee_id = to;
        let (ticket_id, to) = (self.after.id, assignment_of(&self.after));
        tx.by_itself(|tx| {
            tx.record(Event::TicketHanded {
                ticket_id,
                from,
                to,
                why,
            });
            if to.assignee_id.is_some() {
                self.open_if_new(tx);
            }
        });
    }

    /// Writes the ticket under its next version, and on the newest event what changed. Where
    /// nothing is different nothing is written.
    pub async fn save(mut self, tx: &mut Tx<'_>) -> Result<ticket::Model> {
        self.follow_scope(tx).await?;
        self.tell_missed(tx);
        self.tell_overtaken(tx);
        self.timers.take_back(tx.now());
        store_timers(&mut self.after, &self.timers, tx.close_after())?;
        if !self.is_change() {
            return Ok(self.after);
        }
        if self.is_public_change() {
            self.after.version += 1;
            self.after.updated_at = tx.now();
            store_deadline(&mut self.after, &self.timers, tx.close_after());
        }
        // Boxed, so that the commands' futures stay small.
        Box::pin(self.write_row(tx)).await?;
        tx.record_change(Some(&self.before), &self.after)?;
        Ok(self.after)
    }
}

impl Change {
    /// Writes those columns that are different: a long text that stays is not written anew.
    async fn write_row(&self, tx: &Tx<'_>) -> Result<()> {
        let mut row = self.before.clone().into_active_model();
        let after = self.after.clone().into_active_model();
        for column in Column::iter() {
            if let Some(value) = after.get(column).into_value() {
                row.set_if_not_equals(column, value);
            }
        }
        if row.is_changed() {
            let update = ticket::Entity::update_many().set(row);
            let of_this = update.filter(Column::Id.eq(self.after.id));
            of_this.exec(&**tx).await?;
        }
        Ok(())
    }

    /// What came due just before this change, and is not due after it, is told before it. A change that could do so
    /// meets its targets first; what is left is due by earlier terms, of a ticket that somebody is only given.
    fn tell_missed(&mut self, tx: &mut Tx<'_>) {
        let missed = self.missed(tx.now()).into_iter();
        let event = |due| deadline::event(self.before.id, due, None);
        tx.record_missed(missed.map(event).collect());
    }

    /// What came due until `now` of the timers as they were found, and nobody who looks at them now finds any more;
    /// each is given once.
    pub(super) fn missed(&mut self, now: DateTime<Utc>) -> Vec<Due> {
        if self.before.next_deadline_at.is_none_or(|at| at > now) {
            return Vec::new();
        }
        let overtaken = self.overtaken.as_mut();
        let overtaken = overtaken.map(|(timers, until)| (timers, now.min(*until)));
        let mut missed = Vec::new();
        for (earlier, until) in overtaken.into_iter().chain([(&mut self.found, now)]) {
            while let Some(due) = earlier.next_due().filter(|due| due.at <= until) {
                earlier.tell(due.kind, due.warning);
                if self.timers.misses(due, now) {
                    self.timers.tell(due.kind, due.warning);
                    missed.push(due);
                }
            }
        }
        missed
    }

    /// What is due was told, of the timers as they were found too.
    pub(super) fn tell(&mut self, due: Due) {
        self.timers.tell(due.kind, due.warning);
        self.found.tell(due.kind, due.warning);
    }
}

/// Whether it counts among the open tickets of who has it.
pub fn is_load(ticket: &ticket::Model) -> bool {
    matches!(ticket.status, Status::New | Status::Open)
}

/// Who holds it.
pub const fn assignment_of(ticket: &ticket::Model) -> Assignment {
    Assignment {
        team_id: ticket.team_id,
        assignee_id: ticket.assignee_id,
    }
}

/// When something last happened to it, internal comments included.
fn newest_moment(ticket: &ticket::Model) -> DateTime<Utc> {
    let internal = ticket
        .last_internal_comment
        .as_ref()
        .map(|comment| comment.created_at);
    internal.map_or(ticket.updated_at, |at| at.max(ticket.updated_at))
}
