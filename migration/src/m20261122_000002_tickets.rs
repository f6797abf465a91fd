//! Levels, tickets with all that hangs on them, comments and queues.

use sea_orm_migration::{
    prelude::*,
    schema::{
        boolean, integer, integer_null, json, json_binary, json_binary_null, json_null, pk_uuid,
        small_integer, small_integer_null, text, text_null, timestamp_with_time_zone,
        timestamp_with_time_zone_null, uuid, uuid_null,
    },
    sea_orm::DbBackend,
};

use crate::table::{References, create_all, index, plain_text_null, table, unique};

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
                &mut levels(),
                &mut tickets(manager),
                &mut ticket_details(),
                &mut ticket_tags(),
            ],
        )
        .await?;
        create_all(
            manager,
            vec![&mut ticket_links(), &mut followers(), &mut level_changes()],
        )
        .await?;
        create_all(
            manager,
            vec![&mut comments(), &mut text_revisions(), &mut queues()],
        )
        .await?;
        index_tickets(manager).await?;
        // A ticket's comments in order, and an import that runs twice.
        index(manager, "comments", &["ticket_id", "created_at", "id"]).await?;
        unique(manager, "comments", &["external_id"]).await?;
        // Filters by tag; links seen from their other end; reasons and earlier texts of one ticket.
        index(manager, "ticket_tags", &["tag", "ticket_id"]).await?;
        unique(manager, "ticket_links", &["from_id", "to_id", "kind"]).await?;
        index(manager, "ticket_links", &["to_id"]).await?;
        index(manager, "level_changes", &["ticket_id"]).await?;
        index(manager, "text_revisions", &["ticket_id"]).await?;
        manager.execute(seed_levels()).await?;
        fold_only_a_to_z(manager).await?;
        number_tickets(manager).await
    }
}

/// The five orders of lists, then the ways to a small part of all tickets.
async fn index_tickets(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    unique(manager, "tickets", &["number"]).await?;
    index(manager, "tickets", &["created_at", "id"]).await?;
    index(manager, "tickets", &["updated_at", "id"]).await?;
    index(manager, "tickets", &["priority", "id"]).await?;
    index(manager, "tickets", &["next_due_at", "id"]).await?;
    unique(manager, "tickets", &["integration_id", "external_id"]).await?;
    index(manager, "tickets", &["requester_id", "created_at", "id"]).await?;
    index(manager, "tickets", &["organization_id", "created_at", "id"]).await?;
    index(manager, "tickets", &["team_id", "status"]).await?;
    index(manager, "tickets", &["assignee_id", "status"]).await?;
    manager.create_index(team_queue()).await
}

/// A team's queue: its unresolved tickets, those that are due next on top.
fn team_queue() -> IndexCreateStatement {
    const UNRESOLVED: [i16; 3] = [0, 1, 2];
    Index::create()
        .name("tickets_team_queue")
        .table("tickets")
        .col("team_id")
        .col("next_due_at")
        .col("id")
        .cond_where(Expr::col("status").is_in(UNRESOLVED))
        .take()
}

fn levels() -> TableCreateStatement {
    table("levels")
        .col(
            small_integer("rank")
                .primary_key()
                .check(Expr::col("rank").gte(1)),
        )
        .col(text("name_en"))
        .col(text("name_fr"))
        .col(text("description_en"))
        .col(text("description_fr"))
        .col(small_integer("default_priority"))
        .col(uuid_null("default_team_id"))
        .col(integer_null("first_reply_s"))
        .col(integer_null("next_reply_s"))
        .col(integer_null("resolution_s"))
        .references("default_team_id", "teams", "id")
        .take()
}

