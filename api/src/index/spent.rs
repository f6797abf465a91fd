//! What keeping the index costs the changes that it is kept with.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// Changes that had words to write, and how long they took to make them and, where the events' statement does not write
/// them, to write them. Both only grow.
#[derive(Debug, Default)]
pub struct Spent {
    changes: AtomicU64,
    nanoseconds: AtomicU64,
}

impl Spent {
    pub(crate) fn add(&self, time: Duration) {
        let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.changes.fetch_add(1, Ordering::Relaxed);
        self.nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
    }

    pub fn changes(&self) -> u64 {
        self.changes.load(Ordering::Relaxed)
    }

    pub fn time(&self) -> Duration {
        Duration::from_nanos(self.nanoseconds.load(Ordering::Relaxed))
    }
}
