//! The database of the run: filled by COPY.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use chrono::{DateTime, SecondsFormat, Utc};
use csv::Writer;
use entity::{comment, event::ActorKind, knowledge_link, ticket, ticket_detail};
use live::{
    server::{Server, Settings},
    signal::Signal,
};
use sea_orm::sqlx::{Connection, Executor, PgConnection, query_scalar};

use crate::{
    desk::Desk,
    history::{self, History, Recorded},
};

/// Tickets that are told and loaded at once. What happened on them is loaded in the order of time,
/// so that one ticket's rows lie apart, as they would.
const TICKETS_AT_ONCE: usize = 10_000;
/// Tickets that are overdue, and kinds of things that are not indexed yet.
const UNSETTLED: &str = "SELECT (SELECT count(*) FROM tickets WHERE next_deadline_at < now())
    + (SELECT count(*) FROM index_fills WHERE NOT is_done)";
/// Some hundred deadlines are met in a second.
const SETTLED_WITHIN: Duration = Duration::from_mins(10);

pub(crate) async fn database_exists(url: &str, name: &str) -> Result<bool> {
    let mut connection = PgConnection::connect(url)
        .await
        .context("cannot reach PostgreSQL")?;
    let found: Option<String> =
        query_scalar("SELECT datname::text FROM pg_database WHERE datname = $1")
            .bind(name)
            .fetch_optional(&mut connection)
            .await?;
    Ok(found.is_some())
}

/// Puts the tickets in, and lets PostgreSQL know them.
pub(crate) async fn fill(url: &str, desk: &Desk) -> Result<()> {
    let mut connection = PgConnection::connect(url).await?;
    for first in (0..desk.ticket_count).step_by(TICKETS_AT_ONCE) {
        let indexes = first..(first + TICKETS_AT_ONCE).min(desk.ticket_count);
        let histories: Result<Vec<_>> = indexes.map(|index| history::tell(desk, index)).collect();
        load(&mut connection, &histories?).await?;
    }
    for statement in [
        // Else the server that is measured would give the events their places meanwhile.
        "UPDATE log_head SET epoch = 1, fingerprint = log_fingerprint()",
        "SELECT place_events(2147483647)",
        "SELECT setval('ticket_number', (SELECT max(number) FROM tickets))",
        "CREATE SEQUENCE bench_ids",
        "ANALYZE",
    ] {
        connection.execute(statement).await?;
    }
    Ok(())
}

