//! What is known of articles besides what they say: how often they are opened, what readers think, whether their page is
//! still there, and how many stand in a category. For articles that the actor sees.

use std::collections::HashMap;

use entity::{
    article, article_feedback, article_view,
    ids::{ArticleCategoryId, ArticleId},
    link_check,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect, sea_query::Expr};

use super::tree::Tree;
use crate::{actor::Actor, app::App, directory::Snapshot, error::Result, policy};

/// What readers said of an article, each once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Feedback {
    pub helpful: i64,
    pub not_helpful: i64,
}

/// How often articles were opened, of those that were.
pub(super) async fn load_views(app: &App, ids: &[ArticleId]) -> Result<HashMap<ArticleId, i64>> {
    let rows = article_view::Entity::find()
        .filter(article_view::Column::ArticleId.is_in(ids.iter().copied()))
        .all(&app.store.read)
        .await?;
    let count = |row: article_view::Model| (row.article_id, row.count);
    Ok(rows.into_iter().map(count).collect())
}

/// What readers said of articles, of those of which somebody did.
pub(super) async fn load_feedback(
    app: &App,
    ids: &[ArticleId],
) -> Result<HashMap<ArticleId, Feedback>> {
    use article_feedback::Column::{ArticleId as Article, IsHelpful};

    let rows: Vec<(ArticleId, bool, i64)> = article_feedback::Entity::find()
        .select_only()
        .columns([Article, IsHelpful])
        .column_as(Expr::cust("COUNT(*)"), "count")
        .filter(Article.is_in(ids.iter().copied()))
        .group_by(Article)
        .group_by(IsHelpful)
        .into_tuple()
        .all(&app.store.read)
        .await?;
    let mut feedback: HashMap<ArticleId, Feedback> = HashMap::new();
    for (id, is_helpful, count) in rows {
        let feedback = feedback.entry(id).or_default();
        if is_helpful {
            feedback.helpful = count;
        } else {
            feedback.not_helpful = count;
        }
    }
    Ok(feedback)
}

/// What the actor said of articles, of those of which they did.
pub(super) async fn load_own_feedback(
    app: &App,
    actor: &Actor,
    ids: &[ArticleId],
) -> Result<HashMap<ArticleId, bool>> {
    let rows = article_feedback::Entity::find()
        .filter(article_feedback::Column::ArticleId.is_in(ids.iter().copied()))
        .filter(article_feedback::Column::UserId.is_in(actor.id()))
        .all(&app.store.read)
        .await?;
    let said = |row: article_feedback::Model| (row.article_id, row.is_helpful);
    Ok(rows.into_iter().map(said).collect())
}

/// What came of asking for the pages of articles, of those that were or will be asked for.
pub(super) async fn load_link_checks(
    app: &App,
    ids: &[ArticleId],
) -> Result<HashMap<ArticleId, link_check::Model>> {
    let rows = link_check::Entity::find()
        .filter(link_check::Column::ArticleId.is_in(ids.iter().copied()))
        .all(&app.store.read)
        .await?;
    Ok(rows.into_iter().map(|row| (row.article_id, row)).collect())
}

/// How many articles that the actor sees stand in each category, or in one that stands in it; those of none are left out.
pub(super) async fn count_in_categories(
    app: &App,
    actor: &Actor,
    directory: &Snapshot,
) -> Result<HashMap<ArticleCategoryId, i64>> {
    let rows: Vec<(ArticleCategoryId, i64)> = article::Entity::find()
        .select_only()
        .column(article::Column::CategoryId)
        .column_as(Expr::cust("COUNT(*)"), "count")
        .filter(article::Column::CategoryId.is_not_null())
        .filter(policy::visible_articles(actor))
        .group_by(article::Column::CategoryId)
        .into_tuple()
        .all(&app.store.read)
        .await?;
    let tree = Tree::new(&directory.categories);
    Ok(tree.sums(&rows.into_iter().collect()))
}
