//! Writes articles with their translations, known by their slugs.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use entity::{
    article::{self, Status, Visibility},
    article_slug, article_translation,
    ids::ArticleId,
    json::Tags,
    user::Locale,
};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};

use super::{
    bulk,
    commands::Existing,
    record::{Article, ArticleText},
    report::Outcome,
};
use crate::{
    app::Tx,
    error::Result,
    events::{ArticleField, Event},
    knowledge,
    text::{self, markdown},
};

/// The articles that rows name, by slug: by the one that they have, else by one that they had.
pub(super) async fn find(
    tx: &Tx<'_>,
    slugs: HashSet<&str>,
) -> Result<HashMap<String, article::Model>> {
    let former = bulk::find_in(
        tx,
        article_slug::Entity::find(),
        article_slug::Column::Slug,
        slugs.clone(),
    );
    let former = former.await?;
    let ids: HashSet<ArticleId> = former.iter().map(|slug| slug.article_id).collect();
    let renamed = bulk::find_in(tx, article::Entity::find(), article::Column::Id, ids).await?;
    let found = bulk::find_in(tx, article::Entity::find(), article::Column::Slug, slugs).await?;
    let renamed: HashMap<ArticleId, article::Model> = renamed
        .into_iter()
        .map(|article| (article.id, article))
        .collect();
    let mut known = HashMap::new();
    for slug in former {
        if let Some(article) = renamed.get(&slug.article_id) {
            known.insert(slug.slug, article.clone());
        }
    }
    known.extend(
        found
            .into_iter()
            .map(|article| (article.slug.clone(), article)),
    );
    Ok(known)
}

/// Makes or changes an article.
pub(super) async fn write(
    tx: &mut Tx<'_>,
    known: &mut HashMap<String, article::Model>,
    row: &Article,
    existing: Existing,
) -> Result<Outcome> {
    let Some(old) = known.get(&row.slug) else {
        let article = create(tx, row).await?;
        known.insert(row.slug.clone(), article);
        return Ok(Outcome::Created);
    };
    if existing == Existing::Keep {
        return Ok(Outcome::Unchanged);
    }
    let mut new = changed(tx, old.clone(), row);
    let locales = write_texts(tx, &new, row, tx.now()).await?;
    if new == *old && locales.is_empty() {
        return Ok(Outcome::Unchanged);
    }
    new.version += 1;
    new.updated_at = tx.now();
    article::Entity::update(new.clone().into_active_model().reset_all())
        .exec(&**tx)
        .await?;
    knowledge::track(tx, &new).await?;
    record_changes(tx, old, &new, locales);
    known.insert(row.slug.clone(), new);
    Ok(Outcome::Updated)
}

async fn create(tx: &mut Tx<'_>, row: &Article) -> Result<article::Model> {
    let article = new_article(tx, row);
    let article_id = article.id;
    bulk::insert::<article::Entity, _>(tx, std::iter::once(article.clone())).await?;
    tx.record_past(
        Event::ArticleCreated { article_id },
        None,
        article.created_at,
    );
    if let Some(published_at) = article.published_at {
        tx.record_past(Event::ArticlePublished { article_id }, None, published_at);
    }
    write_texts(tx, &article, row, article.updated_at).await?;
    knowledge::track(tx, &article).await?;
    Ok(article)
}

/// Suggestions and streams follow what is told.
fn record_changes(
    tx: &mut Tx<'_>,
    old: &article::Model,
    new: &article::Model,
    locales: Vec<Locale>,
) {
    let article_id = new.id;
    for locale in locales {
        tx.record(Event::ArticleTranslated { article_id, locale });
    }
    let compared = [
        (ArticleField::Url, old.url != new.url),
        (ArticleField::Visibility, old.visibility != new.visibility),
        (ArticleField::Category, old.category != new.category),
        (ArticleField::Tags, old.tags != new.tags),
    ];
    let changed = compared.into_iter().filter(|(_, is_changed)| *is_changed);
    let fields: Vec<_> = changed.map(|(field, _)| field).collect();
    if !fields.is_empty() {
        tx.record(Event::ArticleEdited { article_id, fields });
    }
    if old.status != new.status {
        tx.record(match new.status {
            Status::Published => Event::ArticlePublished { article_id },
            Status::Archived | Status::Draft => Event::ArticleArchived { article_id },
        });
    }
}

