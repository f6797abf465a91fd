//! Every read of endpoints and of what came of telling them.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::{
    ids::{ApiTokenId, WebhookDeliveryId, WebhookEndpointId},
    webhook_attempt as attempt,
    webhook_delivery::{self as delivery, State},
    webhook_endpoint::{Column, Entity, Model},
    webhook_event::WebhookEvent,
};
use sea_orm::{
    ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    Select,
    sea_query::{Expr, ExprTrait},
};
use uuid::Uuid;

use crate::{
    actor::{Actor, ApiToken, Credential},
    app::App,
    error::Result,
    page::{OrderBy, Page, Window},
    policy::{self, Action},
    session,
};

/// Attempts of deliveries that are read together.
const ATTEMPTS_MAX: u64 = 2_000;

/// Which deliveries a list has; what is absent does not matter.
#[derive(Clone, Copy, Debug, Default)]
pub struct DeliveryFilter {
    pub state: Option<State>,
    pub event: Option<WebhookEvent>,
}

pub async fn find(
    app: &App,
    actor: &Actor,
    id: Option<WebhookEndpointId>,
) -> Result<Option<Model>> {
    let Some(id) = id else { return Ok(None) };
    let found = visible(actor).filter(Column::Id.eq(id));
    Ok(found.one(&app.store.read).await?)
}

/// Endpoints, the newest first.
pub async fn list(app: &App, actor: &Actor, window: &Window) -> Result<Page<Model>> {
    let order = OrderBy {
        column: Column::Id,
        id: Column::Id,
        descending: true,
    };
    let rows = window
        .apply(visible(actor), &order)
        .all(&app.store.read)
        .await?;
    Ok(window.page(rows))
}

pub async fn count(app: &App, actor: &Actor) -> Result<u64> {
    Ok(visible(actor).count(&app.store.read).await?)
}

/// One that the actor may list.
pub(super) fn visible(actor: &Actor) -> Select<Entity> {
    Entity::find()
        .filter(Column::DeletedAt.is_null())
        .filter(policy::visible_webhook_endpoints(actor))
}

/// Deliveries of an endpoint that is visible, the newest first.
pub async fn list_deliveries(
    app: &App,
    endpoint: WebhookEndpointId,
    filter: DeliveryFilter,
    window: &Window,
) -> Result<Page<delivery::Model>> {
    let order = OrderBy {
        column: delivery::Column::Id,
        id: delivery::Column::Id,
        descending: true,
    };
    let rows = window.apply(deliveries(endpoint, filter), &order);
    Ok(window.page(rows.all(&app.store.read).await?))
}

pub async fn count_deliveries(
    app: &App,
    endpoint: WebhookEndpointId,
    filter: DeliveryFilter,
) -> Result<u64> {
    let deliveries = deliveries(endpoint, filter);
    Ok(deliveries.count(&app.store.read).await?)
}

fn deliveries(endpoint: WebhookEndpointId, filter: DeliveryFilter) -> Select<delivery::Entity> {
    let mut query = delivery::Entity::find().filter(delivery::Column::EndpointId.eq(endpoint));
    if let Some(state) = filter.state {
        query = query.filter(delivery::Column::State.eq(state));
    }
    if let Some(event) = filter.event {
        query = query.filter(delivery::Column::Event.eq(event));
    }
    query
}

/// A delivery of an endpoint that the actor may list.
pub async fn find_delivery(
    app: &App,
    actor: &Actor,
    id: Option<WebhookDeliveryId>,
) -> Result<Option<delivery::Model>> {
    let Some(id) = id else { return Ok(None) };
    let found = delivery::Entity::find_by_id(id)
        .one(&app.store.read)
        .await?;
    let Some(found) = found else { return Ok(None) };
    let endpoint = find(app, actor, Some(found.endpoint_id)).await?;
    Ok(endpoint.map(|_| found))
}

/// Attempts of deliveries that are visible, the newest first, `ATTEMPTS_MAX` of all together.
pub async fn attempts_of(
    app: &App,
    deliveries: &[WebhookDeliveryId],
) -> Result<HashMap<WebhookDeliveryId, Vec<attempt::Model>>> {
    let rows = attempt::Entity::find()
        .filter(attempt::Column::DeliveryId.is_in(deliveries.iter().copied()))
        .order_by_desc(attempt::Column::Id)
        .limit(ATTEMPTS_MAX)
        .all(&app.store.read)
        .await?;
    let mut of: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows {
        of.entry(row.delivery_id).or_default().push(row);
    }
    Ok(of)
}

/// The endpoint's owner with their rights of now, as far as the endpoint goes; none where they may have none any more.
pub(super) async fn owner(app: &App, endpoint: &Model) -> Result<Option<Actor>> {
    let acting = session::acting(app, endpoint.owner_id).await?;
    let Some(Actor::User(mut user)) = acting else {
        return Ok(None);
    };
    // As if they came with the token that made it, which may be over: tokens are replaced, endpoints stay.
    user.credential = endpoint.scopes.map(|scopes| {
        Credential::ApiToken(ApiToken {
            id: ApiTokenId(Uuid::nil()),
            scopes,
            expires_at: DateTime::<Utc>::MAX_UTC,
        })
    });
    let (of, kind) = (user.id, user.kind);
    let owner = Actor::User(user);
    let may = policy::may(&owner, Action::CreateWebhook { of, kind });
    Ok(may.then_some(owner))
}

/// An endpoint, and when the first of its deliveries is due.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    pub(super) endpoint: Model,
    pub(super) due_at: Option<DateTime<Utc>>,
}

/// All endpoints of the desk.
pub(super) async fn waiting(app: &App) -> Result<Vec<Waiting>> {
    let endpoints = Entity::find().filter(Column::DeletedAt.is_null());
    let endpoints = endpoints.all(&app.store.read).await?;
    if endpoints.is_empty() {
        return Ok(Vec::new());
    }
    let first_due = delivery::Entity::find()
        .select_only()
        .expr(delivery::Column::DueAt.min())
        .filter(ExprTrait::equals(
            Expr::col(delivery::Column::EndpointId.as_column_ref()),
            Column::Id.as_column_ref(),
        ))
        .into_query();
    let due: Vec<(WebhookEndpointId, Option<DateTime<Utc>>)> = Entity::find()
        .select_only()
        .column(Column::Id)
        .expr_as(
            Expr::SubQuery(None, Box::new(first_due.into())),
            "first_due_at",
        )
        .filter(Column::DeletedAt.is_null())
        .into_tuple()
        .all(&app.store.read)
        .await?;
    let due: HashMap<_, _> = due.into_iter().collect();
    let waiting = endpoints.into_iter().map(|endpoint| Waiting {
        due_at: due.get(&endpoint.id).copied().flatten(),
        endpoint,
    });
    Ok(waiting.collect())
}
