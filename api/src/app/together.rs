//! Several commands as one change: what each of them commits is kept when all of it is.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use anyhow::Context;
use sea_orm::{DatabaseTransaction, TransactionTrait};

use super::App;
use crate::error::Result;

tokio::task_local! {
    /// The change that the commands of this task are parts of. What a command spawns is not.
    static WHOLE: Arc<Whole>;
}

/// What a commit brings about outside of the database.
#[derive(Clone, Copy, Debug)]
pub(super) struct AfterCommit {
    pub(super) is_event: bool,
    pub(super) forgets_directory: bool,
}

impl AfterCommit {
    fn run(self, app: &App) {
        if self.is_event {
            app.feed.ring();
        }
        if self.forgets_directory {
            app.directory.forget();
        }
    }
}

/// A change that has parts: a transaction, each part a savepoint of it.
struct Whole {
    place: Place,
    is_event: AtomicBool,
    forgets_directory: AtomicBool,
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
            Some(whole) => whole.place.inner.begin().await?,
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
        self.is_event.fetch_or(then.is_event, Ordering::Relaxed);
        self.forgets_directory
            .fetch_or(then.forgets_directory, Ordering::Relaxed);
    }
}

impl App {
    /// Runs commands as one change, which is kept if `work` succeeds. Until then nobody hears of it, and only
    /// they see it: not what reads beside their transactions. They run one after the other, in this task.
    pub async fn together<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        let (place, worked, then) = self.within(work).await?;
        let done = worked?;
        place.commit(self, then).await?;
        Ok(done)
    }

    /// Runs commands as [`App::together`] would, and undoes what they did.
    pub async fn rehearse<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        let (place, worked, _) = self.within(work).await?;
        place.inner.rollback().await?;
        worked
    }

    /// A place that is dropped is undone.
    async fn within<T>(
        &self,
        work: impl Future<Output = Result<T>>,
    ) -> Result<(Place, Result<T>, AfterCommit)> {
        let whole = Arc::new(Whole {
            place: Place::open(self).await?,
            is_event: AtomicBool::new(false),
            forgets_directory: AtomicBool::new(false),
        });
        let worked = WHOLE.scope(Arc::clone(&whole), work).await;
        let whole = Arc::into_inner(whole).context("a part outlives the whole change")?;
        let then = AfterCommit {
            is_event: whole.is_event.into_inner(),
            forgets_directory: whole.forgets_directory.into_inner(),
        };
        Ok((whole.place, worked, then))
    }
}
