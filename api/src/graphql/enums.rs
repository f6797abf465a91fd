//! Enums that several slices publish. Each crosses from the stored word one by one, so that a new
//! one does not compile until the API has decided on it.

use async_graphql::Enum;

/// Where a ticket is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::ticket::Status")]
pub enum TicketStatus {
    /// Nobody has taken or answered it yet.
    New,
    /// An agent works on it.
    Open,
    /// It waits for the requester, for a third party or for a date: see `waitingReason`.
    Waiting,
    /// Solved; it reopens when the requester comments, and can be closed.
    Solved,
    /// Done for good: a further comment by the requester opens a follow-up ticket.
    Closed,
}

/// In which order tickets are worked on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::ticket::Priority")]
pub enum Priority {
    /// When there is time.
    Low,
    /// In its turn.
    Normal,
    /// Before the others.
    High,
    /// At once.
    Urgent,
}

/// Who may read an article.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::article::Visibility")]
pub enum ArticleVisibility {
    /// Everybody who is signed in, once it is published.
    Public,
    /// Agents, leads and admins only.
    Internal,
}
