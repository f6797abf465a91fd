//! Calendars with their hours, service-level policies, and which of all terms a ticket's timers follow.

use sea_orm_migration::{
    prelude::*,
    schema::{
        boolean, integer, integer_null, json_binary, json_binary_null, pk_uuid, small_integer,
        small_integer_null, text, timestamp_with_time_zone, timestamp_with_time_zone_null, uuid,
        uuid_null,
    },
};

use crate::table::{References, create_all, index, sorted_text, table, unique};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create_all(
            manager,
            vec![
                &mut calendars(manager),
                &mut calendar_hours(),
                &mut service_level_policies(manager),
                &mut service_terms(),
            ],
        )
        .await?;
        manager.create_index(one_of_each_name()).await?;
        manager.create_index(one_default()).await?;
        unique(manager, "service_level_policies", &["scope"]).await?;
        index(manager, "service_level_policies", &["calendar_id"]).await?;
        let connection = manager.get_connection();
        connection.execute_unprepared(FIRST_TERMS).await?;
        let version = Table::alter()
            .table("tickets")
            .add_column(integer("terms_version").default(0))
            .take();
        manager.alter_table(version).await?;
        manager.create_index(open_by_terms()).await
    }
}

fn calendars(manager: &SchemaManager<'_>) -> TableCreateStatement {
    table("calendars")
        .col(pk_uuid("id"))
        .col(sorted_text(manager, "name"))
        .col(integer("version"))
        .col(uuid("hours_id"))
        .col(boolean("is_default"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("updated_at"))
        .col(timestamp_with_time_zone_null("deleted_at"))
        .take()
}

fn calendar_hours() -> TableCreateStatement {
    table("calendar_hours")
        .col(pk_uuid("id"))
        .col(uuid("calendar_id"))
        .col(text("time_zone"))
        .col(json_binary("intervals"))
        .col(json_binary("holidays"))
        .col(timestamp_with_time_zone("created_at"))
        .references("calendar_id", "calendars", "id")
        .take()
}

fn service_level_policies(manager: &SchemaManager<'_>) -> TableCreateStatement {
    table("service_level_policies")
        .col(pk_uuid("id"))
        .col(sorted_text(manager, "name"))
        .col(integer("version"))
        .col(small_integer_null("level_rank"))
        .col(uuid_null("organization_id"))
        .col(small_integer_null("priority"))
        .col(text("scope"))
        .col(uuid_null("calendar_id"))
        .col(json_binary_null("pauses"))
        .col(integer_null("first_reply_s"))
        .col(integer_null("next_reply_s"))
        .col(integer_null("resolution_s"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("updated_at"))
        .references("level_rank", "levels", "rank")
        .references("organization_id", "organizations", "id")
        .references("calendar_id", "calendars", "id")
        .take()
}

fn service_terms() -> TableCreateStatement {
    table("service_terms")
        .col(
            small_integer("id")
                .primary_key()
                .check(Expr::col("id").eq(1)),
        )
        .col(integer("version"))
        .col(timestamp_with_time_zone("changed_at"))
        .take()
}

/// As a literal, of which each database makes a time.
const FIRST_TERMS: &str = "INSERT INTO service_terms (id, version, changed_at) VALUES (1, 0, '1970-01-01T00:00:00+00:00')";

fn one_of_each_name() -> IndexCreateStatement {
    Index::create()
        .name("calendars_name")
        .table("calendars")
        .col("name")
        .unique()
        .cond_where(Expr::col("deleted_at").is_null())
        .take()
}

fn one_default() -> IndexCreateStatement {
    Index::create()
        .name("calendars_default")
        .table("calendars")
        .col("is_default")
        .unique()
        .cond_where(Expr::col("is_default"))
        .take()
}

/// Tickets whose timers are open, those that follow earlier terms first.
fn open_by_terms() -> IndexCreateStatement {
    const OPEN_PHASES: [i16; 2] = [0, 1];
    Index::create()
        .name("tickets_open_by_terms")
        .table("tickets")
        .col("terms_version")
        .col("id")
        .cond_where(Expr::col("service_phase").is_in(OPEN_PHASES))
        .take()
}
