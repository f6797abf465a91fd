//! An endpoint, its deliveries, and their attempts.

use async_graphql::{Context, Description, Enum, ID, InputObject, Json, Object, Result};
use chrono::{DateTime, Utc};
use entity::{
    event::ActorKind,
    webhook_attempt::{self as attempt, Problem},
    webhook_delivery::{self as delivery, State},
    webhook_endpoint::{DisabledReason, Model},
    webhook_event,
};
use sea_orm::ActiveEnum;

use super::WebhookEvent;
use crate::{
    connection,
    graphql::{Caller, GlobalId, loader::Batched, selects_total},
    page::{Args, Cursor, OrderTag, Sort},
    people::graphql::{Actor, actor_field},
    webhook::{self, DeliveryFilter, loaders::AttemptLoader},
};

const DELIVERIES: OrderTag = *b"D-";

/// Why an endpoint is told nothing any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "DisabledReason")]
pub enum WebhookDisabledReason {
    /// Somebody disabled it.
    ByHand,
    /// It answered that it is gone for good (410).
    Gone,
    /// Nothing came through for five days.
    Failing,
    /// Its owner is disabled, or may have no endpoint any more.
    Owner,
}

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "State")]
pub enum WebhookDeliveryState {
    /// It is to be sent, for the first time or again.
    Pending,
    /// The endpoint answered with a status from 200 to 299.
    Delivered,
    /// All attempts failed. `replayWebhookDelivery` begins anew.
    Failed,
}

/// Why an attempt failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Problem")]
pub enum WebhookProblem {
    /// The answer's status is not one from 200 to 299; redirects are not followed.
    HttpStatus,
    /// There is no such host.
    UnknownHost,
    /// Nobody listens, or who does cannot prove to be the one.
    NoConnection,
    /// No answer within 15 seconds.
    TimedOut,
    /// What came back is not HTTP.
    NoAnswer,
    /// The host's addresses are ones that the server must not connect to.
    NotAllowed,
    /// The request could not be made here; the server's log says why.
    Internal,
}

/// An address elsewhere that is told what happens here, with requests by the Standard Webhooks specification.
#[derive(Description)]
pub struct WebhookEndpoint(pub Model);

/// One event for one endpoint.
#[derive(Description)]
pub struct WebhookDelivery(pub delivery::Model);

/// One request to an endpoint.
#[derive(Description)]
pub struct WebhookAttempt(attempt::Model);

connection!(
    /// A page of deliveries.
    WebhookDeliveryConnection, WebhookDeliveryEdge, WebhookDelivery
);

/// Which deliveries; all that is given must hold.
#[derive(Default, InputObject)]
pub struct WebhookDeliveryFilter {
    /// Where they stand.
    state: Option<WebhookDeliveryState>,
    /// What they tell.
    event: Option<WebhookEvent>,
}

#[Object(use_type_description)]
impl WebhookEndpoint {
    /// The endpoint's global id.
    pub async fn id(&self) -> ID {
        self.0.id.global()
    }

    /// Where requests go.
    async fn url(&self) -> &str {
        &self.0.url
    }

    /// What it is for; may be empty.
    async fn description(&self) -> &str {
        &self.0.description
    }

    /// What it is told; null: everything that there is, and that is added later.
    async fn events(&self) -> Option<Vec<WebhookEvent>> {
        let words = self.0.events.as_ref()?.0.iter();
        let known = |word: &String| webhook_event::WebhookEvent::try_from_value(word).ok();
        Some(words.filter_map(known).map(Into::into).collect())
    }

    /// Of which tickets it is told: a `TicketFilter`, as it was given; null: of all, and of what is about no ticket.
    async fn filter(&self) -> Option<Json<serde_json::Value>> {
        self.0.filter.clone().map(Json)
    }

    /// Whose rights decide what it is told, at the moment that it is told.
    async fn owner(&self, ctx: &Context<'_>) -> Result<Actor> {
        actor_field(ctx, ActorKind::Person, Some(self.0.owner_id)).await
    }

