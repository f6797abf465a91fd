//! What is done to the audit log by itself: attempts that were counted are written, and what is too old is deleted.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use entity::audit_entry::{Column, Entity};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::{actor::Actor, app::App, background::Background, error::Result};

/// How often failed sign-ins are written, and the log is looked through for what is too old.
const EVERY: Duration = Duration::from_mins(1);
/// Entries that are deleted in one transaction. SQLite has one writer, who should not wait long.
const BATCH: u64 = 1_000;
/// Batches that are deleted in a row: what is left waits a minute.
const BATCHES_MAX: usize = 50;

/// Keeps the audit log from now on. What was counted last is written at the end.
pub fn start(app: Arc<App>) -> Background {
    Background::start("audit log", async move |mut stopping| {
        loop {
            let goes_on = stopping.rest(EVERY).await;
            if let Err(error) = write_failures(&app).await {
                tracing::warn!(?error, "failed sign-ins cannot be written to the audit log");
            }
            if !goes_on {
                return;
            }
            if let Err(error) = delete_old(&app, || stopping.is_now()).await {
                tracing::warn!(
                    ?error,
                    "what is too old cannot be deleted from the audit log"
                );
            }
        }
    })
}

/// Writes the failed sign-ins that were counted since the last time.
pub async fn write_failures(app: &App) -> Result<()> {
    let entries = app.failed_sign_ins.take();
    if entries.is_empty() {
        return Ok(());
    }
    let mut tx = app.begin(&Actor::System).await?;
    tx.audit_all(entries);
    tx.commit().await
}

async fn delete_old(app: &App, is_stopping: impl Fn() -> bool) -> Result<()> {
    let Some(kept) = app.config.audit_kept else {
        return Ok(());
    };
    for _batch in 0..BATCHES_MAX {
        if is_stopping() || delete_batch(app, kept).await? < BATCH {
            break;
        }
    }
    Ok(())
}

/// How many entries were deleted, the oldest first.
async fn delete_batch(app: &App, kept: TimeDelta) -> Result<u64> {
    let ids: Vec<Uuid> = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::At.lt(app.clock.now() - kept))
        .order_by_asc(Column::At)
        .order_by_asc(Column::Id)
        .limit(BATCH)
        .into_tuple()
        .all(&app.store.read)
        .await?;
    if ids.is_empty() {
        return Ok(0);
    }
    let tx = app.begin(&Actor::System).await?;
    let deleted = Entity::delete_many()
        .filter(Column::Id.is_in(ids))
        .exec(&*tx)
        .await?;
    tx.commit().await?;
    Ok(deleted.rows_affected)
}

#[cfg(test)]
mod tests {
    use entity::{
        audit_entry::{Action, Outcome},
        ids::UserId,
    };

    use super::*;
    use crate::{
        testing::Desk,
        trail::{Act, By, Entry, Failure, Subject},
    };

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_too_old_goes_and_the_rest_stays() {
        let desk = Desk::open().await;
        let app: &App = &desk;
        let kept = TimeDelta::days(400);
        let mut tx = app.begin(&Actor::System).await.unwrap();
        let entry = |age: TimeDelta| Entry {
            at: app.clock.now() - age,
            ..Entry::done(
                app.clock.now(),
                By::person(UserId(Uuid::nil())),
                Act::on(Action::SignIn, Subject::Nothing),
            )
        };
        let old = (0..1_500).map(|s| entry(kept + TimeDelta::seconds(s + 1)));
        tx.audit_all(old.chain([entry(kept), entry(TimeDelta::zero())]).collect());
        tx.commit().await.unwrap();
        delete_old(app, || false).await.unwrap();
        let left = Entity::find()
            .filter(Column::Action.eq(Action::SignIn))
            .all(&app.store.read)
            .await
            .unwrap();
        assert_eq!(left.len(), 2);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn failures_are_written_together() {
        let desk = Desk::open().await;
        let app: &App = &desk;
        for _attempt in 0..7 {
            app.failed_sign_ins
                .note(Failure::default(), app.clock.now());
        }
        for _twice in 0..2 {
            write_failures(app).await.unwrap();
        }
        let rows = Entity::find()
            .filter(Column::Outcome.eq(Outcome::Refused))
            .all(&app.store.read)
            .await
            .unwrap();
        assert_eq!(rows.iter().map(|row| row.count).collect::<Vec<_>>(), [7]);
    }
}
