//! Splitting as clients do it.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use entity::ids::{CommentId, TicketId};

use super::{super::commands::split, types::Ticket};
use crate::{
    app::retry,
    graphql::{Caller, GlobalId, UserError, split_errors},
};

/// Where to split a ticket.
#[derive(InputObject)]
pub struct SplitTicketInput {
    /// The ticket.
    ticket_id: ID,
    /// The public comment on it that starts the new ticket. Of a comment that a merged ticket brought along, undo the merge
    /// instead.
    comment_id: ID,
    /// The new ticket's subject; where absent, that of the ticket. Required where others than the ticket's requester, or
    /// their organization, will read the new one.
    subject: Option<String>,
    /// Whether the comments written after that one move to the new ticket, at most 500. Not where others will read it.
    #[graphql(default = false)]
    moves_later: bool,
    /// Split it only if this is still its version.
    expected_version: Option<i32>,
}

/// What came of `splitTicket`.
#[derive(SimpleObject)]
pub struct SplitTicketPayload {
    /// The ticket that was split; null when refused.
    ticket: Option<Ticket>,
    /// The new ticket; null when refused.
    new_ticket: Option<Ticket>,
    /// What a person can put right.
    user_errors: Vec<UserError>,
}

/// Splitting tickets.
#[derive(Default)]
pub struct SplitMutation;

#[Object]
impl SplitMutation {
    /// Opens a ticket with what a comment says, so that it can go on by itself; staff only. Its requester is who wrote the
    /// comment if that is a requester, else the ticket's. The comment's text is its description, and the comment stays
    /// where it was said; comments after it move where `movesLater` says so, with their earlier texts. The new ticket has
    /// the level, priority, channel and team of the ticket, targets that start now, and a link to it.
    async fn split_ticket(
        &self,
        ctx: &Context<'_>,
        input: SplitTicketInput,
    ) -> Result<SplitTicketPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let wanted = split::Split {
            ticket_id: TicketId::of(&input.ticket_id),
            comment_id: CommentId::of(&input.comment_id),
            subject: input.subject,
            moves_later: input.moves_later,
            expected_version: input.expected_version,
        };
        let parts = retry(|| split::split(app, actor, &wanted)).await;
        let (parts, user_errors) = split_errors(parts, actor.locale())?;
        let (ticket, new_ticket) = parts
            .map(|parts| (Ticket(parts.ticket), Ticket(parts.new)))
            .unzip();
        Ok(SplitTicketPayload {
            ticket,
            new_ticket,
            user_errors,
        })
    }
}
