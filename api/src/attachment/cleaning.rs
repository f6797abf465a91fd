//! Taking away what nothing has attached: uploads whose time is over, and files that no row knows of. Every server looks; what one
//! does, another may do again without harm.

use std::{sync::Arc, time::Duration};

use aws_lc_rs::rand;
use chrono::TimeDelta;
use entity::{
    ids::UploadId,
    upload::{self, Column, State},
};
use futures_util::TryStreamExt;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr};

use super::preview;
use crate::{
    actor::Actor,
    app::App,
    background::{Background, Stopping},
    error::Result,
    files::Found,
};

/// How often uploads whose time is over are looked for.
const SWEEP: Duration = Duration::from_mins(1);
/// How many are taken away at once.
const BATCH: u64 = 100;
/// How long one that is being taken away is left to whoever does it, before it is tried again.
const LEASE: TimeDelta = TimeDelta::minutes(10);
/// How old a file is that no row knows of, before it is taken away: a copy of the database that was put back by mistake is
/// noticed by then.
const STRAY_AFTER: TimeDelta = TimeDelta::days(7);
/// How old is what was begun and never finished.
const UNFINISHED_AFTER: TimeDelta = TimeDelta::days(1);
/// Files that are looked up at once.
const LOOKED_UP: usize = 500;
/// Sweeps from one folder of stored files to the next: all are looked through in four days or so.
const SWEEPS_A_SHARD: u32 = 23;

/// Takes away what nothing has attached, from now on.
pub fn start(app: Arc<App>) -> Background {
    Background::start("files", move |stopping| run(app, stopping))
}

async fn run(app: Arc<App>, mut stopping: Stopping) {
    let mut shard = first_shard();
    let mut sweeps = 0_u32;
    while stopping.rest(SWEEP).await {
        if let Err(error) = remove_all_expired(&app, &stopping).await {
            tracing::warn!(?error, "uploads that nobody used stay for now");
        }
        sweeps += 1;
        if sweeps.is_multiple_of(SWEEPS_A_SHARD) {
            shard = shard.wrapping_add(1);
            if let Err(error) = remove_strays(&app, shard).await {
                tracing::warn!(?error, "files that no row knows of stay for now");
            }
        }
    }
}

/// Servers that start together look through different folders.
fn first_shard() -> u8 {
    let mut shard = [0];
    // Without random numbers all begin with the first.
    let _is_random = rand::fill(&mut shard);
    shard[0]
}

async fn remove_all_expired(app: &App, stopping: &Stopping) -> Result<()> {
    while !stopping.is_now() && remove_expired(app).await? {}
    Ok(())
}

/// Takes away a batch of uploads whose time is over, their files first; whether there may be more.
pub async fn remove_expired(app: &App) -> Result<bool> {
    let claimed = claim(app).await?;
    let mut removed = Vec::with_capacity(claimed.len());
    for upload in &claimed {
        match remove_file(app, upload).await {
            Ok(()) => removed.push(upload.id),
            Err(error) => tracing::warn!(%error, "a file cannot be taken away now"),
        }
    }
    forget(app, &removed).await?;
    Ok(claimed.len() as u64 == BATCH)
}

/// From then on they cannot be attached. Whoever attaches one first keeps it.
async fn claim(app: &App) -> Result<Vec<upload::Model>> {
    let tx = app.begin(&Actor::System).await?;
    let ids: Vec<UploadId> = upload::Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::ExpiresAt.lte(tx.now()))
        .order_by_asc(Column::ExpiresAt)
        .limit(BATCH)
        .into_tuple()
        .all(&*tx)
        .await?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    upload::Entity::update_many()
        .col_expr(Column::State, Expr::val(State::Removing))
        .col_expr(Column::ExpiresAt, Expr::val(tx.now() + LEASE))
        .filter(Column::Id.is_in(ids.iter().copied()))
        .filter(Column::ExpiresAt.lte(tx.now()))
        .exec(&*tx)
        .await?;
    let claimed = upload::Entity::find()
        .filter(Column::Id.is_in(ids))
        .filter(Column::State.eq(State::Removing))
        .all(&*tx)
        .await?;
    tx.commit().await?;
    Ok(claimed)
}

async fn remove_file(app: &App, upload: &upload::Model) -> std::io::Result<()> {
    let Some(key) = &upload.storage_key else {
        return Ok(());
    };
    app.files.remove(&preview::key_of(key)).await?;
    app.files.remove(key).await
}

async fn forget(app: &App, removed: &[UploadId]) -> Result<()> {
    if removed.is_empty() {
        return Ok(());
    }
    let tx = app.begin(&Actor::System).await?;
    upload::Entity::delete_many()
        .filter(Column::Id.is_in(removed.iter().copied()))
        .filter(Column::State.eq(State::Removing))
        .exec(&*tx)
        .await?;
    tx.commit().await
}

/// Takes away what lies in a folder of stored files and has no row, as after a copy of the database was put back; and what was
/// begun and never finished, wherever.
pub async fn remove_strays(app: &App, shard: u8) -> Result<()> {
    let now = app.clock.now();
    let unfinished = app.files.remove_unfinished(now - UNFINISHED_AFTER).await;
    unfinished.map_err(anyhow::Error::from)?;
    let found = app.files.list(shard).await.map_err(anyhow::Error::from)?;
    let old = found.try_filter(|found| std::future::ready(found.written_at < now - STRAY_AFTER));
    let mut batches = Box::pin(old.try_chunks(LOOKED_UP));
    loop {
        let batch = batches.try_next().await;
        let Some(batch) = batch.map_err(|error| anyhow::Error::from(error.1))? else {
            return Ok(());
        };
        remove_unknown(app, batch).await?;
    }
}

async fn remove_unknown(app: &App, batch: Vec<Found>) -> Result<()> {
    let key_of = |found: &Found| found.key.split('-').next().unwrap_or_default().to_owned();
    let known: Vec<Option<String>> = upload::Entity::find()
        .select_only()
        .column(Column::StorageKey)
        .filter(Column::StorageKey.is_in(batch.iter().map(key_of)))
        .into_tuple()
        .all(&app.store.read)
        .await?;
    for stray in batch {
        if !known.contains(&Some(key_of(&stray))) {
            app.files
                .remove(&stray.key)
                .await
                .map_err(anyhow::Error::from)?;
            tracing::info!("a file was taken away that no row knows of");
        }
    }
    Ok(())
}
