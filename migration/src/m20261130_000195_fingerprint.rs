//! The log's fingerprint, worked out once for each look at the log, and planned once for each connection.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() != DbBackend::Postgres {
            return Ok(());
        }
        for statement in [FINGERPRINT, PLACE] {
            manager
                .get_connection()
                .execute_unprepared(statement)
                .await?;
        }
        Ok(())
    }
}

/// What it was. Functions in SQL are planned at each call, those in PL/pgSQL are not.
const FINGERPRINT: &str = "
CREATE OR REPLACE FUNCTION log_fingerprint() RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN concat_ws('.', (SELECT system_identifier FROM pg_control_system()),
    substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8),
    (SELECT oid FROM pg_database WHERE datname = current_database()), 'log_head'::regclass::oid);
END $$";

/// What it was; the fingerprint is asked for once.
const PLACE: &str = "
CREATE OR REPLACE FUNCTION place_events(most integer, OUT epoch bigint, OUT pos bigint, OUT oldest bigint)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  head log_head%ROWTYPE;
  fingerprint_now text := log_fingerprint();
  placed integer := 0;
BEGIN
  IF EXISTS (SELECT FROM events WHERE pos IS NULL) THEN
    SELECT * INTO STRICT head FROM log_head FOR UPDATE;
    IF head.fingerprint = fingerprint_now THEN
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
  place_events.epoch := CASE WHEN head.fingerprint = fingerprint_now THEN head.epoch ELSE 0 END;
  place_events.pos := head.pos + placed;
  place_events.oldest := head.oldest;
END $$";
