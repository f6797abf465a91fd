//! Takes away what is old of deliveries and their attempts, and endpoints that were deleted, a few at a time.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    ids::WebhookEndpointId,
    webhook_attempt as attempt,
    webhook_delivery::{self as delivery, Column},
    webhook_endpoint as endpoint,
};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select,
    sea_query::{Expr, ExprTrait},
};
use uuid::Uuid;

use crate::{
    actor::Actor,
    app::{App, Tx},
    background::{Background, Stopping},
    error::Result,
};

/// How often somebody looks.
const SWEEP: Duration = Duration::from_mins(1);
/// How long deliveries are kept.
const KEPT_FOR: TimeDelta = TimeDelta::days(14);
/// Rows in one transaction.
const BATCH: u64 = 500;

/// Takes away what is old, from now on.
pub fn start_cleaning(app: Arc<App>) -> Background {
    Background::start("old webhooks", |stopping| run(app, stopping))
}

async fn run(app: Arc<App>, mut stopping: Stopping) {
    while stopping.rest(SWEEP).await {
        loop {
            match remove_old(&app).await {
                Ok(true) if !stopping.is_now() => {}
                Ok(_) => break,
                Err(error) => {
                    tracing::warn!(?error, "old webhooks are kept for now");
                    break;
                }
            }
        }
    }
}

/// Takes away a batch; whether there may be more.
pub async fn remove_old(app: &App) -> Result<bool> {
    let deleted: Vec<WebhookEndpointId> = endpoint::Entity::find()
        .select_only()
        .column(endpoint::Column::Id)
        .filter(endpoint::Column::DeletedAt.is_not_null())
        .into_tuple()
        .all(&app.store.read)
        .await?;
    let before = app.clock.now() - KEPT_FOR;
    let attempts = old_attempts(app, before).await?;
    let old = old_deliveries(before, &deleted).limit(BATCH);
    let old = old.all(&app.store.read).await?;
    if attempts.is_empty() && old.is_empty() && deleted.is_empty() {
        return Ok(false);
    }
    let tx = app.begin(&Actor::System).await?;
    hold(
        &tx,
        old.iter()
            .map(|row| row.endpoint_id)
            .chain(deleted.iter().copied()),
    )
    .await?;
    // What another server has taken away was counted there, and what was begun anew is old no more.
    let deliveries = old_deliveries(before, &deleted)
        .filter(Column::Id.is_in(old.iter().map(|row| row.id)))
        .all(&*tx)
        .await?;
    attempt::Entity::delete_many()
        .filter(attempt::Column::Id.is_in(attempts.iter().copied()))
        .exec(&*tx)
        .await?;
    remove(&tx, &deliveries).await?;
    let is_full = |rows: usize| rows as u64 == BATCH;
    let is_more = is_full(attempts.len()) || is_full(old.len());
    if !is_more && !deleted.is_empty() {
        endpoint::Entity::delete_many()
            .filter(endpoint::Column::Id.is_in(deleted))
            .exec(&*tx)
            .await?;
    }
    tx.commit().await?;
    Ok(is_more)
}

/// Endpoints first, as whoever else writes deliveries does; in one order, as two who clean up at once do.
async fn hold(tx: &Tx<'_>, ids: impl Iterator<Item = WebhookEndpointId>) -> Result<()> {
    let ids: BTreeSet<_> = ids.collect();
    let held = endpoint::Entity::find()
        .select_only()
        .column(endpoint::Column::Id)
        .filter(endpoint::Column::Id.is_in(ids))
        .order_by_asc(endpoint::Column::Id)
        .lock_exclusive();
    let _held: Vec<WebhookEndpointId> = held.into_tuple().all(&**tx).await?;
    Ok(())
}

async fn old_attempts(app: &App, before: DateTime<Utc>) -> Result<Vec<Uuid>> {
    let old = attempt::Entity::find()
        .select_only()
        .column(attempt::Column::Id)
        .filter(attempt::Column::At.lt(before))
        .limit(BATCH);
    Ok(old.into_tuple().all(&app.store.read).await?)
}

fn old_deliveries(
    before: DateTime<Utc>,
    deleted: &[WebhookEndpointId],
) -> Select<delivery::Entity> {
    let of_deleted = Column::EndpointId.is_in(deleted.iter().copied());
    let is_over = Condition::any()
        .add(Column::BegunAt.lt(before))
        .add(of_deleted);
    delivery::Entity::find().filter(is_over)
}

/// What was never told is not taken away in silence: its endpoint says how much it was.
async fn remove(tx: &Tx<'_>, deliveries: &[delivery::Model]) -> Result<()> {
    if deliveries.is_empty() {
        return Ok(());
    }
    let mut lost: HashMap<WebhookEndpointId, i64> = HashMap::new();
    for row in deliveries.iter().filter(|row| row.due_at.is_some()) {
        *lost.entry(row.endpoint_id).or_default() += 1;
    }
    for (id, count) in lost {
        endpoint::Entity::update_many()
            .col_expr(
                endpoint::Column::LostCount,
                Expr::col(endpoint::Column::LostCount).add(count),
            )
            .col_expr(endpoint::Column::LostAt, Expr::val(tx.now()))
            .filter(endpoint::Column::Id.eq(id))
            .exec(&**tx)
            .await?;
    }
    let ids: Vec<_> = deliveries.iter().map(|row| row.id).collect();
    attempt::Entity::delete_many()
        .filter(attempt::Column::DeliveryId.is_in(ids.iter().copied()))
        .exec(&**tx)
        .await?;
    delivery::Entity::delete_many()
        .filter(Column::Id.is_in(ids))
        .exec(&**tx)
        .await?;
    Ok(())
}
