//! What a ticket shows of those merged into it: pure.

use entity::{
    json::{MergedTicket, MergedTickets},
    ticket,
};

use crate::{
    error::Result,
    refusal::{Refusal, Why},
};

/// Merged tickets that one ticket shows, with those merged into these. They are on its row, which lists read.
pub(super) const SHOWN_MAX: usize = 50;

/// What `into` shows once `ticket` is merged into it.
pub(super) fn with(into: &ticket::Model, ticket: &ticket::Model) -> Result<MergedTickets> {
    let mut shown = shown_by(into).to_vec();
    shown.push(in_short(ticket));
    shown.extend_from_slice(shown_by(ticket));
    if shown.len() > SHOWN_MAX {
        let why = Why::MergedTickets { max: SHOWN_MAX };
        return Err(Refusal::Invalid {
            field: "intoId",
            why,
        }
        .into());
    }
    Ok(MergedTickets(shown))
}

/// What `into` shows once `ticket` is itself again.
pub(super) fn without(into: &ticket::Model, ticket: &ticket::Model) -> Option<MergedTickets> {
    let gone = |shown: &MergedTicket| {
        shown.id == ticket.id || shown_by(ticket).iter().any(|below| below.id == shown.id)
    };
    let mut shown = shown_by(into).to_vec();
    shown.retain(|shown| !gone(shown));
    (!shown.is_empty()).then_some(MergedTickets(shown))
}

fn shown_by(ticket: &ticket::Model) -> &[MergedTicket] {
    ticket.merged_tickets.as_ref().map_or(&[], |shown| &shown.0)
}

fn in_short(ticket: &ticket::Model) -> MergedTicket {
    MergedTicket {
        id: ticket.id,
        requester_id: ticket.requester_id,
        organization_id: ticket.organization_id,
        team_id: ticket.team_id,
        public_comment_count: ticket.public_comment_count,
        internal_comment_count: ticket.internal_comment_count,
        last_public_comment: ticket.last_public_comment.clone(),
        last_internal_comment: ticket.last_internal_comment.clone(),
    }
}
