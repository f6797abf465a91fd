//! The way of an imported ticket: what happened to it, in order, and what each step leaves behind.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use entity::{
    comment::Visibility,
    ids::UserId,
    ticket::{self, Priority, Status, WaitingReason},
};

use crate::{
    events::{Assignment, Event},
    sla::{Book, Timers},
};

/// One thing that happened, somewhere else.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Moment {
    pub(super) at: DateTime<Utc>,
    /// None: the system.
    pub(super) by: Option<UserId>,
    pub(super) event: Event,
}

/// What an event does to its ticket's row and timers.
enum Effect {
    Created,
    Comment(Visibility),
    Opened,
    Reopened,
    Waited(WaitingReason, Option<DateTime<Utc>>),
    Solved,
    Closed,
    Held(Assignment),
    Level(i16),
    Priority(Priority),
    None,
}

impl Moment {
    #[expect(clippy::too_many_lines, reason = "one arm for each event")]
    fn effect(&self) -> Effect {
        match &self.event {
            Event::TicketCreated { .. } => Effect::Created,
            Event::CommentAdded { visibility, .. } => Effect::Comment(*visibility),
            Event::TicketOpened { .. } => Effect::Opened,
            Event::TicketReopened { .. } => Effect::Reopened,
            Event::TicketWaited { reason, until, .. } => Effect::Waited(*reason, *until),
            Event::TicketSolved { .. } => Effect::Solved,
            Event::TicketClosed { .. } => Effect::Closed,
            Event::TicketAssigned { to, .. }
            | Event::TicketClaimed { to, .. }
            | Event::TicketHanded { to, .. } => Effect::Held(*to),
            Event::TicketLevelChanged { to, .. } => Effect::Level(*to),
            Event::TicketPrioritySet { to, .. } => Effect::Priority(*to),
            Event::TicketEdited { .. }
            | Event::TicketFieldsSet { .. }
            | Event::CommentEdited { .. }
            | Event::TicketTagged { .. }
            | Event::TicketMerged { .. }
            | Event::TicketUnmerged { .. }
            | Event::MergeReceived { .. }
            | Event::MergeWithdrawn { .. }
            | Event::TicketSplit { .. }
            | Event::TicketRated { .. }
            | Event::TicketAtRisk { .. }
            | Event::TicketBreached { .. }
            | Event::TicketLinked { .. }
            | Event::KnowledgeLinked { .. }
            | Event::ArticleCreated { .. }
            | Event::ArticlePublished { .. }
            | Event::ArticleArchived { .. }
            | Event::ArticleTranslated { .. }
            | Event::ArticleHelped { .. }
            | Event::ArticleEdited { .. }
            | Event::ArticleScheduled { .. }
            | Event::ArticleReviewed { .. }
            | Event::ArticleFeedbackGiven { .. }
            | Event::ArticleCategoryCreated { .. }
            | Event::ArticleCategoryEdited { .. }
            | Event::ArticleCategoryDeleted { .. }
            | Event::QueueCreated { .. }
            | Event::QueueEdited { .. }
            | Event::QueueDeleted { .. }
            | Event::MacroCreated { .. }
            | Event::MacroEdited { .. }
            | Event::MacroDeleted { .. }
            | Event::CustomFieldCreated { .. }
            | Event::CustomFieldEdited { .. }
            | Event::UserCreated { .. }
            | Event::UserEdited { .. }
            | Event::UserDisabled { .. }
            | Event::UserEnabled { .. }
            | Event::PasswordChanged { .. }
            | Event::OrganizationCreated { .. }
            | Event::ServiceLevelChanged { .. }
            | Event::CalendarCreated { .. }
            | Event::CalendarEdited { .. }
            | Event::CalendarDeleted { .. }
            | Event::ServiceLevelPolicyCreated { .. }
            | Event::ServiceLevelPolicyEdited { .. }
            | Event::ServiceLevelPolicyDeleted { .. }
            | Event::LevelCreated { .. }
            | Event::LevelEdited { .. }
            | Event::LevelEscalationSet { .. }
            | Event::OrganizationEdited { .. }
            | Event::TeamCreated { .. }
            | Event::TeamEdited { .. }
            | Event::TeamMemberAdded { .. }
            | Event::TeamMemberRemoved { .. }
            | Event::AvailabilitySet { .. }
            | Event::CapacitySet { .. }
            | Event::TeamAssignmentSet { .. } => Effect::None,
        }
    }

    /// Whether it counts as a change of what its requester knows. As with the commands, tags do, though they are the
    /// staff's.
    pub(super) const fn is_public(&self) -> bool {
        !self.event.is_internal() || matches!(self.event, Event::TicketTagged { .. })
    }

