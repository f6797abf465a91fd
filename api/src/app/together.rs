//! Several commands as one change: what each of them commits is kept when all of it is.

use std::{
    future::Future,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::Context;
use entity::ids::{BulkJobId, OrganizationId, UserId};
use sea_orm::DatabaseTransaction;

use super::App;
use crate::{
    error::Result,
    store::{self, Uncommitted},
};

tokio::task_local! {
    /// The change that the commands of this task are parts of. What a command spawns is not.
    static WHOLE: Arc<Whole>;
}

/// What a commit brings about outside of the database.
#[derive(Debug, Default)]
pub(super) struct AfterCommit {
    pub(super) is_event: bool,
    pub(super) forgets_directory: bool,
    pub(super) forgotten: Vec<Memory>,
    pub(super) woken: Vec<Sleeper>,
}

/// Who waits for a change that no event tells of.
#[derive(Clone, Copy, Debug)]
pub enum Sleeper {
    /// Whoever sends webhooks.
    Webhooks,
    /// Those who follow a bulk job.
    BulkJob(BulkJobId),
}

impl Sleeper {
    fn wake(self, app: &App) {
        match self {
            Self::Webhooks => app.webhooks.wake(),
            Self::BulkJob(id) => app.bulk_jobs.tell(&app.feed, id),
        }
    }
}

/// What this process remembers for a moment, and a change makes old.
#[derive(Clone, Copy, Debug)]
pub enum Memory {
    /// Who holds which sign-in or token, in which role, teams and organization.
    Actors,
    /// The same of one person.
    Actor(UserId),
    User(UserId),
    Organization(OrganizationId),
}

impl Memory {
    fn forget(self, app: &App) {
        match self {
            Self::Actors => app.sessions.forget_actors(),
            Self::Actor(id) => app.sessions.forget_actor(id),
            Self::User(id) => app.people.forget_user(id),
            Self::Organization(id) => app.people.forget_organization(id),
        }
    }
}

impl AfterCommit {
    fn run(self, app: &App) {
        if self.is_event {
            app.feed.ring();
        }
        if self.forgets_directory {
            app.directory.forget();
        }
        for memory in self.forgotten {
            memory.forget(app);
        }
        for sleeper in self.woken {
            sleeper.wake(app);
        }
    }

    fn add(&mut self, other: Self) {
        self.is_event |= other.is_event;
        self.forgets_directory |= other.forgets_directory;
        self.forgotten.extend(other.forgotten);
        self.woken.extend(other.woken);
    }
}

/// What becomes of a change whose work is done.
#[derive(Debug)]
pub enum End<T> {
    Keep(T),
    Undo(T),
}

/// A change that has parts: a transaction, each part a savepoint of it.
struct Whole {
    change: Arc<Uncommitted>,
    around: Option<Arc<Whole>>,
    then: Mutex<AfterCommit>,
}

/// A transaction, or a savepoint of the one around it.
pub(super) struct Place {
    pub(super) inner: DatabaseTransaction,
    around: Option<Arc<Whole>>,
}

impl Place {
    pub(super) async fn open(app: &App) -> Result<Self> {
        let around = WHOLE.try_with(Arc::clone).ok();
        let inner = match &around {
            Some(whole) => whole.change.begin_part().await?,
            None => app.store.begin().await?,
        };
        Ok(Self { inner, around })
    }

    /// What follows from a part waits for the whole.
    pub(super) async fn commit(self, app: &App, then: AfterCommit) -> Result<()> {
        self.inner.commit().await?;
        match self.around {
            Some(whole) => whole.remember(then),
            None => then.run(app),
        }
        Ok(())
    }
}

impl Whole {
    fn remember(&self, then: AfterCommit) {
        if then.forgets_directory {
            self.change.change_directory();
        }
        let mut all = self.then.lock().unwrap_or_else(PoisonError::into_inner);
        all.add(then);
    }

    /// The place of what all parts did, and what follows from it.
    async fn end(self) -> Result<(Place, AfterCommit)> {
        let inner = self.change.end().await?;
        let around = self.around;
        let then = self.then.into_inner();
        let then = then.unwrap_or_else(PoisonError::into_inner);
        Ok((Place { inner, around }, then))
    }
}

impl App {
    /// Runs commands as one change, which is kept if `work` succeeds. Until then nobody hears of it, and only
    /// they see it: not what reads beside their transactions. They run one after the other, in this task.
    pub async fn together<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        let (place, worked, then) = self.within(|_| work).await?;
        let done = worked?;
        place.commit(self, then).await?;
        Ok(done)
    }

    /// Runs commands as [`App::together`] would, and undoes what they did.
    pub async fn rehearse<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        let (place, worked, _) = self.within(|_| work).await?;
        place.inner.rollback().await?;
        worked
    }

    /// Runs commands as [`App::together`] would, and lets what reads beside their transactions see what they did:
    /// an answer can be worked out whole before anything is kept, and `work` says whether it is.
    pub async fn together_in_sight<T>(
        &self,
        work: impl Future<Output = Result<End<T>>>,
    ) -> Result<T> {
        let (place, worked, then) = self.within(|change| store::seeing(change, work)).await?;
        match worked? {
            End::Keep(done) => {
                place.commit(self, then).await?;
                Ok(done)
            }
            End::Undo(done) => {
                place.inner.rollback().await?;
                Ok(done)
            }
        }
    }

    /// A place that is dropped is undone.
    async fn within<T, F>(
        &self,
        work: impl FnOnce(Arc<Uncommitted>) -> F,
    ) -> Result<(Place, T, AfterCommit)>
    where
        F: Future<Output = T>,
    {
        let place = Place::open(self).await?;
        let change = Uncommitted::new(place.inner);
        let whole = Arc::new(Whole {
            change: Arc::clone(&change),
            around: place.around,
            then: Mutex::default(),
        });
        let worked = WHOLE.scope(Arc::clone(&whole), work(change)).await;
        let whole = Arc::into_inner(whole).context("a part outlives the whole change")?;
        let (place, then) = whole.end().await?;
        Ok((place, worked, then))
    }

    /// Forgets what a change that was just committed has made old; where that was a part of a larger change, when this is
    /// committed.
    pub fn forget(&self, memory: Memory) {
        self.after_commit(AfterCommit {
            forgotten: vec![memory],
            ..AfterCommit::default()
        });
    }

    /// Wakes whoever waits for a change that was just committed; where that was a part of a larger change, when this is
    /// committed: earlier they would find nothing.
    pub fn wake(&self, sleeper: Sleeper) {
        self.after_commit(AfterCommit {
            woken: vec![sleeper],
            ..AfterCommit::default()
        });
    }

    fn after_commit(&self, then: AfterCommit) {
        let around = WHOLE.try_with(Arc::clone);
        match around {
            Ok(whole) => whole.remember(then),
            Err(_) => then.run(self),
        }
    }
}
