//! Notifications as clients follow them.

use std::{collections::VecDeque, sync::Arc};

use async_graphql::{Context, Enum, Result, SimpleObject, Subscription};
use chrono::{DateTime, Utc};
use entity::{ids::UserId, ticket};
use futures_util::{Stream, future::try_join_all, stream};
use tokio::time::{Instant, timeout_at};

use super::{Kind, question};
use crate::{
    actor::Actor,
    app::App,
    error::{Error, Result as CommandResult},
    events::{feed::Follower, log::Placed},
    graphql::{Caller, Start},
    policy,
    ticket::{HEARTBEAT_AFTER, find_many, graphql::Ticket},
    timeline::graphql::TimelineEntry,
};

/// Events taken from the feed at once.
const BATCH: usize = 256;

/// Something that concerns the viewer.
#[derive(SimpleObject)]
pub struct Notification {
    /// The place of this notification: give it as `after` to go on from here. Drop what you have by
    /// its cursor already: delivery is at least once.
    cursor: String,
    /// When it happened.
    at: DateTime<Utc>,
    /// Why the viewer is told.
    kind: NotificationKind,
    /// The ticket as it is now; null for a `HEARTBEAT`.
    ticket: Option<Ticket>,
    /// What happened, and who did it; null for a `HEARTBEAT`.
    entry: Option<TimelineEntry>,
}

/// Why somebody is told of something. Nobody is told of what they did themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum NotificationKind {
    /// The viewer has the ticket now.
    Assigned,
    /// A comment mentions the viewer: it has a link to `user:` and their global id, as in
    /// `[@Agnes](user:VXNlcjox)`. Where it was edited, the text before did not.
    Mentioned,
    /// Somebody commented on a ticket that the viewer requested, has or follows.
    Commented,
    /// Such a ticket was solved.
    Solved,
    /// Such a ticket was reopened.
    Reopened,
    /// Such a ticket was closed.
    Closed,
    /// Such a ticket was merged into another.
    Merged,
    /// The requester rated the help, on a ticket that the viewer has, or that is their team's where they lead it.
    Rated,
    /// Four fifths of the time for a target are used, on a ticket that the viewer has, or that is their
    /// team's where they lead it, or whose level wants their team told.
    AtRisk,
    /// A target was missed on such a ticket.
    Breached,
    /// Nothing; only the cursor moves on. Comes when nothing else did for 15 seconds.
    Heartbeat,
}

impl From<Kind> for NotificationKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Assigned => Self::Assigned,
            Kind::Mentioned => Self::Mentioned,
            Kind::Commented => Self::Commented,
            Kind::Solved => Self::Solved,
            Kind::Reopened => Self::Reopened,
            Kind::Closed => Self::Closed,
            Kind::Merged => Self::Merged,
            Kind::Rated => Self::Rated,
            Kind::AtRisk => Self::AtRisk,
            Kind::Breached => Self::Breached,
        }
    }
}

/// What concerns the viewer, live.
#[derive(Default)]
pub struct NotificationSubscription;

#[Subscription]
impl NotificationSubscription {
    /// What concerns the viewer: tickets they are given, comments that mention them, and what is said
    /// and decided on tickets that they requested, have or follow, as far as they may know it; and targets
    /// that are near or missed, where they have the ticket, lead its team, or are of the team that its level wants
    /// told (`setLevelEscalation`).
    async fn notifications(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The cursor of the newest notification that you have, or a `syncCursor`: only what comes after it. Where absent, from now on."
        )]
        after: Option<String>,
    ) -> Result<impl Stream<Item = Result<Notification>> + use<>> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let user_id = actor.id().ok_or(Error::Forbidden)?;
        let start = Start::of(ctx, after.as_deref()).await?;
        let listening = Listening {
            app: Arc::clone(app),
            actor: actor.clone(),
            user_id,
            follower: app.feed.follow(start.after),
            start,
            found: VecDeque::new(),
            heartbeat_at: Instant::now() + HEARTBEAT_AFTER,
        };
        Ok(stream::unfold(Some(listening), async |listening| {
            let mut listening = listening?;
            match listening.next().await {
                Ok(notification) => Some((Ok(notification?), Some(listening))),
                Err(error) => Some((Err(error), None)),
            }
        }))
    }
}

/// A person, and how far the log was looked through for them.
struct Listening {
    app: Arc<App>,
    actor: Actor,
    user_id: UserId,
    follower: Follower,
    start: Start,
    /// Found, and not yet told.
    found: VecDeque<(Arc<Placed>, Kind, ticket::Model)>,
    heartbeat_at: Instant,
}

impl Listening {
    /// None once nobody reads any more.
    async fn next(&mut self) -> Result<Option<Notification>> {
        loop {
            if let Some((event, kind, ticket)) = self.found.pop_front() {
                self.heartbeat_at = Instant::now() + HEARTBEAT_AFTER;
                self.start.reach(event.pos);
                return Ok(Some(Notification {
                    cursor: self.app.feed.cursor(event.pos),
                    at: event.at,
                    kind: kind.into(),
                    ticket: Some(Ticket(ticket)),
                    entry: Some(TimelineEntry::placed(&event)?),
                }));
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
            let events = self.follower.take(BATCH).await?;
            self.find(events).await?;
        }
    }

    async fn find(&mut self, events: Vec<Arc<Placed>>) -> CommandResult<()> {
        let sees_internal = policy::sees_internal(&self.actor);
        let (audiences, user_id) = (&self.app.audiences, self.user_id);
        let asked = events
            .into_iter()
            .filter(|event| sees_internal || !event.is_internal)
            .filter_map(|event| Some((question(&event, user_id)?, event)))
            .map(async |(question, event)| {
                let kind = audiences.answer(question, event.pos, user_id).await?;
                Ok::<_, Error>(kind.map(|kind| (event, kind)))
            });
        let concerning: Vec<_> = try_join_all(asked).await?.into_iter().flatten().collect();
        if concerning.is_empty() {
            return Ok(());
        }
        let ids = concerning.iter();
        let ids: Vec<_> = ids.filter_map(|(event, _)| event.ticket_id).collect();
        let tickets = find_many(&self.app, &self.actor, &ids).await?;
        let seen = concerning.into_iter().filter_map(|(event, kind)| {
            let ticket = tickets.get(&event.ticket_id?)?.clone();
            Some((event, kind, ticket))
        });
        self.found.extend(seen);
        Ok(())
    }

    fn heartbeat(&self) -> Notification {
        let pos = self.follower.pos();
        self.start.reach(pos);
        Notification {
            cursor: self.app.feed.cursor(pos),
            at: self.app.clock.now(),
            kind: NotificationKind::Heartbeat,
            ticket: None,
            entry: None,
        }
    }
}
