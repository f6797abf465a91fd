//! Where a live stream starts, how far it is, and where one would start.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use async_graphql::{Context, ContextBase};
use tokio::sync::watch;

use super::Caller;
use crate::{error::Result, events::Pos};

/// Where a stream starts, and where it is: part of what belongs to one run of a subscription.
#[derive(Clone, Debug, Default)]
pub struct Start {
    /// None: from now on.
    pub after: Option<Pos>,
    /// The place of the newest item: set just before the item is yielded. Also set to how far the
    /// stream has looked, before it waits for more.
    pub place: Arc<AtomicU64>,
    /// Tells when nobody reads any more.
    pub stop: Stop,
}

/// Whether a run is still wanted. A run is never dropped while it may wait for the database, so it
/// has to listen where it waits for the feed.
#[derive(Clone, Debug, Default)]
pub struct Stop(Option<watch::Receiver<bool>>);

impl Stop {
    /// Comes when the sender says true or is gone.
    pub const fn of(stop: watch::Receiver<bool>) -> Self {
        Self(Some(stop))
    }

    /// Waits until nobody reads any more: then the stream ends instead of waiting on.
    pub async fn stopped(&self) {
        match self.0.clone() {
            Some(mut stop) => {
                // A sender that is gone wants nothing either.
                let _is_sent = stop.wait_for(|is_over| *is_over).await;
            }
            None => std::future::pending().await,
        }
    }
}

impl Start {
    /// Where the stream of this run starts. Who runs it has looked at the cursor already; where nobody
    /// has, it is looked at here.
    pub async fn of(ctx: &Context<'_>, after: Option<&str>) -> Result<Self> {
        if let Some(start) = ctx.data_opt::<Self>() {
            return Ok(start.clone());
        }
        let after = match after {
            Some(cursor) => Some(Caller::app_of(ctx).feed.check(cursor).await?),
            None => None,
        };
        Ok(Self {
            after,
            ..Self::default()
        })
    }

    /// Notes where the item is that comes next.
    pub fn reach(&self, pos: Pos) {
        self.place.store(pos.0, Ordering::Release);
    }

    /// Where the newest item is.
    pub fn reached(&self) -> Pos {
        Pos(self.place.load(Ordering::Acquire))
    }
}

/// Where the log stood before a request read anything: everything up to there is in its answer.
#[derive(Clone, Copy, Debug)]
pub struct Since(pub Pos);

/// Where a live stream starts that goes on from this answer.
pub fn sync_cursor<T>(ctx: &ContextBase<'_, T>) -> String {
    let pos = match ctx.data_opt::<Start>() {
        Some(start) => start.reached(),
        None => ctx.data_unchecked::<Since>().0,
    };
    Caller::app_of(ctx).feed.cursor(pos)
}
