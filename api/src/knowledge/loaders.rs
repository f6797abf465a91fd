//! Batches the texts and links that a page's fields ask for one by one.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{Request, dataloader::Loader};
use entity::{
    ids::{ArticleId, TicketId},
    user::Locale,
};

use super::queries::{self, Body, Heading, Linked};
use crate::graphql::loader::{SharedError, Source, install};

/// The texts of articles that the viewer sees, and the links of tickets that the viewer sees.
pub struct KnowledgeLoader(pub Source);

/// Puts the loader of knowledge into a request.
pub fn install_all(request: Request, source: &Source) -> Request {
    install(request, source.remembers, KnowledgeLoader(source.clone()))
}

impl Loader<ArticleId> for KnowledgeLoader {
    type Value = Arc<Vec<Heading>>;
    type Error = SharedError;

    async fn load(
        &self,
        ids: &[ArticleId],
    ) -> Result<HashMap<ArticleId, Self::Value>, SharedError> {
        Ok(queries::load_headings(&self.0.app, ids).await?)
    }
}

impl Loader<(ArticleId, Locale)> for KnowledgeLoader {
    type Value = Arc<Body>;
    type Error = SharedError;

    async fn load(
        &self,
        keys: &[(ArticleId, Locale)],
    ) -> Result<HashMap<(ArticleId, Locale), Self::Value>, SharedError> {
        Ok(queries::load_bodies(&self.0.app, keys).await?)
    }
}

impl Loader<TicketId> for KnowledgeLoader {
    type Value = Arc<Vec<Linked>>;
    type Error = SharedError;

    async fn load(&self, ids: &[TicketId]) -> Result<HashMap<TicketId, Self::Value>, SharedError> {
        Ok(queries::load_links(&self.0.app, &self.0.actor, ids).await?)
    }
}
