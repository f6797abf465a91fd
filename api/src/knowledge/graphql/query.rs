//! Looking articles up, and listing them.

use async_graphql::{Context, ID, InputObject, Object, OneofObject, Result};
use entity::{
    article::Status,
    ids::{ArticleCategoryId, ArticleId},
};

use super::types::{Article, ArticleStatus};
use crate::{
    connection,
    graphql::{Caller, GlobalId, enums::ArticleVisibility, selects_total},
    index,
    knowledge::{
        queries::{self, ORDER},
        tree::Tree,
    },
    page::Args,
    policy::{self, Action},
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
    /// By its name in addresses, or by one that it had before: `slug` of the answer says how it is called now.
    Slug(String),
    /// By the key that another system has for it.
    ExternalId(String),
}

/// Which articles to list. What is absent does not matter; what is given must all hold.
#[derive(Default, InputObject)]
pub struct ArticleFilter {
    /// Where it is in its life. Requesters see published articles only.
    status: Option<ArticleStatus>,
    /// Who may read it. Requesters see public articles only.
    visibility: Option<ArticleVisibility>,
    /// The name of the part of the knowledge base that it stands in, in either language, spelled as there.
    category: Option<String>,
    /// The category of the tree that it stands in, itself or one further down.
    category_id: Option<ID>,
    /// Whether the page that it is a link to is gone. For internal staff.
    has_dead_link: Option<bool>,
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
pub struct ArticleQuery;

#[Object]
impl ArticleQuery {
    /// The article of this id, slug or key; null where there is none, or not for the viewer. Where a person asks for `body`,
    /// `bodyHtml` or `url` of a published article, it is counted as opened.
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
        let filter = filter.unwrap_or_default().read(ctx).await?;
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
        ArticleRef::ExternalId(key) => queries::Reference::ExternalId(key),
    };
    let article = queries::find_article(app, actor, reference).await?;
    let is_opened = ["body", "bodyHtml", "url"].map(|field| ctx.look_ahead().field(field).exists());
    if let Some(article) = &article
        && article.status == Status::Published
        && is_opened.contains(&true)
        && policy::may(actor, Action::GiveArticleFeedback(article))
    {
        app.views.note(article.id);
    }
    Ok(article.map(Article))
}

impl ArticleFilter {
    async fn read(self, ctx: &Context<'_>) -> Result<queries::ArticleFilter> {
        let Caller { app, actor } = Caller::of(ctx)?;
        if self.has_dead_link.is_some() {
            policy::authorize(actor, Action::ReadArticleReport)?;
        }
        let categories = match &self.category_id {
            None => None,
            Some(id) => {
                let directory = app.directory().await?;
                let tree = Tree::new(&directory.categories);
                let id = ArticleCategoryId::of(id).filter(|id| tree.has(*id));
                Some(id.map(|id| tree.subtree(id)).unwrap_or_default())
            }
        };
        let text = self.text.as_deref();
        let words = text.map(|text| index::Query::read(text, actor.locale()));
        Ok(queries::ArticleFilter {
            status: self.status.map(Into::into),
            visibility: self.visibility.map(Into::into),
            category: self.category,
            categories,
            has_dead_link: self.has_dead_link,
            tag: self.tag,
            locale: self.locale,
            words: words.transpose()?,
        })
    }
}
