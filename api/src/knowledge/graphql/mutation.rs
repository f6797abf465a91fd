//! Articles made, written, published and archived, and put on tickets.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, Result, SimpleObject};
use entity::ids::{ArticleId, TicketId};

use super::{
    answer,
    links::{KnowledgeLink, KnowledgeRole},
    named,
    types::Article,
};
use crate::{
    app::retry,
    attachment::graphql::uploads_of,
    graphql::{Caller, GlobalId, UserError, enums::ArticleVisibility, split_errors},
    knowledge::{
        commands,
        rules::{NewArticle, NewText},
    },
};

/// An article to create, as a draft. It has either a `body` or a `url`.
#[derive(InputObject)]
pub struct CreateArticleInput {
    /// The title; at most 255 characters.
    title: String,
    /// The text, in Markdown; at most 65,536 characters.
    body: Option<String>,
    /// The page elsewhere that the article is a link to: `http` or `https`.
    url: Option<String>,
    /// What it is about in a sentence or two, at most 500 characters; the beginning of the body
    /// where absent.
    summary: Option<String>,
    /// The language of these texts: `fr` or `en`.
    locale: String,
    /// Who may read it once it is published.
    #[graphql(default_with = "ArticleVisibility::Public")]
    visibility: ArticleVisibility,
    /// The part of the knowledge base that it stands in, as a mere name; `categoryId` names one of the tree.
    category: Option<String>,
    /// The category of the tree that it stands in.
    category_id: MaybeUndefined<ID>,
    /// At most 50 tags.
    tags: Option<Vec<String>>,
    /// Its name in addresses: lower-case letters, digits and hyphens; made from the title where
    /// absent. None that another article has or had.
    slug: Option<String>,
    /// Files that were uploaded for it, at most 10: ids of `createUpload`.
    upload_ids: Option<Vec<ID>>,
}

/// What came of `createArticle`.
#[derive(SimpleObject)]
pub struct CreateArticlePayload {
    /// The draft; null when refused.
    article: Option<Article>,
    /// What a person can put right.
    user_errors: Vec<UserError>,
}

/// The texts of an article in one language.
#[derive(InputObject)]
pub struct TranslateArticleInput {
    /// The article.
    article_id: ID,
    /// Change it only if this is still its version; else `CONFLICT`, and the payload has it as it is.
    expected_version: Option<i32>,
    /// The language of these texts: `fr` or `en`.
    locale: String,
    /// The title; at most 255 characters.
    title: String,
    /// The text, in Markdown, at most 65,536 characters; absent where the article is a link to a
    /// page elsewhere.
    body: Option<String>,
    /// What it is about in a sentence or two, at most 500 characters; the beginning of the body
    /// where absent.
    summary: Option<String>,
}

/// What came of `translateArticle`.
#[derive(SimpleObject)]
pub struct TranslateArticlePayload {
    /// The article; as it is now where somebody else changed it first, and null when refused for another reason.
    article: Option<Article>,
    /// What a person can put right.
    user_errors: Vec<UserError>,
}

/// An article to publish.
#[derive(InputObject)]
pub struct PublishArticleInput {
    /// The article.
    article_id: ID,
    /// Change it only if this is still its version; else `CONFLICT`, and the payload has it as it is.
    expected_version: Option<i32>,
}

/// What came of `publishArticle`.
#[derive(SimpleObject)]
pub struct PublishArticlePayload {
    /// The article; as it is now where somebody else changed it first, and null when refused for another reason.
    article: Option<Article>,
    /// What a person can put right.
    user_errors: Vec<UserError>,
}

/// An article to archive.
#[derive(InputObject)]
pub struct ArchiveArticleInput {
    /// The article.
    article_id: ID,
    /// Change it only if this is still its version; else `CONFLICT`, and the payload has it as it is.
    expected_version: Option<i32>,
}

/// What came of `archiveArticle`.
#[derive(SimpleObject)]
pub struct ArchiveArticlePayload {
    /// The article; as it is now where somebody else changed it first, and null when refused for another reason.
    article: Option<Article>,
    /// What a person can put right.
    user_errors: Vec<UserError>,
}

