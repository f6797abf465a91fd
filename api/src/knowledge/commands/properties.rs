//! Creating an article, and changing what it has besides its texts.

use entity::{
    article::{self, Column, Status},
    article_category,
    ids::{ArticleCategoryId, ArticleId},
    json::Tags,
};
use sea_orm::{
    ActiveModelTrait, DbErr, EntityTrait, IntoActiveModel, QuerySelect, sea_query::OnConflict,
};

use super::{cancel_publication, lock, slugs, store, texts};
use crate::{
    actor::Actor,
    app::{App, Tx, is_taken},
    attachment::{self, Owner},
    error::{Error, Result, expect_version},
    events::{ArticleField, Event},
    input::{Named, Patch},
    knowledge::{
        link_check,
        rules::{self, CleanEdit, Draft, Edit, NewArticle},
    },
    policy::{self, Action},
    refusal::Refusal,
};

/// Creates a draft.
pub async fn create_article(app: &App, actor: &Actor, new: &NewArticle) -> Result<article::Model> {
    create_article_known_as(app, actor, new, None).await
}

/// [`create_article`] of one that another system knows by this key, which is clean.
pub(super) async fn create_article_known_as(
    app: &App,
    actor: &Actor,
    new: &NewArticle,
    external_id: Option<&str>,
) -> Result<article::Model> {
    policy::authorize(actor, Action::CreateArticle)?;
    let draft = rules::check_article(new)?;

    let mut tx = app.begin(actor).await?;
    let category_id = category(&tx, new.category_id, None).await?;
    let mut article = insert_draft(&mut tx, draft, category_id).await?;
    if external_id.is_some() {
        article.external_id = external_id.map(str::to_owned);
        let row = article.clone().into_active_model().reset_all();
        article = row.update(&*tx).await.map_err(taken_key)?;
    }
    attachment::attach(&tx, &new.uploads, Owner::Article(article.id)).await?;
    tx.commit().await?;
    Ok(article)
}

fn taken_key(error: DbErr) -> Error {
    if is_taken(&error) {
        let field = "externalId";
        return Refusal::Taken { field }.into();
    }
    error.into()
}

/// Writes a draft and its texts.
pub(in crate::knowledge) async fn insert_draft(
    tx: &mut Tx<'_>,
    draft: Draft,
    category_id: Option<ArticleCategoryId>,
) -> Result<article::Model> {
    let article = insert_article(tx, &draft, category_id).await?;
    texts::insert(tx, article.id, draft.text).await?;
    link_check::track(tx, &article).await?;
    tx.record(Event::ArticleCreated {
        article_id: article.id,
    });
    Ok(article)
}

/// Tries one slug after the other; only the given one can be refused.
async fn insert_article(
    tx: &Tx<'_>,
    draft: &Draft,
    category_id: Option<ArticleCategoryId>,
) -> Result<article::Model> {
    let id = ArticleId(tx.new_id());
    let slugs: Vec<_> = match &draft.slug {
        Some(given) => vec![given.clone()],
        None => rules::slugs(&draft.text.title, id).collect(),
    };
    for slug in slugs {
        let article = new_article(tx, id, slug, draft, category_id);
        let insert = article::Entity::insert(article.clone().into_active_model().reset_all());
        let if_free = OnConflict::column(Column::Slug).do_nothing().to_owned();
        let inserted = insert
            .on_conflict(if_free)
            .exec_without_returning(&**tx)
            .await?;
        if inserted == 0 {
            continue;
        }
        // Now that it is ours nobody can give it up unseen.
        if !slugs::is_anothers(tx, id, &article.slug).await? {
            return Ok(article);
        }
        article::Entity::delete_by_id(id).exec(&**tx).await?;
    }
    Err(Refusal::Taken { field: "slug" }.into())
}

