//! What can be changed about webhooks, and what can be told again.

mod inputs;

use async_graphql::{Context, ID, MaybeUndefined, Object, Result};
use entity::{
    ids::{UserId, WebhookDeliveryId, WebhookEndpointId},
    webhook_event,
};

pub use self::inputs::{
    CreateWebhookEndpointInput, CreateWebhookEndpointPayload, DeleteWebhookEndpointInput,
    DeleteWebhookEndpointPayload, DisableWebhookEndpointInput, DisableWebhookEndpointPayload,
    EditWebhookEndpointInput, EditWebhookEndpointPayload, EnableWebhookEndpointInput,
    EnableWebhookEndpointPayload, PingWebhookEndpointInput, PingWebhookEndpointPayload,
    ReplayWebhookDeliveryInput, ReplayWebhookDeliveryPayload, ReplayWebhookEventsInput,
    ReplayWebhookEventsPayload, RotateWebhookSecretInput, RotateWebhookSecretPayload,
};
use super::WebhookEvent;
use crate::{
    actor::Actor,
    app::retry,
    error::Result as CommandResult,
    graphql::{Caller, GlobalId, split_errors},
    input::{Named, Patch},
    queue::graphql::saved_filter,
    webhook::{self, EditEndpoint, NewEndpoint},
};

#[derive(Default)]
pub struct WebhookMutation;

#[Object]
impl WebhookMutation {
    /// Has events told to an address elsewhere from now on, in the viewer's name (admins and machines) or in a
    /// machine's (admins). There are 50 at most. What is told is what its owner may read at that moment, and no more
    /// than the scopes of the token that made it.
    async fn create_webhook_endpoint(
        &self,
        ctx: &Context<'_>,
        input: CreateWebhookEndpointInput,
    ) -> Result<CreateWebhookEndpointPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let created = match new_endpoint(actor, input) {
            Ok(new) => retry(|| webhook::create(app, actor, &new)).await,
            Err(error) => Err(error),
        };
        CreateWebhookEndpointPayload::of(ctx, created)
    }

    /// Changes what an endpoint is told, and where. What is on its way already may still go by what was.
    async fn edit_webhook_endpoint(
        &self,
        ctx: &Context<'_>,
        input: EditWebhookEndpointInput,
    ) -> Result<EditWebhookEndpointPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let id = WebhookEndpointId::of(&input.endpoint_id);
        let edited = match edit_endpoint(actor, input) {
            Ok(edit) => retry(|| webhook::edit(app, actor, id, &edit)).await,
            Err(error) => Err(error),
        };
        EditWebhookEndpointPayload::of(ctx, edited)
    }

    /// Deletes an endpoint for good, with what is kept of its deliveries.
    async fn delete_webhook_endpoint(
        &self,
        ctx: &Context<'_>,
        input: DeleteWebhookEndpointInput,
    ) -> Result<DeleteWebhookEndpointPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let id = WebhookEndpointId::of(&input.endpoint_id);
        let deleted = retry(|| webhook::delete(app, actor, id)).await;
        let (id, user_errors) = split_errors(deleted, actor.locale())?;
        Ok(DeleteWebhookEndpointPayload {
            deleted_endpoint_id: id.map(|id| id.global()),
            user_errors,
        })
    }

    /// Goes on telling an endpoint that was disabled, from where it stopped, as far as the log goes back: what is
    /// missing is counted in `lostEventCount`.
    async fn enable_webhook_endpoint(
        &self,
        ctx: &Context<'_>,
        input: EnableWebhookEndpointInput,
    ) -> Result<EnableWebhookEndpointPayload> {
        let result = set_enabled(ctx, &input.endpoint_id, true).await?;
        EnableWebhookEndpointPayload::of(ctx, result)
    }

    /// Tells an endpoint nothing until it is enabled again. What happens meanwhile waits, as far as the log goes back.
    async fn disable_webhook_endpoint(
        &self,
        ctx: &Context<'_>,
        input: DisableWebhookEndpointInput,
    ) -> Result<DisableWebhookEndpointPayload> {
        let result = set_enabled(ctx, &input.endpoint_id, false).await?;
        DisableWebhookEndpointPayload::of(ctx, result)
    }

    /// Makes another secret. The one before signs besides for a while: time to bring the new one to where it is used.
    async fn rotate_webhook_secret(
        &self,
        ctx: &Context<'_>,
        input: RotateWebhookSecretInput,
    ) -> Result<RotateWebhookSecretPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let id = WebhookEndpointId::of(&input.endpoint_id);
        let overlap_hours = input.overlap_hours;
        let rotated = retry(|| webhook::rotate(app, actor, id, overlap_hours)).await;
        RotateWebhookSecretPayload::of(ctx, rotated)
    }

    /// Sends a test, once: what comes of it is in the delivery's `attempts`, soon.
    async fn ping_webhook_endpoint(
        &self,
        ctx: &Context<'_>,
        input: PingWebhookEndpointInput,
    ) -> Result<PingWebhookEndpointPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let id = WebhookEndpointId::of(&input.endpoint_id);
        let sent = retry(|| webhook::ping(app, actor, id)).await;
        PingWebhookEndpointPayload::of(ctx, sent)
    }

    /// Tells one event again, under the same `webhook-id`, with what may be told of it now.
    async fn replay_webhook_delivery(
        &self,
        ctx: &Context<'_>,
        input: ReplayWebhookDeliveryInput,
    ) -> Result<ReplayWebhookDeliveryPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let id = WebhookDeliveryId::of(&input.delivery_id);
        let again = retry(|| webhook::replay_delivery(app, actor, id)).await;
        ReplayWebhookDeliveryPayload::of(ctx, again)
    }

    /// Tells an endpoint again what it is to be told of a part of the log, in the background: `isReplaying` says
    /// whether it goes on. Events keep their `webhook-id`. One part at a time.
    async fn replay_webhook_events(
        &self,
        ctx: &Context<'_>,
        input: ReplayWebhookEventsInput,
    ) -> Result<ReplayWebhookEventsPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let id = WebhookEndpointId::of(&input.endpoint_id);
        let (after, until) = (input.after.into(), input.until.map(Into::into));
        let replayed =
            retry(|| webhook::replay_events(app, actor, id, &after, until.as_ref())).await;
        ReplayWebhookEventsPayload::of(ctx, replayed)
    }
}

