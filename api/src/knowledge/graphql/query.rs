//! What can be asked about articles.

use async_graphql::{Context, ID, InputObject, Object, OneofObject, Result};
use entity::ids::ArticleId;

use super::types::{Article, ArticleStatus};
use crate::{
    actor::Actor,
    connection,
    graphql::{Caller, GlobalId, enums::ArticleVisibility, selects_total},
    index,
    knowledge::queries::{self, ORDER},
    page::Args,
};

connection! {
    /// A page of articles.
    ArticleConnection, ArticleEdge, Article
}

/// Names one article.
#[derive(OneofObject)]
pub enum ArticleRef {
    /// By its global id.
    Id(ID),
    /// By its name in addresses.
    Slug(String),
}

/// Which articles to list. What is absent does not matter; what is given must all hold.
#[derive(Default, InputObject)]
pub struct ArticleFilter {
    /// Where it is in its life. Requesters see published articles only.
    status: Option<ArticleStatus>,
    /// Who may read it. Requesters see public articles only.
    visibility: Option<ArticleVisibility>,
    /// The part of the knowledge base that it stands in, spelled as there.
    category: Option<String>,
    /// One of its tags.
    tag: Option<String>,
    /// A language that it has a text in: `fr` or `en`.
    locale: Option<String>,
    /// All these words stand in its title, summary or body, in any of its languages: without regard to case, accents and
    /// inflection, in any order; the last word may be only begun, and words in quotes must stand together. A text
    /// without a word finds nothing. At most 1,000 characters.
    text: Option<String>,
}

#[derive(Default)]
pub struct KnowledgeQuery;

#[Object]
impl KnowledgeQuery {
    /// The article of this id or slug; null where there is none, or not for the viewer.
    async fn article(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which article.")] by: ArticleRef,
    ) -> Option<Result<Article>> {
        find(ctx, by).await.transpose()
    }

    /// Articles that the viewer may read, the newest change first: for staff all, for requesters
    /// those that are published and public.
    async fn articles(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which articles; all where absent.")] filter: Option<ArticleFilter>,
        #[graphql(desc = "How many at most, 25 where absent, at most 100.")] first: Option<i32>,
        #[graphql(desc = "A cursor: only what comes after it.")] after: Option<String>,
    ) -> Result<ArticleConnection> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let filter = filter.unwrap_or_default().read(actor)?;
        let window = Args::forward(first, after).window(ORDER)?;
        let page = queries::list_articles(app, actor, &filter, &window).await?;
        let total = if selects_total(ctx) {
            Some(queries::count_articles(app, actor, &filter).await?)
        } else {
            None
        };
        Ok(ArticleConnection::of(
            page,
            ORDER,
            total,
            queries::place,
            Article,
        ))
    }
}

async fn find(ctx: &Context<'_>, by: ArticleRef) -> Result<Option<Article>> {
    let Caller { app, actor } = Caller::of(ctx)?;
    let reference = match by {
        ArticleRef::Id(id) => queries::Reference::Id(ArticleId::of(&id)),
        ArticleRef::Slug(slug) => queries::Reference::Slug(slug),
    };
    Ok(queries::find_article(app, actor, reference)
        .await?
        .map(Article))
}

impl ArticleFilter {
    fn read(self, actor: &Actor) -> Result<queries::ArticleFilter> {
        let text = self.text.as_deref();
        let words = text.map(|text| index::Query::read(text, actor.locale()));
        Ok(queries::ArticleFilter {
            status: self.status.map(Into::into),
            visibility: self.visibility.map(Into::into),
            category: self.category,
            tag: self.tag,
            locale: self.locale,
            words: words.transpose()?,
        })
    }
}