fn new_article(
    tx: &Tx<'_>,
    id: ArticleId,
    slug: String,
    draft: &Draft,
    category_id: Option<ArticleCategoryId>,
) -> article::Model {
    article::Model {
        id,
        slug,
        status: Status::Draft,
        visibility: draft.visibility,
        category: draft.category.clone(),
        tags: Tags(draft.tags.clone()),
        url: draft.url.clone(),
        locale: draft.text.locale,
        solved_count: 0,
        helpful_count: 0,
        external_id: None,
        created_by_id: tx.actor().id(),
        created_at: tx.now(),
        updated_at: tx.now(),
        published_at: None,
        version: 1,
        publish_at: None,
        archive_at: None,
        scheduled_at: None,
        reviewed_at: None,
        reviewed_by_id: None,
        category_id,
    }
}

/// Changes what an article has besides its texts. A change of what would publish itself cancels that; the same again
/// changes nothing.
pub async fn edit_article(
    app: &App,
    actor: &Actor,
    id: Option<ArticleId>,
    expected: Option<i32>,
    edit: &Edit,
) -> Result<article::Model> {
    let clean = rules::check_edit(edit)?;

    let mut tx = app.begin(actor).await?;
    let before = lock(&tx, id).await?;
    policy::authorize(actor, Action::EditArticle(&before))?;
    expect_version(before.version, expected)?;
    if clean.url.is_some() && before.url.is_none() {
        return Err(rules::body_or_url("url").into());
    }
    let mut article = applied(before.clone(), clean);
    article.category_id = category(&tx, edit.category_id, article.category_id).await?;
    let fields = changed_fields(&before, &article);
    if fields.is_empty() {
        return Ok(before);
    }
    cancel_publication(&mut article);
    let is_renamed = article.slug != before.slug;
    if is_renamed {
        slugs::retire(&tx, &before, &article.slug).await?;
    }
    let article = store(&tx, article).await?;
    if is_renamed && slugs::is_anothers(&tx, article.id, &article.slug).await? {
        return Err(Refusal::Taken { field: "slug" }.into());
    }
    link_check::track(&tx, &article).await?;
    tx.record(Event::ArticleEdited {
        article_id: article.id,
        fields,
    });
    tx.commit().await?;
    Ok(article)
}

fn applied(mut article: article::Model, clean: CleanEdit) -> article::Model {
    article.slug = clean.slug.unwrap_or(article.slug);
    article.url = clean.url.or(article.url);
    article.visibility = clean.visibility.unwrap_or(article.visibility);
    article.tags = clean.tags.map_or(article.tags, Tags);
    // A name and a place in the tree do not go together: the newer one holds.
    match clean.category {
        Patch::Set(_) => article.category_id = None,
        Patch::Keep if clean.is_in_tree => article.category = None,
        Patch::Keep | Patch::Empty => {}
    }
    article.category = clean.category.over(article.category);
    article
}

fn changed_fields(before: &article::Model, after: &article::Model) -> Vec<ArticleField> {
    let category = |article: &article::Model| (article.category_id, article.category.clone());
    let compared = [
        (ArticleField::Slug, before.slug != after.slug),
        (ArticleField::Url, before.url != after.url),
        (
            ArticleField::Visibility,
            before.visibility != after.visibility,
        ),
        (ArticleField::Category, category(before) != category(after)),
        (ArticleField::Tags, before.tags != after.tags),
    ];
    let changed = compared.into_iter().filter(|(_, is_changed)| *is_changed);
    changed.map(|(field, _)| field).collect()
}

/// The category that an input names, held so that it stays until the article stands in it.
async fn category(
    tx: &Tx<'_>,
    named: Named<ArticleCategoryId>,
    before: Option<ArticleCategoryId>,
) -> Result<Option<ArticleCategoryId>> {
    let missing = Refusal::NotFound {
        field: "categoryId",
    };
    let id = match named {
        Named::Absent => return Ok(before),
        Named::Null => return Ok(None),
        Named::Id(id) => id,
        Named::Unknown => return Err(missing.into()),
    };
    let found = article_category::Entity::find_by_id(id)
        .lock_shared()
        .one(&**tx)
        .await?;
    Ok(Some(found.ok_or(missing)?.id))
}
