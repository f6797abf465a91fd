//! Follows the log once for the whole process, and keeps its newest events for the live streams.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::{
    event::ActorKind,
    ids::{TicketId, UserId},
};
use tokio::sync::watch;

use super::{Epoch, Pos, cursor, facts::Facts, log::Entry};
use crate::{
    error::{Error, Result},
    store::Store,
};

/// An event that has its place.
#[derive(Clone, Debug)]
pub struct Placed {
    pub pos: Pos,
    pub id: i64,
    pub ticket_id: Option<TicketId>,
    pub actor_id: Option<UserId>,
    pub actor_kind: ActorKind,
    pub is_internal: bool,
    pub at: DateTime<Utc>,
    pub entry: Entry,
    /// The ticket after the change; only on the last event of a change to a ticket.
    pub facts: Option<Facts>,
    /// The ticket before it; none where it is new.
    pub before: Option<Facts>,
}

/// The newest events of the log, and the way to older ones.
pub struct Feed {
    #[expect(dead_code, reason = "the skeleton reads nothing yet")]
    store: Store,
    head: watch::Sender<Pos>,
}

impl Feed {
    pub fn new(store: Store) -> Self {
        Self {
            store,
            head: watch::Sender::default(),
        }
    }

    /// The newest place that this process has read.
    pub fn head(&self) -> Pos {
        *self.head.borrow()
    }

    pub fn epoch(&self) -> Epoch {
        Epoch::default()
    }

    /// Wakes when the head moves.
    pub fn watch(&self) -> watch::Receiver<Pos> {
        self.head.subscribe()
    }

    /// At most `max` of the events after `pos`, in order: none where `pos` is the head. Fails with
    /// [`Error::Resync`] where the log does not reach back that far.
    pub async fn after(&self, pos: Pos, max: usize) -> Result<Vec<Arc<Placed>>> {
        let _ = (pos, max);
        Ok(Vec::new())
    }

    /// The place of a cursor. Fails with [`Error::Resync`] where a stream cannot go on from it.
    pub async fn check(&self, cursor: &str) -> Result<Pos> {
        match cursor::read(cursor) {
            Some((epoch, pos)) if epoch == self.epoch() && pos <= self.head() => Ok(pos),
            Some(_) | None => Err(Error::Resync),
        }
    }

    /// `pos` as clients hold it.
    pub fn cursor(&self, pos: Pos) -> String {
        cursor::write(self.epoch(), pos)
    }
}
