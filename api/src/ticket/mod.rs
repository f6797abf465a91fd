//! A ticket: what somebody needs help with, and its life from NEW to CLOSED.

pub mod change;
pub mod commands;
pub mod deadline;
mod escalation;
pub mod filter;
pub mod graphql;
mod incidents;
mod listed;
pub mod loaders;
pub mod queries;
pub mod rules;
mod told;
pub mod watch;
mod words;

use entity::{json::MergedTicket, ticket};
use uuid::Uuid;

pub use change::{Change, is_load};
pub use commands::{
    assign::{assign, claim, take_next},
    create::{create, next_numbers, open_follow_up},
    draft::{NewTicket, Requester, TAGS_MAX},
    edit::{Edit, edit, set_priority, tag},
    level::change_level,
    status::{reopen, solve, wait},
    terms::{follow_terms, follow_terms_now},
};
pub use deadline::{meet_deadline, next_deadline};
pub use filter::{Filter, IdTest};
pub use listed::Columns;
pub use queries::{Order, OrderField, Reference, count, find, find_many, list, next};
pub use rules::{after_requester_comment, require_not_closed, require_solved};
pub use told::rows_after;
pub use watch::{HEARTBEAT_AFTER, Reads, Step, Watch, What};

use crate::{
    actor::Actor,
    policy::{self, Scope},
};

/// How numbers are said: `GU-1042`.
pub fn reference(number: i32) -> String {
    format!("GU-{number}")
}

/// Those merged into a visible ticket that the actor may read as well.
pub fn seen_merged<'a>(
    actor: &'a Actor,
    ticket: &'a ticket::Model,
) -> impl Iterator<Item = &'a MergedTicket> {
    let merged = ticket.merged_tickets.iter().flat_map(|merged| &merged.0);
    merged.filter(|merged| policy::sees_merged(actor, merged))
}

/// Whose name space an actor's external ids are in: nil is the desk's own, shared by all who see
/// the whole desk; others have one each, so that none can find out what another has used.
pub fn integration_of(actor: &Actor) -> Uuid {
    match (policy::scope(actor), actor.kind(), actor.id()) {
        (Scope::Desk, entity::event::ActorKind::Person | entity::event::ActorKind::System, _)
        | (_, _, None) => Uuid::nil(),
        (_, _, Some(id)) => id.0,
    }
}
