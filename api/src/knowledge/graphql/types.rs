//! Articles, their translations and their links to tickets.

use std::{collections::HashSet, sync::Arc};

use async_graphql::{Context, Description, Enum, ID, Object, Result};
use chrono::{DateTime, Utc};
use entity::{
    article,
    event::ActorKind,
    ids::{ArticleId, KnowledgeLinkId, TicketId},
    knowledge_link,
    user::Locale,
};

use crate::{
    attachment::{
        Owner,
        graphql::{Attachment, attachments_field},
    },
    error::Error,
    graphql::{Caller, GlobalId, enums::ArticleVisibility, loader::Batched},
    knowledge::{
        loaders::KnowledgeLoader,
        queries::{Body, Heading, Linked},
        rules,
    },
    people::{
        graphql::{Actor, actor_field},
        locale_name,
    },
    ticket::graphql::{Ticket, ticket_field},
};

/// Where an article is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "article::Status")]
pub enum ArticleStatus {
    /// Being written: staff only.
    Draft,
    /// Offered to readers.
    Published,
    /// No longer offered; staff still find it.
    Archived,
}

/// Why an article is on a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "knowledge_link::Role")]
pub enum KnowledgeRole {
    /// The system offered it.
    Suggested,
    /// It was sent to the requester.
    Shared,
    /// It solved the ticket.
    Solution,
}

/// An article of the knowledge base: either written here, or a link to a page elsewhere. Its texts
/// are given in the viewer's language, or in the one it was first written in.
#[derive(Clone, Debug, Description)]
pub struct Article(pub article::Model);

#[Object(use_type_description)]
impl Article {
    /// The article's global id.
    pub async fn id(&self) -> ID {
        self.0.id.global()
    }

    /// Files that belong to it, at most 50.
    async fn attachments(&self, ctx: &Context<'_>) -> Result<Vec<Attachment>> {
        attachments_field(ctx, Owner::Article(self.0.id)).await
    }

    /// The article's name in addresses; unique, and it never changes.
    async fn slug(&self) -> &str {
        &self.0.slug
    }

    /// The title, in the language of `locale`.
    async fn title(&self, ctx: &Context<'_>) -> Result<String> {
        Ok(self.heading(ctx).await?.title)
    }

    /// What it is about in a sentence or two, in the language of `locale`; empty where a link has
    /// none.
    async fn summary(&self, ctx: &Context<'_>) -> Result<String> {
        Ok(self.heading(ctx).await?.summary)
    }

    /// The language of `title`, `summary` and `body`: `fr` or `en`.
    async fn locale(&self, ctx: &Context<'_>) -> Result<&'static str> {
        Ok(locale_name(self.heading(ctx).await?.locale))
    }

    /// The text, in Markdown; null where the article is a link to a page elsewhere.
    async fn body(&self, ctx: &Context<'_>) -> Option<Result<String>> {
        self.text(ctx, |text| text.body.clone()).await.transpose()
    }

    /// The text, as sanitized HTML that can be shown as it is; null where the article is a link to
    /// a page elsewhere.
    async fn body_html(&self, ctx: &Context<'_>) -> Option<Result<String>> {
        self.text(ctx, |text| text.body_html.clone())
            .await
            .transpose()
    }

    /// The page elsewhere that the article is a link to; null where it is written here.
    async fn url(&self) -> Option<&str> {
        self.0.url.as_deref()
    }

    /// Where it is in its life.
    async fn status(&self) -> ArticleStatus {
        self.0.status.into()
    }

    /// Who may read it once it is published.
    async fn visibility(&self) -> ArticleVisibility {
        self.0.visibility.into()
    }

    /// The part of the knowledge base that it stands in.
    async fn category(&self) -> Option<&str> {
        self.0.category.as_deref()
    }

    /// Its tags in normal form: lower case, hyphens for spaces.
    async fn tags(&self) -> &[String] {
        &self.0.tags.0
    }

    /// How many tickets it solved.
    async fn solved_count(&self) -> i32 {
        self.0.solved_count
    }

    /// How many readers it spared a ticket.
    async fn helpful_count(&self) -> i32 {
        self.0.helpful_count
    }

    /// Its texts in all their languages.
    async fn translations(&self, ctx: &Context<'_>) -> Result<Vec<ArticleTranslation>> {
        let headings = headings(ctx, self.0.id).await?;
        Ok(headings.iter().cloned().map(ArticleTranslation).collect())
    }

    /// When it was created.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it or one of its texts was last changed.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }

    /// When it was last published; null if never.
    async fn published_at(&self) -> Option<DateTime<Utc>> {
        self.0.published_at
    }
}

impl Article {
    async fn heading(&self, ctx: &Context<'_>) -> Result<Heading> {
        let reader = Caller::of(ctx)?.actor.locale();
        let headings = headings(ctx, self.0.id).await?;
        let in_locale = |locale| headings.iter().find(|heading| heading.locale == locale);
        let locale = rules::locale_for(reader, self.0.locale, |locale| in_locale(locale).is_some());
        Ok(in_locale(locale).cloned().ok_or_else(without_text)?)
    }

