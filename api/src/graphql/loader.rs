//! Loaders live as long as one request, and batch what its fields ask for one by one.

use std::sync::Arc;

use async_graphql::{
    Request,
    dataloader::{DataLoader, HashMapCache},
    runtime::{TokioSpawner, TokioTimer},
};

use crate::{actor::Actor, app::App, error::Error};

/// A loader's failure reaches every field that waits for the batch.
pub type SharedError = Arc<Error>;

/// What loaders load with.
#[derive(Clone)]
pub struct Source {
    pub app: Arc<App>,
    pub actor: Actor,
}

/// A batching, remembering loader over `loader`.
pub type Batched<L> = DataLoader<L, HashMapCache>;

/// Puts `loader` into `request`, on the runtime that executes it.
pub fn install<L: Send + Sync + 'static>(request: Request, loader: L) -> Request {
    request.data(DataLoader::with_cache(
        loader,
        TokioSpawner::current(),
        TokioTimer::default(),
        HashMapCache::default(),
    ))
}
