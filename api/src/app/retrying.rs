//! Commands that are run again, when they lost against another.

use std::{future::Future, time::Duration};

use aws_lc_rs::rand;

use crate::error::{Error, Result, database_code};

/// How often a transaction that lost a deadlock is tried again.
const RETRIES_MAX: u32 = 3;
/// How long to wait before the first of these, in ms, at least and at most; longer before later ones.
const PAUSE_MIN_MS: u64 = 10;
const PAUSE_MAX_MS: u64 = 50;

/// Another request has just made what this one was to make: done again, it finds that.
#[derive(Debug, thiserror::Error)]
#[error("another request was quicker")]
pub struct Overtaken;

/// Runs a command, and again when the database undid it for another's sake (deadlock,
/// serialization failure) or it was [`Overtaken`], at most three times.
pub async fn retry<T, F>(command: impl Fn() -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    let mut tries = 0;
    loop {
        // Boxed: a resolver holds the futures of all its mutations, and its frame would not fit a stack.
        match Box::pin(command()).await {
            Err(Error::Internal(error)) if tries < RETRIES_MAX && is_worth_retrying(&error) => {
                tries += 1;
                tokio::time::sleep(pause_after(tries)).await;
            }
            result => return result,
        }
    }
}

/// At random, so that two that met once do not meet again.
fn pause_after(tries: u32) -> Duration {
    let mut share = [0];
    // Without random numbers the shortest pause must do.
    let _is_random = rand::fill(&mut share);
    let spread_ms = (PAUSE_MAX_MS - PAUSE_MIN_MS) * u64::from(share[0]) / u64::from(u8::MAX);
    Duration::from_millis(PAUSE_MIN_MS + spread_ms) * tries
}

/// PostgreSQL's classes of "not your fault" (`40001` serialization failure, `40P01` deadlock), and our own.
pub fn is_worth_retrying(error: &anyhow::Error) -> bool {
    if error.is::<Overtaken>() {
        return true;
    }
    let code = error.downcast_ref().and_then(database_code);
    matches!(code.as_deref(), Some("40001" | "40P01"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_differ() {
        for tries in 1..=RETRIES_MAX {
            let pauses: Vec<_> = (0..100).map(|_| pause_after(tries)).collect();
            let [shortest, longest] =
                [PAUSE_MIN_MS, PAUSE_MAX_MS].map(|ms| Duration::from_millis(ms) * tries);
            assert!(
                pauses
                    .iter()
                    .all(|pause| (shortest..=longest).contains(pause))
            );
            assert!(pauses.iter().any(|pause| *pause != pauses[0]));
        }
    }
}
