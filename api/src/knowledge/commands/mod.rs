//! Every change to articles, their categories and their links: may they? is it right? then rows and event in one `Tx`.

mod categories;
mod feedback;
mod life;
mod links;
mod properties;
mod slugs;
mod texts;
mod upsert;

pub use categories::{CategoryEdit, create_category, delete_category, edit_category};
pub use feedback::give_feedback;
pub use life::{
    archive_article, meet_schedule, next_scheduled, publish_article, review_article,
    schedule_article,
};
pub use links::{Added, link, link_knowledge, suggest_on};
pub(super) use properties::insert_draft;
pub use properties::{create_article, edit_article};
pub use texts::{keep_revision, restore_article_revision, translate_article};
pub use upsert::{GivenArticle, upsert_article};

use entity::{article, ids::ArticleId};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect};

use super::rules;
use crate::{
    app::{Tx, is_taken},
    error::{Error, Result},
    events::{ArticleField, Event},
    policy,
    refusal::Refusal,
};

/// An article that the transaction's actor sees, held until its end.
async fn lock(tx: &Tx<'_>, id: Option<ArticleId>) -> Result<article::Model> {
    let missing = || Error::from(Refusal::NotFound { field: "articleId" });
    let found = article::Entity::find_by_id(id.ok_or_else(missing)?)
        .filter(policy::visible_articles(tx.actor()))
        .lock_exclusive()
        .one(&**tx)
        .await?;
    found.ok_or_else(missing)
}

/// Writes what a change made of an article that is held.
async fn store(tx: &Tx<'_>, mut article: article::Model) -> Result<article::Model> {
    article.version += 1;
    article.updated_at = tx.now();
    article.scheduled_at = rules::next_of_schedule(article.publish_at, article.archive_at);
    let row = article.into_active_model().reset_all();
    row.update(&**tx).await.map_err(|error| {
        if is_taken(&error) {
            Refusal::Taken { field: "slug" }.into()
        } else {
            error.into()
        }
    })
}

/// Writes that an article that is held has other files now: an edit as any other.
pub async fn store_other_files(
    tx: &mut Tx<'_>,
    mut article: article::Model,
) -> Result<article::Model> {
    cancel_publication(&mut article);
    let article = store(tx, article).await?;
    tx.record(Event::ArticleEdited {
        article_id: article.id,
        fields: vec![ArticleField::Files],
    });
    Ok(article)
}

/// What would publish itself was approved as it was, not as it is now.
fn cancel_publication(article: &mut article::Model) {
    if article.status != article::Status::Published {
        article.publish_at = None;
        article.archive_at = None;
    }
}
