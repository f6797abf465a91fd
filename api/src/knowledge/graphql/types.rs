//! Articles and their translations.

use std::sync::Arc;

use async_graphql::{Context, Description, Enum, ID, Object, Result};
use chrono::{DateTime, Utc};
use entity::{article, event::ActorKind, ids::ArticleId, user::Locale};

use super::{
    categories::ArticleCategory,
    figures::{ArticleFeedback, LinkCheck},
    permissions::ArticlePermissions,
    revisions::{ArticleRevisionConnection, revisions_field},
};
use crate::{
    attachment::{
        Owner,
        graphql::{Attachment, attachments_field},
    },
    error::Error,
    graphql::{Caller, GlobalId, enums::ArticleVisibility, loader::Batched},
    knowledge::{
        loaders::{FeedbackOn, FiguresLoader, KnowledgeLoader, OwnFeedbackOn, PageOf, ViewsOf},
        queries::{Body, Heading},
        rules, tree,
    },
    people::{
        graphql::{Actor, actor_field},
        locale_name,
    },
    policy::{self, Action},
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

    /// What another system calls it.
    async fn external_id(&self) -> Option<&str> {
        self.0.external_id.as_deref()
    }

    /// The article's name in addresses. It may change; the former ones lead to the article for good, and no other article
    /// gets one of them: whoever asked by another slug than this one should go on to this one.
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

    /// The name, in the viewer's language, of the part of the knowledge base that it stands in.
    async fn category(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let Some(id) = self.0.category_id else {
            return Ok(self.0.category.clone());
        };
        let directory = app.directory().await?;
        let category = directory.categories.get(&id);
        Ok(category.map(|row| tree::name_in(row, actor.locale()).to_owned()))
    }

    /// The categories that it stands in, from the top down to its own; empty where its category is only a name.
    async fn category_path(&self, ctx: &Context<'_>) -> Result<Vec<ArticleCategory>> {
        let directory = Caller::of(ctx)?.app.directory().await?;
        let path = self
            .0
            .category_id
            .map(|id| tree::path(&directory.categories, id));
        let path = path.into_iter().flatten().cloned();
        Ok(path.map(ArticleCategory).collect())
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

    /// Grows with every change: give it as `expectedVersion` to change only what you have seen.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// When it publishes itself. Null where it does not, and for requesters.
    async fn publish_at(&self, ctx: &Context<'_>) -> Result<Option<DateTime<Utc>>> {
        for_staff(ctx, self.0.publish_at)
    }

    /// When it archives itself. Null where it does not, and for requesters.
    async fn archive_at(&self, ctx: &Context<'_>) -> Result<Option<DateTime<Utc>>> {
        for_staff(ctx, self.0.archive_at)
    }

    /// When somebody last said that it still holds. Null where nobody did, and for requesters.
    async fn reviewed_at(&self, ctx: &Context<'_>) -> Result<Option<DateTime<Utc>>> {
        for_staff(ctx, self.0.reviewed_at)
    }

    /// Who last said that it still holds. Null where nobody did, and for requesters.
    async fn reviewed_by(&self, ctx: &Context<'_>) -> Result<Option<Actor>> {
        match for_staff(ctx, self.0.reviewed_by_id)? {
            Some(id) => Ok(Some(actor_field(ctx, ActorKind::Person, Some(id)).await?)),
            None => Ok(None),
        }
    }

    /// Its earlier texts in all languages, the one that was replaced last first; null for who may not edit it.
    async fn revisions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many at most, 25 where absent, at most 100.")] first: Option<i32>,
        #[graphql(desc = "A cursor: only what comes after it.")] after: Option<String>,
    ) -> Result<Option<ArticleRevisionConnection>> {
        let Caller { actor, .. } = Caller::of(ctx)?;
        if !policy::may(actor, Action::EditArticle(&self.0)) {
            return Ok(None);
        }
        let revisions = revisions_field(ctx, &self.0, first, after).await?;
        Ok(Some(revisions))
    }

    /// How often it was opened since it was published, by whomever. Null for requesters and external teams.
    async fn view_count(&self, ctx: &Context<'_>) -> Result<Option<i32>> {
        if !reads_report(ctx)? {
            return Ok(None);
        }
        let count = figures(ctx).load_one(ViewsOf(self.0.id)).await?;
        Ok(Some(
            i32::try_from(count.unwrap_or_default()).unwrap_or(i32::MAX),
        ))
    }

    /// What readers said of it. Null for requesters and external teams.
    async fn feedback(&self, ctx: &Context<'_>) -> Result<Option<ArticleFeedback>> {
        if !reads_report(ctx)? {
            return Ok(None);
        }
        let feedback = figures(ctx).load_one(FeedbackOn(self.0.id)).await?;
        Ok(Some(feedback.unwrap_or_default().into()))
    }

    /// Whether the viewer said that it helped; null where they said neither.
    async fn viewer_feedback(&self, ctx: &Context<'_>) -> Result<Option<bool>> {
        Ok(figures(ctx).load_one(OwnFeedbackOn(self.0.id)).await?)
    }

    /// Whether the page that it is a link to is still there. Null where it was not asked for yet, where the article is
    /// written here, and for requesters and external teams.
    async fn link_check(&self, ctx: &Context<'_>) -> Result<Option<LinkCheck>> {
        if self.0.url.is_none() || !reads_report(ctx)? {
            return Ok(None);
        }
        let check = figures(ctx).load_one(PageOf(self.0.id)).await?;
        Ok(check.and_then(|check| LinkCheck::of(&check)))
    }

    /// What the viewer may do to it.
    async fn viewer_can(&self, ctx: &Context<'_>) -> Result<ArticlePermissions> {
        Ok(ArticlePermissions::of(Caller::of(ctx)?.actor, &self.0))
    }
}

fn figures<'a>(ctx: &Context<'a>) -> &'a Batched<FiguresLoader> {
    ctx.data_unchecked::<Batched<FiguresLoader>>()
}

fn reads_report(ctx: &Context<'_>) -> Result<bool> {
    Ok(policy::may(
        Caller::of(ctx)?.actor,
        Action::ReadArticleReport,
    ))
}

/// What is of the work on an article, and none of its readers' business.
fn for_staff<T>(ctx: &Context<'_>, value: Option<T>) -> Result<Option<T>> {
    let is_staff = policy::is_at_desk(Caller::of(ctx)?.actor);
    Ok(value.filter(|_| is_staff))
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
