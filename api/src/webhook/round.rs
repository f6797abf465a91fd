//! One look at an endpoint: what came of attempts is noted, events after its place become deliveries, and what is due is
//! claimed, all in one transaction that holds the endpoint's row. So any server may do it, one at a time, and a server that
//! dies leaves its place where it was, and its claims to run out.

use std::sync::Arc;

use chrono::TimeDelta;
use entity::{
    audit_entry::Action as Audited,
    ids::{WebhookDeliveryId, WebhookEndpointId},
    webhook_delivery::{self as delivery, Column, State},
    webhook_endpoint::{self as endpoint, DisabledReason, Entity, Model},
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait, LockBehavior, LockType, OnConflict},
};
use uuid::Uuid;

use super::{
    outcome::note,
    plan::{Look, Plan, plan},
    queries::owner,
    rules::webhook_id,
    selection::Selected,
};
use crate::{
    actor::Actor,
    app::{App, Tx},
    error::{Error, Result},
    events::Pos,
    trail::Subject,
};

/// Deliveries that an endpoint has in flight, whoever sends them.
const IN_FLIGHT_MAX: u64 = 5;
/// How long a claim holds: longer than a request may take, and the making of it.
const CLAIMED_FOR: TimeDelta = TimeDelta::seconds(30);

/// A delivery to be sent, and the endpoint as it was when it was claimed.
#[derive(Clone, Debug)]
pub(super) struct Claimed {
    pub(super) endpoint: Arc<Model>,
    pub(super) delivery: delivery::Model,
    pub(super) claim: Uuid,
}

/// What came of a round.
#[derive(Debug, Default)]
pub(super) struct Done {
    /// What is to be sent.
    pub(super) claimed: Vec<Claimed>,
    /// Why nothing of the log could be taken; what is due goes on all the same.
    pub(super) failed: Option<Error>,
    /// Up to which place nothing is for the endpoint, where its row was left as it is.
    pub(super) looked: Option<Pos>,
}

/// Does one round; where it does not go on, outcomes are noted and that is all. Without outcomes it leaves an endpoint alone
/// that another server holds. What is nothing for the endpoint costs no transaction.
pub(super) async fn round(app: &App, look: &Look<'_>) -> Result<Done> {
    let Look {
        endpoint,
        outcomes,
        goes_on,
        ..
    } = *look;
    let owner = owner(app, endpoint).await?;
    let planned = match &owner {
        Some(owner) if goes_on && endpoint.disabled_at.is_none() => plan(app, look, owner).await,
        _ => Ok(Plan::default()),
    };
    let (plan, failed) = match planned {
        Ok(plan) => (plan, None),
        Err(error) => (Plan::default(), Some(error)),
    };
    if plan.is_full {
        app.webhooks.wake();
    }
    let is_idle = outcomes.is_empty() && !look.is_due && !look.saves && owner.is_some();
    if is_idle && plan.is_nothing() {
        return Ok(Done {
            looked: plan.new.map(|new| new.up_to),
            failed,
            ..Done::default()
        });
    }
    let mut tx = app.begin(&Actor::System).await?;
    let Some(before) = lock(&tx, endpoint.id, !outcomes.is_empty()).await? else {
        return Ok(Done::default());
    };
    let mut row = before.clone();
    note(&mut tx, &mut row, outcomes).await?;
    if owner.is_none() && row.owner_id == endpoint.owner_id {
        disable(&mut tx, &mut row, DisabledReason::Owner);
    }
    let mut claimed = Vec::new();
    if goes_on && row.disabled_at.is_none() {
        if is_selected_alike(&row, endpoint) {
            follow(app, &tx, &mut row, &plan).await?;
        }
        claimed = claim(&tx, row.id).await?;
    }
    let endpoint = Arc::new(row.clone());
    if row != before {
        row.into_active_model().reset_all().update(&*tx).await?;
    }
    tx.commit().await?;
    let claimed = claimed.into_iter().map(|(delivery, claim)| Claimed {
        endpoint: Arc::clone(&endpoint),
        delivery,
        claim,
    });
    Ok(Done {
        claimed: claimed.collect(),
        failed,
        looked: None,
    })
}

/// Whether what was read for an endpoint is still what it is to be told.
fn is_selected_alike(row: &Model, read: &Model) -> bool {
    (row.owner_id, row.scopes, &row.events, &row.filter)
        == (read.owner_id, read.scopes, &read.events, &read.filter)
}

/// Tells the endpoint nothing any more, and the audit log why.
pub(super) fn disable(tx: &mut Tx<'_>, row: &mut Model, reason: DisabledReason) {
    if row.disabled_at.is_some() {
        return;
    }
    row.disabled_at = Some(tx.now());
    row.disabled_reason = Some(reason);
    let subject = Subject::WebhookEndpoint(row.id);
    tx.audit(Audited::WebhookEndpointDisabled, subject);
}

