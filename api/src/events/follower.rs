//! One who follows the log through the feed.

use std::sync::Arc;

use tokio::sync::watch;

use super::{Epoch, Pos, feed::Feed, log::Placed};
use crate::error::Result;

/// One who follows the log, at their own pace.
pub struct Follower {
    feed: Arc<Feed>,
    epoch: Epoch,
    pos: Pos,
    head: watch::Receiver<Pos>,
}

impl Follower {
    pub(super) fn new(feed: &Arc<Feed>, after: Option<Pos>) -> Self {
        let head = feed.watch();
        Self {
            epoch: feed.epoch(),
            pos: after.unwrap_or_else(|| feed.head()),
            feed: Arc::clone(feed),
            head,
        }
    }

    /// The place up to which events were taken.
    pub const fn pos(&self) -> Pos {
        self.pos
    }

    /// Waits until there is something to take. May be given up at any time.
    pub async fn wait(&mut self) {
        // The feed is held by this follower, so its end is no end of waiting.
        let _is_open = self
            .head
            .wait_for(|head| *head > self.pos || self.epoch != self.feed.epoch())
            .await
            .is_ok();
    }

    /// Takes at most `max` of the events that are there. Fails with `RESYNC` where the log
    /// does not go on from here.
    pub async fn take(&mut self, max: usize) -> Result<Vec<Arc<Placed>>> {
        if self.epoch != self.feed.epoch() {
            return Err(self.feed.resync());
        }
        let events = self.feed.after(self.pos, max).await?;
        if let Some(newest) = events.last() {
            self.pos = newest.pos;
        }
        Ok(events)
    }

    /// Waits for the next events, and takes at most `max` of them.
    pub async fn next(&mut self, max: usize) -> Result<Vec<Arc<Placed>>> {
        self.wait().await;
        self.take(max).await
    }
}
