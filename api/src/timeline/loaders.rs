//! Timelines, batched: the same page of many tickets.

use std::{collections::HashMap, sync::Arc};

use async_graphql::dataloader::Loader;
use entity::{
    event, field_change,
    ids::{FieldChangeId, LevelChangeId, TicketId},
    level_change,
};

use super::queries;
use crate::{
    error::Result,
    graphql::loader::{SharedError, Source},
    page::{Window, by_window},
};

/// Timelines of tickets that the viewer sees.
pub struct TimelineLoader(pub Source);

/// A page of one ticket's timeline.
pub type PageKey = (TicketId, Window);

impl Loader<PageKey> for TimelineLoader {
    type Value = Arc<Vec<event::Model>>;
    type Error = SharedError;

    /// The rows that [`Window::page`] cuts to a page; one statement for each different window.
    async fn load(&self, keys: &[PageKey]) -> Result<HashMap<PageKey, Self::Value>, SharedError> {
        let mut pages: HashMap<PageKey, Vec<event::Model>> = HashMap::new();
        for (window, tickets) in by_window(keys) {
            let rows = queries::list_each(&self.0.app, &self.0.actor, &tickets, window).await;
            for event in rows.map_err(SharedError::new)? {
                if let Some(ticket_id) = event.ticket_id {
                    pages
                        .entry((ticket_id, window.clone()))
                        .or_default()
                        .push(event);
                }
            }
        }
        Ok(pages
            .into_iter()
            .map(|(key, rows)| (key, Arc::new(rows)))
            .collect())
    }
}

impl Loader<TicketId> for TimelineLoader {
    type Value = i64;
    type Error = SharedError;

    async fn load(&self, ids: &[TicketId]) -> Result<HashMap<TicketId, i64>, SharedError> {
        queries::count_each(&self.0.app, &self.0.actor, ids)
            .await
            .map_err(SharedError::new)
    }
}

/// Moves between levels, of tickets that staff see.
pub struct LevelChangeLoader(pub Source);

impl Loader<LevelChangeId> for LevelChangeLoader {
    type Value = Arc<level_change::Model>;
    type Error = SharedError;

    async fn load(
        &self,
        ids: &[LevelChangeId],
    ) -> Result<HashMap<LevelChangeId, Self::Value>, SharedError> {
        let changes = queries::load_level_changes(&self.0.app, ids)
            .await
            .map_err(SharedError::new)?;
        Ok(changes
            .into_iter()
            .map(|(id, change)| (id, Arc::new(change)))
            .collect())
    }
}

/// What changes made of custom fields, of tickets that the viewer sees.
pub struct FieldChangeLoader(pub Source);

impl Loader<FieldChangeId> for FieldChangeLoader {
    type Value = Arc<field_change::Model>;
    type Error = SharedError;

    async fn load(
        &self,
        ids: &[FieldChangeId],
    ) -> Result<HashMap<FieldChangeId, Self::Value>, SharedError> {
        let changes = queries::load_field_changes(&self.0.app, ids)
            .await
            .map_err(SharedError::new)?;
        Ok(changes
            .into_iter()
            .map(|change| (change.id, Arc::new(change)))
            .collect())
    }
}
