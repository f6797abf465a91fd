//! How full a budget is: a leaky bucket as a meter, which is the generic cell rate algorithm counted in points instead of
//! times (ITU-T Recommendation I.371, annex A, "continuous-state leaky bucket"; the two are equivalent there).
//!
//! Whatever was spent leaks away at the budget's rate. `used' = max(0, used − passed · rate) + cost`, where that is at
//! most the burst; else nothing is spent.

use std::time::{Duration, Instant};

use crate::config::Budget;

/// Parts of a point: so many leak in a nanosecond as the rate has points a minute, and nothing is ever rounded.
const PARTS: u64 = 60_000_000_000;

/// What was spent and has not come back yet.
#[derive(Debug)]
pub(super) struct Meter {
    used: u64,
    at: Instant,
}

impl Meter {
    pub(super) const fn empty(now: Instant) -> Self {
        Self { used: 0, at: now }
    }

    /// Spends `cost`, or says how long it takes until that would pass.
    pub(super) fn take(&mut self, budget: Budget, cost: u32, now: Instant) -> Result<(), Duration> {
        self.leak(budget, now);
        let after = self.used.saturating_add(parts(cost));
        let over = after.saturating_sub(parts(budget.burst));
        if over > 0 {
            return Err(Duration::from_nanos(
                over.div_ceil(u64::from(budget.per_minute).max(1)),
            ));
        }
        self.used = after;
        Ok(())
    }

    /// Spends `cost` that passed elsewhere, as far as it is there.
    pub(super) fn note(&mut self, budget: Budget, cost: u32, now: Instant) {
        self.leak(budget, now);
        self.used = parts(budget.burst).min(self.used.saturating_add(parts(cost)));
    }

    /// Whole points that can be spent, as of the last call.
    pub(super) fn left(&self, budget: Budget) -> u32 {
        let left = parts(budget.burst).saturating_sub(self.used) / PARTS;
        u32::try_from(left).unwrap_or(u32::MAX)
    }

    fn leak(&mut self, budget: Budget, now: Instant) {
        self.used = self.used.saturating_sub(came_back(budget, now - self.at));
        self.at = now;
    }
}

/// Points that come back in a time, in whole.
pub(super) fn points_in(budget: Budget, time: Duration) -> u32 {
    u32::try_from(came_back(budget, time) / PARTS).unwrap_or(u32::MAX)
}

/// How long so many points take to come back.
pub(super) fn time_for(budget: Budget, points: u32) -> Duration {
    Duration::from_nanos(parts(points).div_ceil(u64::from(budget.per_minute).max(1)))
}

fn parts(points: u32) -> u64 {
    u64::from(points) * PARTS
}

fn came_back(budget: Budget, time: Duration) -> u64 {
    let parts = time
        .as_nanos()
        .saturating_mul(u128::from(budget.per_minute));
    u64::try_from(parts).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUDGET: Budget = Budget {
        per_minute: 7,
        burst: 100,
    };

    #[test]
    fn what_is_spent_comes_back_at_the_rate() {
        let start = Instant::now();
        let mut meter = Meter::empty(start);
        for left in [90, 80, 70, 60, 50, 40, 30, 20, 10, 0] {
            assert_eq!(meter.take(BUDGET, 10, start), Ok(()));
            assert_eq!(meter.left(BUDGET), left);
        }
        let wait = meter.take(BUDGET, 7, start).expect_err("it is empty");
        assert_eq!(wait, Duration::from_mins(1));
        let early = start + wait.saturating_sub(Duration::from_nanos(1));
        assert_eq!(
            meter.take(BUDGET, 7, early),
            Err(Duration::from_nanos(1)),
            "it is exact"
        );
        assert_eq!(meter.take(BUDGET, 7, start + wait), Ok(()));
        assert_eq!(meter.left(BUDGET), 0);
        let much_later = start + Duration::from_hours(10_000);
        assert_eq!(meter.take(BUDGET, 100, much_later), Ok(()));
        assert!(meter.take(BUDGET, 1, much_later).is_err());
    }

    #[test]
    fn more_than_all_of_it_never_passes_and_the_largest_budget_is_counted() {
        let start = Instant::now();
        assert!(Meter::empty(start).take(BUDGET, 101, start).is_err());
        let large = Budget {
            per_minute: 10_000_000,
            burst: 10_000_000,
        };
        let mut meter = Meter::empty(start);
        assert_eq!(meter.take(large, large.burst, start), Ok(()));
        assert_eq!(
            meter.take(large, large.burst, start),
            Err(Duration::from_mins(1))
        );
        assert_eq!(points_in(large, time_for(large, 12_345)), 12_345);
    }

    #[test]
    fn what_passed_elsewhere_makes_no_debt() {
        let start = Instant::now();
        let mut meter = Meter::empty(start);
        meter.note(BUDGET, 5_000, start);
        assert_eq!(meter.take(BUDGET, 7, start), Err(Duration::from_mins(1)));
    }
}
