//! Entries of merges, on both tickets, and of what was split off.

use async_graphql::{Context, ID, Result};
use chrono::{DateTime, Utc};
use entity::{
    event,
    ids::{CommentId, TicketId},
    ticket::Status,
};

use super::entries::entry;
use crate::{
    comment::graphql::{Comment, comment_field},
    graphql::enums::TicketStatus,
    people::graphql::{Actor, actor_field},
    ticket::graphql::{Ticket, ticket_field},
};

entry! {
    /// The ticket was merged into another, or another into it, or that was undone.
    MergeEntry {
        other_id: TicketId,
        is_inward: bool,
        is_undone: bool,
        status: Option<(Status, Status)>
    }

    /// The other ticket; null where the viewer may not read it.
    async fn ticket(&self, ctx: &Context<'_>) -> Result<Option<Ticket>> {
        ticket_field(ctx, self.other_id).await
    }

    /// Whether the other was merged into this one, rather than this one into the other.
    async fn is_inward(&self) -> bool {
        self.is_inward
    }

    /// Whether the merge was undone.
    async fn is_undone(&self) -> bool {
        self.is_undone
    }

    /// The ticket's status before; null where it stayed.
    async fn from(&self) -> Option<TicketStatus> {
        self.status.map(|(from, _)| from.into())
    }

    /// The ticket's status since then; null where it stayed.
    async fn to(&self) -> Option<TicketStatus> {
        self.status.map(|(_, to)| to.into())
    }
}

impl MergeEntry {
    /// Of the ticket that was merged.
    pub(super) const fn outward(
        row: event::Model,
        other_id: TicketId,
        (from, to): (Status, Status),
    ) -> Self {
        Self {
            row,
            other_id,
            is_inward: false,
            is_undone: !matches!(to, Status::Closed),
            status: Some((from, to)),
        }
    }

    /// Of the ticket that it was merged into.
    pub(super) const fn inward(row: event::Model, other_id: TicketId, is_undone: bool) -> Self {
        Self {
            row,
            other_id,
            is_inward: true,
            is_undone,
            status: None,
        }
    }
}

entry! {
    /// A comment of this ticket goes on as a ticket of its own; staff only.
    SplitEntry { new_id: TicketId, comment_id: CommentId, moved_count: usize }

    /// The new ticket; null where the viewer may not read it.
    async fn ticket(&self, ctx: &Context<'_>) -> Result<Option<Ticket>> {
        ticket_field(ctx, self.new_id).await
    }

    /// The comment that started it; null where the viewer may not read it.
    async fn comment(&self, ctx: &Context<'_>) -> Result<Option<Comment>> {
        comment_field(ctx, self.comment_id).await
    }

    /// How many comments moved to it.
    async fn moved_count(&self) -> i32 {
        i32::try_from(self.moved_count).unwrap_or(i32::MAX)
    }
}

impl SplitEntry {
    pub(super) const fn of(
        row: event::Model,
        new_id: TicketId,
        comment_id: CommentId,
        moved_count: usize,
    ) -> Self {
        Self {
            row,
            new_id,
            comment_id,
            moved_count,
        }
    }
}