fn new_article(tx: &Tx<'_>, row: &Article) -> article::Model {
    let now = tx.now();
    let created_at = row
        .created_at
        .map_or(now, |when| when.resolve(now).min(now));
    let updated_at = row
        .updated_at
        .map_or(created_at, |when| when.resolve(now).clamp(created_at, now));
    let status = row.status.unwrap_or(Status::Published);
    article::Model {
        id: ArticleId(tx.new_id()),
        slug: row.slug.clone(),
        status,
        visibility: row.visibility.unwrap_or(Visibility::Public),
        category: row.category.clone(),
        tags: Tags(row.tags.clone().unwrap_or_default()),
        url: row.url.clone(),
        locale: row.locale.unwrap_or_default(),
        solved_count: 0,
        helpful_count: 0,
        external_id: None,
        created_by_id: None,
        created_at,
        updated_at,
        published_at: (status == Status::Published).then_some(created_at),
        version: 1,
        publish_at: None,
        archive_at: None,
        scheduled_at: None,
        reviewed_at: None,
        reviewed_by_id: None,
        category_id: None,
    }
}

fn changed(tx: &Tx<'_>, mut article: article::Model, row: &Article) -> article::Model {
    let old = article.clone();
    article.status = row.status.unwrap_or(article.status);
    article.visibility = row.visibility.unwrap_or(article.visibility);
    article.locale = row.locale.unwrap_or(article.locale);
    article.url.clone_from(&row.url);
    if row.category.is_some() {
        article.category.clone_from(&row.category);
        article.category_id = None;
    }
    if let Some(tags) = &row.tags {
        article.tags = Tags(tags.clone());
    }
    if article.status == Status::Published {
        article.published_at.get_or_insert(tx.now());
    }
    if article != old {
        // What would publish or archive itself was meant as it was.
        article.publish_at = None;
        article.archive_at = None;
        article.scheduled_at = None;
    }
    article
}

/// Writes the texts that differ from those that are there; in which locales. What is replaced is kept.
async fn write_texts(
    tx: &Tx<'_>,
    article: &article::Model,
    row: &Article,
    at: DateTime<Utc>,
) -> Result<Vec<Locale>> {
    let of_article = article_translation::Column::ArticleId.eq(article.id);
    let old = article_translation::Entity::find()
        .filter(of_article)
        .all(&**tx)
        .await?;
    let own = std::iter::once((article.locale, &row.text));
    let others = row
        .translations
        .iter()
        .map(|(locale, text)| (*locale, text));
    let mut locales = Vec::new();
    for (locale, text) in own.chain(others) {
        let old = old.iter().find(|old| old.locale == locale);
        if old.is_some_and(|old| is_same(old, text)) {
            continue;
        }
        locales.push(locale);
        let new = translation((article.id, locale), text, at)
            .into_active_model()
            .reset_all();
        if let Some(old) = old {
            knowledge::keep_revision(tx, old.clone()).await?;
            article_translation::Entity::update(new).exec(&**tx).await?;
        } else {
            article_translation::Entity::insert(new)
                .exec_without_returning(&**tx)
                .await?;
        }
    }
    Ok(locales)
}

fn is_same(old: &article_translation::Model, text: &ArticleText) -> bool {
    old.title == text.title && old.body == text.body && old.summary == summary(text)
}

fn translation(
    (article_id, locale): (ArticleId, Locale),
    text: &ArticleText,
    at: DateTime<Utc>,
) -> article_translation::Model {
    article_translation::Model {
        article_id,
        locale,
        title: text.title.clone(),
        title_folded: text::fold(&text.title),
        summary: summary(text),
        body: text.body.clone(),
        body_html: text.body.as_deref().map(markdown::to_html),
        updated_at: at,
        edited_by_id: None,
    }
}

fn summary(text: &ArticleText) -> String {
    match (&text.summary, &text.body) {
        (Some(summary), _) => summary.clone(),
        (None, Some(body)) => markdown::excerpt(body),
        (None, None) => String::new(),
    }
}
