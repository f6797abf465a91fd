//! What happened, in the past tense and by ids: the log that timelines, live streams and measures
//! are made of.

mod about;
mod cursor;
pub mod doorbell;
mod event;
pub mod facts;
pub mod feed;
mod follower;
pub mod log;
pub mod places;
mod report;
mod ring;

pub use event::{ArticleField, Assignment, Event, Handing, QueueField, TicketField};

/// An event's place: dense, growing, and in the same order for every server. An event gets its place
/// after its commit, so none ever appears before one that was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pos(pub u64);

impl Pos {
    /// As the database keeps it; there are no negative places.
    pub(crate) fn of(stored: i64) -> Self {
        Self(u64::try_from(stored).unwrap_or_default())
    }

    pub(crate) fn to_stored(self) -> i64 {
        i64::try_from(self.0).unwrap_or(i64::MAX)
    }
}

/// Which life of the log a place belongs to: a log that may have lost its tail begins another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Epoch(pub u64);
