//! Attempts to sign in that failed: counted in memory, and written together once in a while, so that whoever tries
//! passwords does not make the database write for each. A killed server loses those of its last interval.

use std::{
    collections::HashMap,
    mem,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use chrono::{DateTime, Utc};
use entity::{
    audit_entry::{Action, Outcome},
    event::ActorKind,
    ids::UserId,
};

use super::{Act, By, Entry, Subject};

/// Accounts and addresses that are told apart between two writings; further attempts are counted by their account, and past
/// twice as many as of nobody, from nowhere.
const TOLD_APART_MAX: usize = 200;

/// Whose account was tried, where there is one, and from where. The address that was typed is not kept: it may be a
/// password in the wrong field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Failure {
    pub account: Option<UserId>,
    pub address: Option<IpAddr>,
}

#[derive(Clone, Copy)]
struct Tried {
    count: i32,
    last_at: DateTime<Utc>,
}

/// The attempts since the last writing.
#[derive(Default)]
pub struct Failures(Mutex<HashMap<Failure, Tried>>);

impl Failures {
    pub fn note(&self, failure: Failure, at: DateTime<Utc>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = all.len() >= TOLD_APART_MAX && !all.contains_key(&failure);
        // Whose account is tried matters more than from where.
        let account = failure.account.filter(|_| all.len() < 2 * TOLD_APART_MAX);
        let failure = if is_full {
            Failure {
                account,
                address: None,
            }
        } else {
            failure
        };
        let tried = all.entry(failure).or_insert(Tried {
            count: 0,
            last_at: at,
        });
        tried.count = tried.count.saturating_add(1);
        tried.last_at = tried.last_at.max(at);
    }

    /// Takes what was noted, as entries in the order of time.
    pub fn take(&self) -> Vec<Entry> {
        let all = mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let mut entries: Vec<_> = all.into_iter().map(entry).collect();
        entries.sort_by_key(|entry| entry.at);
        entries
    }
}

/// Nobody has shown who they are: the account is what it was done to.
fn entry((failure, tried): (Failure, Tried)) -> Entry {
    Entry {
        at: tried.last_at,
        by: By {
            kind: ActorKind::Person,
            id: None,
            token: None,
        },
        act: Act::on(
            Action::SignIn,
            failure.account.map_or(Subject::Nothing, Subject::User),
        ),
        outcome: Outcome::Refused,
        count: tried.count,
        address: failure.address,
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn attempts_are_counted_together_and_bounded() {
        let failures = Failures::default();
        let from = |last: u32| Failure {
            account: None,
            address: Some(Ipv4Addr::from_bits(last).into()),
        };
        let at = DateTime::UNIX_EPOCH;
        for _ in 0..3 {
            failures.note(from(1), at);
        }
        for last in 2..=1_000 {
            failures.note(from(last), at);
        }
        let entries = failures.take();
        assert_eq!(entries.len(), TOLD_APART_MAX + 1);
        assert_eq!(entries.iter().map(|entry| entry.count).sum::<i32>(), 1_002);
        assert!(entries.iter().any(|entry| entry.count == 3));
        assert!(failures.take().is_empty());
    }
}
