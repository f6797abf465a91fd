//! Whose turn it is: pure rules.

use std::cmp::Ordering;

use entity::{ids::UserId, team::Assignment};

use crate::events::Handing;

/// A member of a team who is ONLINE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) user: UserId,
    /// NEW and OPEN tickets, of whatever team.
    pub(super) load: i64,
    pub(super) capacity: i64,
    /// The number of their last turn in this team; 0 where they have had none.
    pub(super) last_turn: i64,
}

impl Candidate {
    pub(super) const fn room(&self) -> i64 {
        let room = self.capacity - self.load;
        if room > 0 { room } else { 0 }
    }
}

/// The rule by which a team gives out tickets, where it does.
pub(super) const fn rule_of(assignment: Assignment) -> Option<Handing> {
    match assignment {
        Assignment::Manual => None,
        Assignment::RoundRobin => Some(Handing::RoundRobin),
        Assignment::LeastLoaded => Some(Handing::LeastLoaded),
    }
}

/// Who of those with room gets the next ticket. In a round robin it is whose last turn is the longest
/// ago: between two turns of one everybody else who is there all the time has had one, so nobody is
/// ever more than one ahead.
pub(super) fn choose(
    assignment: Assignment,
    candidates: impl Iterator<Item = Candidate>,
) -> Option<UserId> {
    let with_room = candidates.filter(|candidate| candidate.room() > 0);
    let chosen = match assignment {
        Assignment::Manual => None,
        Assignment::RoundRobin => with_room.min_by(by_turn),
        Assignment::LeastLoaded => {
            with_room.min_by(|one, other| by_load(one, other).then_with(|| by_turn(one, other)))
        }
    };
    chosen.map(|candidate| candidate.user)
}

fn by_turn(one: &Candidate, other: &Candidate) -> Ordering {
    (one.last_turn, one.user.0).cmp(&(other.last_turn, other.user.0))
}

/// By the share of their capacity that is taken.
fn by_load(one: &Candidate, other: &Candidate) -> Ordering {
    (one.load * other.capacity).cmp(&(other.load * one.capacity))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn candidate(user: u128, load: i64, capacity: i64, last_turn: i64) -> Candidate {
        let user = UserId(Uuid::from_u128(user));
        Candidate {
            user,
            load,
            capacity,
            last_turn,
        }
    }

    fn chosen(assignment: Assignment, candidates: &[Candidate]) -> Option<u128> {
        choose(assignment, candidates.iter().copied()).map(|user| user.0.as_u128())
    }

    #[test]
    fn each_rule_chooses() {
        let busy = candidate(1, 5, 10, 1);
        let free = candidate(2, 2, 4, 3);
        let small = candidate(3, 1, 4, 9);
        let full = candidate(4, 4, 4, 0);
        let off = candidate(5, 0, 0, 0);
        let all = [busy, free, small, full, off];
        assert_eq!(chosen(Assignment::Manual, &all), None);
        assert_eq!(chosen(Assignment::RoundRobin, &all), Some(1));
        assert_eq!(chosen(Assignment::LeastLoaded, &all), Some(3));
        // A half and a half: who waits longer.
        assert_eq!(chosen(Assignment::LeastLoaded, &[free, busy]), Some(1));
        assert_eq!(chosen(Assignment::RoundRobin, &[full, off]), None);
        assert_eq!(chosen(Assignment::LeastLoaded, &[]), None);
    }

    /// What happens to a team, step by step.
    #[derive(Clone, Copy, Debug)]
    enum Step {
        Ticket,
        /// Somebody comes or goes.
        Turn(usize),
        /// Somebody solves a ticket.
        Solve(usize),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            4 => Just(Step::Ticket),
            1 => (0..6usize).prop_map(Step::Turn),
            2 => (0..6usize).prop_map(Step::Solve),
        ];
        prop::collection::vec(step, 0..200)
    }

    proptest! {
        /// Of any two who were able to take a ticket all the time since the later of them began to be,
        /// none has got more than one ticket more.
        #[test]
        fn nobody_is_more_than_one_ahead(steps in steps(), capacity in 1..8i64) {
            const PEOPLE: usize = 6;
            let mut team: Vec<_> = (1..=6).map(|user| candidate(user, 0, capacity, 0)).collect();
            let mut is_online = [true; PEOPLE];
            let mut ahead = [[0i64; PEOPLE]; PEOPLE];
            let mut turn = 0;
            for step in steps {
                match step {
                    Step::Turn(one) => is_online[one] = !is_online[one],
                    Step::Solve(one) => team[one].load = (team[one].load - 1).max(0),
                    Step::Ticket => {
                        let online = team.iter().zip(is_online).filter(|(_, is)| *is);
                        let given = choose(Assignment::RoundRobin, online.map(|(one, _)| *one));
                        if let Some(given) = given {
                            let one = usize::try_from(given.0.as_u128()).unwrap() - 1;
                            turn += 1;
                            team[one].last_turn = turn;
                            team[one].load += 1;
                            for row in &mut ahead {
                                row[one] -= 1;
                            }
                            for cell in &mut ahead[one] {
                                *cell += 1;
                            }
                            for (other, cell) in ahead[one].into_iter().enumerate() {
                                prop_assert!(cell <= 1, "{one} before {other}: {cell}");
                            }
                        }
                    }
                }
                // Who cannot take one begins anew with everybody.
                for one in 0..PEOPLE {
                    if !is_online[one] || team[one].room() == 0 {
                        ahead[one] = [0; PEOPLE];
                        for row in &mut ahead {
                            row[one] = 0;
                        }
                    }
                }
            }
        }

        /// Nobody gets more than they can take, and somebody gets it who can.
        #[test]
        fn room_is_what_counts(loads in prop::collection::vec((0..5i64, 0..5i64, 0..9i64), 0..6)) {
            let team: Vec<_> = loads.iter().zip(1..)
                .map(|((load, capacity, turn), user)| candidate(user, *load, *capacity, *turn))
                .collect();
            for assignment in [Assignment::RoundRobin, Assignment::LeastLoaded] {
                let given = choose(assignment, team.iter().copied());
                prop_assert_eq!(given.is_some(), team.iter().any(|one| one.room() > 0));
                if let Some(given) = given {
                    let one = team.iter().find(|one| one.user == given);
                    prop_assert!(one.is_some_and(|one| one.load < one.capacity));
                }
            }
        }
    }
}
