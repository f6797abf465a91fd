//! Who follows which bulk job on this server. That a job has moved on is said to them, and through the doorbell to those on
//! other servers. It may be lost, so they also look by themselves now and then.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use entity::ids::BulkJobId;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::events::feed::Feed;

#[derive(Debug, Default)]
pub struct Followers(Mutex<HashMap<BulkJobId, watch::Sender<()>>>);

/// What one server tells the others.
#[derive(Serialize, Deserialize)]
struct Word {
    bulk_job_id: BulkJobId,
}

impl Followers {
    /// Wakes when a job moves on, whichever server does it.
    pub(super) fn watch(&self, id: BulkJobId) -> watch::Receiver<()> {
        let mut followed = self.followed();
        followed.retain(|_, moved| moved.receiver_count() > 0);
        followed.entry(id).or_default().subscribe()
    }

    /// Says everywhere that a job has moved on.
    pub fn tell(&self, feed: &Feed, id: BulkJobId) {
        self.note(id);
        if let Ok(message) = serde_json::to_string(&Word { bulk_job_id: id }) {
            feed.tell_others(message);
        }
    }

    /// Takes in what another server has said. What is not understood is for others here.
    pub fn hear(&self, message: &str) {
        if let Ok(Word { bulk_job_id }) = serde_json::from_str(message) {
            self.note(bulk_job_id);
        }
    }

    fn note(&self, id: BulkJobId) {
        if let Some(moved) = self.followed().get(&id) {
            moved.send_replace(());
        }
    }

    /// A panic elsewhere cannot leave the map half-written.
    fn followed(&self) -> MutexGuard<'_, HashMap<BulkJobId, watch::Sender<()>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
