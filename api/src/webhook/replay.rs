//! Telling again: one event, or a part of the log.

use chrono::{DateTime, Utc};
use entity::{
    audit_entry::Action as Audited,
    ids::{WebhookDeliveryId, WebhookEndpointId},
    webhook_delivery::{self as delivery, State},
    webhook_endpoint::Model,
};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};

use super::commands::{audit, lock, refuse_disabled, store};
use crate::{
    actor::Actor,
    app::{App, Sleeper},
    error::{Error, Result},
    events::{Pos, log},
    refusal::{Refusal, WebhookWhy, Why},
    store,
};

/// An end of a part of the log.
#[derive(Clone, Debug)]
pub enum Bound {
    /// A cursor of a live stream.
    Cursor(String),
    Time(DateTime<Utc>),
}

/// Tells one event again, under the same id, with what may be told of it now.
pub async fn replay_delivery(
    app: &App,
    actor: &Actor,
    id: Option<WebhookDeliveryId>,
) -> Result<delivery::Model> {
    let field = "deliveryId";
    let missing = || Error::from(Refusal::NotFound { field });
    let mut tx = app.begin(actor).await?;
    let found = delivery::Entity::find_by_id(id.ok_or_else(missing)?)
        .one(&*tx)
        .await?
        .ok_or_else(missing)?;
    let endpoint = match lock(&tx, Some(found.endpoint_id)).await {
        Err(Error::Refused(_)) => return Err(missing()),
        locked => locked?,
    };
    refuse_disabled(&endpoint, field)?;
    // Read again, now that nobody else writes it.
    let found = delivery::Entity::find_by_id(found.id).one(&*tx).await?;
    let mut again = found.ok_or_else(missing)?;
    again.state = State::Pending;
    again.attempt_count = 0;
    again.due_at = Some(tx.now());
    again.claim = None;
    again.begun_at = tx.now();
    again.finished_at = None;
    let row = again.clone().into_active_model().reset_all();
    row.update(&*tx).await?;
    audit(&mut tx, Audited::WebhookDeliveryReplayed, endpoint.id);
    tx.commit().await?;
    app.wake(Sleeper::Webhooks);
    Ok(again)
}

/// Tells an endpoint again what it is to be told of a part of the log: from one end on, up to the other or to now.
pub async fn replay_events(
    app: &App,
    actor: &Actor,
    id: Option<WebhookEndpointId>,
    after: &Bound,
    until: Option<&Bound>,
) -> Result<Model> {
    let (oldest, known) = app.feed.span();
    // Within a larger change another connection that writes must not be waited for.
    let end = if store::sees_uncommitted() {
        known
    } else {
        app.feed.end().await?
    };
    let span = (oldest, end);
    let after = place_of(app, after, span, "after").await?;
    let end = match until {
        Some(until) => place_of(app, until, span, "until").await?,
        None => span.1,
    };

    let mut tx = app.begin(actor).await?;
    let mut endpoint = lock(&tx, id).await?;
    refuse_disabled(&endpoint, "endpointId")?;
    let refuse = |field, why| {
        Err(Refusal::Invalid {
            field,
            why: Why::Webhook(why),
        }
        .into())
    };
    if after < oldest {
        return refuse("after", WebhookWhy::TooOld);
    }
    if end < after {
        return refuse("until", WebhookWhy::Backwards);
    }
    if endpoint.replay_position.is_some() {
        return refuse("endpointId", WebhookWhy::Replaying);
    }
    endpoint.replay_position = Some(after.to_stored());
    endpoint.replay_end = Some(end.to_stored());
    audit(&mut tx, Audited::WebhookEventsReplayed, endpoint.id);
    let endpoint = store(tx, endpoint).await?;
    app.wake(Sleeper::Webhooks);
    Ok(endpoint)
}

/// The place after which what it names begins. A time before the log goes back that far is the first place of all.
async fn place_of(app: &App, bound: &Bound, span: (Pos, Pos), field: &'static str) -> Result<Pos> {
    match bound {
        Bound::Cursor(cursor) => app.feed.check(cursor).await.map_err(|error| match error {
            Error::Resync => {
                let why = Why::Webhook(WebhookWhy::NotACursor);
                Refusal::Invalid { field, why }.into()
            }
            error => error,
        }),
        Bound::Time(time) => log::place_before(&app.store.read, *time, span).await,
    }
}
