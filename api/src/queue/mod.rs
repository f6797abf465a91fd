//! A queue: a ticket filter with an order, saved by somebody or there from the start.

pub mod commands;
pub mod graphql;
pub mod loaders;
pub mod queries;
mod standard;

use std::borrow::Cow;

use entity::{
    ids::{QueueId, TeamId},
    queue,
};
use serde_json::Value;

pub use commands::{Edit, NewQueue, create, delete, edit};
pub use queries::{find, list};
pub use standard::Standard;

/// Which queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    Saved(QueueId),
    Standard(Standard),
}

/// A queue as it is looked at.
#[derive(Clone, Debug)]
pub enum View {
    Saved(queue::Model),
    /// With its name in the viewer's language.
    Standard(Standard, String),
}

impl View {
    pub const fn key(&self) -> Key {
        match self {
            Self::Saved(queue) => Key::Saved(queue.id),
            Self::Standard(standard, _) => Key::Standard(*standard),
        }
    }

    pub fn name(&self) -> &str {
        match self {
            Self::Saved(queue) => &queue.name,
            Self::Standard(_, name) => name,
        }
    }

    /// A `TicketFilter` as clients write it.
    pub fn filter(&self) -> Cow<'_, Value> {
        match self {
            Self::Saved(queue) => Cow::Borrowed(&queue.filter),
            Self::Standard(standard, _) => Cow::Owned(standard.filter()),
        }
    }

    /// A `TicketOrder` as clients write it.
    pub fn order_by(&self) -> Option<Cow<'_, Value>> {
        match self {
            Self::Saved(queue) => queue.order_by.as_ref().map(Cow::Borrowed),
            Self::Standard(standard, _) => Some(Cow::Owned(standard.order_by())),
        }
    }

    pub const fn saved(&self) -> Option<&queue::Model> {
        match self {
            Self::Saved(queue) => Some(queue),
            Self::Standard(..) => None,
        }
    }

    pub fn team_id(&self) -> Option<TeamId> {
        self.saved().and_then(|queue| queue.team_id)
    }
}
