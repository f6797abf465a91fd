//! A change that is not committed yet, shared by the parts of it, and by reads that are to see it.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use anyhow::Context;
use sea_orm::{DatabaseTransaction, TransactionTrait};
use tokio::sync::{RwLock, RwLockReadGuard};

use crate::error::Result;

tokio::task_local! {
    /// The change that what only reads in this task sees as if it were committed; none beside it.
    static SEEN: Option<Arc<Uncommitted>>;
}

/// A transaction, until somebody ends it.
#[derive(Debug)]
pub struct Uncommitted {
    transaction: RwLock<Option<DatabaseTransaction>>,
    changes_directory: AtomicBool,
}

impl Uncommitted {
    pub(crate) fn new(transaction: DatabaseTransaction) -> Arc<Self> {
        Arc::new(Self {
            transaction: RwLock::new(Some(transaction)),
            changes_directory: AtomicBool::new(false),
        })
    }

    /// A part of it that can be undone by itself.
    pub(crate) async fn begin_part(&self) -> Result<DatabaseTransaction> {
        let transaction = self.transaction().await;
        let transaction = transaction.as_ref().context("the change has ended")?;
        Ok(transaction.begin().await?)
    }

    /// The transaction, to be ended: what still reads through it is waited for, and nothing does from then on.
    pub(crate) async fn end(&self) -> Result<DatabaseTransaction> {
        let transaction = self.transaction.write().await.take();
        Ok(transaction.context("the change has ended")?)
    }

    /// The directory is not as everybody else knows it.
    pub(crate) fn change_directory(&self) {
        self.changes_directory.store(true, Ordering::Relaxed);
    }

    pub(super) async fn transaction(&self) -> RwLockReadGuard<'_, Option<DatabaseTransaction>> {
        self.transaction.read().await
    }
}

/// Does `work` so that what only reads sees the change too.
pub(crate) async fn seeing<T>(change: Arc<Uncommitted>, work: impl Future<Output = T>) -> T {
    SEEN.scope(Some(change), work).await
}

/// Does `work` beside the change that this task sees, if any: for what is kept for others.
pub async fn beside<T>(work: impl Future<Output = T>) -> T {
    SEEN.scope(None, work).await
}

/// Makes `work`, which another task is to do, see what this one sees.
pub fn seen_alike<T>(work: impl Future<Output = T>) -> impl Future<Output = T> {
    SEEN.scope(seen(), work)
}

/// Whether this task sees what is not committed: what it reads must not be kept for others, nor what is kept be told it.
pub fn sees_uncommitted() -> bool {
    seen().is_some()
}

/// Whether this task sees levels, teams or terms that are not committed.
pub fn sees_other_directory() -> bool {
    seen().is_some_and(|change| change.changes_directory.load(Ordering::Relaxed))
}

pub(super) fn seen() -> Option<Arc<Uncommitted>> {
    SEEN.try_with(Clone::clone).ok().flatten()
}