async fn lock(tx: &Tx<'_>, id: WebhookEndpointId, waits: bool) -> Result<Option<Model>> {
    let query = Entity::find_by_id(id).filter(endpoint::Column::DeletedAt.is_null());
    let query = if waits {
        query.lock_exclusive()
    } else {
        query.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
    };
    Ok(query.one(&**tx).await?)
}

/// Makes deliveries of what was read, unless the endpoint has moved meanwhile.
async fn follow(app: &App, tx: &Tx<'_>, row: &mut Model, plan: &Plan) -> Result<()> {
    if let Some(new) = &plan.new
        && row.position == new.after.to_stored()
    {
        insert(app, tx, row.id, &new.selected, false).await?;
        row.position = new.up_to.to_stored();
        if plan.lost > 0 {
            let lost = i64::try_from(plan.lost).unwrap_or(i64::MAX);
            row.lost_count = row.lost_count.saturating_add(lost);
            row.lost_at = Some(tx.now());
            app.webhooks.count_lost(plan.lost);
        }
    }
    if let Some(again) = &plan.again
        && row.replay_position == Some(again.after.to_stored())
    {
        insert(app, tx, row.id, &again.selected, true).await?;
        let is_over = row
            .replay_end
            .is_none_or(|end| end <= again.up_to.to_stored());
        row.replay_position = (!is_over).then(|| again.up_to.to_stored());
        row.replay_end = row.replay_end.filter(|_| !is_over);
    }
    Ok(())
}

/// What was told already is told again only where somebody wants that.
async fn insert(
    app: &App,
    tx: &Tx<'_>,
    endpoint: WebhookEndpointId,
    selected: &[Selected],
    is_again: bool,
) -> Result<()> {
    let epoch = app.feed.epoch();
    let rows: Vec<_> = selected
        .iter()
        .map(|selected| {
            let id = webhook_id(endpoint, epoch, selected.pos);
            let pending = pending(tx, endpoint, id, selected.kind);
            delivery::Model {
                pos: Some(selected.pos.to_stored()),
                ..pending
            }
            .into_active_model()
            .reset_all()
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    let mut conflict = OnConflict::columns([Column::EndpointId, Column::WebhookId]);
    if is_again {
        conflict.update_columns([
            Column::State,
            Column::AttemptCount,
            Column::DueAt,
            Column::Claim,
            Column::BegunAt,
            Column::FinishedAt,
        ]);
    } else {
        conflict.do_nothing();
    }
    delivery::Entity::insert_many(rows)
        .on_conflict(conflict)
        .exec_without_returning(&**tx)
        .await?;
    Ok(())
}

/// A delivery that is due now; of no event.
pub(super) fn pending(
    tx: &Tx<'_>,
    endpoint_id: WebhookEndpointId,
    webhook_id: String,
    event: entity::webhook_event::WebhookEvent,
) -> delivery::Model {
    delivery::Model {
        id: WebhookDeliveryId(tx.new_id()),
        endpoint_id,
        webhook_id,
        event,
        pos: None,
        state: State::Pending,
        attempt_count: 0,
        due_at: Some(tx.now()),
        claim: None,
        begun_at: tx.now(),
        finished_at: None,
    }
}

/// What somebody tried who is dead is due now. Only for whoever knows that nobody else is there.
pub(super) async fn release(app: &App) -> Result<()> {
    let tx = app.begin(&Actor::System).await?;
    delivery::Entity::update_many()
        .col_expr(Column::Claim, Expr::val(None::<Uuid>))
        .col_expr(Column::DueAt, Expr::val(tx.now()))
        .filter(Column::Claim.is_not_null())
        .exec(&*tx)
        .await?;
    tx.commit().await
}

/// Claims what is due, the longest first, as far as there is room in flight.
async fn claim(tx: &Tx<'_>, endpoint: WebhookEndpointId) -> Result<Vec<(delivery::Model, Uuid)>> {
    let of_endpoint = delivery::Entity::find().filter(Column::EndpointId.eq(endpoint));
    let in_flight = of_endpoint
        .clone()
        .filter(Column::DueAt.gt(tx.now()))
        .filter(Column::Claim.is_not_null())
        .count(&**tx)
        .await?;
    let room = IN_FLIGHT_MAX.saturating_sub(in_flight);
    if room == 0 {
        return Ok(Vec::new());
    }
    let due = of_endpoint
        .filter(Column::DueAt.lte(tx.now()))
        .order_by_asc(Column::DueAt)
        .order_by_asc(Column::Id)
        .limit(room)
        .all(&**tx)
        .await?;
    if due.is_empty() {
        return Ok(Vec::new());
    }
    let claim = tx.new_id();
    delivery::Entity::update_many()
        .col_expr(Column::Claim, Expr::val(claim))
        .col_expr(Column::DueAt, Expr::val(tx.now() + CLAIMED_FOR))
        .col_expr(Column::AttemptCount, Expr::col(Column::AttemptCount).add(1))
        .filter(Column::Id.is_in(due.iter().map(|row| row.id)))
        .exec(&**tx)
        .await?;
    let claimed = due.into_iter().map(|mut row| {
        row.attempt_count += 1;
        (row, claim)
    });
    Ok(claimed.collect())
}
