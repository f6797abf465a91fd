//! What the viewer may do to a ticket.

use async_graphql::SimpleObject;
use entity::{comment::Visibility, ticket};

use crate::{
    actor::Actor,
    policy::{self, Action},
};

/// What the viewer may do to a ticket, by the rules that also enforce it. Whether the ticket's
/// status allows a move is another matter: see `nextStatuses`.
#[derive(SimpleObject)]
#[expect(clippy::struct_excessive_bools, reason = "each is a field of the API")]
pub struct TicketPermissions {
    /// Change subject, description and custom fields.
    edit: bool,
    /// Comment publicly.
    comment: bool,
    /// Comment among staff.
    comment_internally: bool,
    /// Take it.
    claim: bool,
    /// Give it to a team or an agent.
    assign: bool,
    /// Move it to another level.
    change_level: bool,
    /// Change its priority.
    set_priority: bool,
    /// Add and remove tags.
    tag: bool,
    /// Let it wait.
    wait: bool,
    /// Solve it.
    solve: bool,
    /// Reopen it.
    reopen: bool,
    /// Close it.
    close: bool,
    /// Merge it into another, or another into it, where the viewer may do so with that one too.
    merge: bool,
    /// Let a comment of it go on by itself.
    split: bool,
    /// Solve what it caused along with it.
    solve_incidents: bool,
    /// Follow it.
    follow: bool,
    /// Put articles on it.
    link_knowledge: bool,
}

impl TicketPermissions {
    pub(super) fn of(actor: &Actor, ticket: &ticket::Model) -> Self {
        let may = |action| policy::may(actor, action);
        Self {
            edit: may(Action::EditTicket(ticket)),
            comment: may(Action::AddComment(ticket, Visibility::Public)),
            comment_internally: may(Action::AddComment(ticket, Visibility::Internal)),
            claim: may(Action::ClaimTicket(ticket)),
            assign: may(Action::AssignTicket(ticket)),
            change_level: may(Action::ChangeTicketLevel(ticket)),
            set_priority: may(Action::SetTicketPriority(ticket)),
            tag: may(Action::TagTicket(ticket)),
            wait: may(Action::WaitTicket(ticket)),
            solve: may(Action::SolveTicket(ticket)),
            reopen: may(Action::ReopenTicket(ticket)),
            close: may(Action::CloseTicket(ticket)),
            merge: may(Action::MergeTicket(ticket)),
            split: may(Action::SplitTicket(ticket)),
            solve_incidents: may(Action::SolveIncidents(ticket)),
            follow: may(Action::FollowTicket(ticket)),
            link_knowledge: may(Action::LinkKnowledge(ticket)),
        }
    }
}
