//! Work that is so dear that a server does little of it at once: who comes waits for a turn, and is sent away where too
//! many wait already.

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::error::{Error, Result};

/// The turns at one kind of work.
#[derive(Debug)]
pub struct Turns {
    turns: Semaphore,
    /// Of those that work and those that wait.
    places: Semaphore,
}

/// Held for as long as the work takes.
#[derive(Debug)]
pub struct Turn<'a> {
    _turn: SemaphorePermit<'a>,
    _place: SemaphorePermit<'a>,
}

impl Turns {
    pub const fn new(at_once: usize, waiting_max: usize) -> Self {
        Self {
            turns: Semaphore::const_new(at_once),
            places: Semaphore::const_new(at_once + waiting_max),
        }
    }

    /// Waits for a turn. Fails at once where too many wait.
    pub async fn take(&self) -> Result<Turn<'_>> {
        let place = self.places.try_acquire().map_err(|_| Error::Unavailable)?;
        let turn = self.turns.acquire().await.map_err(anyhow::Error::from)?;
        Ok(Turn {
            _turn: turn,
            _place: place,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn who_finds_too_many_waiting_is_sent_away() {
        let turns = Turns::new(1, 2);
        let first = turns.take().await.unwrap();
        let (mut second, mut third) = (pin!(turns.take()), pin!(turns.take()));
        assert!(second.as_mut().now_or_never().is_none());
        assert!(third.as_mut().now_or_never().is_none());
        assert!(matches!(turns.take().await, Err(Error::Unavailable)));
        drop(first);
        let second = second.await.unwrap();
        assert!(third.as_mut().now_or_never().is_none());
        drop(second);
        drop(third.await.unwrap());
        assert!(turns.take().await.is_ok());
    }
}
