//! Tickets as they were just after something happened, for those who are told of it one event at a time.

use std::collections::HashMap;

use entity::{ids::TicketId, ticket};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::{filter::Filter, words::Words};
use crate::{app::App, error::Result, events::log::Placed};

/// The ticket of each event as it was after the change that the event was a part of, as far as `filter` looks at it;
/// as it is now, where the log does not say. None of events that are about no ticket.
pub async fn rows_after(
    app: &App,
    filter: &Filter,
    events: &[&Placed],
) -> Result<Vec<Option<ticket::Model>>> {
    let words = if filter.reads_words() {
        Words::load(app, events.iter().copied()).await?
    } else {
        Words::default()
    };
    // The last event of a change has its facts: those before it are met on the way back.
    let mut after = HashMap::new();
    let mut rows = vec![None; events.len()];
    for (row, event) in rows.iter_mut().zip(events).rev() {
        let Some(id) = event.ticket_id else { continue };
        if let Some(change) = &event.change {
            after.insert(id, &change.after);
        }
        *row = after.get(&id).map(|facts| {
            let mut told = facts.row(id);
            words.tell(&mut told, event.id, true);
            told
        });
    }
    let untold = events.iter().zip(&rows).filter(|(_, row)| row.is_none());
    let ids: Vec<TicketId> = untold.filter_map(|(event, _)| event.ticket_id).collect();
    if ids.is_empty() {
        return Ok(rows);
    }
    let now = ticket::Entity::find().filter(ticket::Column::Id.is_in(ids));
    let now = now.all(&app.store.read).await?;
    let now: HashMap<_, _> = now.into_iter().map(|row| (row.id, row)).collect();
    for (row, event) in rows.iter_mut().zip(events) {
        if row.is_none() {
            *row = event.ticket_id.and_then(|id| now.get(&id).cloned());
        }
    }
    Ok(rows)
}
