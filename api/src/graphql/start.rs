//! Where a live stream starts, and how far it is.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use crate::events::Pos;

/// Where a stream starts, and where it is: part of what belongs to one run of a subscription.
#[derive(Clone, Debug, Default)]
pub struct Start {
    /// None: from now on.
    pub after: Option<Pos>,
    /// The place of the newest item: set just before the item is yielded.
    pub place: Arc<AtomicU64>,
}

impl Start {
    /// Notes where the item is that comes next.
    pub fn reach(&self, pos: Pos) {
        self.place.store(pos.0, Ordering::Release);
    }

    /// Where the newest item is.
    pub fn reached(&self) -> Pos {
        Pos(self.place.load(Ordering::Acquire))
    }
}
