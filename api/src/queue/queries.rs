//! Every read of queues, through what the actor may see.

use entity::{ids::QueueId, queue};
use sea_orm::{EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::{actor::Actor, app::App, error::Result, policy};

/// Queues in one answer: an agent's own and those of some teams.
const LIST_MAX: u64 = 200;

pub async fn find(app: &App, actor: &Actor, id: QueueId) -> Result<Option<queue::Model>> {
    let query = queue::Entity::find_by_id(id).filter(policy::visible_queues(actor));
    Ok(query.one(&app.store.read).await?)
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
