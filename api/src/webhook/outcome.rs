//! What came of attempts, noted with the next look at their endpoint.

use std::time::Duration;

use aws_lc_rs::rand;
use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    webhook_attempt::{self as attempt, Problem},
    webhook_delivery::{self as delivery, Column, State},
    webhook_endpoint::{DisabledReason, Model},
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, sea_query::Expr,
};

use super::{
    round::disable,
    rules::{FAILING_MAX, retry_after},
    send::{Outcome, Told},
    tally::Counted,
};
use crate::{app::Tx, error::Result, outgoing::Failure};

/// The status by which a receiver says that it is gone for good.
const GONE: u16 = 410;

/// Notes what came of attempts at an endpoint that is held. What others have claimed since is theirs.
pub(super) async fn note(tx: &mut Tx<'_>, row: &mut Model, outcomes: &[Outcome]) -> Result<()> {
    let mut is_back = false;
    for outcome in outcomes {
        if !is_ours(tx, outcome).await? {
            continue;
        }
        match outcome.told {
            Told::Hidden => {
                tx.app().webhooks.count(Counted::Hidden);
                remove(tx, &outcome.delivery).await?;
            }
            Told::OwnerGone => put_back(tx, outcome).await?,
            Told::Status(200..=299) => {
                tx.app().webhooks.count(Counted::Delivered);
                is_back |= row.failing_since.take().is_some();
                keep(tx, outcome).await?;
                finish(tx, outcome, State::Delivered).await?;
            }
            Told::Status(_) | Told::Failed(_) | Told::Unmade => {
                keep(tx, outcome).await?;
                fail(tx, row, outcome).await?;
            }
        }
    }
    if is_back {
        hurry(tx, row).await?;
    }
    Ok(())
}

/// Whether the claim is still the one that was sent by.
async fn is_ours(tx: &Tx<'_>, outcome: &Outcome) -> Result<bool> {
    let found = delivery::Entity::find_by_id(outcome.delivery.id)
        .filter(Column::Claim.eq(outcome.claim))
        .one(&**tx)
        .await?;
    Ok(found.is_some())
}

async fn keep(tx: &Tx<'_>, outcome: &Outcome) -> Result<()> {
    let (http_status, problem) = match outcome.told {
        Told::Status(status @ 200..=299) => (Some(status), None),
        Told::Status(status) => (Some(status), Some(Problem::HttpStatus)),
        Told::Failed(failure) => (None, Some(problem_of(failure))),
        Told::Unmade | Told::Hidden | Told::OwnerGone => (None, Some(Problem::Internal)),
    };
    let row = attempt::Model {
        id: tx.new_id(),
        delivery_id: outcome.delivery.id,
        at: outcome.at,
        duration_ms: whole_ms(outcome.duration),
        http_status: http_status.and_then(|status| i16::try_from(status).ok()),
        problem,
    };
    attempt::Entity::insert(row.into_active_model().reset_all())
        .exec_without_returning(&**tx)
        .await?;
    Ok(())
}

fn whole_ms(duration: Duration) -> i32 {
    i32::try_from(duration.as_millis()).unwrap_or(i32::MAX)
}

const fn problem_of(failure: Failure) -> Problem {
    match failure {
        Failure::NotAllowed => Problem::NotAllowed,
        Failure::UnknownHost => Problem::UnknownHost,
        Failure::TimedOut => Problem::TimedOut,
        Failure::NoConnection => Problem::NoConnection,
        Failure::NoAnswer => Problem::NoAnswer,
    }
}

async fn fail(tx: &mut Tx<'_>, row: &mut Model, outcome: &Outcome) -> Result<()> {
    let mut chance = [0];
    // Without random numbers all wait the shortest time.
    let _is_random = rand::fill(&mut chance);
    let is_test = outcome.delivery.pos.is_none();
    let pause = retry_after(outcome.delivery.attempt_count, chance[0]).filter(|_| !is_test);
    if let Some(pause) = pause {
        tx.app().webhooks.count(Counted::Failed);
        wait(tx, outcome, pause).await?;
    } else {
        tx.app().webhooks.count(Counted::GivenUp);
        finish(tx, outcome, State::Failed).await?;
    }
    if is_test {
        return Ok(());
    }
    let since = *row.failing_since.get_or_insert(outcome.at);
    if outcome.told == Told::Status(GONE) {
        disable(tx, row, DisabledReason::Gone);
    } else if outcome.at - since >= FAILING_MAX {
        disable(tx, row, DisabledReason::Failing);
    }
    Ok(())
}

async fn wait(tx: &Tx<'_>, outcome: &Outcome, pause: TimeDelta) -> Result<()> {
    let mut row = outcome.delivery.clone();
    row.due_at = Some(tx.now() + pause);
    row.claim = None;
    row.into_active_model().reset_all().update(&**tx).await?;
    Ok(())
}

async fn finish(tx: &Tx<'_>, outcome: &Outcome, state: State) -> Result<()> {
    let mut row = outcome.delivery.clone();
    row.state = state;
    row.due_at = None;
    row.claim = None;
    row.finished_at = Some(tx.now());
    row.into_active_model().reset_all().update(&**tx).await?;
    Ok(())
}

/// Nothing was sent, so it was no attempt.
async fn put_back(tx: &Tx<'_>, outcome: &Outcome) -> Result<()> {
    let mut row = outcome.delivery.clone();
    row.attempt_count -= 1;
    row.claim = None;
    row.into_active_model().reset_all().update(&**tx).await?;
    Ok(())
}

/// What may not be known is not in the list of deliveries either.
async fn remove(tx: &Tx<'_>, delivery: &delivery::Model) -> Result<()> {
    attempt::Entity::delete_many()
        .filter(attempt::Column::DeliveryId.eq(delivery.id))
        .exec(&**tx)
        .await?;
    delivery::Entity::delete_by_id(delivery.id)
        .exec(&**tx)
        .await?;
    Ok(())
}

/// A receiver that is back is not made to wait for what failed while it was away.
async fn hurry(tx: &Tx<'_>, row: &Model) -> Result<()> {
    delivery::Entity::update_many()
        .col_expr(Column::DueAt, Expr::val(Some::<DateTime<Utc>>(tx.now())))
        .filter(Column::EndpointId.eq(row.id))
        .filter(Column::DueAt.gt(tx.now()))
        .filter(Column::Claim.is_null())
        .exec(&**tx)
        .await?;
    Ok(())
}
