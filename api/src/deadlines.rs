//! Meets deadlines on time: those of tickets, and the times at which articles publish and archive themselves. Every server
//! looks; whichever comes first does it, and a lock on the ticket or article keeps the others away, so there is no leader
//! who could die.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use entity::ids::{ArticleId, TicketId};
use futures_util::future::join_all;
use sea_orm::DbBackend;
use tokio::time::Instant;
use uuid::Uuid;

use crate::{
    app::App,
    background::{Background, Stopping},
    error::Result,
    knowledge, ticket,
};

/// How long nobody looks at most: a nearer deadline may have been written meanwhile, here or on another server.
const SWEEP: Duration = Duration::from_secs(1);
/// How soon what is due and is held by somebody is looked at again, and how often in a row: who holds one for longer is
/// not asked more often than others.
const HELD_AGAIN: Duration = Duration::from_millis(50);
const HELD_LOOKS_MAX: u32 = 40;
/// How long one that failed is left alone: twice as long each time, between these.
const BACK_OFF_MIN: Duration = Duration::from_secs(1);
const BACK_OFF_MAX: Duration = Duration::from_mins(5);
/// How many are left alone at once; past that all are tried again.
const FAILING_MAX: usize = 500;

/// Meets the deadlines of all tickets from now on.
pub fn start(app: Arc<App>) -> Background {
    start_for(app, Of::Tickets, "deadlines")
}

/// Publishes and archives articles when their times come, from now on.
pub fn start_for_articles(app: Arc<App>) -> Background {
    start_for(app, Of::Articles, "schedules")
}

fn start_for(app: Arc<App>, of: Of, name: &'static str) -> Background {
    Background::start(name, |stopping| {
        let watch = Watch {
            app,
            of,
            failing: Mutex::default(),
            stopping,
        };
        watch.run()
    })
}

/// Whose deadlines are met.
#[derive(Clone, Copy)]
enum Of {
    Tickets,
    Articles,
}

impl Of {
    async fn next(self, app: &App, except: &[Uuid]) -> Result<Option<DateTime<Utc>>> {
        match self {
            Self::Tickets => ticket::next_deadline(app, &tickets(except)).await,
            Self::Articles => knowledge::next_scheduled(app, &articles(except)).await,
        }
    }

    async fn meet(self, app: &App, except: &[Uuid]) -> Result<Option<(Uuid, Result<()>)>> {
        match self {
            Self::Tickets => {
                let met = ticket::meet_deadline(app, &tickets(except)).await?;
                Ok(met.map(|(id, met)| (id.0, met)))
            }
            Self::Articles => {
                let met = knowledge::meet_schedule(app, &articles(except)).await?;
                Ok(met.map(|(id, met)| (id.0, met)))
            }
        }
    }
}

fn tickets(ids: &[Uuid]) -> Vec<TicketId> {
    ids.iter().copied().map(TicketId).collect()
}

fn articles(ids: &[Uuid]) -> Vec<ArticleId> {
    ids.iter().copied().map(ArticleId).collect()
}

struct Watch {
    app: Arc<App>,
    of: Of,
    failing: Mutex<HashMap<Uuid, Failure>>,
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

/// One whose deadline could not be met.
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
        let Some(next) = self.of.next(&self.app, &self.left_alone()).await? else {
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
        match (self.of, self.app.store.backend()) {
            (Of::Tickets, DbBackend::Postgres) => (self.app.config.database_connections / 4).max(1),
            _ => 1,
        }
    }

    /// Meets one after the other while there are any, and tells whether there were.
    async fn meet_all(&self) -> Result<bool> {
        let mut is_any = false;
        while !self.stopping.is_now() {
            let Some((id, met)) = self.of.meet(&self.app, &self.left_alone()).await? else {
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
                    tracing::error!(%id, back_off_ms, ?error, "a deadline could not be met");
                }
            }
        }
        Ok(is_any)
    }

    fn left_alone(&self) -> Vec<Uuid> {
        let now = Instant::now();
        let failing = self.failing();
        let alone = failing.iter().filter(|(_, failure)| failure.until > now);
        alone.map(|(id, _)| *id).collect()
    }

    fn leave_alone(&self, id: Uuid) -> Duration {
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

    fn failing(&self) -> std::sync::MutexGuard<'_, HashMap<Uuid, Failure>> {
        self.failing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