fn tickets(manager: &SchemaManager<'_>) -> TableCreateStatement {
    table("tickets")
        .col(pk_uuid("id"))
        .col(integer("number"))
        .col(uuid("integration_id"))
        .col(plain_text_null(manager, "external_id"))
        .col(integer("version"))
        .col(text("subject"))
        .col(text("subject_folded"))
        .col(small_integer("status").check(Expr::col("status").between(0, 4)))
        .col(small_integer_null("waiting_reason"))
        .col(timestamp_with_time_zone_null("waiting_until"))
        .col(small_integer("priority").check(Expr::col("priority").between(0, 3)))
        .col(small_integer("level_rank"))
        .col(small_integer("channel"))
        .col(uuid("requester_id"))
        .col(uuid_null("organization_id"))
        .col(uuid_null("team_id"))
        .col(uuid_null("assignee_id"))
        .col(json("tags"))
        .col(integer("public_comment_count").check(Expr::col("public_comment_count").gte(0)))
        .col(integer("internal_comment_count").check(Expr::col("internal_comment_count").gte(0)))
        .col(json_null("last_public_comment"))
        .col(json_null("last_internal_comment"))
        .col(text("timers"))
        .col(small_integer("service_phase"))
        .col(timestamp_with_time_zone("next_due_at"))
        .col(timestamp_with_time_zone("at_risk_at"))
        .col(integer("reopen_count"))
        .col(uuid_null("merged_into_id"))
        .col(uuid_null("follow_up_of_id"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("updated_at"))
        .col(timestamp_with_time_zone_null("first_replied_at"))
        .col(timestamp_with_time_zone_null("solved_at"))
        .col(timestamp_with_time_zone_null("closed_at"))
        .references("level_rank", "levels", "rank")
        .references("requester_id", "users", "id")
        .references("organization_id", "organizations", "id")
        .references("team_id", "teams", "id")
        .references("assignee_id", "users", "id")
        .references("merged_into_id", "tickets", "id")
        .references("follow_up_of_id", "tickets", "id")
        .take()
}

fn ticket_details() -> TableCreateStatement {
    table("ticket_details")
        .col(pk_uuid("ticket_id"))
        .col(text("description"))
        .col(text("description_html"))
        .col(json_binary_null("context"))
        .col(json_binary("custom_fields"))
        .col(json_binary_null("satisfaction"))
        .references("ticket_id", "tickets", "id")
        .take()
}

fn ticket_tags() -> TableCreateStatement {
    table("ticket_tags")
        .col(uuid("ticket_id"))
        .col(text("tag"))
        .primary_key(Index::create().col("ticket_id").col("tag"))
        .references("ticket_id", "tickets", "id")
        .take()
}

fn ticket_links() -> TableCreateStatement {
    table("ticket_links")
        .col(pk_uuid("id"))
        .col(uuid("from_id"))
        .col(uuid("to_id"))
        .col(small_integer("kind"))
        .col(uuid_null("added_by_id"))
        .col(timestamp_with_time_zone("created_at"))
        .check(Expr::col("from_id").ne(Expr::col("to_id")))
        .references("from_id", "tickets", "id")
        .references("to_id", "tickets", "id")
        .references("added_by_id", "users", "id")
        .take()
}

fn followers() -> TableCreateStatement {
    table("followers")
        .col(uuid("ticket_id"))
        .col(uuid("user_id"))
        .primary_key(Index::create().col("ticket_id").col("user_id"))
        .references("ticket_id", "tickets", "id")
        .references("user_id", "users", "id")
        .take()
}

fn level_changes() -> TableCreateStatement {
    table("level_changes")
        .col(pk_uuid("id"))
        .col(uuid("ticket_id"))
        .col(small_integer("from_rank"))
        .col(small_integer("to_rank"))
        .col(text("reason"))
        .col(uuid_null("changed_by_id"))
        .col(timestamp_with_time_zone("changed_at"))
        .references("ticket_id", "tickets", "id")
        .references("changed_by_id", "users", "id")
        .take()
}

fn comments() -> TableCreateStatement {
    table("comments")
        .col(pk_uuid("id"))
        .col(uuid("ticket_id"))
        .col(uuid_null("author_id"))
        .col(small_integer("visibility"))
        .col(text("body"))
        .col(text("body_html"))
        .col(text("excerpt"))
        .col(boolean("is_solution"))
        .col(text_null("external_id"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("edited_at"))
        .references("ticket_id", "tickets", "id")
        .references("author_id", "users", "id")
        .take()
}

fn text_revisions() -> TableCreateStatement {
    table("text_revisions")
        .col(pk_uuid("id"))
        .col(uuid("ticket_id"))
        .col(uuid_null("comment_id"))
        .col(text_null("subject"))
        .col(text("body"))
        .col(uuid_null("edited_by_id"))
        .col(timestamp_with_time_zone("edited_at"))
        .references("ticket_id", "tickets", "id")
        .references("comment_id", "comments", "id")
        .references("edited_by_id", "users", "id")
        .take()
}

fn queues() -> TableCreateStatement {
    table("queues")
        .col(pk_uuid("id"))
        .col(text("name"))
        .col(json_binary("filter"))
        .col(json_binary_null("order_by"))
        .col(uuid_null("team_id"))
        .col(uuid_null("owner_id"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("updated_at"))
        .check(
            Expr::col("team_id")
                .is_null()
                .ne(Expr::col("owner_id").is_null()),
        )
        .references("team_id", "teams", "id")
        .references("owner_id", "users", "id")
        .take()
}

/// The three levels of the start; targets are working time, in seconds.
fn seed_levels() -> InsertStatement {
    const MINUTE: i32 = 60;
    const HOUR: i32 = 60 * MINUTE;
    const NORMAL: i16 = 1;
    const HIGH: i16 = 2;
    const URGENT: i16 = 3;
    Query::insert()
        .into_table("levels")
        .columns([
            "rank",
            "name_en",
            "name_fr",
            "description_en",
            "description_fr",
            "default_priority",
            "first_reply_s",
            "next_reply_s",
            "resolution_s",
        ])
        .values_panic([
            1i16.into(),
            "One-off".into(),
            "Ponctuel".into(),
            "A one-off problem, quickly dealt with.".into(),
            "Un problème ponctuel, vite réglé.".into(),
            NORMAL.into(),
            (4 * HOUR).into(),
            (8 * HOUR).into(),
            (8 * HOUR).into(),
        ])
        .values_panic([
            2i16.into(),
            "Blocking".into(),
            "Bloquant".into(),
            "A common problem that blocks people in their use of the tool.".into(),
            "Un problème courant qui bloque les personnes dans leur usage de l’outil.".into(),
            HIGH.into(),
            (2 * HOUR).into(),
            (4 * HOUR).into(),
            (16 * HOUR).into(),
        ])
        .values_panic([
            3i16.into(),
            "Critical".into(),
            "Critique".into(),
            "An urgent problem that takes longer to solve.".into(),
            "Un problème urgent, long à résoudre.".into(),
            URGENT.into(),
            (30 * MINUTE).into(),
            (2 * HOUR).into(),
            (24 * HOUR).into(),
        ])
        .take()
}

/// Filters compare other systems' ids without the case of A to Z, as SQLite does by itself;
/// PostgreSQL would fold all letters of the database's language.
async fn fold_only_a_to_z(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    if manager.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    let collation = "ALTER TABLE tickets ALTER COLUMN external_id TYPE text COLLATE \"C\"";
    manager
        .get_connection()
        .execute_unprepared(collation)
        .await?;
    Ok(())
}

/// PostgreSQL takes ticket numbers from a sequence, so that two creations never wait for each
/// other; SQLite has one writer and takes the next of the greatest.
async fn number_tickets(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    if manager.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    let sequence = "CREATE SEQUENCE ticket_number AS integer START 1001 OWNED BY tickets.number";
    manager
        .get_connection()
        .execute_unprepared(sequence)
        .await?;
    Ok(())
}
