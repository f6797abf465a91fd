//! What readers say of an article.

use entity::{
    article,
    article_feedback::{self, Column},
    ids::ArticleId,
};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, QueryFilter, sea_query::OnConflict};

use crate::{
    actor::Actor,
    app::App,
    error::{Error, Result},
    events::Event,
    policy::{self, Action},
    refusal::Refusal,
};

/// Notes whether an article helped its reader; none takes it back. Each reader has said one thing of it, the last; the
/// same again changes nothing. The article is not held: readers do not wait for one another.
pub async fn give_feedback(
    app: &App,
    actor: &Actor,
    id: Option<ArticleId>,
    is_helpful: Option<bool>,
) -> Result<article::Model> {
    let missing = || Error::from(Refusal::NotFound { field: "articleId" });
    let mut tx = app.begin(actor).await?;
    let article = article::Entity::find_by_id(id.ok_or_else(missing)?)
        .filter(policy::visible_articles(actor))
        .one(&*tx)
        .await?;
    let article = article.ok_or_else(missing)?;
    policy::authorize(actor, Action::GiveArticleFeedback(&article))?;
    let user_id = actor.id().ok_or(Error::Forbidden)?;
    let key = (article.id, user_id);
    let before = article_feedback::Entity::find_by_id(key).one(&*tx).await?;
    if before.map(|before| before.is_helpful) == is_helpful {
        return Ok(article);
    }
    match is_helpful {
        Some(is_helpful) => {
            let said = article_feedback::Model {
                article_id: article.id,
                user_id,
                is_helpful,
                given_at: tx.now(),
            };
            let replace = OnConflict::columns([Column::ArticleId, Column::UserId])
                .update_columns([Column::IsHelpful, Column::GivenAt])
                .to_owned();
            article_feedback::Entity::insert(said.into_active_model().reset_all())
                .on_conflict(replace)
                .exec_without_returning(&*tx)
                .await?;
        }
        None => {
            article_feedback::Entity::delete_by_id(key)
                .exec(&*tx)
                .await?;
        }
    }
    tx.record(Event::ArticleFeedbackGiven {
        article_id: article.id,
    });
    tx.commit().await?;
    Ok(article)
}