    /// Who made it.
    async fn created_by(&self, ctx: &Context<'_>) -> Result<Actor> {
        actor_field(ctx, ActorKind::Person, self.0.created_by).await
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// Whether it is told what happens.
    async fn is_enabled(&self) -> bool {
        self.0.disabled_at.is_none()
    }

    /// Since when it is told nothing; null where it is.
    async fn disabled_at(&self) -> Option<DateTime<Utc>> {
        self.0.disabled_at
    }

    /// Why it is told nothing; null where it is.
    async fn disabled_reason(&self) -> Option<WebhookDisabledReason> {
        self.0.disabled_reason.map(Into::into)
    }

    /// Since when nothing came through; null where the last request did. After five days it is disabled.
    async fn failing_since(&self) -> Option<DateTime<Utc>> {
        self.0.failing_since
    }

    /// Until when the secret that was replaced signs besides; null where none does.
    async fn previous_secret_until(&self, ctx: &Context<'_>) -> Option<DateTime<Utc>> {
        let now = Caller::app_of(ctx).clock.now();
        self.0.previous_until.filter(|until| now < *until)
    }

    /// How many events it was never told because they were too old when their turn came: it was disabled, or failed,
    /// for longer than the log goes back. Some of them may not have been for it.
    async fn lost_event_count(&self) -> i32 {
        i32::try_from(self.0.lost_count).unwrap_or(i32::MAX)
    }

    /// When it was last found out that there are such events; null: there are none.
    async fn lost_at(&self) -> Option<DateTime<Utc>> {
        self.0.lost_at
    }

    /// Whether a part of the log is being told again.
    async fn is_replaying(&self) -> bool {
        self.0.replay_position.is_some()
    }

    /// What it was told, and is to be told, the newest first; kept for 14 days.
    async fn deliveries(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which deliveries; all where absent.")] filter: Option<
            WebhookDeliveryFilter,
        >,
        #[graphql(desc = "How many at most, 25 where absent, at most 100.")] first: Option<i32>,
        #[graphql(desc = "A cursor: only what comes after it.")] after: Option<String>,
    ) -> Result<WebhookDeliveryConnection> {
        let app = Caller::app_of(ctx);
        let window = Args::forward(first, after).window(DELIVERIES)?;
        let filter = filter.unwrap_or_default();
        let filter = DeliveryFilter {
            state: filter.state.map(Into::into),
            event: filter.event.map(Into::into),
        };
        let page = webhook::list_deliveries(app, self.0.id, filter, &window).await?;
        let total = if selects_total(ctx) {
            Some(webhook::count_deliveries(app, self.0.id, filter).await?)
        } else {
            None
        };
        let place = |row: &delivery::Model| Cursor {
            sort: Sort::None,
            id: row.id.0,
        };
        Ok(WebhookDeliveryConnection::of(
            page,
            DELIVERIES,
            total,
            place,
            WebhookDelivery,
        ))
    }
}

#[Object(use_type_description)]
impl WebhookDelivery {
    /// The delivery's global id.
    async fn id(&self) -> ID {
        self.0.id.global()
    }

    /// What the receiver knows it by (`webhook-id`): the same for each attempt and each replay.
    async fn webhook_id(&self) -> &str {
        &self.0.webhook_id
    }

    /// What it tells.
    async fn event(&self) -> WebhookEvent {
        self.0.event.into()
    }

    /// Where it stands.
    async fn state(&self) -> WebhookDeliveryState {
        self.0.state.into()
    }

    /// When it was first due; of a replay, when that was asked for.
    async fn begun_at(&self) -> DateTime<Utc> {
        self.0.begun_at
    }

    /// When it was delivered or given up; null where it is pending.
    async fn finished_at(&self) -> Option<DateTime<Utc>> {
        self.0.finished_at
    }

    /// When it is tried next; null where it is over, or being tried.
    async fn next_attempt_at(&self) -> Option<DateTime<Utc>> {
        self.0.due_at.filter(|_| self.0.claim.is_none())
    }

    /// What was tried, the newest first, at most 50.
    async fn attempts(&self, ctx: &Context<'_>) -> Result<Vec<WebhookAttempt>> {
        const ATTEMPTS_MAX: usize = 50;
        let loader = ctx.data_unchecked::<Batched<AttemptLoader>>();
        let attempts = loader.load_one(self.0.id).await?.unwrap_or_default();
        let newest = attempts.into_iter().take(ATTEMPTS_MAX);
        Ok(newest.map(WebhookAttempt).collect())
    }
}

#[Object(use_type_description)]
impl WebhookAttempt {
    /// When it began.
    async fn at(&self) -> DateTime<Utc> {
        self.0.at
    }

    /// How long it took, in milliseconds.
    async fn duration_ms(&self) -> i32 {
        self.0.duration_ms
    }

    /// The status of the answer; null where there was none.
    async fn http_status(&self) -> Option<i32> {
        self.0.http_status.map(Into::into)
    }

    /// Why it failed; null where it came through.
    async fn problem(&self) -> Option<WebhookProblem> {
        self.0.problem.map(Into::into)
    }
}
