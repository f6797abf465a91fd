//! Comments as lines.

use entity::comment;
use serde_json::json;

use super::{
    Line,
    named::Named,
    tickets::{self, time},
};
use crate::{actor::Actor, app::App, error::Result, graphql::GlobalId};

/// Of visible comments.
pub(super) async fn lines(app: &App, actor: &Actor, rows: &[comment::Model]) -> Result<Vec<Line>> {
    let authors = rows.iter().filter_map(|row| row.author_id);
    let named = Named::load(app, actor, authors).await?;
    let tickets = tickets::read_by_id(app, rows.iter().map(|row| row.ticket_id)).await?;
    let line = |row: &comment::Model| {
        let ticket = tickets.get(&row.ticket_id)?;
        let (email, name) = named.author(row.author_id);
        let external_id = row.external_id.clone();
        // One that moved to a ticket of its own is older than that; an import has it there from its beginning on.
        let created_at = row.created_at.max(ticket.created_at);
        let line = Line::of("comment", row.id.global().0)
            .with(
                "externalId",
                external_id.unwrap_or_else(|| row.id.global().0),
            )
            .with("ticketExternalId", tickets::external_id(ticket))
            .with("authorEmail", email)
            .with("authorName", name)
            .with("visibility", json!(row.visibility))
            .with("body", row.body.as_str())
            .with("isSolution", row.is_solution.then_some(true))
            .with("createdAt", time(created_at));
        Some(line)
    };
    Ok(rows.iter().filter_map(line).collect())
}
