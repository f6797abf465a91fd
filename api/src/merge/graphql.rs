//! Merging as clients do it.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use entity::ids::TicketId;

use super::{Merged, merge, unmerge};
use crate::{
    app::retry,
    error::Result as CommandResult,
    graphql::{Caller, GlobalId, UserError, split_errors},
    ticket::graphql::Ticket,
};

/// A ticket that is to go on as another.
#[derive(InputObject)]
pub struct MergeTicketInput {
    /// The ticket that is closed by it; any that is not closed.
    ticket_id: ID,
    /// The ticket that it goes on as; not a closed one, and so not one that is merged itself.
    into_id: ID,
    /// Merge it only if this is still the first ticket's version.
    expected_version: Option<i32>,
}

/// A merge to undo.
#[derive(InputObject)]
pub struct UnmergeTicketInput {
    /// The merged ticket.
    ticket_id: ID,
    /// Undo it only if this is still the ticket's version.
    expected_version: Option<i32>,
}

/// What came of `mergeTicket`.
#[derive(SimpleObject)]
pub struct MergeTicketPayload {
    /// The merged ticket, closed now; null when refused.
    ticket: Option<Ticket>,
    /// The ticket that it goes on as; null when refused.
    into: Option<Ticket>,
    /// What a person can put right.
    user_errors: Vec<UserError>,
}

/// What came of `unmergeTicket`.
#[derive(SimpleObject)]
pub struct UnmergeTicketPayload {
    /// The ticket, as it was before the merge; null when refused.
    ticket: Option<Ticket>,
    /// The ticket that it was merged into; null when refused.
    into: Option<Ticket>,
    /// What a person can put right.
    user_errors: Vec<UserError>,
}

/// Merging, and undoing it.
#[derive(Default)]
pub struct MergeMutation;

#[Object]
impl MergeMutation {
    /// Closes a ticket because it goes on as another; staff only, for both. The other shows its comments and
    /// articles among its own, to those who may read both tickets: nobody reads more than before. Who opened or
    /// follows the ticket follows the other; its targets end as `CANCELLED`. Tags, fields and links stay with it.
    ///
    /// A public comment of its requester on it is then written on the other where they may read that one, and opens a
    /// follow-up where they may not.
    async fn merge_ticket(
        &self,
        ctx: &Context<'_>,
        input: MergeTicketInput,
    ) -> Result<MergeTicketPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let (id, into_id) = (TicketId::of(&input.ticket_id), TicketId::of(&input.into_id));
        let merged = retry(|| merge(app, actor, id, into_id, input.expected_version)).await;
        let (ticket, into, user_errors) = both(ctx, merged)?;
        Ok(MergeTicketPayload {
            ticket,
            into,
            user_errors,
        })
    }

    /// Undoes a merge: the ticket has the status, the wait and the targets that it had, without the time in between, and
    /// the other shows its comments no longer. What was said on the other since then stays there. `TOO_LATE` once
    /// the other is closed, or was merged itself: undo that first.
    async fn unmerge_ticket(
        &self,
        ctx: &Context<'_>,
        input: UnmergeTicketInput,
    ) -> Result<UnmergeTicketPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let id = TicketId::of(&input.ticket_id);
        let undone = retry(|| unmerge(app, actor, id, input.expected_version)).await;
        let (ticket, into, user_errors) = both(ctx, undone)?;
        Ok(UnmergeTicketPayload {
            ticket,
            into,
            user_errors,
        })
    }
}

type Both = (Option<Ticket>, Option<Ticket>, Vec<UserError>);

fn both(ctx: &Context<'_>, result: CommandResult<Merged>) -> Result<Both> {
    let Caller { actor, .. } = Caller::of(ctx)?;
    let (merged, user_errors) = split_errors(result, actor.locale())?;
    let (ticket, into) = merged
        .map(|merged| (Ticket(merged.ticket), Ticket(merged.into)))
        .unzip();
    Ok((ticket, into, user_errors))
}
