//! What one process knows of one caller's budget.

use std::time::{Duration, Instant};

use super::Charged;
use super::bill::Balance;
use super::meter::{Meter, points_in, time_for};
use super::shared::Granted;
use crate::config::Budget;

/// How long points that were taken from the shared budget may be spent here. Later they would come on top of those
/// that came back meanwhile.
const SLICE_GOOD_FOR: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(super) struct Account {
    /// What passed here. It alone decides where there is no Redis.
    meter: Meter,
    /// Points that were taken from the shared budget and not spent.
    slice: u32,
    /// What was left of the shared budget then.
    left: u32,
    taken_at: Instant,
}

impl Account {
    pub(super) const fn new(now: Instant) -> Self {
        Self {
            meter: Meter::empty(now),
            slice: 0,
            left: 0,
            taken_at: now,
        }
    }

    /// Takes `cost` from this process's own budget.
    pub(super) fn charge(&mut self, budget: Budget, cost: u32, now: Instant) -> Charged {
        let retry_after = self.meter.take(budget, cost, now).err();
        Charged {
            balance: balance(budget, self.meter.left(budget)),
            retry_after,
        }
    }

    /// Takes `cost` from what this process has of the shared budget, if that is enough.
    pub(super) fn spend(&mut self, budget: Budget, cost: u32, now: Instant) -> Option<Balance> {
        let age = now.saturating_duration_since(self.taken_at);
        if age > SLICE_GOOD_FOR || self.slice < cost {
            return None;
        }
        self.slice -= cost;
        self.meter.note(budget, cost, now);
        let left = self.slice.saturating_add(self.left);
        Some(balance(budget, left.saturating_add(points_in(budget, age))))
    }

    /// What was taken and is not spent here any more.
    pub(super) const fn give_back(&mut self) -> u32 {
        std::mem::replace(&mut self.slice, 0)
    }

    /// Takes up what the shared budget grants: for `cost`, and for what comes next. Others of the same caller may have
    /// done so meanwhile.
    pub(super) fn take_up(
        &mut self,
        budget: Budget,
        cost: u32,
        granted: Granted,
        now: Instant,
    ) -> Charged {
        let Some(more) = granted.points.checked_sub(cost) else {
            let missing = cost.saturating_sub(granted.left);
            return Charged {
                balance: balance(budget, granted.left),
                retry_after: Some(time_for(budget, missing)),
            };
        };
        self.slice = self.slice.saturating_add(more);
        self.left = granted.left;
        self.taken_at = now;
        self.meter.note(budget, cost, now);
        Charged::passed(balance(budget, self.slice.saturating_add(self.left)))
    }
}

fn balance(budget: Budget, left: u32) -> Balance {
    let remaining = left.min(budget.burst);
    Balance {
        limit: budget.burst,
        remaining,
        full_in: time_for(budget, budget.burst - remaining),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUDGET: Budget = Budget {
        per_minute: 60,
        burst: 100,
    };

    #[test]
    fn a_slice_is_spent_here_while_it_is_young() {
        let start = Instant::now();
        let mut account = Account::new(start);
        assert_eq!(account.spend(BUDGET, 1, start), None, "nothing was taken");
        let granted = Granted {
            points: 14,
            left: 80,
        };
        let charged = account.take_up(BUDGET, 10, granted, start);
        assert_eq!(charged.retry_after, None);
        assert_eq!(charged.balance.remaining, 84);
        let balance = account.spend(BUDGET, 3, start).expect("it has four");
        assert_eq!((balance.remaining, balance.limit), (81, 100));
        assert_eq!(balance.full_in, Duration::from_secs(19));
        assert_eq!(account.spend(BUDGET, 2, start), None, "it has one");
        let late = start + SLICE_GOOD_FOR + Duration::from_millis(1);
        assert_eq!(account.spend(BUDGET, 1, late), None, "it is too old");
        assert_eq!((account.give_back(), account.give_back()), (1, 0));
    }

    #[test]
    fn what_is_not_granted_says_when_it_would_be() {
        let start = Instant::now();
        let mut account = Account::new(start);
        let granted = Granted { points: 0, left: 4 };
        let charged = account.take_up(BUDGET, 10, granted, start);
        assert_eq!(charged.balance.remaining, 4);
        assert_eq!(charged.retry_after, Some(Duration::from_secs(6)));
        assert!(account.charge(BUDGET, 100, start).retry_after.is_none());
    }

    #[test]
    fn without_redis_nobody_begins_with_a_full_budget() {
        let start = Instant::now();
        let mut account = Account::new(start);
        let granted = Granted {
            points: 90,
            left: 10,
        };
        account.take_up(BUDGET, 90, granted, start);
        assert!(account.charge(BUDGET, 11, start).retry_after.is_some());
        assert!(account.charge(BUDGET, 10, start).retry_after.is_none());
    }
}