    async fn text(
        &self,
        ctx: &Context<'_>,
        part: impl Fn(&Body) -> Option<String>,
    ) -> Result<Option<String>> {
        if self.0.url.is_some() {
            return Ok(None);
        }
        let locale = self.heading(ctx).await?.locale;
        Ok(part(&*body(ctx, self.0.id, locale).await?))
    }
}

/// The texts of an article in one language.
#[derive(Description)]
pub struct ArticleTranslation(Heading);

#[Object(use_type_description)]
impl ArticleTranslation {
    /// The language: `fr` or `en`.
    async fn locale(&self) -> &'static str {
        locale_name(self.0.locale)
    }

    /// The title.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// What it is about in a sentence or two; empty where a link has none.
    async fn summary(&self) -> &str {
        &self.0.summary
    }

    /// The text, in Markdown; null where the article is a link to a page elsewhere.
    async fn body(&self, ctx: &Context<'_>) -> Option<Result<String>> {
        let text = body(ctx, self.0.article_id, self.0.locale).await;
        text.map(|text| text.body.clone()).transpose()
    }

    /// The text, as sanitized HTML that can be shown as it is; null where the article is a link to
    /// a page elsewhere.
    async fn body_html(&self, ctx: &Context<'_>) -> Option<Result<String>> {
        let text = body(ctx, self.0.article_id, self.0.locale).await;
        text.map(|text| text.body_html.clone()).transpose()
    }

    /// When these texts were last changed.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }
}

async fn headings(ctx: &Context<'_>, id: ArticleId) -> Result<Arc<Vec<Heading>>> {
    let loader = ctx.data_unchecked::<Batched<KnowledgeLoader>>();
    Ok(loader.load_one(id).await?.ok_or_else(without_text)?)
}

async fn body(ctx: &Context<'_>, id: ArticleId, locale: Locale) -> Result<Arc<Body>> {
    let loader = ctx.data_unchecked::<Batched<KnowledgeLoader>>();
    Ok(loader
        .load_one((id, locale))
        .await?
        .ok_or_else(without_text)?)
}

/// Texts are written with their article and never deleted.
fn without_text() -> Error {
    Error::Internal(anyhow::anyhow!("an article has no text in its own locale"))
}

/// An article on a ticket, and why it is there.
#[derive(Description)]
pub struct KnowledgeLink {
    link: knowledge_link::Model,
    article: article::Model,
}

impl KnowledgeLink {
    pub const fn link_id(&self) -> KnowledgeLinkId {
        self.link.id
    }
}

impl From<Linked> for KnowledgeLink {
    fn from((link, article): Linked) -> Self {
        Self { link, article }
    }
}

#[Object(use_type_description)]
impl KnowledgeLink {
    /// The link's global id.
    pub async fn id(&self) -> ID {
        self.link.id.global()
    }

    /// The ticket.
    async fn ticket(&self, ctx: &Context<'_>) -> Result<Ticket> {
        let ticket = ticket_field(ctx, self.link.ticket_id).await?;
        ticket.ok_or_else(|| Error::NotFound("ticket").into())
    }

    /// The article.
    async fn article(&self) -> Article {
        Article(self.article.clone())
    }

    /// Why the article is there.
    async fn role(&self) -> KnowledgeRole {
        self.link.role.into()
    }

    /// Who put it there.
    async fn added_by(&self, ctx: &Context<'_>) -> Result<Actor> {
        let id = self.link.added_by_id;
        let kind = id.map_or(ActorKind::System, |_| ActorKind::Person);
        actor_field(ctx, kind, id).await
    }

    /// When it was put there.
    async fn created_at(&self) -> DateTime<Utc> {
        self.link.created_at
    }
}

/// The articles on tickets that the viewer sees, of those that the viewer may read; oldest first, and each once for
/// the same reason.
pub async fn knowledge_links_field(
    ctx: &Context<'_>,
    ticket_ids: impl IntoIterator<Item = TicketId>,
) -> Result<Vec<KnowledgeLink>> {
    let loader = ctx.data_unchecked::<Batched<KnowledgeLoader>>();
    let links = loader.load_many(ticket_ids).await?;
    let links = links.into_values();
    let mut links: Vec<Linked> = links.flat_map(|links| links.as_ref().clone()).collect();
    links.sort_by_key(|(link, _)| (link.created_at, link.id));
    let mut seen = HashSet::new();
    links.retain(|(link, _)| seen.insert((link.article_id, link.role)));
    Ok(links.into_iter().map(Into::into).collect())
}
