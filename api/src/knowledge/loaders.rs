//! Batches the texts and links that a page's fields ask for one by one.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{Request, dataloader::Loader};
use entity::{
    article,
    ids::{ArticleId, KnowledgeLinkId, TicketId},
    user::Locale,
};

use super::queries::{self, Body, Heading, Linked};
use crate::graphql::loader::{SharedError, Source, install};

/// Articles, as far as the viewer may see them.
pub struct ArticleLoader(pub Source);

/// The texts of articles that the viewer sees, the links of tickets that the viewer sees, and any
/// link as far as the viewer may see it.
pub struct KnowledgeLoader(pub Source);

/// Puts the loaders of knowledge into a request.
pub fn install_all(request: Request, source: &Source) -> Request {
    let request = install(request, source.remembers, ArticleLoader(source.clone()));
    install(request, source.remembers, KnowledgeLoader(source.clone()))
}

impl Loader<ArticleId> for ArticleLoader {
    type Value = article::Model;
    type Error = SharedError;

    async fn load(
        &self,
        ids: &[ArticleId],
    ) -> Result<HashMap<ArticleId, Self::Value>, SharedError> {
        Ok(queries::find_articles(&self.0.app, &self.0.actor, ids).await?)
    }
}

impl Loader<KnowledgeLinkId> for KnowledgeLoader {
    type Value = Arc<Linked>;
    type Error = SharedError;

    async fn load(
        &self,
        ids: &[KnowledgeLinkId],
    ) -> Result<HashMap<KnowledgeLinkId, Self::Value>, SharedError> {
        Ok(queries::find_links(&self.0.app, &self.0.actor, ids).await?)
    }
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
