//! Levels, teams, custom fields, categories and the terms of service: few, asked for by every page, so kept in memory and
//! read again when old.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use entity::{
    article_category, calendar, custom_field,
    ids::{ArticleCategoryId, TeamId},
    level, service_level_policy, service_terms, team,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use tokio::sync::Mutex;

use crate::{
    error::Result,
    store::{self, Store},
};

/// How long another server's change to one of them may stay unseen.
const MAX_AGE: Duration = Duration::from_secs(1);

/// Custom fields by key.
pub type Fields = BTreeMap<String, custom_field::Model>;

/// All levels by rank, all teams, all custom fields by key, all categories of articles, and what is promised besides the levels.
#[derive(Debug, Default)]
pub struct Snapshot {
    pub levels: BTreeMap<i16, level::Model>,
    pub teams: HashMap<TeamId, team::Model>,
    pub fields: Fields,
    pub categories: BTreeMap<ArticleCategoryId, article_category::Model>,
    /// Which terms these are; those that belong to it are at least as new.
    pub terms: Option<service_terms::Model>,
    pub promises: Arc<Promises>,
}

/// The parts of the terms that are not on a level. They change with the version of the terms.
#[derive(Debug, Default)]
pub struct Promises {
    pub policies: Vec<service_level_policy::Model>,
    /// Those that are not deleted.
    pub calendars: Vec<calendar::Model>,
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
        if store::sees_other_directory() {
            return Ok(Arc::new(read(store, None).await?));
        }
        if let Some(fresh) = self.fresh() {
            return Ok(fresh);
        }
        let _reading = self.reading.lock().await;
        if let Some(fresh) = self.fresh() {
            return Ok(fresh);
        }
        let read_at = Instant::now();
        let earlier = self
            .newest
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let reading = read(store, earlier.map(|(_, snapshot)| snapshot));
        let snapshot = Arc::new(store::beside(reading).await?);
        *self.newest.write().unwrap_or_else(PoisonError::into_inner) =
            Some((read_at, Arc::clone(&snapshot)));
        Ok(snapshot)
    }

    /// The snapshot in memory, where it is young enough.
    pub fn fresh(&self) -> Option<Arc<Snapshot>> {
        if store::sees_other_directory() {
            return None;
        }
        let newest = self.newest.read().unwrap_or_else(PoisonError::into_inner);
        let (read_at, snapshot) = newest.as_ref()?;
        (read_at.elapsed() < MAX_AGE).then(|| Arc::clone(snapshot))
    }

    /// Makes the next caller read again: this server has just changed one of them.
    pub fn forget(&self) {
        *self.newest.write().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

async fn read(store: &Store, earlier: Option<Arc<Snapshot>>) -> Result<Snapshot> {
    // First: what is read later is as new as this, or newer.
    let in_force = service_terms::Entity::find().one(&store.read).await?;
    let promises = match earlier.filter(|earlier| earlier.terms == in_force) {
        Some(earlier) => Arc::clone(&earlier.promises),
        None => Arc::new(read_promises(store).await?),
    };
    let levels = level::Entity::find().all(&store.read).await?;
    let teams = team::Entity::find().all(&store.read).await?;
    let fields = custom_field::Entity::find().all(&store.read).await?;
    let categories = article_category::Entity::find().all(&store.read).await?;
    Ok(Snapshot {
        levels: levels
            .into_iter()
            .map(|level| (level.rank, level))
            .collect(),
        teams: teams.into_iter().map(|team| (team.id, team)).collect(),
        fields: fields
            .into_iter()
            .map(|field| (field.key.clone(), field))
            .collect(),
        categories: categories
            .into_iter()
            .map(|category| (category.id, category))
            .collect(),
        terms: in_force,
        promises,
    })
}

async fn read_promises(store: &Store) -> Result<Promises> {
    let policies = service_level_policy::Entity::find()
        .all(&store.read)
        .await?;
    let calendars = calendar::Entity::find()
        .filter(calendar::Column::DeletedAt.is_null())
        .all(&store.read)
        .await?;
    Ok(Promises {
        policies,
        calendars,
    })
}
