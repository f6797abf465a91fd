//! Articles made or changed by the keys that another system has for them.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, Result, SimpleObject};

use super::{named, patched, types::Article};
use crate::{
    app::retry,
    graphql::{Caller, UserError, enums::ArticleVisibility, split_errors},
    knowledge::{
        commands::{self, GivenArticle},
        rules::Edit,
    },
};

/// An article as another system has it; what is absent stays, and null empties.
#[derive(InputObject)]
pub struct UpsertArticleInput {
    /// Its key in the other system, at most 255 characters: which article, or a new one.
    external_id: String,
    /// The language of these texts: `fr` or `en`. Texts in the other one stay.
    locale: String,
    /// The title; at most 255 characters. Required of a new one, and of its first texts in a language.
    title: Option<String>,
    /// The text, in Markdown; at most 65,536 characters. A new one has either a `body` or a `url`, and stays of that kind.
    body: Option<String>,
    /// The page elsewhere that it is a link to: `http` or `https`.
    url: Option<String>,
    /// What it is about in a sentence or two, at most 500 characters; null for the beginning of the body.
    summary: MaybeUndefined<String>,
    /// Who may read it once it is published; everybody, of a new one where absent.
    visibility: Option<ArticleVisibility>,
    /// The part of the knowledge base that it stands in, as a mere name; takes it out of the tree.
    category: MaybeUndefined<String>,
    /// The category of the tree that it stands in; takes a mere name away.
    category_id: MaybeUndefined<ID>,
    /// All its tags, at most 50.
    tags: Option<Vec<String>>,
    /// Its name in addresses: lower-case letters, digits and hyphens, none that another article has or had; made from the
    /// title of a new one where absent.
    slug: Option<String>,
}

/// What came of `upsertArticle`.
#[derive(SimpleObject)]
pub struct UpsertArticlePayload {
    /// The article as it is now; null when refused.
    article: Option<Article>,
    /// Whether it was not there before.
    created: bool,
    /// What a person can put right; empty when it was done.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct ArticleUpsertMutation;

#[Object]
impl ArticleUpsertMutation {
    /// Makes a draft with this `externalId`, or changes the article that has it, whole or not at all. Staff edit drafts; what
    /// was published is for leads and admins to edit. Of two at once one makes it.
    async fn upsert_article(
        &self,
        ctx: &Context<'_>,
        input: UpsertArticleInput,
    ) -> Result<UpsertArticlePayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let given = GivenArticle::from(input);
        let result = retry(|| commands::upsert_article(app, actor, &given)).await;
        let (upserted, user_errors) = split_errors(result, actor.locale())?;
        let (article, created) = upserted.unzip();
        Ok(UpsertArticlePayload {
            article: article.map(Article),
            created: created.unwrap_or_default(),
            user_errors,
        })
    }
}

impl From<UpsertArticleInput> for GivenArticle {
    fn from(input: UpsertArticleInput) -> Self {
        Self {
            external_id: input.external_id,
            locale: input.locale,
            title: input.title,
            body: input.body,
            summary: patched(input.summary),
            edit: Edit {
                slug: input.slug,
                url: input.url,
                visibility: input.visibility.map(Into::into),
                category: patched(input.category),
                category_id: named(&input.category_id),
                tags: input.tags,
            },
        }
    }
}