async fn set_enabled(
    ctx: &Context<'_>,
    id: &ID,
    is_enabled: bool,
) -> Result<CommandResult<entity::webhook_endpoint::Model>> {
    let Caller { app, actor } = Caller::of(ctx)?;
    let id = WebhookEndpointId::of(id);
    Ok(retry(|| webhook::set_enabled(app, actor, id, is_enabled)).await)
}

fn new_endpoint(actor: &Actor, input: CreateWebhookEndpointInput) -> CommandResult<NewEndpoint> {
    let filter = input.filter.map(|filter| saved_filter(actor, &filter));
    Ok(NewEndpoint {
        url: input.url,
        description: input.description.unwrap_or_default(),
        events: input.events.map(kinds),
        filter: filter.transpose()?,
        machine: match &input.machine_id {
            None => Named::Absent,
            Some(id) => UserId::of(id).map_or(Named::Unknown, Named::Id),
        },
    })
}

fn edit_endpoint(actor: &Actor, input: EditWebhookEndpointInput) -> CommandResult<EditEndpoint> {
    Ok(EditEndpoint {
        url: input.url,
        description: input.description,
        events: match input.events {
            MaybeUndefined::Undefined => Patch::Keep,
            MaybeUndefined::Null => Patch::Empty,
            MaybeUndefined::Value(events) => Patch::Set(kinds(events)),
        },
        filter: match input.filter {
            MaybeUndefined::Undefined => Patch::Keep,
            MaybeUndefined::Null => Patch::Empty,
            MaybeUndefined::Value(filter) => Patch::Set(saved_filter(actor, &filter)?),
        },
    })
}

fn kinds(events: Vec<WebhookEvent>) -> Vec<webhook_event::WebhookEvent> {
    events.into_iter().map(Into::into).collect()
}
