//! Places of events: the order of the log that live streams follow, the same for everyone.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, big_integer_null, json_null, small_integer, text},
    sea_orm::DbBackend,
};

use crate::table::{table, unique};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let facts = Table::alter()
            .table("events")
            .add_column(json_null("facts"))
            .take();
        manager.alter_table(facts).await?;
        manager.create_table(log_head()).await?;
        match manager.get_database_backend() {
            DbBackend::Postgres => place_by_function(manager).await,
            _ => place_by_id(manager).await,
        }
    }
}

/// One row: which life of the log this is, and of what database; where the log ends; the place
/// from which on it can be followed, and up to which facts have been taken away.
fn log_head() -> TableCreateStatement {
    table("log_head")
        .col(
            small_integer("id")
                .primary_key()
                .check(Expr::col("id").eq(1)),
        )
        .col(big_integer("epoch"))
        .col(text("fingerprint"))
        .col(big_integer("pos"))
        .col(big_integer("oldest"))
        .col(big_integer("cleared"))
        .take()
}

/// SQLite has one writer, so ids commit in their order, and none is lost with what is rolled back.
/// The head is the greatest of them: the row's own `pos` stays as it is.
async fn place_by_id(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    for statement in [
        "ALTER TABLE events ADD COLUMN pos bigint GENERATED ALWAYS AS (id) VIRTUAL",
        "INSERT INTO log_head (id, epoch, fingerprint, pos, oldest, cleared)
         SELECT 1, 0, '', 0, coalesce(max(id), 0), coalesce(max(id), 0) FROM events",
    ] {
        manager
            .get_connection()
            .execute_unprepared(statement)
            .await?;
    }
    Ok(())
}

/// PostgreSQL's ids do not commit in their order, so committed events get their places afterwards.
async fn place_by_function(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let pos = Table::alter()
        .table("events")
        .add_column(big_integer_null("pos"))
        .take();
    manager.alter_table(pos).await?;
    let connection = manager.get_connection();
    connection.execute_unprepared(PLACE_PAST).await?;
    unique(manager, "events", &["pos"]).await?;
    for statement in [UNPLACED, FINGERPRINT, PLACE] {
        connection.execute_unprepared(statement).await?;
    }
    Ok(())
}

/// What happened before there were places has no facts to be followed by.
const PLACE_PAST: &str = "
WITH past AS (SELECT id, row_number() OVER (ORDER BY id) AS pos FROM events)
UPDATE events SET pos = past.pos FROM past WHERE events.id = past.id;
INSERT INTO log_head (id, epoch, fingerprint, pos, oldest, cleared)
SELECT 1, 0, '', coalesce(max(pos), 0), coalesce(max(pos), 0), coalesce(max(pos), 0) FROM events";

const UNPLACED: &str = "CREATE INDEX events_unplaced ON events (id) WHERE pos IS NULL";

/// Names this log in this life of this server: another cluster, a fork of its history (a promoted
/// standby, a restore to a point in time), a copy of the database and a restored dump all differ.
const FINGERPRINT: &str = "
CREATE FUNCTION log_fingerprint() RETURNS text LANGUAGE sql STABLE AS $$
  SELECT concat_ws('.', (SELECT system_identifier FROM pg_control_system()),
    substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8),
    (SELECT oid FROM pg_database WHERE datname = current_database()), 'log_head'::regclass::oid)
$$";

/// Gives at most `most` events the next places, and tells where the log stands. Run alone, each
/// statement in it sees what was committed before: whoever holds the head sees all events of those
/// who held it before. Where the fingerprint is another, nothing is placed, and the epoch is 0.
const PLACE: &str = "
CREATE FUNCTION place_events(most integer, OUT epoch bigint, OUT pos bigint, OUT oldest bigint)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  head log_head%ROWTYPE;
  placed integer := 0;
BEGIN
  IF EXISTS (SELECT FROM events WHERE pos IS NULL) THEN
    SELECT * INTO STRICT head FROM log_head FOR UPDATE;
    IF head.fingerprint = log_fingerprint() THEN
      WITH waiting AS (SELECT id FROM events WHERE pos IS NULL ORDER BY id LIMIT most),
      numbered AS (SELECT id, head.pos + row_number() OVER (ORDER BY id) AS pos FROM waiting)
      UPDATE events SET pos = numbered.pos FROM numbered
      WHERE events.id = numbered.id;
      GET DIAGNOSTICS placed = ROW_COUNT;
    END IF;
    IF placed > 0 THEN
      UPDATE log_head SET pos = head.pos + placed;
    END IF;
  ELSE
    SELECT * INTO STRICT head FROM log_head;
  END IF;
  place_events.epoch := CASE WHEN head.fingerprint = log_fingerprint() THEN head.epoch ELSE 0 END;
  place_events.pos := head.pos + placed;
  place_events.oldest := head.oldest;
END $$";
