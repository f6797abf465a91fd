//! Who reads a group: by the worker that they are on, so that all of one are woken there.

use std::task::Waker;

use slab::Slab;

use super::relay::Relay;

/// All readers of a group.
#[derive(Default)]
pub(super) struct Seats {
    rows: Vec<Row>,
    count: usize,
}

/// Those of one worker.
struct Row {
    relay: Relay,
    seats: Slab<Seat>,
}

/// One reader. One who leaves takes its waker along.
pub(super) struct Seat {
    /// The number of the frame that it reads next.
    pub(super) next: u64,
    pub(super) waker: Option<Waker>,
}

/// Where a reader sits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    row: usize,
    seat: usize,
}

/// Wakers of those who waited, for each worker.
pub(super) struct Due(Vec<(Relay, Vec<Waker>)>);

impl Seats {
    pub(super) const fn count(&self) -> usize {
        self.count
    }

    pub(super) const fn are_empty(&self) -> bool {
        self.count == 0
    }

    pub(super) fn add(&mut self, next: u64, relay: &Relay) -> Place {
        self.count += 1;
        let row = self.row(relay);
        let seat = self.rows[row].seats.insert(Seat { next, waker: None });
        Place { row, seat }
    }

    /// There are as many rows as workers have had readers here.
    fn row(&mut self, relay: &Relay) -> usize {
        let known = self.rows.iter().position(|row| row.relay.is(relay));
        known.unwrap_or_else(|| {
            self.rows.push(Row {
                relay: relay.clone(),
                seats: Slab::new(),
            });
            self.rows.len() - 1
        })
    }

    pub(super) fn remove(&mut self, place: Place) {
        let row = self.rows.get_mut(place.row);
        if row.is_some_and(|row| row.seats.try_remove(place.seat).is_some()) {
            self.count -= 1;
        }
    }

    pub(super) fn get_mut(&mut self, place: Place) -> Option<&mut Seat> {
        self.rows.get_mut(place.row)?.seats.get_mut(place.seat)
    }

    /// All who wait, and the number of the frame that the slowest reader reads next.
    pub(super) fn take_sleepers(&mut self) -> (Due, u64) {
        let mut slowest = u64::MAX;
        let of_row = |row: &mut Row| {
            let mut wakers = Vec::with_capacity(row.seats.len());
            for (_, seat) in &mut row.seats {
                slowest = slowest.min(seat.next);
                wakers.extend(seat.waker.take());
            }
            (row.relay.clone(), wakers)
        };
        let due = self.rows.iter_mut().map(of_row).collect();
        (Due(due), slowest)
    }
}

impl Due {
    /// Wakes them all, each on its worker.
    pub(super) fn wake(self) {
        for (relay, wakers) in self.0 {
            if !wakers.is_empty() {
                relay.wake(wakers);
            }
        }
    }
}
