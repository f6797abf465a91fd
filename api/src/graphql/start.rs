//! Where a live stream starts, how far it is, and where one would start.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use async_graphql::{Context, ContextBase};

use super::Caller;
use crate::{error::Result, events::Pos};

/// Where a stream starts, and where it is: part of what belongs to one run of a subscription.
#[derive(Clone, Debug, Default)]
pub struct Start {
    /// None: from now on.
    pub after: Option<Pos>,
    /// The place of the newest item: set just before the item is yielded.
    pub place: Arc<AtomicU64>,
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
            place: Arc::default(),
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
