//! Every read of articles and knowledge links, through what the actor may see.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use entity::{
    article::{self, Column, Status, Visibility},
    article_category as category, article_revision as revision, article_slug,
    article_translation as translation,
    ids::{ArticleCategoryId, ArticleId, ArticleRevisionId},
    index_fill::Kind,
    knowledge_link, link_check,
    user::Locale,
};
use sea_orm::{
    ColumnTrait, Condition, DbBackend, DerivePartialModel, EntityTrait, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
    prelude::DateTimeUtc,
    sea_query::{Expr, SelectStatement, SimpleExpr},
};

use super::rules;
use crate::{
    actor::Actor,
    app::App,
    error::Result,
    index::{self, HasWords},
    input::KEY_CHARS_MAX,
    page::{Cursor, OrderBy, OrderTag, Page, Sort, Window},
    people, policy, text,
};

/// Lists of articles: the newest change first.
pub const ORDER: OrderTag = *b"At";
/// Earlier texts of an article: the one that was replaced last first.
pub const REVISION_ORDER: OrderTag = *b"V-";

/// How one article is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reference {
    /// None: the id names nothing.
    Id(Option<ArticleId>),
    Slug(String),
    ExternalId(String),
}

/// Which articles a list has; what is absent does not matter.
#[derive(Clone, Debug, Default)]
pub struct ArticleFilter {
    pub status: Option<Status>,
    pub visibility: Option<Visibility>,
    /// A name: of a category, in either language, or one that is only a name.
    pub category: Option<String>,
    /// That of the tree and those that stand in it; none: no article.
    pub categories: Option<HashSet<ArticleCategoryId>>,
    /// Whether the page that they are links to is gone.
    pub has_dead_link: Option<bool>,
    pub tag: Option<String>,
    /// Has a translation in this locale.
    pub locale: Option<String>,
    /// What stands in its texts, of whatever locale.
    pub words: Option<index::Query>,
}

/// What lists show of an article's texts in one locale; the long ones are [`Body`].
#[derive(Clone, Debug, DerivePartialModel)]
#[sea_orm(entity = "translation::Entity")]
pub struct Heading {
    pub article_id: ArticleId,
    pub locale: Locale,
    pub title: String,
    pub summary: String,
    pub updated_at: DateTimeUtc,
}

/// The long texts of an article in one locale.
#[derive(Clone, Debug, DerivePartialModel)]
#[sea_orm(entity = "translation::Entity")]
pub struct Body {
    pub article_id: ArticleId,
    pub locale: Locale,
    pub body: Option<String>,
    pub body_html: Option<String>,
}

/// An article on a ticket.
pub type Linked = (knowledge_link::Model, article::Model);

pub async fn find_article(
    app: &App,
    actor: &Actor,
    reference: Reference,
) -> Result<Option<article::Model>> {
    let article = match reference {
        Reference::Id(Some(id)) => visible(actor).filter(Column::Id.eq(id)),
        Reference::ExternalId(key) => match text::clean_line(&key, KEY_CHARS_MAX) {
            Ok(key) => visible(actor).filter(Column::ExternalId.eq(key)),
            Err(_) => return Ok(None),
        },
        Reference::Slug(slug) if rules::is_slug(&slug) => {
            return find_by_slug(app, actor, &slug).await;
        }
        Reference::Id(None) | Reference::Slug(_) => return Ok(None),
    };
    Ok(article.one(&app.store.read).await?)
}

/// By the slug that it has, else by one that it had.
async fn find_by_slug(app: &App, actor: &Actor, slug: &str) -> Result<Option<article::Model>> {
    let article = visible(actor).filter(Column::Slug.eq(slug));
    if let Some(article) = article.one(&app.store.read).await? {
        return Ok(Some(article));
    }
    let former = article_slug::Entity::find()
        .select_only()
        .column(article_slug::Column::ArticleId)
        .filter(article_slug::Column::Slug.eq(slug))
        .into_query();
    let article = visible(actor).filter(Column::Id.in_subquery(former));
    Ok(article.one(&app.store.read).await?)
}

