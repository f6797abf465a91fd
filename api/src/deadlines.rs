//! Meets deadlines on time. Every server looks; whichever comes first does it, and a lock on the ticket keeps the others
//! away, so there is no leader who could die.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use entity::ids::TicketId;
use futures_util::future::join_all;
use sea_orm::DbBackend;
use tokio::time::Instant;

use crate::{
    app::App,
    background::{Background, Stopping},
    error::Result,
    ticket,
};

/// How long nobody looks at most: a nearer deadline may have been written meanwhile, here or on another server.
const SWEEP: Duration = Duration::from_secs(1);
/// How soon what is due and is held by somebody is looked at again, and how often in a row: who holds one for longer is
/// not asked more often than others.
const HELD_AGAIN: Duration = Duration::from_millis(50);
const HELD_LOOKS_MAX: u32 = 40;
/// How long a ticket that failed is left alone: twice as long each time, between these.
const BACK_OFF_MIN: Duration = Duration::from_secs(1);
const BACK_OFF_MAX: Duration = Duration::from_mins(5);
/// Tickets that are left alone at once; past that all are tried again.
const FAILING_MAX: usize = 500;

/// Meets the deadlines of all tickets from now on.
pub fn start(app: Arc<App>) -> Background {
    Background::start("deadlines", |stopping| {
        let watch = Watch {
            app,
            failing: Mutex::default(),
            stopping,
        };
        watch.run()
    })
}

struct Watch {
    app: Arc<App>,
    failing: Mutex<HashMap<TicketId, Failure>>,
    stopping: Stopping,
}

/// What a look came to.
enum Look {
    /// Nothing is due for so long.
    Idle(Duration),
    /// Something was met, and more may be due.
    Met,
    /// What is due is held by somebody.
    Held,
}

/// A ticket whose deadline could not be met.
struct Failure {
    until: Instant,
    back_off: Duration,
}

impl Watch {
    async fn run(self) {
        let mut stopping = self.stopping.clone();
        let mut is_failing = false;
        // Looks in a row that found nothing but what is held.
        let mut held = 0;
        loop {
            let looked = self.look(held).await;
            is_failing &= looked.is_err();
            let rest = match looked {
                Ok(Look::Idle(rest)) => {
                    held = 0;
                    rest
                }
                Ok(Look::Met) => {
                    held = 0;
                    Duration::ZERO
                }
                Ok(Look::Held) => {
                    held += 1;
                    if held <= HELD_LOOKS_MAX {
                        HELD_AGAIN
                    } else {
                        SWEEP
                    }
                }
                Err(error) => {
                    if !std::mem::replace(&mut is_failing, true) {
                        tracing::warn!(?error, "deadlines cannot be read; they will be late");
                    }
                    SWEEP
                }
            };
            if !stopping.rest(rest).await {
                return;
            }
        }
    }

    /// Meets what is due, but for what fails, after so many looks that found it held.
    async fn look(&self, held: u32) -> Result<Look> {
        let next = ticket::next_deadline(&self.app, &self.left_alone()).await?;
        let Some(next) = next else {
            return Ok(Look::Idle(SWEEP));
        };
        if let Ok(rest) = (next - self.app.clock.now()).to_std()
            && !rest.is_zero()
        {
            return Ok(Look::Idle(rest.min(SWEEP)));
        }
        // One is enough to find out that it is held no longer.
        let lanes = if held == 0 { self.lanes() } else { 1 };
        let mut is_any = false;
        for met in join_all((0..lanes).map(|_| self.meet_all())).await {
            is_any |= met?;
        }
        Ok(if is_any { Look::Met } else { Look::Held })
    }

    /// How many are met at once: half of the connections that write stay free.
    fn lanes(&self) -> u32 {
        match self.app.store.backend() {
            DbBackend::Postgres => (self.app.config.database_connections / 4).max(1),
            _ => 1,
        }
    }

    /// Meets one after the other while there are any, and tells whether there were.
    async fn meet_all(&self) -> Result<bool> {
        let mut is_any = false;
        while !self.stopping.is_now() {
            let Some((id, met)) = ticket::meet_deadline(&self.app, &self.left_alone()).await?
            else {
                break;
            };
            match met {
                Ok(()) => {
                    is_any = true;
                    self.failing().remove(&id);
                }
                Err(error) => {
                    let back_off = self.leave_alone(id);
                    let back_off_ms = back_off.as_millis();
                    tracing::error!(ticket.id = %id.0, back_off_ms, ?error, "a deadline could not be met");
                }
            }
        }
        Ok(is_any)
    }

    fn left_alone(&self) -> Vec<TicketId> {
        let now = Instant::now();
        let failing = self.failing();
        let alone = failing.iter().filter(|(_, failure)| failure.until > now);
        alone.map(|(id, _)| *id).collect()
    }

    fn leave_alone(&self, id: TicketId) -> Duration {
        let mut failing = self.failing();
        if failing.len() >= FAILING_MAX {
            failing.clear();
        }
        let last = failing.get(&id).map(|failure| failure.back_off * 2);
        let back_off = last.unwrap_or(BACK_OFF_MIN).min(BACK_OFF_MAX);
        let until = Instant::now() + back_off;
        failing.insert(id, Failure { until, back_off });
        back_off
    }

    fn failing(&self) -> std::sync::MutexGuard<'_, HashMap<TicketId, Failure>> {
        self.failing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
