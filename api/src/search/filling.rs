//! Indexes what is there already, in batches that go on where the last one ended: after a migration, after a release
//! that indexes otherwise, and by `guichet reindex`.

use std::{sync::Arc, time::Duration};

use entity::{
    article, comment,
    index_fill::{self, Column, Kind},
    ticket, user,
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect, Set,
    sea_query::{LockBehavior, LockType},
};
use tokio::time::sleep;
use uuid::Uuid;

use crate::{
    actor::Actor,
    app::{App, Tx, retry},
    background::{Background, Stopping},
    error::Result,
    index::{self, Thing},
};

const KINDS: [Kind; 4] = [Kind::Ticket, Kind::Comment, Kind::Article, Kind::User];
/// Things in one transaction: others that change one of them wait that long.
const BATCH: u64 = 200;
/// How long to leave alone what another server fills, or what failed.
const PAUSE: Duration = Duration::from_secs(1);
/// Things after which it says again how far it is.
const SAID_AFTER: usize = 10_000;

/// What came of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Batch {
    /// So many things; there may be more.
    Filled(usize),
    Done,
    /// Another server is at it.
    Busy,
}

/// Fills in the background what is not filled yet. What is missing meanwhile is not found, and the log says so.
pub fn start(app: Arc<App>) -> Background {
    Background::start("search index", |stopping| run(app, stopping))
}

async fn run(app: Arc<App>, mut stopping: Stopping) {
    while !stopping.is_now() {
        let failed = match is_due(&app).await {
            Ok(false) => return,
            Ok(true) => fill(&app, || stopping.is_now()).await.err(),
            Err(error) => Some(error),
        };
        if let Some(error) = failed {
            tracing::warn!(?error, "the search index cannot be filled; trying again");
        }
        if !stopping.rest(PAUSE).await {
            return;
        }
    }
}

/// Fills everything again, or goes on where an earlier call was cut short.
pub async fn reindex(app: &App) -> Result<()> {
    if !is_due(app).await? {
        begin_again(app).await?;
    }
    while is_due(app).await? {
        fill(app, || false).await?;
        if is_due(app).await? {
            sleep(PAUSE).await;
        }
    }
    Ok(())
}

async fn is_due(app: &App) -> Result<bool> {
    let fills = index_fill::Entity::find().all(&app.store.read).await?;
    Ok(!fills.iter().all(is_filled))
}

const fn is_filled(fill: &index_fill::Model) -> bool {
    fill.is_done && fill.version >= index::VERSION
}

async fn begin_again(app: &App) -> Result<()> {
    let tx = app.begin(&Actor::System).await?;
    let fills = index_fill::Entity::update_many().set(index_fill::ActiveModel {
        is_done: Set(false),
        after_id: Set(None),
        ..Default::default()
    });
    fills.exec(&*tx).await?;
    tx.commit().await
}

/// Fills batch by batch until all is done, until another server is at it, or until it is told to stop.
async fn fill(app: &App, is_stopping: impl Fn() -> bool) -> Result<()> {
    for kind in KINDS {
        let mut count = 0;
        loop {
            if is_stopping() {
                return Ok(());
            }
            match retry(|| fill_batch(app, kind)).await? {
                Batch::Busy => break,
                Batch::Done => {
                    if count > 0 {
                        tracing::info!(?kind, count, "indexed for searching");
                    }
                    break;
                }
                Batch::Filled(more) => {
                    if count == 0 || count / SAID_AFTER < (count + more) / SAID_AFTER {
                        tracing::info!(?kind, count, "being indexed: searches do not find all yet");
                    }
                    count += more;
                }
            }
        }
    }
    Ok(())
}

async fn fill_batch(app: &App, kind: Kind) -> Result<Batch> {
    let tx = app.begin(&Actor::System).await?;
    let found = index_fill::Entity::find()
        .filter(Column::Kind.eq(kind))
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .one(&*tx)
        .await?;
    let Some(mut fill) = found else {
        return Ok(Batch::Busy);
    };
    if is_filled(&fill) {
        return Ok(Batch::Done);
    }
    if fill.version < index::VERSION {
        fill.version = index::VERSION;
        fill.after_id = None;
    }
    let things = next_things(&tx, kind, fill.after_id).await?;
    let directory = app.directory().await?;
    index::refill(&tx, &directory.fields, &things).await?;
    fill.is_done = things.is_empty();
    fill.after_id = things
        .last()
        .map_or(fill.after_id, |thing| Some(thing.id()));
    fill.into_active_model().reset_all().update(&*tx).await?;
    tx.commit().await?;
    Ok(match things.len() {
        0 => Batch::Done,
        count => Batch::Filled(count),
    })
}

async fn next_things(tx: &Tx<'_>, kind: Kind, after: Option<Uuid>) -> Result<Vec<Thing>> {
    let ids = match kind {
        Kind::Ticket => ids_after::<ticket::Entity>(tx, ticket::Column::Id, after).await,
        Kind::Comment => ids_after::<comment::Entity>(tx, comment::Column::Id, after).await,
        Kind::Article => ids_after::<article::Entity>(tx, article::Column::Id, after).await,
        Kind::User => ids_after::<user::Entity>(tx, user::Column::Id, after).await,
    };
    Ok(ids?.into_iter().map(|id| Thing::of(kind, id)).collect())
}

async fn ids_after<E: EntityTrait>(
    tx: &Tx<'_>,
    id: E::Column,
    after: Option<Uuid>,
) -> Result<Vec<Uuid>> {
    let mut query = E::find();
    if let Some(after) = after {
        query = query.filter(id.gt(after));
    }
    Ok(query
        .select_only()
        .column(id)
        .order_by_asc(id)
        .limit(BATCH)
        .into_tuple()
        .all(&**tx)
        .await?)
}
