//! Tickets follow the terms in force: after a change of them each open ticket is counted again, in a transaction of its own.
//!
//! A ticket says which version of the terms its timers follow. Whoever finds one behind brings it up to date: the change
//! itself at once, each server every few seconds, and every other change to the ticket. So nothing is lost where
//! a server dies in between, or opens a ticket by terms that have just changed.

use std::{sync::Arc, time::Duration};

use entity::{
    ids::TicketId,
    ticket::{Column, Entity, ServicePhase},
};
use sea_orm::{
    ActiveEnum, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait},
};

use super::super::Change;
use crate::{
    actor::Actor,
    app::{App, retry},
    background::{Background, Stopping},
    error::Result,
    sla,
};

/// How often each server looks for tickets that are behind.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How many are found at once.
const BATCH: u64 = 100;
/// How many batches a change waits for; the rest follows within seconds.
const BATCHES_AT_ONCE: usize = 3;
/// Past so many that cannot be counted again something else is wrong: the rest waits for the next look.
const FAILING_MAX: usize = 500;

/// Brings open tickets up to date as long as the server runs.
pub fn follow_terms(app: Arc<App>) -> Background {
    Background::start("terms", |stopping| run(app, stopping))
}

async fn run(app: Arc<App>, mut stopping: Stopping) {
    while stopping.rest(LOOK_EVERY).await {
        if let Err(error) = follow_all(&app, usize::MAX, || stopping.is_now()).await {
            tracing::warn!(%error, "tickets do not follow the terms; trying again");
        }
    }
}

/// Brings the first open tickets up to date, so that a small desk sees a change at once.
pub async fn follow_terms_now(app: &App) -> Result<()> {
    follow_all(app, BATCHES_AT_ONCE, || false).await
}

async fn follow_all(app: &App, batches_max: usize, is_stopping: impl Fn() -> bool) -> Result<()> {
    let mut failing = Vec::new();
    for _ in 0..batches_max {
        let ids = behind(app, &failing).await?;
        if ids.is_empty() || failing.len() > FAILING_MAX {
            break;
        }
        for id in ids {
            if is_stopping() {
                return Ok(());
            }
            // One that cannot be counted again keeps none of the others back.
            if let Err(error) = retry(|| follow(app, id)).await {
                tracing::warn!(?error, ticket.id = %id.0, "a ticket does not follow the terms");
                failing.push(id);
            }
        }
    }
    Ok(())
}

/// Open tickets whose timers follow earlier terms, the longest behind first, but for these.
async fn behind(app: &App, failing: &[TicketId]) -> Result<Vec<TicketId>> {
    let version = sla::version_in_force(app).await?;
    let open = [ServicePhase::Running, ServicePhase::Paused];
    // In the statement itself, so that the partial index can be chosen.
    let open = open.map(|phase| Expr::Constant(phase.into_value().into()));
    let ids = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Expr::col(Column::ServicePhase).is_in(open))
        .filter(Column::TermsVersion.lt(version))
        .filter(Column::Id.is_not_in(failing.iter().copied()))
        .order_by_asc(Column::TermsVersion)
        .order_by_asc(Column::Id)
        .limit(BATCH)
        .into_tuple();
    Ok(ids.all(&app.store.read).await?)
}

async fn follow(app: &App, id: TicketId) -> Result<()> {
    let actor = Actor::System;
    let mut tx = app.begin(&actor).await?;
    // One that was closed meanwhile is left as it is.
    let mut change = Change::lock_whatever_status(&mut tx, Some(id)).await?;
    change.meet_targets(&mut tx).await?;
    change.finish(tx).await?;
    Ok(())
}
