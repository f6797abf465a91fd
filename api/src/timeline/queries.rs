//! Every read of timelines, through what the actor may see.

use std::collections::HashMap;

use entity::{
    event::{self, Column},
    field_change,
    ids::{FieldChangeId, LevelChangeId, TicketId},
    level_change,
};
use sea_orm::{
    ColumnTrait, EntityTrait, IdenStatic, Iterable, QueryFilter, QuerySelect, Select,
    sea_query::Expr,
};

use crate::{
    actor::Actor,
    app::App,
    error::Result,
    page::{Cursor, OrderBy, OrderTag, Sort, Window},
    policy,
};

/// Entries stand in the order in which they were recorded: changes to one ticket wait for each
/// other, so the ids of its events grow with time.
pub const ORDER: OrderTag = *b"en";

/// The events that stand on this page of each ticket's timeline; the actor sees the tickets.
pub async fn list_each(
    app: &App,
    actor: &Actor,
    tickets: &[TicketId],
    window: &Window,
) -> Result<Vec<event::Model>> {
    let order = OrderBy {
        column: Column::Id,
        id: Column::Id,
        descending: false,
    };
    let query = visible(actor, tickets);
    let page = match tickets {
        [_one] => window.apply(query, &order),
        _ => window.apply_to_each(query, Column::TicketId, &order),
    };
    Ok(without_facts(page).all(&app.store.read).await?)
}

/// Facts are most of a row, and timelines do not look at them.
fn without_facts(query: Select<event::Entity>) -> Select<event::Entity> {
    let read = Column::iter().filter(|column| !matches!(column, Column::Facts));
    query
        .select_only()
        .columns(read)
        .expr_as(Expr::cust("NULL"), Column::Facts.as_str())
}

/// How many entries each ticket's timeline has.
pub async fn count_each(
    app: &App,
    actor: &Actor,
    tickets: &[TicketId],
) -> Result<HashMap<TicketId, i64>> {
    let counts: Vec<(TicketId, i64)> = visible(actor, tickets)
        .select_only()
        .column(Column::TicketId)
        .column_as(Column::Id.count(), "entries")
        .group_by(Column::TicketId)
        .into_tuple()
        .all(&app.store.read)
        .await?;
    Ok(counts.into_iter().collect())
}

/// Why tickets moved between levels.
pub async fn load_level_changes(
    app: &App,
    ids: &[LevelChangeId],
) -> Result<HashMap<LevelChangeId, level_change::Model>> {
    let query =
        level_change::Entity::find().filter(level_change::Column::Id.is_in(ids.iter().copied()));
    Ok(query
        .all(&app.store.read)
        .await?
        .into_iter()
        .map(|change| (change.id, change))
        .collect())
}

/// What changes made of custom fields.
pub async fn load_field_changes(
    app: &App,
    ids: &[FieldChangeId],
) -> Result<Vec<field_change::Model>> {
    let ids = ids.iter().copied();
    let query = field_change::Entity::find().filter(field_change::Column::Id.is_in(ids));
    Ok(query.all(&app.store.read).await?)
}

fn visible(actor: &Actor, tickets: &[TicketId]) -> Select<event::Entity> {
    event::Entity::find()
        .filter(Column::TicketId.is_in(tickets.iter().copied()))
        .filter(policy::visible_events_of_visible_tickets(actor))
}

pub fn place(event: &event::Model) -> Cursor {
    Cursor {
        sort: Sort::Number(event.id),
        id: uuid::Uuid::nil(),
    }
}