/// Lets a server tell what is overdue of so long a past, and index its words, which the one that is
/// measured would do meanwhile.
pub(crate) async fn settle(url: &str, program: &Path) -> Result<()> {
    let mut connection = PgConnection::connect(url).await?;
    let mut server = Server::start(program, &Settings::new(url))?;
    let start = Instant::now();
    loop {
        let left: i64 = query_scalar(UNSETTLED).fetch_one(&mut connection).await?;
        if left == 0 {
            break;
        }
        ensure!(
            start.elapsed() < SETTLED_WITHIN,
            "{left} tickets are overdue or kinds not searchable still"
        );
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    server.signal(Signal::Terminate)?;
    server.end(SETTLED_WITHIN).await?;
    for statement in ["VACUUM (ANALYZE)", "CHECKPOINT"] {
        connection.execute(statement).await?;
    }
    Ok(())
}

async fn load(connection: &mut PgConnection, histories: &[History]) -> Result<()> {
    let tickets = histories.iter().map(|history| ticket_row(&history.ticket));
    copy(connection, "tickets", tickets).await?;
    let details = histories
        .iter()
        .map(|history| details_row(&history.details));
    copy(connection, "ticket_details", details).await?;
    let tags = histories
        .iter()
        .flat_map(|history| tag_rows(&history.ticket));
    copy(connection, "ticket_tags", tags).await?;
    let links = histories.iter().flat_map(|history| &history.links);
    copy(connection, "knowledge_links", links.map(link_row)).await?;

    let mut comments: Vec<_> = histories
        .iter()
        .flat_map(|history| &history.comments)
        .collect();
    comments.sort_by_key(|comment| comment.created_at);
    copy(
        connection,
        "comments",
        comments.into_iter().map(comment_row),
    )
    .await?;
    let mut events: Vec<_> = histories
        .iter()
        .flat_map(|history| &history.events)
        .collect();
    events.sort_by_key(|event| event.at);
    copy(connection, "events", events.into_iter().map(event_row)).await
}

/// A row: columns with their values; an empty value is NULL.
type Row = Vec<(&'static str, String)>;

async fn copy(
    connection: &mut PgConnection,
    table: &str,
    rows: impl Iterator<Item = Row>,
) -> Result<()> {
    let mut writer = Writer::from_writer(Vec::new());
    let mut columns = Vec::new();
    for row in rows {
        writer.write_record(row.iter().map(|(_, value)| value))?;
        columns = row.into_iter().map(|(column, _)| column).collect();
    }
    if columns.is_empty() {
        return Ok(());
    }
    let statement = format!(
        "COPY {table} ({}) FROM STDIN WITH (FORMAT csv)",
        columns.join(", ")
    );
    let mut copying = connection.copy_in_raw(&statement).await?;
    copying.send(writer.into_inner()?).await?;
    copying.finish().await?;
    Ok(())
}

fn ticket_row(ticket: &ticket::Model) -> Row {
    vec![
        ("id", ticket.id.0.to_string()),
        ("number", ticket.number.to_string()),
        ("integration_id", ticket.integration_id.to_string()),
        ("version", ticket.version.to_string()),
        ("subject", ticket.subject.clone()),
        ("subject_folded", ticket.subject_folded.clone()),
        ("status", (ticket.status as i16).to_string()),
        (
            "waiting_reason",
            or_null(ticket.waiting_reason.map(|reason| reason as i16)),
        ),
        ("priority", (ticket.priority as i16).to_string()),
        ("level_rank", ticket.level_rank.to_string()),
        ("channel", (ticket.channel as i16).to_string()),
        ("requester_id", ticket.requester_id.0.to_string()),
        (
            "organization_id",
            or_null(ticket.organization_id.map(|id| id.0)),
        ),
        ("team_id", or_null(ticket.team_id.map(|id| id.0))),
        ("assignee_id", or_null(ticket.assignee_id.map(|id| id.0))),
        ("tags", serde_json::json!(ticket.tags).to_string()),
        (
            "public_comment_count",
            ticket.public_comment_count.to_string(),
        ),
        (
            "internal_comment_count",
            ticket.internal_comment_count.to_string(),
        ),
        (
            "last_public_comment",
            or_null(
                ticket
                    .last_public_comment
                    .as_ref()
                    .map(|digest| serde_json::json!(digest)),
            ),
        ),
        (
            "last_internal_comment",
            or_null(
                ticket
                    .last_internal_comment
                    .as_ref()
                    .map(|digest| serde_json::json!(digest)),
            ),
        ),
        ("timers", ticket.timers.clone()),
        ("service_phase", (ticket.service_phase as i16).to_string()),
        ("next_due_at", time(ticket.next_due_at)),
        ("at_risk_at", time(ticket.at_risk_at)),
        ("warning", (ticket.warning as i16).to_string()),
        (
            "next_deadline_at",
            or_null(ticket.next_deadline_at.map(time)),
        ),
        ("reopen_count", ticket.reopen_count.to_string()),
        ("created_at", time(ticket.created_at)),
        ("updated_at", time(ticket.updated_at)),
        (
            "first_replied_at",
            or_null(ticket.first_replied_at.map(time)),
        ),
        ("solved_at", or_null(ticket.solved_at.map(time))),
        ("closed_at", or_null(ticket.closed_at.map(time))),
    ]
}

fn details_row(details: &ticket_detail::Model) -> Row {
    vec![
        ("ticket_id", details.ticket_id.0.to_string()),
        ("description", details.description.clone()),
        ("description_html", details.description_html.clone()),
        (
            "custom_fields",
            serde_json::json!(details.custom_fields).to_string(),
        ),
    ]
}

fn tag_rows(ticket: &ticket::Model) -> impl Iterator<Item = Row> {
    let row = |tag: &String| vec![("ticket_id", ticket.id.0.to_string()), ("tag", tag.clone())];
    ticket.tags.0.iter().map(row)
}

fn link_row(link: &knowledge_link::Model) -> Row {
    vec![
        ("id", link.id.0.to_string()),
        ("ticket_id", link.ticket_id.0.to_string()),
        ("article_id", link.article_id.0.to_string()),
        ("role", (link.role as i16).to_string()),
        ("added_by_id", or_null(link.added_by_id.map(|id| id.0))),
        ("created_at", time(link.created_at)),
    ]
}

fn comment_row(comment: &comment::Model) -> Row {
    vec![
        ("id", comment.id.0.to_string()),
        ("ticket_id", comment.ticket_id.0.to_string()),
        ("author_id", or_null(comment.author_id.map(|id| id.0))),
        ("visibility", (comment.visibility as i16).to_string()),
        ("body", comment.body.clone()),
        ("body_html", comment.body_html.clone()),
        ("excerpt", comment.excerpt.clone()),
        ("is_solution", comment.is_solution.to_string()),
        ("created_at", time(comment.created_at)),
    ]
}

fn event_row(recorded: &Recorded) -> Row {
    vec![
        (
            "ticket_id",
            or_null(recorded.event.ticket_id().map(|id| id.0)),
        ),
        ("actor_id", recorded.actor.0.to_string()),
        ("actor_kind", (ActorKind::Person as i16).to_string()),
        ("is_internal", recorded.event.is_internal().to_string()),
        ("at", time(recorded.at)),
        ("data", recorded.data.clone()),
        ("facts", recorded.facts.clone()),
    ]
}

fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}

fn or_null(value: Option<impl ToString>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}
