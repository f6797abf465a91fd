//! What a ticket's enums are called in the API.

use async_graphql::Enum;
use entity::{ticket, ticket_link};

/// For what a waiting ticket waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "ticket::WaitingReason")]
pub enum WaitingReason {
    /// For an answer of the requester; the service-level timers stand still.
    Requester,
    /// For somebody else, such as a vendor.
    ThirdParty,
    /// For a date: `waitingUntil`.
    Scheduled,
}

/// How a ticket came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "ticket::Channel")]
pub enum Channel {
    /// Through the self-service portal.
    Portal,
    /// From inside another application.
    Embedded,
    /// By e-mail.
    Email,
    /// From a script or another system.
    Api,
    /// By telephone.
    Phone,
}

/// How a ticket stands to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "ticket_link::Kind")]
pub enum TicketLinkKind {
    /// They have to do with each other.
    RelatesTo,
    /// It is the same request again.
    DuplicateOf,
    /// The other is the problem behind it.
    CausedBy,
}
