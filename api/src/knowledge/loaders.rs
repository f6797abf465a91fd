//! Batches the texts and links that a page's fields ask for one by one.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{Request, dataloader::Loader};
use entity::{
    article, article_revision,
    ids::{ArticleCategoryId, ArticleId, KnowledgeLinkId, TicketId},
    link_check,
    user::Locale,
};

use super::{
    figures::{self, Feedback},
    links,
    queries::{self, Body, Heading, Linked},
};
use crate::{
    graphql::loader::{SharedError, Source, install},
    page::{Window, by_window},
};

/// Articles, as far as the viewer may see them.
pub struct ArticleLoader(pub Source);

/// The texts of articles that the viewer sees, the links of tickets that the viewer sees, and any
/// link as far as the viewer may see it.
pub struct KnowledgeLoader(pub Source);

/// What is known besides of articles that the viewer sees, and how many of these stand in categories.
pub struct FiguresLoader(pub Source);

/// Names how often an article was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ViewsOf(pub ArticleId);

/// Names what all readers said of an article.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FeedbackOn(pub ArticleId);

/// Names what the viewer said of an article.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OwnFeedbackOn(pub ArticleId);

/// Names whether the page of an article is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PageOf(pub ArticleId);

/// Puts the loaders of knowledge into a request.
pub fn install_all(request: Request, source: &Source) -> Request {
    let request = install(request, source.remembers, ArticleLoader(source.clone()));
    let request = install(request, source.remembers, FiguresLoader(source.clone()));
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
        Ok(links::find_links(&self.0.app, &self.0.actor, ids).await?)
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

/// A page of the earlier texts of an article.
pub type RevisionsKey = (ArticleId, Window);

impl Loader<RevisionsKey> for KnowledgeLoader {
    type Value = Arc<Vec<article_revision::Model>>;
    type Error = SharedError;

    /// The rows that [`Window::page`] cuts to a page; one statement for each different window.
    async fn load(
        &self,
        keys: &[RevisionsKey],
    ) -> Result<HashMap<RevisionsKey, Self::Value>, SharedError> {
        let mut pages: HashMap<RevisionsKey, Vec<article_revision::Model>> = HashMap::new();
        for (window, ids) in by_window(keys) {
            for row in queries::load_revisions(&self.0.app, &ids, window).await? {
                let key = (row.article_id, window.clone());
                pages.entry(key).or_default().push(row);
            }
        }
        let pages = pages.into_iter();
        Ok(pages.map(|(key, rows)| (key, Arc::new(rows))).collect())
    }
}

impl Loader<TicketId> for KnowledgeLoader {
    type Value = Arc<Vec<Linked>>;
    type Error = SharedError;

    async fn load(&self, ids: &[TicketId]) -> Result<HashMap<TicketId, Self::Value>, SharedError> {
        Ok(links::load_links(&self.0.app, &self.0.actor, ids).await?)
    }
}

impl Loader<ViewsOf> for FiguresLoader {
    type Value = i64;
    type Error = SharedError;

    async fn load(&self, keys: &[ViewsOf]) -> Result<HashMap<ViewsOf, i64>, SharedError> {
        let ids: Vec<_> = keys.iter().map(|ViewsOf(id)| *id).collect();
        let views = figures::load_views(&self.0.app, &ids).await?;
        Ok(keyed(views, ViewsOf))
    }
}

impl Loader<FeedbackOn> for FiguresLoader {
    type Value = Feedback;
    type Error = SharedError;

    async fn load(
        &self,
        keys: &[FeedbackOn],
    ) -> Result<HashMap<FeedbackOn, Feedback>, SharedError> {
        let ids: Vec<_> = keys.iter().map(|FeedbackOn(id)| *id).collect();
        let feedback = figures::load_feedback(&self.0.app, &ids).await?;
        Ok(keyed(feedback, FeedbackOn))
    }
}

impl Loader<OwnFeedbackOn> for FiguresLoader {
    type Value = bool;
    type Error = SharedError;

    async fn load(
        &self,
        keys: &[OwnFeedbackOn],
    ) -> Result<HashMap<OwnFeedbackOn, bool>, SharedError> {
        let ids: Vec<_> = keys.iter().map(|OwnFeedbackOn(id)| *id).collect();
        let said = figures::load_own_feedback(&self.0.app, &self.0.actor, &ids).await?;
        Ok(keyed(said, OwnFeedbackOn))
    }
}

impl Loader<PageOf> for FiguresLoader {
    type Value = link_check::Model;
    type Error = SharedError;

    async fn load(
        &self,
        keys: &[PageOf],
    ) -> Result<HashMap<PageOf, link_check::Model>, SharedError> {
        let ids: Vec<_> = keys.iter().map(|PageOf(id)| *id).collect();
        let checks = figures::load_link_checks(&self.0.app, &ids).await?;
        Ok(keyed(checks, PageOf))
    }
}

/// All categories are counted at once: there are few.
impl Loader<ArticleCategoryId> for FiguresLoader {
    type Value = i64;
    type Error = SharedError;

    async fn load(
        &self,
        ids: &[ArticleCategoryId],
    ) -> Result<HashMap<ArticleCategoryId, i64>, SharedError> {
        let directory = self.0.app.directory().await?;
        let counts = figures::count_in_categories(&self.0.app, &self.0.actor, &directory).await?;
        // None is a number too, and remembered.
        let count = |id: &ArticleCategoryId| (*id, counts.get(id).copied().unwrap_or_default());
        Ok(ids.iter().map(count).collect())
    }
}

fn keyed<K: std::hash::Hash + Eq, T>(
    values: HashMap<ArticleId, T>,
    key: impl Fn(ArticleId) -> K,
) -> HashMap<K, T> {
    values
        .into_iter()
        .map(|(id, value)| (key(id), value))
        .collect()
}
