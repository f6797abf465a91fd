//! Every read of queues, through what the actor may see.

use std::collections::HashMap;

use entity::{ids::QueueId, queue};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::{actor::Actor, app::App, error::Result, policy};

/// Queues in one answer: an agent's own and those of some teams.
const LIST_MAX: u64 = 200;

pub async fn find(app: &App, actor: &Actor, id: QueueId) -> Result<Option<queue::Model>> {
    let query = queue::Entity::find_by_id(id).filter(policy::visible_queues(actor));
    Ok(query.one(&app.store.read).await?)
}

/// Those of `ids` that the actor sees.
pub async fn find_many(
    app: &App,
    actor: &Actor,
    ids: &[QueueId],
) -> Result<HashMap<QueueId, queue::Model>> {
    let query = queue::Entity::find()
        .filter(queue::Column::Id.is_in(ids.iter().copied()))
        .filter(policy::visible_queues(actor));
    let rows = query.all(&app.store.read).await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

/// The actor's own queues and those of their teams, the oldest first.
pub async fn list(app: &App, actor: &Actor) -> Result<Vec<queue::Model>> {
    let query = queue::Entity::find()
        .filter(policy::visible_queues(actor))
        .order_by_asc(queue::Column::CreatedAt)
        .order_by_asc(queue::Column::Id)
        .limit(LIST_MAX);
    Ok(query.all(&app.store.read).await?)
}
