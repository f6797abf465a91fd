//! Who looks at a ticket or writes on it at this moment: kept in memory, told to the other servers
//! through the doorbell, and forgotten by itself. Nothing here is stored, and any of it may be lost.

pub mod graphql;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};
use entity::ids::{TicketId, UserId};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::{
    actor::Actor,
    app::App,
    error::{Error, Result},
    policy::{self, Action},
    refusal::Refusal,
    ticket::{self, Reference},
};

/// How long somebody is taken to be there who does not say so again.
pub const LASTS: TimeDelta = TimeDelta::seconds(45);
/// People on tickets, in all. Who comes when there are so many is not shown.
const PRESENT_MAX: usize = 50_000;

/// What somebody does with a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    Viewing,
    Typing,
    Gone,
}

/// What somebody does, and until when they are taken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    pub state: State,
    pub expires_at: DateTime<Utc>,
}

/// Who is on which ticket, as far as this server has heard.
#[derive(Default)]
pub struct Board(Mutex<Rooms>);

#[derive(Default)]
struct Rooms {
    by_ticket: HashMap<TicketId, Room>,
    present: usize,
    swept_at: DateTime<Utc>,
}

#[derive(Default)]
struct Room {
    people: BTreeMap<UserId, Seen>,
    changed: watch::Sender<()>,
}

/// What one server tells the others.
#[derive(Serialize, Deserialize)]
struct Word {
    ticket_id: TicketId,
    user_id: UserId,
    state: State,
}

/// Shows on all servers what the actor does with a ticket, for 45 seconds or until they say otherwise.
/// People on the staff's side of the ticket alone.
pub async fn set(app: &App, actor: &Actor, id: Option<TicketId>, state: State) -> Result<Seen> {
    let ticket = ticket::find(app, actor, Reference::Id(id)).await?;
    let ticket = ticket.ok_or(Refusal::NotFound { field: "ticketId" })?;
    policy::authorize(actor, Action::SetPresence(&ticket))?;
    let user_id = actor.id().ok_or(Error::Forbidden)?;
    let word = Word {
        ticket_id: ticket.id,
        user_id,
        state,
    };
    let message = serde_json::to_string(&word).map_err(anyhow::Error::from)?;
    app.feed.tell_others(message);
    Ok(app.presence.note(&word, app.clock.now()))
}

impl Board {
    /// Takes in what another server has said. What is not understood comes from a newer one.
    pub fn hear(&self, message: &str, now: DateTime<Utc>) {
        if let Ok(word) = serde_json::from_str(message) {
            self.note(&word, now);
        }
    }

    /// Wakes when somebody comes to, does something else on, or leaves a ticket; not when they expire.
    fn watch(&self, id: TicketId) -> watch::Receiver<()> {
        let mut rooms = self.rooms();
        rooms.by_ticket.entry(id).or_default().changed.subscribe()
    }

    /// Who is there at `now`.
    fn people(&self, id: TicketId, now: DateTime<Utc>) -> BTreeMap<UserId, Seen> {
        let rooms = self.rooms();
        let people = rooms.by_ticket.get(&id).into_iter();
        let people = people.flat_map(|room| &room.people);
        people
            .filter(|(_, seen)| seen.expires_at > now)
            .map(|(user_id, seen)| (*user_id, *seen))
            .collect()
    }

    fn note(&self, word: &Word, now: DateTime<Utc>) -> Seen {
        let seen = Seen {
            state: word.state,
            expires_at: match word.state {
                State::Gone => now,
                State::Viewing | State::Typing => now + LASTS,
            },
        };
        self.rooms().note(word, seen, now);
        seen
    }

    /// A panic elsewhere cannot leave the map half-written.
    fn rooms(&self) -> MutexGuard<'_, Rooms> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rooms {
    fn note(&mut self, word: &Word, seen: Seen, now: DateTime<Utc>) {
        if self.swept_at + LASTS <= now {
            self.sweep(now);
        }
        let room = self.by_ticket.entry(word.ticket_id).or_default();
        let was_there = room.people.remove(&word.user_id).is_some();
        self.present -= usize::from(was_there);
        if word.state != State::Gone && self.present < PRESENT_MAX {
            room.people.insert(word.user_id, seen);
            self.present += 1;
        }
        room.changed.send_replace(());
    }

    /// Forgets who has expired, and the tickets that nobody is on or watches.
    fn sweep(&mut self, now: DateTime<Utc>) {
        self.by_ticket.retain(|_, room| {
            room.people.retain(|_, seen| seen.expires_at > now);
            !room.people.is_empty() || !room.changed.is_closed()
        });
        self.present = self.by_ticket.values().map(|room| room.people.len()).sum();
        self.swept_at = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn word(user: usize, ticket: usize, state: State) -> Word {
        Word {
            ticket_id: TicketId(Uuid::from_u128(ticket as u128)),
            user_id: UserId(Uuid::from_u128(user as u128)),
            state,
        }
    }

    #[test]
    fn the_board_has_room_for_so_many_and_forgets_by_itself() {
        let board = Board::default();
        let mut now = DateTime::UNIX_EPOCH + TimeDelta::days(1);
        for user in 0..=PRESENT_MAX {
            board.note(&word(user, user / 10, State::Viewing), now);
        }
        let last = TicketId(Uuid::from_u128(PRESENT_MAX as u128 / 10));
        assert!(board.people(last, now).is_empty(), "one too many");
        let watched = TicketId(Uuid::from_u128(7));
        let watching = board.watch(watched);
        assert_eq!(board.people(watched, now).len(), 10);

        now += LASTS;
        assert!(board.people(watched, now).is_empty());
        board.note(&word(1, 1, State::Typing), now);
        assert_eq!(board.rooms().present, 1);
        assert_eq!(board.rooms().by_ticket.len(), 2, "the watched one stays");
        drop(watching);
        board.note(&word(1, 1, State::Gone), now + LASTS);
        assert_eq!(board.rooms().present, 0);
        assert_eq!(board.rooms().by_ticket.len(), 1);
    }

    #[test]
    fn what_is_not_understood_is_not_heard() {
        let board = Board::default();
        for message in ["", "{}", "[1]", "{\"ticket_id\":1}"] {
            board.hear(message, DateTime::UNIX_EPOCH);
        }
        assert!(board.rooms().by_ticket.is_empty());
    }
}
