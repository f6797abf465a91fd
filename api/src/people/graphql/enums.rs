//! The words for people that the API publishes.

use async_graphql::Enum;

/// What a person does at the desk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::user::Role")]
pub enum Role {
    /// Asks for help.
    #[default]
    Requester,
    /// Answers tickets.
    Agent,
    /// Answers tickets and looks after teams.
    Lead,
    /// Looks after the whole desk.
    Admin,
}

/// Whether an agent can take tickets now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::user::Availability")]
pub enum Availability {
    /// Takes tickets.
    Online,
    /// At work, but takes no new tickets.
    Busy,
    /// Away for a moment.
    Away,
    /// Not at work.
    Offline,
}

/// How much of the desk a team sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::team::Kind")]
pub enum TeamKind {
    /// Part of the desk: its members see every ticket.
    #[default]
    Internal,
    /// Outside help, such as a vendor's support: its members see only the tickets that are routed
    /// to their teams.
    External,
}
