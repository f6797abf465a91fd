//! Presence as clients see and set it.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject, Subscription};
use chrono::{DateTime, Utc};
use entity::ids::{TicketId, UserId};
use futures_util::{Stream, stream};
use tokio::{sync::watch, time::sleep};

use super::{Seen, State};
use crate::{
    actor::Actor,
    app::App,
    error::{Error, Result as CommandResult},
    graphql::{Caller, GlobalId, Start, Stop, UserError, split_errors},
    people::graphql::{User, user_field},
    policy::{self, Action},
    ticket::{self, Reference},
};

/// How often a stream looks who has expired.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What somebody does with a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "State")]
pub enum PresenceState {
    /// Looks at it.
    Viewing,
    /// Writes on it.
    Typing,
    /// Is not there any more.
    Gone,
}

/// Somebody who is on a ticket.
pub struct Presence {
    ticket_id: TicketId,
    user_id: UserId,
    seen: Seen,
}

/// Somebody who looks at a ticket or writes on it. Of the moment: nothing of it is stored.
#[Object]
impl Presence {
    /// The ticket's global id.
    async fn ticket_id(&self) -> ID {
        self.ticket_id.global()
    }

    /// Who it is.
    async fn user(&self, ctx: &Context<'_>) -> Result<User> {
        user_field(ctx, self.user_id).await
    }

    /// What they do.
    async fn state(&self) -> PresenceState {
        self.seen.state.into()
    }

    /// When they are taken to be gone, unless they say again before that they are there.
    async fn expires_at(&self) -> DateTime<Utc> {
        self.seen.expires_at
    }
}

/// What the viewer does with a ticket.
#[derive(InputObject)]
pub struct SetPresenceInput {
    /// The ticket.
    ticket_id: ID,
    /// What they do. Holds for 45 seconds: say it again every 20 or so, and `GONE` on leaving.
    state: PresenceState,
}

/// What came of `setPresence`.
#[derive(SimpleObject)]
pub struct SetPresencePayload {
    /// What others are shown; null when refused.
    presence: Option<Presence>,
    /// What a person can put right.
    user_errors: Vec<UserError>,
}

/// Being seen.
#[derive(Default)]
pub struct PresenceMutation;

#[Object]
impl PresenceMutation {
    /// Shows other staff that the viewer looks at a ticket or writes on it. For people on the staff's
    /// side of the ticket. Ephemeral: not stored, not in the log, and it may be lost.
    async fn set_presence(
        &self,
        ctx: &Context<'_>,
        input: SetPresenceInput,
    ) -> Result<SetPresencePayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let id = TicketId::of(&input.ticket_id);
        let set = super::set(app, actor, id, input.state.into()).await;
        let (seen, user_errors) = split_errors(set, actor.locale())?;
        let presence = seen.zip(id).zip(actor.id());
        Ok(SetPresencePayload {
            presence: presence.map(|((seen, ticket_id), user_id)| Presence {
                ticket_id,
                user_id,
                seen,
            }),
            user_errors,
        })
    }
}

/// Presence, live.
#[derive(Default)]
pub struct PresenceSubscription;

#[Subscription]
impl PresenceSubscription {
    /// Who looks at or writes on a ticket: first who is there already, then who comes, changes, stays
    /// on (with a later `expiresAt`) or goes. For staff who see the ticket; the viewer is among them.
    /// Ephemeral: it may be lost, and there is no cursor to go on from. Ends with the error
    /// `NOT_FOUND` where the viewer may not read the ticket any more.
    async fn presence(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The ticket's global id.")] ticket_id: ID,
    ) -> Result<impl Stream<Item = Result<Presence>> + use<>> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let ticket_id = TicketId::of(&ticket_id).ok_or(Error::NotFound("ticket"))?;
        let stop = Start::of(ctx, None).await?.stop;
        let watching = Watching {
            app: Arc::clone(app),
            actor: actor.clone(),
            ticket_id,
            stop,
            changed: app.presence.watch(ticket_id),
            told: BTreeMap::new(),
            found: VecDeque::new(),
        };
        watching.check().await?;
        Ok(stream::unfold(Some(watching), async |watching| {
            let mut watching = watching?;
            match watching.next().await {
                Ok(presence) => Some((Ok(presence?), Some(watching))),
                Err(error) => Some((Err(error.into()), None)),
            }
        }))
    }
}

/// A ticket, and who was told to be on it. Only what is different is told, so a slow reader hears of
/// the present and not of all that has been.
struct Watching {
    app: Arc<App>,
    actor: Actor,
    ticket_id: TicketId,
    stop: Stop,
    changed: watch::Receiver<()>,
    told: BTreeMap<UserId, Seen>,
    found: VecDeque<(UserId, Seen)>,
}

impl Watching {
    /// None once nobody reads any more.
    async fn next(&mut self) -> CommandResult<Option<Presence>> {
        loop {
            if let Some((user_id, seen)) = self.found.pop_front() {
                return Ok(Some(Presence {
                    ticket_id: self.ticket_id,
                    user_id,
                    seen,
                }));
            }
            self.look();
            if !self.found.is_empty() {
                self.check().await?;
                continue;
            }
            tokio::select! {
                () = self.stop.stopped() => return Ok(None),
                // The board outlives its streams.
                _ = self.changed.changed() => {}
                () = sleep(LOOK_EVERY), if !self.told.is_empty() => {}
            }
        }
    }

    /// Fails where the actor may not know who is there, or not any more.
    async fn check(&self) -> CommandResult<()> {
        let reference = Reference::Id(Some(self.ticket_id));
        let ticket = ticket::find(&self.app, &self.actor, reference).await?;
        let ticket = ticket.ok_or(Error::NotFound("ticket"))?;
        policy::authorize(&self.actor, Action::ReadPresence(&ticket))
    }

    fn look(&mut self) {
        let now = self.app.clock.now();
        let present = self.app.presence.people(self.ticket_id, now);
        let gone = self.told.keys().filter(|id| !present.contains_key(id));
        let gone = gone.map(|id| {
            let seen = Seen {
                state: State::Gone,
                expires_at: now,
            };
            (*id, seen)
        });
        self.found.extend(gone);
        let new = present
            .iter()
            .filter(|(id, seen)| self.told.get(id) != Some(seen));
        self.found.extend(new.map(|(id, seen)| (*id, *seen)));
        self.told = present;
    }
}
