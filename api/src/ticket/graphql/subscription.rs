//! A ticket as clients follow it.

use std::{collections::VecDeque, sync::Arc};

use async_graphql::{Context, ID, Result, SimpleObject, Subscription};
use chrono::{DateTime, Utc};
use entity::ids::TicketId;
use futures_util::{Stream, stream};
use tokio::time::{Instant, timeout_at};

use super::{
    super::{
        queries::{self, Reference},
        watch::HEARTBEAT_AFTER,
    },
    types::Ticket,
};
use crate::{
    actor::Actor,
    app::App,
    error::Error,
    events::feed::{Follower, Placed},
    graphql::{Caller, GlobalId, Start},
    policy,
    timeline::graphql::TimelineEntry,
};

/// Events taken from the feed at once.
const BATCH: usize = 256;

/// One change to a ticket.
#[derive(SimpleObject)]
pub struct TicketChange {
    /// The place of this change: give it as `after` to go on from here. Drop what you have by its
    /// cursor already: delivery is at least once.
    cursor: String,
    /// When it happened.
    at: DateTime<Utc>,
    /// The ticket as it is now; null for a heartbeat.
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
    /// 15 seconds, a heartbeat: neither ticket nor entry, only the cursor moves on. Ends with the error
    /// `NOT_FOUND` where the viewer may not read the ticket any more.
    async fn ticket_changes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The ticket's global id.")] ticket_id: ID,
        #[graphql(
            desc = "A `syncCursor`, or the cursor of the newest change that you have: only what comes after it. Where absent, from now on."
        )]
        after: Option<String>,
    ) -> Result<impl Stream<Item = Result<TicketChange>> + use<>> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let start = Start::of(ctx, after.as_deref()).await?;
        let follower = app.feed.follow(start.after);
        let reference = Reference::Id(TicketId::of(&ticket_id));
        let ticket = queries::find(app, actor, reference).await?;
        let following = Following {
            app: Arc::clone(app),
            actor: actor.clone(),
            ticket_id: ticket.ok_or(Error::NotFound("ticket"))?.id,
            follower,
            start,
            events: VecDeque::new(),
            heartbeat_at: Instant::now() + HEARTBEAT_AFTER,
        };
        Ok(stream::unfold(Some(following), async |following| {
            let mut following = following?;
            match following.next().await {
                Ok(change) => Some((Ok(change?), Some(following))),
                Err(error) => Some((Err(error), None)),
            }
        }))
    }
}

/// A ticket, and how far it was followed.
struct Following {
    app: Arc<App>,
    actor: Actor,
    ticket_id: TicketId,
    follower: Follower,
    start: Start,
    /// Taken, and not yet told.
    events: VecDeque<Arc<Placed>>,
    heartbeat_at: Instant,
}

impl Following {
    /// None once nobody reads any more.
    async fn next(&mut self) -> Result<Option<TicketChange>> {
        loop {
            if let Some(event) = self.events.pop_front() {
                self.heartbeat_at = Instant::now() + HEARTBEAT_AFTER;
                return self.tell(&event).await.map(Some);
            }
            self.start.reach(self.follower.pos());
            let waited = tokio::select! {
                () = self.start.stop.stopped() => return Ok(None),
                waited = timeout_at(self.heartbeat_at, self.follower.wait()) => waited,
            };
            if waited.is_err() || Instant::now() >= self.heartbeat_at {
                self.heartbeat_at = Instant::now() + HEARTBEAT_AFTER;
                return Ok(Some(self.heartbeat()));
            }
            let mut events = self.follower.take(BATCH).await?;
            events.retain(|event| self.is_told(event));
            self.events.extend(events);
        }
    }

    fn is_told(&self, event: &Placed) -> bool {
        event.ticket_id == Some(self.ticket_id)
            && (!event.is_internal || policy::sees_internal(&self.actor))
    }

    async fn tell(&self, event: &Placed) -> Result<TicketChange> {
        let reference = Reference::Id(Some(self.ticket_id));
        let ticket = queries::find(&self.app, &self.actor, reference).await?;
        let ticket = ticket.ok_or(Error::NotFound("ticket"))?;
        self.start.reach(event.pos);
        Ok(TicketChange {
            cursor: self.app.feed.cursor(event.pos),
            at: event.at,
            ticket: Some(Ticket(ticket)),
            entry: Some(TimelineEntry::placed(event)?),
        })
    }

    fn heartbeat(&self) -> TicketChange {
        let pos = self.follower.pos();
        self.start.reach(pos);
        TicketChange {
            cursor: self.app.feed.cursor(pos),
            at: self.app.clock.now(),
            ticket: None,
            entry: None,
        }
    }
}
