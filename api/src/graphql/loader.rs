//! Loaders live as long as one request, and batch what its fields ask for one by one.

use std::{sync::Arc, time::Duration};

use async_graphql::{
    Request,
    dataloader::{DataLoader, HashMapCache},
    runtime::{Timer, TokioSpawner},
};
use futures_util::{
    FutureExt,
    future::BoxFuture,
    task::{FutureObj, Spawn, SpawnError},
};
use tokio::task::yield_now;

use crate::{actor::Actor, app::App, error::Error, store};

/// A loader's failure reaches every field that waits for the batch.
pub type SharedError = Arc<Error>;

/// What loaders load with.
#[derive(Clone)]
pub struct Source {
    pub app: Arc<App>,
    pub actor: Actor,
    /// Whether what was loaded once holds for the whole request.
    pub remembers: bool,
}

/// A batching, remembering loader over `loader`.
pub type Batched<L> = DataLoader<L, HashMapCache>;

/// Puts `loader` into `request`, on the runtime that executes it. Where the request changes things it
/// remembers nothing: the second of two changes must not be answered with what the first has read.
pub fn install<L: Send + Sync + 'static>(request: Request, remembers: bool, loader: L) -> Request {
    let loader = DataLoader::with_cache(
        loader,
        Spawner(TokioSpawner::current()),
        Turn,
        HashMapCache::default(),
    );
    loader.enable_all_cache(remembers);
    request.data(loader)
}

/// Lets what a loader reads in a task of its own see what the request sees.
struct Spawner(TokioSpawner);

impl Spawn for Spawner {
    fn spawn_obj(&self, future: FutureObj<'static, ()>) -> Result<(), SpawnError> {
        let seeing = Box::new(store::seen_alike(future));
        self.0.spawn_obj(FutureObj::new(seeing))
    }
}

/// A batch waits for one turn of the runtime, not for a time: a request is one task, so all of its fields that can go on
/// have asked by then. (Of a live stream another thread may run it sooner: then there are two batches.) The clock of the runtime
/// counts in milliseconds, which is longer than most statements take.
struct Turn;

impl Timer for Turn {
    fn delay(&self, _: Duration) -> BoxFuture<'static, ()> {
        yield_now().boxed()
    }
}
