//! The slugs that articles had before: they go on leading there, and no other article gets one of them.

use entity::{
    article,
    article_slug::{self, Column},
    ids::ArticleId,
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    sea_query::OnConflict,
};

use crate::{
    app::Tx,
    error::Result,
    refusal::{Refusal, Why},
};

/// Former slugs of one article.
const FORMER_MAX: usize = 100;

/// Lets the slug that an article has lead to it from now on, beside the `next` one. `next` may be one that it had before.
pub(super) async fn retire(tx: &Tx<'_>, article: &article::Model, next: &str) -> Result<()> {
    let of_article = article_slug::Entity::find().filter(Column::ArticleId.eq(article.id));
    if of_article.count(&**tx).await? >= FORMER_MAX as u64 {
        let why = Why::TooMany { max: FORMER_MAX };
        return Err(Refusal::Invalid { field: "slug", why }.into());
    }
    article_slug::Entity::delete_many()
        .filter(Column::Slug.eq(next))
        .filter(Column::ArticleId.eq(article.id))
        .exec(&**tx)
        .await?;
    let former = article_slug::Model {
        slug: article.slug.clone(),
        article_id: article.id,
    };
    let row = former.into_active_model().reset_all();
    let once = OnConflict::column(Column::Slug).do_nothing().to_owned();
    article_slug::Entity::insert(row)
        .on_conflict(once)
        .exec_without_returning(&**tx)
        .await?;
    Ok(())
}

/// Whether another article had this slug before. Ask once the slug is held: until then somebody may give it up.
pub(super) async fn is_anothers(tx: &Tx<'_>, id: ArticleId, slug: &str) -> Result<bool> {
    let others = article_slug::Entity::find_by_id(slug)
        .filter(Column::ArticleId.ne(id))
        .one(&**tx)
        .await?;
    Ok(others.is_some())
}
