//! Levels and teams: few, asked for by every page, so kept in memory and read again when old.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use entity::{ids::TeamId, level, team};
use sea_orm::EntityTrait;
use tokio::sync::Mutex;

use crate::{error::Result, store::Store};

/// How long another server's change to a level or team may stay unseen.
const MAX_AGE: Duration = Duration::from_secs(1);

/// All levels by rank, and all teams.
#[derive(Debug, Default)]
pub struct Snapshot {
    pub levels: BTreeMap<i16, level::Model>,
    pub teams: HashMap<TeamId, team::Model>,
}

#[derive(Debug, Default)]
pub struct Directory {
    newest: RwLock<Option<(Instant, Arc<Snapshot>)>>,
    /// Held by the one who reads: a page asks for each of its rows at once.
    reading: Mutex<()>,
}

impl Directory {
    /// The snapshot in memory, read again from `store` when it is older than a second.
    pub async fn snapshot(&self, store: &Store) -> Result<Arc<Snapshot>> {
        if let Some(fresh) = self.fresh() {
            return Ok(fresh);
        }
        let _reading = self.reading.lock().await;
        if let Some(fresh) = self.fresh() {
            return Ok(fresh);
        }
        let read_at = Instant::now();
        let snapshot = Arc::new(read(store).await?);
        *self.newest.write().unwrap_or_else(PoisonError::into_inner) =
            Some((read_at, Arc::clone(&snapshot)));
        Ok(snapshot)
    }

    /// The snapshot in memory, where it is young enough.
    pub fn fresh(&self) -> Option<Arc<Snapshot>> {
        let newest = self.newest.read().unwrap_or_else(PoisonError::into_inner);
        let (read_at, snapshot) = newest.as_ref()?;
        (read_at.elapsed() < MAX_AGE).then(|| Arc::clone(snapshot))
    }

    /// Makes the next caller read again: this server has just changed a level or team.
    pub fn forget(&self) {
        *self.newest.write().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

async fn read(store: &Store) -> Result<Snapshot> {
    let levels = level::Entity::find().all(&store.read).await?;
    let teams = team::Entity::find().all(&store.read).await?;
    Ok(Snapshot {
        levels: levels
            .into_iter()
            .map(|level| (level.rank, level))
            .collect(),
        teams: teams.into_iter().map(|team| (team.id, team)).collect(),
    })
}
