//! Every read of what problems caused, through what the actor may see.

use std::collections::HashMap;

use entity::{
    ids::TicketId,
    ticket_link::{self, Column, Kind},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};

use crate::{
    actor::Actor,
    app::App,
    error::Result,
    page::{Cursor, OrderBy, OrderTag, Sort, Window},
    policy,
};

/// Incidents stand in the order in which they were linked.
pub(super) const ORDER: OrderTag = *b"i-";

/// The links that stand on this page of each problem's incidents.
pub(super) async fn incidents_of(
    app: &App,
    actor: &Actor,
    problems: &[TicketId],
    window: &Window,
) -> Result<Vec<ticket_link::Model>> {
    let order = OrderBy {
        column: Column::Id,
        id: Column::Id,
        descending: false,
    };
    let query = visible_incidents(actor, problems);
    let page = match problems {
        [_one] => window.apply(query, &order),
        _ => window.apply_to_each(query, Column::ToId, &order),
    };
    Ok(page.all(&app.store.read).await?)
}

/// How many incidents each problem has.
pub(super) async fn count_incidents(
    app: &App,
    actor: &Actor,
    problems: &[TicketId],
) -> Result<HashMap<TicketId, i64>> {
    let counts: Vec<(TicketId, i64)> = visible_incidents(actor, problems)
        .select_only()
        .column(Column::ToId)
        .column_as(Column::Id.count(), "incidents")
        .group_by(Column::ToId)
        .into_tuple()
        .all(&app.store.read)
        .await?;
    Ok(counts.into_iter().collect())
}

/// The visible problem that each ticket was first said to be caused by.
pub(super) async fn problems_of(
    app: &App,
    actor: &Actor,
    incidents: &[TicketId],
) -> Result<HashMap<TicketId, TicketId>> {
    let mut links = ticket_link::Entity::find()
        .filter(Column::FromId.is_in(incidents.iter().copied()))
        .filter(Column::Kind.eq(Kind::CausedBy))
        .order_by_desc(Column::Id);
    if let Some(visible) = policy::within_visible_tickets(actor, Column::ToId) {
        links = links.filter(visible);
    }
    let links = links.all(&app.store.read).await?;
    // Of several the oldest, which comes last, stays.
    Ok(links
        .into_iter()
        .map(|link| (link.from_id, link.to_id))
        .collect())
}

fn visible_incidents(actor: &Actor, problems: &[TicketId]) -> Select<ticket_link::Entity> {
    let links = ticket_link::Entity::find()
        .filter(Column::ToId.is_in(problems.iter().copied()))
        .filter(Column::Kind.eq(Kind::CausedBy));
    match policy::within_visible_tickets(actor, Column::FromId) {
        Some(visible) => links.filter(visible),
        None => links,
    }
}

pub(super) fn place(link: &ticket_link::Model) -> Cursor {
    Cursor {
        sort: Sort::None,
        id: link.id.0,
    }
}
