//! Changes of articles that are there: what they have besides their texts, their times, their earlier texts, and what
//! people think of them.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};
use entity::ids::{ArticleId, ArticleRevisionId};

use super::{answer, named, patched, types::Article};
use crate::{
    app::retry,
    graphql::{Caller, GlobalId, UserError, enums::ArticleVisibility, split_errors},
    knowledge::{commands, rules::Edit},
};

/// What to change of an article besides its texts. What is absent stays; null empties.
#[derive(InputObject)]
pub struct EditArticleInput {
    /// The article.
    article_id: ID,
    /// Change it only if this is still its version; else `CONFLICT`, and the payload has it as it is.
    expected_version: Option<i32>,
    /// Its name in addresses: lower-case letters, digits and hyphens, none that another article has or had. The former
    /// one goes on leading to it.
    slug: Option<String>,
    /// The page elsewhere that it is a link to: `http` or `https`. An article that is written here stays so.
    url: Option<String>,
    /// Who may read it once it is published.
    visibility: Option<ArticleVisibility>,
    /// The part of the knowledge base that it stands in, as a mere name; takes it out of the tree.
    category: MaybeUndefined<String>,
    /// The category of the tree that it stands in; takes a mere name away.
    category_id: MaybeUndefined<ID>,
    /// All its tags, at most 50.
    tags: Option<Vec<String>>,
}

/// When an article publishes and archives itself. What is absent stays; null: it does not.
#[derive(InputObject)]
pub struct ScheduleArticleInput {
    /// The article.
    article_id: ID,
    /// Change it only if this is still its version; else `CONFLICT`, and the payload has it as it is.
    expected_version: Option<i32>,
    /// When it publishes itself, at most five years ahead; of an article that is not published.
    publish_at: MaybeUndefined<DateTime<Utc>>,
    /// When it archives itself, after it was published.
    archive_at: MaybeUndefined<DateTime<Utc>>,
}

/// An earlier text to bring back.
#[derive(InputObject)]
pub struct RestoreArticleRevisionInput {
    /// The earlier text, as `Article.revisions` names it.
    revision_id: ID,
    /// Change the article only if this is still its version; else `CONFLICT`.
    expected_version: Option<i32>,
}

/// An article that somebody looked at.
#[derive(InputObject)]
pub struct ReviewArticleInput {
    /// The article.
    article_id: ID,
}

/// What a reader says of an article.
#[derive(InputObject)]
pub struct GiveArticleFeedbackInput {
    /// The article.
    article_id: ID,
    /// Whether it helped; null or absent takes back what was said.
    is_helpful: Option<bool>,
}

/// What came of a change of an article.
#[derive(SimpleObject)]
pub struct EditArticlePayload {
    /// The article; as it is now where somebody else changed it first, and null when refused for another reason.
    article: Option<Article>,
    /// What a person can put right.
    user_errors: Vec<UserError>,
}

/// What came of `scheduleArticle`.
#[derive(SimpleObject)]
pub struct ScheduleArticlePayload {
    /// The article; as it is now where somebody else changed it first, and null when refused for another reason.
    article: Option<Article>,
    /// What a person can put right.
    user_errors: Vec<UserError>,
}

/// What came of `restoreArticleRevision`.
#[derive(SimpleObject)]
pub struct RestoreArticleRevisionPayload {
    /// The article; null when refused.
    article: Option<Article>,
    /// What a person can put right.
    user_errors: Vec<UserError>,
}

/// What came of `reviewArticle`.
#[derive(SimpleObject)]
pub struct ReviewArticlePayload {
    /// The article; null when refused.
    article: Option<Article>,
    /// What a person can put right.
    user_errors: Vec<UserError>,
}

/// What came of `giveArticleFeedback`.
#[derive(SimpleObject)]
pub struct GiveArticleFeedbackPayload {
    /// The article; null when refused.
    article: Option<Article>,
    /// What a person can put right.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct EditingMutation;

#[Object]
impl EditingMutation {
    /// Changes what an article has besides its texts. Staff edit drafts; what was published is for leads and admins to
    /// edit. What was to publish itself does not any more: schedule it again.
    async fn edit_article(
        &self,
        ctx: &Context<'_>,
        input: EditArticleInput,
    ) -> Result<EditArticlePayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let id = ArticleId::of(&input.article_id);
        let expected = input.expected_version;
        let edit = input.into();
        let edited = retry(|| commands::edit_article(app, actor, id, expected, &edit)).await;
        let (article, user_errors) = answer(ctx, id, edited).await?;
        Ok(EditArticlePayload {
            article,
            user_errors,
        })
    }

    /// Says when an article publishes itself, and when it archives itself: within two seconds of these times. For leads
    /// and admins. Publishing or archiving it by hand is the end of it, and so is an edit of what is not published yet:
    /// it was approved as it was.
    async fn schedule_article(
        &self,
        ctx: &Context<'_>,
        input: ScheduleArticleInput,
    ) -> Result<ScheduleArticlePayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let id = ArticleId::of(&input.article_id);
        let expected = input.expected_version;
        let times = (patched(input.publish_at), patched(input.archive_at));
        let schedule = || commands::schedule_article(app, actor, id, expected, times);
        let (article, user_errors) = answer(ctx, id, retry(schedule).await).await?;
        Ok(ScheduleArticlePayload {
            article,
            user_errors,
        })
    }

    /// Puts an earlier text of an article in the place of the present one of its language, which becomes a revision in
    /// its turn. For those who may edit the article.
    async fn restore_article_revision(
        &self,
        ctx: &Context<'_>,
        input: RestoreArticleRevisionInput,
    ) -> Result<RestoreArticleRevisionPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let id = ArticleRevisionId::of(&input.revision_id);
        let expected = input.expected_version;
        let restore = || commands::restore_article_revision(app, actor, id, expected);
        let (article, user_errors) = split_errors(retry(restore).await, actor.locale())?;
        Ok(RestoreArticleRevisionPayload {
            article: article.map(Article),
            user_errors,
        })
    }

    /// Says that somebody has looked at an article and that it still holds; staff only. It is no edit.
    async fn review_article(
        &self,
        ctx: &Context<'_>,
        input: ReviewArticleInput,
    ) -> Result<ReviewArticlePayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let id = ArticleId::of(&input.article_id);
        let reviewed = retry(|| commands::review_article(app, actor, id)).await;
        let (article, user_errors) = answer(ctx, id, reviewed).await?;
        Ok(ReviewArticlePayload {
            article,
            user_errors,
        })
    }

    /// Says whether a published article helped, or takes that back. Each person says one thing of an article: the last.
    async fn give_article_feedback(
        &self,
        ctx: &Context<'_>,
        input: GiveArticleFeedbackInput,
    ) -> Result<GiveArticleFeedbackPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let id = ArticleId::of(&input.article_id);
        let given = retry(|| commands::give_feedback(app, actor, id, input.is_helpful)).await;
        let (article, user_errors) = answer(ctx, id, given).await?;
        Ok(GiveArticleFeedbackPayload {
            article,
            user_errors,
        })
    }
}

impl From<EditArticleInput> for Edit {
    fn from(input: EditArticleInput) -> Self {
        Self {
            slug: input.slug,
            url: input.url,
            visibility: input.visibility.map(Into::into),
            category_id: named(&input.category_id),
            category: patched(input.category),
            tags: input.tags,
        }
    }
}
