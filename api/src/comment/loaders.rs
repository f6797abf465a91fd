//! Comments, batched: single ones, and the same page of many tickets.

use std::{collections::HashMap, sync::Arc};

use async_graphql::dataloader::Loader;
use entity::{
    comment::{self, Column},
    ids::CommentId,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::queries::{self, Shown};
use crate::{
    error::Result,
    graphql::loader::{SharedError, Source},
    page::{Window, by_window},
    policy,
};

/// Comments, as far as the viewer may see them.
pub struct CommentLoader(pub Source);

impl Loader<CommentId> for CommentLoader {
    type Value = Arc<comment::Model>;
    type Error = SharedError;

    async fn load(
        &self,
        ids: &[CommentId],
    ) -> Result<HashMap<CommentId, Self::Value>, SharedError> {
        let query = comment::Entity::find()
            .filter(Column::Id.is_in(ids.iter().copied()))
            .filter(policy::visible_comments(&self.0.actor));
        let rows = query
            .all(&self.0.app.store.read)
            .await
            .map_err(|error| SharedError::new(error.into()))?;
        Ok(rows
            .into_iter()
            .map(|comment| (comment.id, Arc::new(comment)))
            .collect())
    }
}

/// A page of the comments that one ticket shows.
pub type PageKey = (Shown, Window);

impl Loader<PageKey> for CommentLoader {
    type Value = Arc<Vec<comment::Model>>;
    type Error = SharedError;

    /// The rows that [`Window::page`] cuts to a page; one statement for each different window, and more only where
    /// a ticket is asked for beside one that it was merged into.
    async fn load(&self, keys: &[PageKey]) -> Result<HashMap<PageKey, Self::Value>, SharedError> {
        let mut pages: HashMap<PageKey, Vec<comment::Model>> = HashMap::new();
        for (window, shown) in by_window(keys) {
            for lists in queries::apart(shown) {
                let rows = queries::list_each(&self.0.app, &self.0.actor, &lists, window).await;
                let list_of = queries::by_ticket(&lists);
                for comment in rows.map_err(SharedError::new)? {
                    if let Some(list) = list_of.get(&comment.ticket_id) {
                        let key = ((*list).clone(), window.clone());
                        pages.entry(key).or_default().push(comment);
                    }
                }
            }
        }
        Ok(pages
            .into_iter()
            .map(|(key, rows)| (key, Arc::new(rows)))
            .collect())
    }
}
