//! Queues as clients follow them.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, Lookahead, Result, SimpleObject, Subscription};
use chrono::{DateTime, Utc};
use futures_util::{Stream, stream};

use super::find;
use crate::{
    app::App,
    error::Error,
    graphql::{Caller, GlobalId, Start},
    ticket::{
        Columns, Reads, Step, Watch, What,
        graphql::{Row, Ticket, TicketFilter, asks_for_timers},
    },
};

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
    ticket: Option<Row>,
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
    /// Tickets entering, changing in and leaving a queue: give `queueId` or `filter`, not both. The stream
    /// of a queue that is deleted completes; where its filter is edited, it ends with `RESYNC`.
    async fn queue_changes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A queue, by its global id.")] queue_id: Option<ID>,
        #[graphql(desc = "Which tickets, where they are no saved queue.")] filter: Option<
            TicketFilter,
        >,
        #[graphql(
            desc = "A `syncCursor`, or the cursor of the newest change that you have: only what comes after it. Where absent, from now on."
        )]
        after: Option<String>,
    ) -> Result<impl Stream<Item = Result<QueueChange>> + use<>> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let start = Start::of(ctx, after.as_deref()).await?;
        let (filter, saved) = match (queue_id, filter) {
            (None, Some(filter)) => (filter.compile(actor)?, None),
            (Some(id), None) => {
                let queue = find(ctx, &id).await?;
                let queue = queue.ok_or(Error::NotFound("queue"))?;
                (queue.compile(ctx)?, queue.0.saved().map(|queue| queue.id))
            }
            _ => return Err(Error::BadInput("give either queueId or filter").into()),
        };
        let asked = ctx.look_ahead();
        let reads = Reads {
            columns: columns(&asked.field("ticket")),
            is_counted: asked.field("count").exists(),
        };
        let mut watch = Watch::open(app, actor, filter, start, reads).await?;
        if let Some(id) = saved {
            watch = watch.of_queue(id);
        }
        let app = Arc::clone(app);
        Ok(stream::unfold(Some(watch), move |watch| {
            let app = Arc::clone(&app);
            async move {
                let mut watch = watch?;
                match watch.next().await {
                    Ok(step) => Some((Ok(QueueChange::of(&app, step?)), Some(watch))),
                    Err(error) => Some((Err(error.into()), None)),
                }
            }
        }))
    }
}

/// What is read of tickets that are asked for this.
fn columns(ticket: &Lookahead<'_>) -> Option<Columns> {
    let is_all = asks_for_timers(ticket);
    let columns = if is_all {
        Columns::All
    } else {
        Columns::WithoutTimers
    };
    ticket.exists().then_some(columns)
}

impl QueueChange {
    fn of(app: &App, step: Step) -> Self {
        let (kind, id, row) = match step.what {
            What::Entered(id, row) => (QueueChangeKind::Entered, Some(id), row),
            What::Updated(id, row) => (QueueChangeKind::Updated, Some(id), row),
            What::Left(id) => (QueueChangeKind::Left, Some(id), None),
            What::Heartbeat => (QueueChangeKind::Heartbeat, None, None),
        };
        Self {
            cursor: app.feed.cursor(step.pos),
            kind,
            ticket_id: id.map(|id| id.global()),
            ticket: row.map(|row| Row(Ticket(*row))),
            count: i32::try_from(step.count).unwrap_or_default(),
            at: step.at,
        }
    }
}
