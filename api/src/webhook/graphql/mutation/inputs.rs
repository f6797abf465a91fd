//! Inputs and payloads of what can be changed about webhooks.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, OneofObject, Result, SimpleObject};
use chrono::{DateTime, Utc};
use entity::{webhook_delivery as delivery, webhook_endpoint::Model};

use crate::{
    error::Result as CommandResult,
    graphql::{Caller, UserError, split_errors},
    ticket::graphql::TicketFilter,
    webhook::{
        Bound, Made,
        graphql::{WebhookDelivery, WebhookEndpoint, WebhookEvent},
    },
};

/// What is to be told, and to whom.
#[derive(InputObject)]
pub struct CreateWebhookEndpointInput {
    /// Where requests go: an `https://` address on the public internet, at most 2,000 characters. Operators may allow
    /// addresses inside, and then `http://` to these (`GUICHET_WEBHOOKS_ALLOW_CIDRS`).
    pub url: String,
    /// What it is for, at most 255 characters.
    pub description: Option<String>,
    /// What it is told: everything where absent, and that is added later.
    pub events: Option<Vec<WebhookEvent>>,
    /// Of which tickets it is told, as each is just after what happened: then of nothing that is about no ticket. `isMine` is
    /// the owner's. Of all where absent.
    pub filter: Option<TicketFilter>,
    /// The machine whose rights it has; the viewer's own where absent.
    pub machine_id: Option<ID>,
}

/// What to change of an endpoint; what is absent stays.
#[derive(InputObject)]
pub struct EditWebhookEndpointInput {
    /// Which endpoint.
    pub endpoint_id: ID,
    /// Where requests go.
    pub url: Option<String>,
    /// What it is for, at most 255 characters.
    pub description: Option<String>,
    /// What it is told; null for everything.
    pub events: MaybeUndefined<Vec<WebhookEvent>>,
    /// Of which tickets it is told; null for all, and for what is about none.
    pub filter: MaybeUndefined<TicketFilter>,
}

macro_rules! endpoint_input {
    ($(#[$doc:meta] $input:ident)+) => {$(
        #[$doc]
        #[derive(InputObject)]
        pub struct $input {
            /// Which endpoint.
            pub endpoint_id: ID,
        }
    )+};
}

endpoint_input! {
    /// Which endpoint to delete.
    DeleteWebhookEndpointInput
    /// Which endpoint to go on telling.
    EnableWebhookEndpointInput
    /// Which endpoint to tell nothing.
    DisableWebhookEndpointInput
    /// Which endpoint to test.
    PingWebhookEndpointInput
}

/// Whose secret to replace.
#[derive(InputObject)]
pub struct RotateWebhookSecretInput {
    /// Which endpoint.
    pub endpoint_id: ID,
    /// How many hours the secret before signs besides: 24 where absent, from 0 to 168.
    pub overlap_hours: Option<i32>,
}

/// What to tell again.
#[derive(InputObject)]
pub struct ReplayWebhookDeliveryInput {
    /// Which delivery; it may have come through.
    pub delivery_id: ID,
}

/// A moment of the log.
#[derive(OneofObject)]
pub enum LogBoundInput {
    /// A cursor of a live stream, such as `syncCursor`.
    Cursor(String),
    /// A time, exact to some seconds.
    Time(DateTime<Utc>),
}

/// Which part of the log to tell again.
#[derive(InputObject)]
pub struct ReplayWebhookEventsInput {
    /// Which endpoint.
    pub endpoint_id: ID,
    /// From when on. Times before the log can be followed are its beginning.
    pub after: LogBoundInput,
    /// Up to when; to now where absent.
    pub until: Option<LogBoundInput>,
}

impl From<LogBoundInput> for Bound {
    fn from(input: LogBoundInput) -> Self {
        match input {
            LogBoundInput::Cursor(cursor) => Self::Cursor(cursor),
            LogBoundInput::Time(time) => Self::Time(time),
        }
    }
}

macro_rules! secret_payload {
    ($(#[$doc:meta] $payload:ident)+) => {$(
        #[$doc]
        #[derive(SimpleObject)]
        pub struct $payload {
            /// The endpoint as it is now; null when refused.
            endpoint: Option<WebhookEndpoint>,
            /// What to verify signatures with, as `whsec_…`. It is shown this once.
            secret: Option<String>,
            /// What a person can put right; empty when it was done.
            user_errors: Vec<UserError>,
        }

        impl $payload {
            pub(super) fn of(ctx: &Context<'_>, result: CommandResult<Made>) -> Result<Self> {
                let locale = Caller::of(ctx)?.actor.locale();
                let (made, user_errors) = split_errors(result, locale)?;
                let secret = made.as_ref().map(|made| made.secret.reveal());
                let endpoint = made.map(|made| WebhookEndpoint(made.endpoint));
                Ok(Self { endpoint, secret, user_errors })
            }
        }
    )+};
}

secret_payload! {
    /// What came of making an endpoint.
    CreateWebhookEndpointPayload
    /// What came of replacing an endpoint's secret.
    RotateWebhookSecretPayload
}

macro_rules! endpoint_payload {
    ($(#[$doc:meta] $payload:ident)+) => {$(
        #[$doc]
        #[derive(SimpleObject)]
        pub struct $payload {
            /// The endpoint as it is now; null when refused.
            endpoint: Option<WebhookEndpoint>,
            /// What a person can put right; empty when it was done.
            user_errors: Vec<UserError>,
        }

        impl $payload {
            pub(super) fn of(ctx: &Context<'_>, result: CommandResult<Model>) -> Result<Self> {
                let locale = Caller::of(ctx)?.actor.locale();
                let (endpoint, user_errors) = split_errors(result, locale)?;
                Ok(Self { endpoint: endpoint.map(WebhookEndpoint), user_errors })
            }
        }
    )+};
}

endpoint_payload! {
    /// What came of changing an endpoint.
    EditWebhookEndpointPayload
    /// What came of enabling an endpoint.
    EnableWebhookEndpointPayload
    /// What came of disabling an endpoint.
    DisableWebhookEndpointPayload
    /// What came of telling a part of the log again.
    ReplayWebhookEventsPayload
}

macro_rules! delivery_payload {
    ($(#[$doc:meta] $payload:ident)+) => {$(
        #[$doc]
        #[derive(SimpleObject)]
        pub struct $payload {
            /// The delivery, which is sent at once; null when refused.
            delivery: Option<WebhookDelivery>,
            /// What a person can put right; empty when it was done.
            user_errors: Vec<UserError>,
        }

        impl $payload {
            pub(super) fn of(
                ctx: &Context<'_>,
                result: CommandResult<delivery::Model>,
            ) -> Result<Self> {
                let locale = Caller::of(ctx)?.actor.locale();
                let (delivery, user_errors) = split_errors(result, locale)?;
                Ok(Self { delivery: delivery.map(WebhookDelivery), user_errors })
            }
        }
    )+};
}

delivery_payload! {
    /// What came of testing an endpoint.
    PingWebhookEndpointPayload
    /// What came of telling an event again.
    ReplayWebhookDeliveryPayload
}

/// What came of deleting an endpoint.
#[derive(SimpleObject)]
pub struct DeleteWebhookEndpointPayload {
    /// The global id of the endpoint that was deleted; null when refused.
    pub deleted_endpoint_id: Option<ID>,
    /// What a person can put right; empty when it was done.
    pub user_errors: Vec<UserError>,
}