/// Those of `ids` that the actor may read.
pub async fn find_articles(
    app: &App,
    actor: &Actor,
    ids: &[ArticleId],
) -> Result<HashMap<ArticleId, article::Model>> {
    let query = visible(actor).filter(Column::Id.is_in(ids.iter().copied()));
    let rows = query.all(&app.store.read).await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

/// One page of the articles that pass `filter`.
pub async fn list_articles(
    app: &App,
    actor: &Actor,
    filter: &ArticleFilter,
    window: &Window,
) -> Result<Page<article::Model>> {
    let order = OrderBy {
        column: Column::UpdatedAt,
        id: Column::Id,
        descending: true,
    };
    let query = visible(actor).filter(condition(filter, app.store.backend()));
    let rows = window.apply(query, &order).all(&app.store.read).await?;
    Ok(window.page(rows))
}

/// How many articles pass `filter`.
pub async fn count_articles(app: &App, actor: &Actor, filter: &ArticleFilter) -> Result<u64> {
    let query = visible(actor).filter(condition(filter, app.store.backend()));
    Ok(query.count(&app.store.read).await?)
}

/// Where an article stands in [`list_articles`].
pub fn place(article: &article::Model) -> Cursor {
    Cursor {
        sort: Sort::Time(article.updated_at),
        id: article.id.0,
    }
}

fn visible(actor: &Actor) -> Select<article::Entity> {
    article::Entity::find().filter(policy::visible_articles(actor))
}

fn condition(filter: &ArticleFilter, backend: DbBackend) -> Condition {
    // What cannot be stored matches nothing; asking the database for it would be an error.
    if filter
        .category
        .as_deref()
        .is_some_and(|category| category.contains('\0'))
    {
        return Condition::all().add(Expr::val(false));
    }
    let tag = filter.tag.as_deref().map(|tag| has_tag(tag, backend));
    let words = filter.words.as_ref();
    let words = words.map(|query| HasWords::new(query, Kind::Article, backend).expr());
    let translated = filter.locale.as_deref().map(translated);
    Condition::all()
        .add_option(filter.status.map(|status| Column::Status.eq(status)))
        .add_option(
            filter
                .visibility
                .map(|wanted| Column::Visibility.eq(wanted)),
        )
        .add_option(filter.category.as_deref().map(is_in_named))
        .add_option(
            filter
                .categories
                .as_ref()
                .map(|ids| Column::CategoryId.is_in(ids.iter().copied())),
        )
        .add_option(filter.has_dead_link.map(has_dead_link))
        .add_option(tag)
        .add_option(words)
        .add_option(translated.map(|query| Column::Id.in_subquery(query)))
}

fn is_in_named(name: &str) -> Condition {
    let of_name = Condition::any()
        .add(category::Column::NameEn.eq(name))
        .add(category::Column::NameFr.eq(name));
    let named = category::Entity::find()
        .select_only()
        .column(category::Column::Id)
        .filter(of_name)
        .into_query();
    Condition::any()
        .add(Column::Category.eq(name))
        .add(Column::CategoryId.in_subquery(named))
}

fn has_dead_link(is_wanted: bool) -> SimpleExpr {
    let dead = link_check::Entity::find()
        .select_only()
        .column(link_check::Column::ArticleId)
        .filter(link_check::Column::Status.eq(link_check::Status::Dead))
        .into_query();
    if is_wanted {
        Column::Id.in_subquery(dead)
    } else {
        Column::Id.not_in_subquery(dead)
    }
}

/// What was never a tag is on no article.
fn has_tag(tag: &str, backend: DbBackend) -> SimpleExpr {
    let Ok(tag) = text::tag(tag) else {
        return Expr::val(false);
    };
    match backend {
        DbBackend::Postgres => {
            Expr::cust_with_values(r#""articles"."tags" @> $1"#, [serde_json::json!([tag])])
        }
        _ => Expr::cust_with_values(
            r#"EXISTS (SELECT 1 FROM json_each("articles"."tags") WHERE "value" = ?)"#,
            [tag],
        ),
    }
}

/// The articles that have a text in this locale.
fn translated(name: &str) -> SelectStatement {
    let is_it = match people::locale_of(name) {
        Some(locale) => translation::Column::Locale.eq(locale),
        None => Expr::val(false),
    };
    translation::Entity::find()
        .select_only()
        .column(translation::Column::ArticleId)
        .filter(is_it)
        .into_query()
}

/// The earlier texts of articles that the actor may edit: of each those that [`Window::page`] cuts to a page.
pub async fn load_revisions(
    app: &App,
    ids: &[ArticleId],
    window: &Window,
) -> Result<Vec<revision::Model>> {
    let order = OrderBy {
        column: revision::Column::Id,
        id: revision::Column::Id,
        descending: true,
    };
    let page = if let [id] = ids {
        window.apply(revisions(*id), &order)
    } else {
        let article = revision::Column::ArticleId;
        let query = revision::Entity::find().filter(article.is_in(ids.iter().copied()));
        window.apply_to_each(query, article, &order)
    };
    Ok(page.all(&app.store.read).await?)
}

/// How many earlier texts an article has that the actor may edit.
pub async fn count_revisions(app: &App, id: ArticleId) -> Result<u64> {
    Ok(revisions(id).count(&app.store.read).await?)
}

fn revisions(id: ArticleId) -> Select<revision::Entity> {
    revision::Entity::find().filter(revision::Column::ArticleId.eq(id))
}

/// Where an earlier text stands among those of its article.
pub const fn place_of_revision(revision: &revision::Model) -> Cursor {
    let ArticleRevisionId(id) = revision.id;
    Cursor {
        sort: Sort::None,
        id,
    }
}

/// The headings of articles that the actor sees, by article, in all their locales.
pub async fn load_headings(
    app: &App,
    ids: &[ArticleId],
) -> Result<HashMap<ArticleId, Arc<Vec<Heading>>>> {
    let rows = translation::Entity::find()
        .filter(translation::Column::ArticleId.is_in(ids.iter().copied()))
        .order_by_asc(translation::Column::Locale)
        .into_partial_model::<Heading>()
        .all(&app.store.read)
        .await?;
    Ok(grouped(rows, |heading| heading.article_id))
}

/// The long texts of articles that the actor sees.
pub async fn load_bodies(
    app: &App,
    keys: &[(ArticleId, Locale)],
) -> Result<HashMap<(ArticleId, Locale), Arc<Body>>> {
    let is_key = |(id, locale): &(ArticleId, Locale)| {
        Condition::all()
            .add(translation::Column::ArticleId.eq(*id))
            .add(translation::Column::Locale.eq(*locale))
    };
    let is_any = keys
        .iter()
        .map(is_key)
        .fold(Condition::any(), Condition::add);
    let rows = translation::Entity::find()
        .filter(is_any)
        .into_partial_model::<Body>()
        .all(&app.store.read)
        .await?;
    let by_key = |body: Body| ((body.article_id, body.locale), Arc::new(body));
    Ok(rows.into_iter().map(by_key).collect())
}

/// All texts of articles that the actor sees, by article.
pub async fn load_translations(
    app: &App,
    ids: &[ArticleId],
) -> Result<HashMap<ArticleId, Arc<Vec<translation::Model>>>> {
    let rows = translation::Entity::find()
        .filter(translation::Column::ArticleId.is_in(ids.iter().copied()))
        .order_by_asc(translation::Column::Locale)
        .all(&app.store.read)
        .await?;
    Ok(grouped(rows, |text| text.article_id))
}

pub(super) fn grouped<K: std::hash::Hash + Eq, T>(
    rows: Vec<T>,
    key: impl Fn(&T) -> K,
) -> HashMap<K, Arc<Vec<T>>> {
    let mut groups: HashMap<K, Vec<T>> = HashMap::new();
    for row in rows {
        groups.entry(key(&row)).or_default().push(row);
    }
    groups
        .into_iter()
        .map(|(key, rows)| (key, Arc::new(rows)))
        .collect()
}