    /// Of one time, a move back to OPEN comes before the comment that caused it, and any other
    /// move after the comment that came with it.
    fn place(&self) -> (DateTime<Utc>, u8) {
        let rank = match self.effect() {
            Effect::Created => 0,
            Effect::Opened | Effect::Reopened => 1,
            Effect::Comment(_) => 2,
            Effect::Waited(..)
            | Effect::Solved
            | Effect::Closed
            | Effect::Held(_)
            | Effect::Level(_)
            | Effect::Priority(_)
            | Effect::None => 3,
        };
        (self.at, rank)
    }
}

/// Puts moments in the order of time.
pub(super) fn sort(moments: &mut [Moment]) {
    moments.sort_by_key(Moment::place);
}

/// What a ticket's row becomes by one step. Comments are shown on it where they are written.
pub(super) fn advance(ticket: &mut ticket::Model, moment: &Moment) {
    if moment.is_public() {
        ticket.updated_at = ticket.updated_at.max(moment.at);
    }
    match moment.effect() {
        Effect::Opened => set_status(ticket, Status::Open, None, None),
        Effect::Reopened => {
            set_status(ticket, Status::Open, None, None);
            ticket.reopen_count += 1;
            ticket.solved_at = None;
        }
        Effect::Waited(reason, until) => set_status(ticket, Status::Waiting, Some(reason), until),
        Effect::Solved => {
            set_status(ticket, Status::Solved, None, None);
            ticket.solved_at = Some(moment.at);
        }
        Effect::Closed => {
            set_status(ticket, Status::Closed, None, None);
            ticket.closed_at = Some(moment.at);
        }
        Effect::Held(to) => {
            ticket.team_id = to.team_id;
            ticket.assignee_id = to.assignee_id;
        }
        Effect::Level(rank) => ticket.level_rank = rank,
        Effect::Priority(priority) => ticket.priority = priority,
        Effect::Created | Effect::Comment(_) | Effect::None => {}
    }
}

fn set_status(
    ticket: &mut ticket::Model,
    status: Status,
    reason: Option<WaitingReason>,
    until: Option<DateTime<Utc>>,
) {
    ticket.status = status;
    ticket.waiting_reason = reason;
    ticket.waiting_until = until;
}

/// The level that a ticket was created on, where it has been moved since.
pub(super) fn first_rank(moments: &[Moment]) -> Option<i16> {
    moments.iter().find_map(|moment| {
        let Event::TicketLevelChanged { from, .. } = moment.event else {
            return None;
        };
        Some(from)
    })
}

/// The priority that a ticket was created with, where it has had another since.
pub(super) fn first_priority(moments: &[Moment]) -> Option<Priority> {
    moments.iter().find_map(|moment| {
        let Event::TicketPrioritySet { from, .. } = moment.event else {
            return None;
        };
        Some(from)
    })
}

/// What the service-level timers make of a whole life, in order, of the ticket as it was at `first`, by the terms
/// that are in force today. `first_replied_at` is a reply of
/// which only the time is known.
pub(super) fn timers(
    first: &ticket::Model,
    first_replied_at: Option<DateTime<Utc>>,
    moments: &[Moment],
    staff: &HashSet<UserId>,
    book: &Book,
) -> Timers {
    let (mut rank, mut priority) = (first.level_rank, first.priority);
    let terms = |rank, priority| book.terms(rank, first.organization_id, priority);
    let mut timers = Timers::start(terms(rank, priority), first.created_at);
    let mut is_open = true;
    let mut reply = first_replied_at;
    for moment in moments {
        let at = moment.at;
        if let Some(replied_at) = reply.take_if(|replied_at| *replied_at <= at) {
            timers.agent_replied(replied_at);
        }
        match moment.effect() {
            Effect::Comment(Visibility::Public) if is_open => {
                if moment.by.is_some_and(|author| staff.contains(&author)) {
                    timers.agent_replied(at);
                } else {
                    timers.requester_commented(at);
                }
            }
            Effect::Opened => {
                timers.resume(at);
                is_open = true;
            }
            Effect::Reopened => {
                timers.reopen(at);
                is_open = true;
            }
            Effect::Waited(reason, _) => {
                timers.pause(reason, at);
                is_open = true;
            }
            Effect::Solved => {
                timers.solve(at);
                is_open = false;
            }
            Effect::Closed => {
                timers.close(at);
                is_open = false;
            }
            Effect::Level(to) => {
                rank = to;
                timers.retarget(terms(rank, priority), at);
            }
            Effect::Priority(to) => {
                priority = to;
                timers.retarget(terms(rank, priority), at);
            }
            Effect::Created | Effect::Comment(_) | Effect::Held(_) | Effect::None => {}
        }
    }
    if let Some(replied_at) = reply {
        timers.agent_replied(replied_at);
    }
    timers
}
