//! What callers may ask for: in a time, at most in one request, and of which documents.

use super::Reader;

/// What one operation may cost at most, by who asks: not signed in, a requester, staff and machines.
pub const COST_MAX_ANONYMOUS: u32 = 200;
pub const COST_MAX_REQUESTER: u32 = 1_000;
pub const COST_MAX_STAFF: u32 = 5_000;

/// Points of a budget at most, and points that come back in a minute at most: its arithmetic is exact up to there.
const POINTS_MAX: u32 = 10_000_000;

/// Points that a caller can spend, and how fast they come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    pub per_minute: u32,
    /// What a caller has who has not asked for anything for a while.
    pub burst: u32,
}

/// The budget of each kind of caller; none: nothing is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budgets {
    /// Of each network that somebody comes from who is not signed in.
    pub anonymous: Option<Budget>,
    pub requester: Option<Budget>,
    /// Of staff and machines.
    pub agent: Option<Budget>,
}

impl Reader {
    pub(super) fn budgets(&mut self) -> Budgets {
        Budgets {
            anonymous: self.budget("GUICHET_BUDGET_ANONYMOUS", "6000", COST_MAX_ANONYMOUS),
            requester: self.budget("GUICHET_BUDGET_REQUESTER", "12000", COST_MAX_REQUESTER),
            agent: self.budget("GUICHET_BUDGET_AGENT", "120000", COST_MAX_STAFF),
        }
    }

    /// Without a list nothing would run at all.
    pub(super) fn only_trusted_documents(&mut self) -> bool {
        let name = "GUICHET_ONLY_TRUSTED_DOCUMENTS";
        let are_alone = self.flag(name);
        if are_alone && self.text("GUICHET_TRUSTED_DOCUMENTS").is_none() {
            self.refuse(name, "GUICHET_TRUSTED_DOCUMENTS is not set");
        }
        are_alone
    }

    /// `PER_MINUTE` or `PER_MINUTE/BURST`; none where it is 0. What may be asked for at once must fit in.
    fn budget(&mut self, name: &str, default: &str, burst_min: u32) -> Option<Budget> {
        let budget = self.parse(name, default, |text| budget_of(text, burst_min));
        budget.filter(|budget| budget.per_minute > 0)
    }
}

fn budget_of(text: &str, burst_min: u32) -> Result<Budget, String> {
    let (per_minute, burst) = text.split_once('/').unwrap_or((text, ""));
    let points = |text: &str| {
        let points: Option<u32> = text.trim().parse().ok();
        points.filter(|points| *points <= POINTS_MAX)
    };
    let wrong = || format!("not PER_MINUTE or PER_MINUTE/BURST, numbers up to {POINTS_MAX}");
    let per_minute = points(per_minute).ok_or_else(wrong)?;
    if burst.is_empty() {
        let burst = per_minute.max(burst_min);
        return Ok(Budget { per_minute, burst });
    }
    match points(burst).ok_or_else(wrong)? {
        burst if burst < burst_min => Err(format!(
            "the burst must be at least {burst_min}, which one operation may cost"
        )),
        burst => Ok(Budget { per_minute, burst }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_holds_what_one_operation_may_cost() {
        let budget = |per_minute, burst| Ok(Budget { per_minute, burst });
        assert_eq!(budget_of("6000", 200), budget(6_000, 6_000));
        assert_eq!(budget_of("60", 200), budget(60, 200));
        assert_eq!(budget_of("60 / 500", 200), budget(60, 500));
        for wrong in [
            "",
            "-1",
            "many",
            "1/2/3",
            "60/199",
            "10000001",
            "1/10000001",
        ] {
            assert!(budget_of(wrong, 200).is_err(), "{wrong}");
        }
    }
}
