//! Time and ids: the one place that reads the wall clock, so that tests can hold it still.

use std::sync::Mutex;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use uuid::{NoContext, Timestamp, Uuid};

/// Tells the time to the microsecond, which both databases keep, and makes ids that sort by it.
#[derive(Debug)]
pub struct Clock(Kind);

#[derive(Debug)]
enum Kind {
    Wall,
    Frozen(Mutex<Frozen>),
}

#[derive(Debug)]
struct Frozen {
    now: DateTime<Utc>,
    ids: u64,
}

impl Clock {
    /// The clock on the wall.
    pub const fn wall() -> Self {
        Self(Kind::Wall)
    }

    /// A clock that stands at `now` until it is advanced, and makes the same ids in every run.
    pub const fn frozen(now: DateTime<Utc>) -> Self {
        Self(Kind::Frozen(Mutex::new(Frozen { now, ids: 0 })))
    }

    /// Moves a frozen clock; the wall clock cannot be moved.
    pub fn advance(&self, by: TimeDelta) {
        if let Kind::Frozen(frozen) = &self.0 {
            lock(frozen).now += by;
        }
    }

    pub fn now(&self) -> DateTime<Utc> {
        match &self.0 {
            #[expect(
                clippy::disallowed_methods,
                reason = "this is the home of the wall clock"
            )]
            Kind::Wall => Utc::now().trunc_subsecs(6),
            Kind::Frozen(frozen) => lock(frozen).now,
        }
    }

    /// A new id, greater than those made before it (UUID version 7, RFC 9562).
    pub fn new_id(&self) -> Uuid {
        match &self.0 {
            #[expect(clippy::disallowed_methods, reason = "this is the home of new ids")]
            Kind::Wall => Uuid::now_v7(),
            Kind::Frozen(frozen) => {
                let mut frozen = lock(frozen);
                frozen.ids += 1;
                foreseeable_id(frozen.now, frozen.ids)
            }
        }
    }
}

fn foreseeable_id(now: DateTime<Utc>, count: u64) -> Uuid {
    let seconds = u64::try_from(now.timestamp()).unwrap_or_default();
    let time = Timestamp::from_unix(NoContext, seconds, now.timestamp_subsec_nanos());
    let mut bytes = *Uuid::new_v7(time).as_bytes();
    bytes[6] = 0x70;
    bytes[7] = 0;
    bytes[8..].copy_from_slice(&count.to_be_bytes());
    bytes[8] |= 0x80;
    Uuid::from_bytes(bytes)
}

/// A panic elsewhere cannot leave the time half-written.
fn lock(frozen: &Mutex<Frozen>) -> std::sync::MutexGuard<'_, Frozen> {
    frozen
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frozen_clock_stands_still_and_its_ids_grow() {
        let clock = Clock::frozen(DateTime::UNIX_EPOCH);
        let first = clock.new_id();
        clock.advance(TimeDelta::seconds(1));
        assert_eq!(clock.now(), DateTime::UNIX_EPOCH + TimeDelta::seconds(1));
        assert!(clock.new_id() > first);
        assert_eq!(first.get_version_num(), 7);
    }
}
