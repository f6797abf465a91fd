//! What a measure looks at in a ticket, and to which groups that belongs.

use entity::{
    ids::{TeamId, TicketId, UserId},
    ticket::{Channel, Status},
};
use serde::Deserialize;

/// By what measures are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dimension {
    Team,
    Level,
    Channel,
    Tag,
    Assignee,
}

/// One group of a dimension.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    All,
    Team(Option<TeamId>),
    Level(i16),
    Channel(Channel),
    Tag(Option<String>),
    Assignee(Option<UserId>),
}

/// What the facts of an event say of a ticket after it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct State {
    pub status: Status,
    pub level: i16,
    pub channel: Channel,
    pub requester: UserId,
    pub team: Option<TeamId>,
    pub assignee: Option<UserId>,
    #[serde(default)]
    pub tags: Vec<String>,
    pub merged_into: Option<TicketId>,
}

impl State {
    /// Whether it is part of the backlog.
    pub(super) const fn is_unresolved(&self) -> bool {
        matches!(self.status, Status::New | Status::Open | Status::Waiting)
    }

    /// The groups that it belongs to: one, or one for each of its tags.
    pub(super) fn keys(&self, by: Option<Dimension>) -> Vec<Key> {
        match by {
            None => vec![Key::All],
            Some(Dimension::Team) => vec![Key::Team(self.team)],
            Some(Dimension::Level) => vec![Key::Level(self.level)],
            Some(Dimension::Channel) => vec![Key::Channel(self.channel)],
            Some(Dimension::Assignee) => vec![Key::Assignee(self.assignee)],
            Some(Dimension::Tag) if self.tags.is_empty() => vec![Key::Tag(None)],
            Some(Dimension::Tag) => {
                let tags = self.tags.iter().cloned();
                tags.map(|tag| Key::Tag(Some(tag))).collect()
            }
        }
    }
}
