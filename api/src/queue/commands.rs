//! Every change to queues.

use entity::{
    ids::QueueId,
    queue::{self, Column},
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QuerySelect,
};
use serde_json::Value;

use super::Key;

use crate::{
    actor::Actor,
    app::{App, Tx},
    error::{Result, expect_version, refuse_if_any},
    events::{Event, QueueField},
    input::Checked,
    policy::{self, Action},
    refusal::{Refusal, Why},
    sharing::{self, Holder, Sharing},
    text::NAME_CHARS_MAX,
};

/// Queues of one person, and of one team.
const QUEUES_MAX: usize = 100;
/// A queue's filter as JSON.
const FILTER_BYTES_MAX: usize = 16_384;

/// A queue to be saved. Filter and order are as clients write them, and known to be usable.
#[derive(Clone, Debug)]
pub struct NewQueue {
    pub name: String,
    pub filter: Value,
    pub order_by: Option<Value>,
    pub sharing: Sharing,
}

/// What to change of a queue; what is not given stays.
#[derive(Clone, Debug, Default)]
pub struct Edit {
    pub name: Option<String>,
    pub filter: Option<Value>,
    /// Within: none for the newest first.
    pub order_by: Option<Option<Value>>,
    pub sharing: Option<Sharing>,
}

/// Saves a queue for the actor alone, or for a team.
pub async fn create(app: &App, actor: &Actor, new: &NewQueue) -> Result<queue::Model> {
    let holder = authorize(app, actor, new.sharing).await?;
    let mut checked = Checked::default();
    let name = checked.line("name", &new.name, NAME_CHARS_MAX);
    checked.json("filter", &new.filter, FILTER_BYTES_MAX);
    refuse_if_any(checked.refusals)?;

    let mut tx = app.begin(actor).await?;
    refuse_one_too_many(&tx, holder).await?;
    let (team_id, owner_id) = holder;
    let queue = queue::Model {
        id: QueueId(tx.new_id()),
        version: 1,
        name,
        filter: new.filter.clone(),
        order_by: new.order_by.clone(),
        team_id,
        owner_id,
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    let row = queue.clone().into_active_model().reset_all();
    queue::Entity::insert(row)
        .exec_without_returning(&*tx)
        .await?;
    tx.record(Event::QueueCreated { queue_id: queue.id });
    tx.commit().await?;
    Ok(queue)
}

/// Changes a queue, or whose it is; only that version of it, where one is expected.
pub async fn edit(
    app: &App,
    actor: &Actor,
    key: Option<Key>,
    expected_version: Option<i32>,
    edit: &Edit,
) -> Result<queue::Model> {
    let mut checked = Checked::default();
    let name = edit.name.as_deref();
    let name = name.map(|name| checked.line("name", name, NAME_CHARS_MAX));
    checked.json("filter", &edit.filter, FILTER_BYTES_MAX);
    refuse_if_any(checked.refusals)?;

    let mut tx = app.begin(actor).await?;
    let before = lock(&tx, key).await?;
    policy::authorize(actor, Action::EditQueue(&before))?;
    expect_version(before.version, expected_version)?;
    let mut queue = before.clone();
    if let Some(sharing) = edit.sharing {
        let holder = authorize(app, actor, sharing).await?;
        (queue.team_id, queue.owner_id) = holder;
        if (queue.team_id, queue.owner_id) != (before.team_id, before.owner_id) {
            refuse_one_too_many(&tx, holder).await?;
        }
    }
    queue.name = name.unwrap_or(queue.name);
    queue.filter = edit.filter.clone().unwrap_or(queue.filter);
    queue.order_by = edit.order_by.clone().unwrap_or(queue.order_by);
    let fields = changed_fields(&before, &queue);
    if fields.is_empty() {
        return Ok(before);
    }
    queue.version += 1;
    queue.updated_at = tx.now();
    let row = queue.clone().into_active_model().reset_all();
    row.update(&*tx).await?;
    let queue_id = queue.id;
    tx.record(Event::QueueEdited { queue_id, fields });
    tx.commit().await?;
    Ok(queue)
}

fn changed_fields(before: &queue::Model, after: &queue::Model) -> Vec<QueueField> {
    let is_shared_otherwise = (before.team_id, before.owner_id) != (after.team_id, after.owner_id);
    let changed = [
        (before.name != after.name, QueueField::Name),
        (before.filter != after.filter, QueueField::Filter),
        (before.order_by != after.order_by, QueueField::OrderBy),
        (is_shared_otherwise, QueueField::Sharing),
    ];
    let changed = changed.into_iter().filter(|(is_changed, _)| *is_changed);
    changed.map(|(_, field)| field).collect()
}

/// Deletes a queue for good; its tickets stay.
pub async fn delete(app: &App, actor: &Actor, key: Option<Key>) -> Result<QueueId> {
    let mut tx = app.begin(actor).await?;
    let queue = lock(&tx, key).await?;
    policy::authorize(actor, Action::DeleteQueue(&queue))?;
    let queue_id = queue.id;
    queue::Entity::delete_by_id(queue_id).exec(&*tx).await?;
    tx.record(Event::QueueDeleted { queue_id });
    tx.commit().await?;
    Ok(queue_id)
}

/// One that the actor may not see is missing; one that is there from the start is nobody's to change.
async fn lock(tx: &Tx<'_>, key: Option<Key>) -> Result<queue::Model> {
    let field = "queueId";
    let missing = Refusal::NotFound { field };
    match key {
        Some(Key::Saved(id)) => {
            let visible = queue::Entity::find()
                .filter(Column::Id.eq(id))
                .filter(policy::visible_queues(tx.actor()));
            let found = visible.lock_exclusive().one(&**tx).await?;
            Ok(found.ok_or(missing)?)
        }
        Some(Key::Standard(_)) if policy::sees_queues(tx.actor()) => {
            let why = Why::StandardQueue;
            Err(Refusal::Invalid { field, why }.into())
        }
        Some(Key::Standard(_)) | None => Err(missing.into()),
    }
}

async fn authorize(app: &App, actor: &Actor, sharing: Sharing) -> Result<Holder> {
    let action = |team| Action::CreateQueue { team };
    sharing.holder(app, actor, action).await
}

async fn refuse_one_too_many(tx: &Tx<'_>, (team_id, owner_id): Holder) -> Result<()> {
    let is_theirs = match team_id {
        Some(team_id) => Column::TeamId.eq(team_id),
        None => Column::OwnerId.eq(owner_id),
    };
    let held = queue::Entity::find().filter(is_theirs).count(&**tx).await?;
    sharing::refuse_one_too_many(held, QUEUES_MAX)
}
