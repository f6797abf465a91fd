//! Writes articles with their translations, known by their slugs.

use std::collections::{HashMap, HashSet};

use entity::{
    article::{self, Status, Visibility},
    article_translation,
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
    events::Event,
    index::Thing,
    text::{self, markdown},
};

/// The articles that rows name, by slug.
pub(super) async fn find(
    tx: &Tx<'_>,
    slugs: HashSet<&str>,
) -> Result<HashMap<String, article::Model>> {
    let found = bulk::find_in(tx, article::Entity::find(), article::Column::Slug, slugs).await?;
    Ok(found
        .into_iter()
        .map(|article| (article.slug.clone(), article))
        .collect())
}

/// Makes or changes an article.
pub(super) async fn write(
    tx: &mut Tx<'_>,
    known: &mut HashMap<String, article::Model>,
    row: &Article,
    existing: Existing,
) -> Result<Outcome> {
    let outcome = match known.get(&row.slug) {
        None => {
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
            known.insert(row.slug.clone(), article);
            Outcome::Created
        }
        Some(_) if existing == Existing::Keep => return Ok(Outcome::Unchanged),
        Some(old) => {
            let new = changed(tx, old.clone(), row);
            if new == *old {
                Outcome::Unchanged
            } else {
                article::Entity::update(new.clone().into_active_model().reset_all())
                    .exec(&**tx)
                    .await?;
                known.insert(row.slug.clone(), new);
                Outcome::Updated
            }
        }
    };
    let article = &known[&row.slug];
    let is_changed = write_texts(tx, article, row).await?;
    if is_changed {
        tx.index(Thing::Article(article.id));
    }
    Ok(if is_changed && outcome == Outcome::Unchanged {
        Outcome::Updated
    } else {
        outcome
    })
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
    }
    if let Some(tags) = &row.tags {
        article.tags = Tags(tags.clone());
    }
    if article.status == Status::Published {
        article.published_at.get_or_insert(tx.now());
    }
    if article != old {
        article.updated_at = tx.now();
    }
    article
}

/// Whether any text was different before.
async fn write_texts(tx: &Tx<'_>, article: &article::Model, row: &Article) -> Result<bool> {
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
    let mut is_changed = false;
    for (locale, text) in own.chain(others) {
        let old = old.iter().find(|old| old.locale == locale);
        if old.is_some_and(|old| is_same(old, text)) {
            continue;
        }
        is_changed = true;
        let new = translation(article, locale, text)
            .into_active_model()
            .reset_all();
        if old.is_some() {
            article_translation::Entity::update(new).exec(&**tx).await?;
        } else {
            article_translation::Entity::insert(new)
                .exec_without_returning(&**tx)
                .await?;
        }
    }
    Ok(is_changed)
}

fn is_same(old: &article_translation::Model, text: &ArticleText) -> bool {
    old.title == text.title && old.body == text.body && old.summary == summary(text)
}

fn translation(
    article: &article::Model,
    locale: Locale,
    text: &ArticleText,
) -> article_translation::Model {
    article_translation::Model {
        article_id: article.id,
        locale,
        title: text.title.clone(),
        title_folded: text::fold(&text.title),
        summary: summary(text),
        body: text.body.clone(),
        body_html: text.body.as_deref().map(markdown::to_html),
        updated_at: article.updated_at,
    }
}

fn summary(text: &ArticleText) -> String {
    match (&text.summary, &text.body) {
        (Some(summary), _) => summary.clone(),
        (None, Some(body)) => markdown::excerpt(body),
        (None, None) => String::new(),
    }
}
