//! Every read of queues, through what the actor may see.

use std::collections::HashMap;

use entity::queue;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{Key, Standard, View};
use crate::{actor::Actor, app::App, directory::Snapshot, error::Result, policy};

/// Saved queues in one answer: an agent's own and those of some teams.
const LIST_MAX: u64 = 200;

pub async fn find(app: &App, actor: &Actor, key: Key) -> Result<Option<View>> {
    Ok(find_many(app, actor, &[key]).await?.remove(&key))
}

/// Those of `keys` that the actor sees.
pub async fn find_many(app: &App, actor: &Actor, keys: &[Key]) -> Result<HashMap<Key, View>> {
    let mut found = HashMap::new();
    let mut ids = Vec::new();
    for key in keys {
        match key {
            Key::Saved(id) => ids.push(*id),
            Key::Standard(standard) => {
                let view = view(actor, &*app.directory().await?, *standard);
                found.extend(view.map(|view| (*key, view)));
            }
        }
    }
    if !ids.is_empty() {
        let query = queue::Entity::find()
            .filter(queue::Column::Id.is_in(ids))
            .filter(policy::visible_queues(actor));
        let rows = query.all(&app.store.read).await?;
        found.extend(
            rows.into_iter()
                .map(|row| (Key::Saved(row.id), View::Saved(row))),
        );
    }
    Ok(found)
}

/// What is there from the start, then the actor's own queues and those of their teams, the oldest first; where there
/// are too many, the newest of them.
pub async fn list(app: &App, actor: &Actor) -> Result<Vec<View>> {
    let directory = app.directory().await?;
    let standard = Standard::all(&directory).filter_map(|queue| view(actor, &directory, queue));
    let mut views: Vec<_> = standard.collect();
    let query = queue::Entity::find()
        .filter(policy::visible_queues(actor))
        .order_by_desc(queue::Column::CreatedAt)
        .order_by_desc(queue::Column::Id)
        .limit(LIST_MAX);
    let saved = query.all(&app.store.read).await?;
    views.extend(saved.into_iter().rev().map(View::Saved));
    Ok(views)
}

/// None for whom there are no queues, and for a level that does not exist.
fn view(actor: &Actor, directory: &Snapshot, standard: Standard) -> Option<View> {
    let name = standard.name(directory, actor.locale());
    name.filter(|_| policy::sees_queues(actor))
        .map(|name| View::Standard(standard, name))
}
