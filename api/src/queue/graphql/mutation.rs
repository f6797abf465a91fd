//! Saving, changing and deleting queues.

use async_graphql::{
    Context, ID, InputObject, InputType, MaybeUndefined, Object, Result, SimpleObject,
};
use entity::ids::TeamId;

use super::Queue;
use crate::{
    actor::Actor,
    app::retry,
    error::{Error, Result as CommandResult},
    graphql::{Caller, GlobalId, UserError, errors::UserErrorCode, split_errors},
    queue::{
        Key, View,
        commands::{self, Edit, NewQueue},
        queries,
    },
    refusal::{Refusal, Why},
    sharing::Sharing,
    ticket::graphql::{TicketFilter, TicketOrder},
};

/// A queue to save.
#[derive(InputObject)]
pub struct CreateQueueInput {
    /// What people call it; at most 255 characters.
    name: String,
    /// Which tickets it has. `isMine` is whoever looks at the queue.
    filter: TicketFilter,
    /// In which order they stand; the newest first where absent.
    order_by: Option<TicketOrder>,
    /// The team to share it with, by its leads and admins; personal where absent.
    team_id: Option<ID>,
}

/// What came of `createQueue`.
#[derive(SimpleObject)]
pub struct CreateQueuePayload {
    /// The queue; null when refused.
    queue: Option<Queue>,
    /// What a person can put right.
    user_errors: Vec<UserError>,
}

/// What to change of a queue; what is absent stays.
#[derive(InputObject)]
pub struct EditQueueInput {
    /// The queue, by its global id. A standard queue cannot be edited.
    queue_id: ID,
    /// What people call it; at most 255 characters.
    name: Option<String>,
    /// Which tickets it has.
    filter: Option<TicketFilter>,
    /// In which order they stand; null for the newest first.
    order_by: MaybeUndefined<TicketOrder>,
    /// The team to share it with, by its leads and admins; null to make it the viewer's own.
    team_id: MaybeUndefined<ID>,
    /// Change it only if this is still its version.
    expected_version: Option<i32>,
}

/// What came of `editQueue`.
#[derive(SimpleObject)]
pub struct EditQueuePayload {
    /// The queue as it is now, for `CONFLICT` too; null when refused for another reason.
    queue: Option<Queue>,
    /// What a person can put right.
    user_errors: Vec<UserError>,
}

/// Which queue to delete.
#[derive(InputObject)]
pub struct DeleteQueueInput {
    /// The queue, by its global id. A standard queue cannot be deleted.
    queue_id: ID,
}

/// What came of `deleteQueue`.
#[derive(SimpleObject)]
pub struct DeleteQueuePayload {
    /// The global id of the queue that was deleted; null when refused.
    deleted_queue_id: Option<ID>,
    /// What a person can put right.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct QueueMutation;

#[Object]
impl QueueMutation {
    /// Saves a queue: for oneself as staff, for a team as its lead or an admin.
    async fn create_queue(
        &self,
        ctx: &Context<'_>,
        input: CreateQueueInput,
    ) -> Result<CreateQueuePayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let created = match new_queue(actor, input) {
            Ok(new) => retry(|| commands::create(app, actor, &new)).await,
            Err(error) => Err(error),
        };
        let (queue, user_errors) = split_errors(created, actor.locale())?;
        Ok(CreateQueuePayload {
            queue: queue.map(View::Saved).map(Queue),
            user_errors,
        })
    }

    /// Changes a queue of one's own, or of a team as its lead or an admin. Who follows it live is told
    /// `RESYNC` where its filter or its readers change.
    async fn edit_queue(
        &self,
        ctx: &Context<'_>,
        input: EditQueueInput,
    ) -> Result<EditQueuePayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let key = Key::of(&input.queue_id);
        let expected = input.expected_version;
        let edited = match edit(actor, input) {
            Ok(edit) => retry(|| commands::edit(app, actor, key, expected, &edit)).await,
            Err(error) => Err(error),
        };
        let (queue, user_errors) = split_errors(edited, actor.locale())?;
        let mut queue = queue.map(View::Saved);
        let has_lost = |error: &UserError| error.is(UserErrorCode::Conflict);
        if let Some(key) = key
            && user_errors.iter().any(has_lost)
        {
            queue = queries::find(app, actor, key).await?;
        }
        Ok(EditQueuePayload {
            queue: queue.map(Queue),
            user_errors,
        })
    }

    /// Deletes a queue of one's own, or of a team as its lead or an admin, for good; its tickets stay. Live
    /// streams of it complete.
    async fn delete_queue(
        &self,
        ctx: &Context<'_>,
        input: DeleteQueueInput,
    ) -> Result<DeleteQueuePayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let key = Key::of(&input.queue_id);
        let deleted = retry(|| commands::delete(app, actor, key)).await;
        let (id, user_errors) = split_errors(deleted, actor.locale())?;
        Ok(DeleteQueuePayload {
            deleted_queue_id: id.map(|id| id.global()),
            user_errors,
        })
    }
}

fn new_queue(actor: &Actor, input: CreateQueueInput) -> CommandResult<NewQueue> {
    let team = input.team_id.as_ref().map(TeamId::of);
    Ok(NewQueue {
        name: input.name,
        filter: saved_filter(actor, &input.filter)?,
        order_by: input.order_by.as_ref().map(write).transpose()?,
        sharing: team.map_or(Sharing::Nobody, Sharing::Team),
    })
}

fn edit(actor: &Actor, input: EditQueueInput) -> CommandResult<Edit> {
    let filter = input.filter.map(|filter| saved_filter(actor, &filter));
    let order_by = match &input.order_by {
        MaybeUndefined::Undefined => None,
        MaybeUndefined::Null => Some(None),
        MaybeUndefined::Value(order) => Some(Some(write(order)?)),
    };
    let sharing = match &input.team_id {
        MaybeUndefined::Undefined => None,
        MaybeUndefined::Null => Some(Sharing::Nobody),
        MaybeUndefined::Value(id) => Some(Sharing::Team(TeamId::of(id))),
    };
    Ok(Edit {
        name: input.name,
        filter: filter.transpose()?,
        order_by,
        sharing,
    })
}

/// Compiled to see whether it can be; it is again for each who looks.
pub fn saved_filter(actor: &Actor, filter: &TicketFilter) -> CommandResult<serde_json::Value> {
    filter.compile(actor).map_err(unusable)?;
    write(filter)
}

pub(super) fn unusable(error: Error) -> Error {
    match error {
        Error::BadInput(_) => Refusal::Invalid {
            field: "filter",
            why: Why::Filter,
        }
        .into(),
        error => error,
    }
}

/// As clients write it: what is absent is left out.
fn write(input: &impl InputType) -> CommandResult<serde_json::Value> {
    let json = input.to_value().into_json().map_err(anyhow::Error::from)?;
    Ok(without_nulls(json))
}

fn without_nulls(json: serde_json::Value) -> serde_json::Value {
    match json {
        serde_json::Value::Object(fields) => fields
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name, without_nulls(value)))
            .collect(),
        serde_json::Value::Array(items) => items.into_iter().map(without_nulls).collect(),
        other => other,
    }
}
