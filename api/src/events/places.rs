//! Places of events, and the row that says where the log stands.

use aws_lc_rs::rand;
use chrono::{DateTime, TimeDelta, Utc};
use entity::event::{self, Column};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    Statement, Value,
};

use super::{Epoch, Pos};
use crate::{error::Result, store::Store};

/// Events that get their places in one statement.
pub(super) const PLACED_MAX: u16 = 2_000;
/// However old they are, so many of the newest events can be followed.
const FOLLOWED_MIN: u64 = 1_000_000;
/// However many they are, events of so many days can be followed.
const FOLLOWED_DAYS: i64 = 14;
/// Events that lose their facts in one statement.
const CLEARED_MAX: u64 = 1_000;

/// Where the log stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) epoch: Epoch,
    /// The newest event's place.
    pub(super) pos: Pos,
    /// Only events after this place can be followed.
    pub(super) oldest: Pos,
}

/// The column that has the places. SQLite's is made of the id, which alone has an index there.
pub(super) fn column(backend: DbBackend) -> Column {
    match backend {
        DbBackend::Postgres => Column::Pos,
        _ => Column::Id,
    }
}

/// Gives events that were committed their places, and tells where the log stands. The epoch is 0
/// where another must begin: see [`begin_epoch`].
pub(super) async fn place(store: &Store) -> Result<Head> {
    if store.backend() != DbBackend::Postgres {
        return read(&store.read).await;
    }
    let sql = "SELECT epoch, pos, oldest FROM place_events($1)";
    // On one connection, and to the end: what is answered here has been committed.
    first(store.log(), sql, [i32::from(PLACED_MAX).into()]).await
}

/// Where the log stands, of the events that have places.
pub(super) async fn read(db: &impl ConnectionTrait) -> Result<Head> {
    let sql = match db.get_database_backend() {
        DbBackend::Postgres => "SELECT epoch, pos, oldest FROM log_head",
        _ => "SELECT epoch, (SELECT coalesce(max(id), 0) FROM events) AS pos, oldest FROM log_head",
    };
    first(db, sql, []).await
}

async fn first(
    db: &impl ConnectionTrait,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<Head> {
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    let rows = db.query_all_raw(statement).await?;
    let row = rows
        .first()
        .ok_or_else(|| anyhow::anyhow!("the log has no head"))?;
    let [epoch, pos, oldest]: [i64; 3] = [
        row.try_get_by_index(0)?,
        row.try_get_by_index(1)?,
        row.try_get_by_index(2)?,
    ];
    Ok(Head {
        epoch: Epoch(epoch.cast_unsigned()),
        pos: Pos::of(pos),
        oldest: Pos::of(oldest),
    })
}

/// Begins another epoch where this is not the database that the log was written in: then the log may
/// have lost its end, and places may be given twice.
pub(super) async fn begin_epoch(store: &Store) -> Result<()> {
    let sql = match store.backend() {
        DbBackend::Postgres => {
            "UPDATE log_head SET epoch = $1, fingerprint = log_fingerprint()
             WHERE fingerprint <> log_fingerprint()"
        }
        // A copy of a file cannot be told from the file: `guichet new-epoch` is for that.
        _ => "UPDATE log_head SET epoch = $1, fingerprint = 'sqlite' WHERE fingerprint = ''",
    };
    execute(store, sql, [random_epoch()?.into()]).await
}

/// Begins another epoch in any case. All who follow start over.
pub async fn new_epoch(store: &Store) -> Result<()> {
    begin_epoch(store).await?;
    let sql = "UPDATE log_head SET epoch = $1";
    execute(store, sql, [random_epoch()?.into()]).await
}

/// Never 0, and never what it was before.
fn random_epoch() -> Result<i64> {
    let mut bytes = [0; 8];
    rand::fill(&mut bytes).map_err(|_| anyhow::anyhow!("no random numbers"))?;
    Ok(i64::from_be_bytes(bytes) | 1)
}

/// Takes the facts from events that nobody can follow any more, then lets go of those that are too
/// old and too many. An hour lies between the two, so that nobody is reading them.
pub(super) async fn forget(store: &Store, now: DateTime<Utc>) -> Result<()> {
    let head = read(&store.read).await?;
    clear_facts(store, head.oldest).await?;
    let limit = Pos(head.pos.0.saturating_sub(FOLLOWED_MIN));
    if limit <= head.oldest {
        return Ok(());
    }
    let place = column(store.backend());
    let first_young: Option<i64> = event::Entity::find()
        .select_only()
        .column(place)
        .filter(place.gt(head.oldest.to_stored()))
        .filter(place.lte(limit.to_stored()))
        .filter(Column::At.gt(now - TimeDelta::days(FOLLOWED_DAYS)))
        .order_by_asc(place)
        .into_tuple()
        .one(&store.read)
        .await?;
    let oldest = first_young.map_or(limit.to_stored(), |pos| pos - 1);
    let sql = "UPDATE log_head SET oldest = $1 WHERE oldest < $1";
    execute(store, sql, [oldest.into()]).await
}

async fn clear_facts(store: &Store, oldest: Pos) -> Result<()> {
    let sql = "SELECT epoch, cleared, oldest FROM log_head";
    let mut cleared = first(&store.read, sql, []).await?.pos;
    let place = match column(store.backend()) {
        Column::Pos => "pos",
        _ => "id",
    };
    let clear = format!("UPDATE events SET facts = NULL WHERE {place} > $1 AND {place} <= $2");
    while cleared < oldest {
        let end = Pos(oldest.0.min(cleared.0 + CLEARED_MAX));
        let range = [cleared.to_stored().into(), end.to_stored().into()];
        execute(store, &clear, range).await?;
        let sql = "UPDATE log_head SET cleared = $1 WHERE cleared < $1";
        execute(store, sql, [end.to_stored().into()]).await?;
        cleared = end;
    }
    Ok(())
}

async fn execute(store: &Store, sql: &str, values: impl IntoIterator<Item = Value>) -> Result<()> {
    let statement = Statement::from_sql_and_values(store.backend(), sql, values);
    store.log().execute_raw(statement).await?;
    Ok(())
}