/// An article to put on a ticket.
#[derive(InputObject)]
pub struct LinkKnowledgeInput {
    /// The ticket.
    ticket_id: ID,
    /// The article.
    article_id: ID,
    /// Why: `SHARED` or `SOLUTION`. `SUGGESTED` is the system's to say.
    role: KnowledgeRole,
}

/// What came of `linkKnowledge`.
#[derive(SimpleObject)]
pub struct LinkKnowledgePayload {
    /// The link, the one that was there where there was one; null when refused.
    knowledge_link: Option<KnowledgeLink>,
    /// What a person can put right.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct ArticleMutation;

#[Object]
impl ArticleMutation {
    /// Creates an article as a draft; staff only.
    async fn create_article(
        &self,
        ctx: &Context<'_>,
        input: CreateArticleInput,
    ) -> Result<CreateArticlePayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let new = input.into();
        let created = retry(|| commands::create_article(app, actor, &new)).await;
        let (article, user_errors) = split_errors(created, actor.locale())?;
        Ok(CreateArticlePayload {
            article: article.map(Article),
            user_errors,
        })
    }

    /// Adds an article's texts in another language, or replaces those it has in one, which are kept as a revision.
    /// Staff edit drafts; what was published is for leads and admins to edit. What was to publish itself does not any
    /// more: schedule it again.
    async fn translate_article(
        &self,
        ctx: &Context<'_>,
        input: TranslateArticleInput,
    ) -> Result<TranslateArticlePayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let id = ArticleId::of(&input.article_id);
        let expected = input.expected_version;
        let new = input.into();
        let translate = || commands::translate_article(app, actor, id, expected, &new);
        let (article, user_errors) = answer(ctx, id, retry(translate).await).await?;
        Ok(TranslateArticlePayload {
            article,
            user_errors,
        })
    }

    /// Offers an article to readers; leads and admins only. Publishing twice changes nothing.
    async fn publish_article(
        &self,
        ctx: &Context<'_>,
        input: PublishArticleInput,
    ) -> Result<PublishArticlePayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let id = ArticleId::of(&input.article_id);
        let expected = input.expected_version;
        let publish = || commands::publish_article(app, actor, id, expected);
        let (article, user_errors) = answer(ctx, id, retry(publish).await).await?;
        Ok(PublishArticlePayload {
            article,
            user_errors,
        })
    }

    /// Takes an article from readers; leads and admins only. It can be published again.
    async fn archive_article(
        &self,
        ctx: &Context<'_>,
        input: ArchiveArticleInput,
    ) -> Result<ArchiveArticlePayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let id = ArticleId::of(&input.article_id);
        let expected = input.expected_version;
        let archive = || commands::archive_article(app, actor, id, expected);
        let (article, user_errors) = answer(ctx, id, retry(archive).await).await?;
        Ok(ArchiveArticlePayload {
            article,
            user_errors,
        })
    }

    /// Puts an article on a ticket and says why; for staff who work on the ticket. The same link
    /// again answers the one that is there.
    async fn link_knowledge(
        &self,
        ctx: &Context<'_>,
        input: LinkKnowledgeInput,
    ) -> Result<LinkKnowledgePayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let ticket_id = TicketId::of(&input.ticket_id);
        let article_id = ArticleId::of(&input.article_id);
        let role = input.role.into();
        let link = || commands::link_knowledge(app, actor, ticket_id, article_id, role);
        let (linked, user_errors) = split_errors(retry(link).await, actor.locale())?;
        Ok(LinkKnowledgePayload {
            knowledge_link: linked.map(Into::into),
            user_errors,
        })
    }
}

impl From<CreateArticleInput> for NewArticle {
    fn from(input: CreateArticleInput) -> Self {
        Self {
            text: NewText {
                locale: input.locale,
                title: input.title,
                body: input.body,
                summary: input.summary,
            },
            url: input.url,
            visibility: input.visibility.into(),
            category: input.category,
            category_id: named(&input.category_id),
            tags: input.tags.unwrap_or_default(),
            slug: input.slug,
            uploads: uploads_of(input.upload_ids.as_deref()),
        }
    }
}

impl From<TranslateArticleInput> for NewText {
    fn from(input: TranslateArticleInput) -> Self {
        Self {
            locale: input.locale,
            title: input.title,
            body: input.body,
            summary: input.summary,
        }
    }
}
