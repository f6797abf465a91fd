//! The earlier texts of an article.

use async_graphql::{Context, Description, ID, Object, Result};
use chrono::{DateTime, Utc};
use entity::{article, article_revision as revision, event::ActorKind};
use tokio::task::spawn_blocking;

use crate::{
    connection,
    error::Error,
    graphql::{Caller, GlobalId, loader::Batched, selects_total},
    knowledge::{
        loaders::KnowledgeLoader,
        queries::{self, REVISION_ORDER},
    },
    page::Args,
    people::{
        graphql::{Actor, actor_field},
        locale_name,
    },
    text::markdown,
};

connection! {
    /// A page of an article's earlier texts.
    ArticleRevisionConnection, ArticleRevisionEdge, ArticleRevision
}

/// The texts of an article in one language as they were until others replaced them.
#[derive(Description)]
pub struct ArticleRevision(revision::Model);

#[Object(use_type_description)]
impl ArticleRevision {
    /// Names it in `restoreArticleRevision`.
    async fn id(&self) -> ID {
        self.0.id.global()
    }

    /// The language: `fr` or `en`.
    async fn locale(&self) -> &'static str {
        locale_name(self.0.locale)
    }

    /// The title.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// What it was about in a sentence or two; empty where a link had none.
    async fn summary(&self) -> &str {
        &self.0.summary
    }

    /// The text, in Markdown; null where the article is a link to a page elsewhere.
    async fn body(&self) -> Option<&str> {
        self.0.body.as_deref()
    }

    /// The text, as sanitized HTML that can be shown as it is; null where the article is a link to a page elsewhere.
    async fn body_html(&self) -> Result<Option<String>> {
        let Some(body) = self.0.body.clone() else {
            return Ok(None);
        };
        // A page has up to a hundred, each of up to 65,536 characters.
        let html = spawn_blocking(move || markdown::to_html(&body)).await;
        Ok(Some(html.map_err(|error| Error::Internal(error.into()))?))
    }

    /// Who wrote it; null where that was not noted.
    async fn written_by(&self, ctx: &Context<'_>) -> Result<Option<Actor>> {
        match self.0.edited_by_id {
            Some(id) => Ok(Some(actor_field(ctx, ActorKind::Person, Some(id)).await?)),
            None => Ok(None),
        }
    }

    /// When it was written.
    async fn written_at(&self) -> DateTime<Utc> {
        self.0.edited_at
    }

    /// When another text replaced it.
    async fn replaced_at(&self) -> DateTime<Utc> {
        self.0.replaced_at
    }
}

/// One page of the earlier texts of an article that the viewer may edit.
pub(super) async fn revisions_field(
    ctx: &Context<'_>,
    article: &article::Model,
    first: Option<i32>,
    after: Option<String>,
) -> Result<ArticleRevisionConnection> {
    let app = Caller::of(ctx)?.app;
    let window = Args::forward(first, after).window(REVISION_ORDER)?;
    let loader = ctx.data_unchecked::<Batched<KnowledgeLoader>>();
    let rows = loader.load_one((article.id, window.clone())).await?;
    let rows = rows.map_or_else(Vec::new, |rows| rows.to_vec());
    let page = window.page(rows);
    let total = if selects_total(ctx) {
        Some(queries::count_revisions(app, article.id).await?)
    } else {
        None
    };
    Ok(ArticleRevisionConnection::of(
        page,
        REVISION_ORDER,
        total,
        queries::place_of_revision,
        ArticleRevision,
    ))
}
