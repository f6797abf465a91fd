//! An article's texts, locale by locale. What is replaced is kept.

use entity::{
    article, article_revision as revision, article_translation as translation,
    ids::{ArticleId, ArticleRevisionId},
};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};

use super::{cancel_publication, lock, store};
use crate::{
    actor::Actor,
    app::{App, Tx},
    error::{Error, Result, expect_version},
    events::Event,
    knowledge::rules::{self, NewText, Text},
    policy::{self, Action},
    refusal::Refusal,
};

/// Adds the texts of another locale, or replaces those of one. The same again changes nothing.
pub async fn translate_article(
    app: &App,
    actor: &Actor,
    id: Option<ArticleId>,
    expected: Option<i32>,
    new: &NewText,
) -> Result<article::Model> {
    let text = rules::check_translation(new)?;
    let tx = app.begin(actor).await?;
    replace(tx, id, expected, text).await
}

/// Puts an earlier text in the place of the present one, which is kept in its turn.
pub async fn restore_article_revision(
    app: &App,
    actor: &Actor,
    id: Option<ArticleRevisionId>,
    expected: Option<i32>,
) -> Result<article::Model> {
    let missing = Refusal::NotFound {
        field: "revisionId",
    };
    let id = id.ok_or_else(|| missing.clone())?;
    // What was kept does not change: it is rendered before anything is held.
    let found = revision::Entity::find_by_id(id)
        .one(&app.store.read)
        .await?;
    let revision = found.filter(|_| policy::is_at_desk(actor));
    let revision = revision.ok_or_else(|| missing.clone())?;
    let id = revision.article_id;
    let text = rules::text_of(revision);
    let tx = app.begin(actor).await?;
    // Who may not edit the article does not hear that it has this text.
    let is_theirs = match lock(&tx, Some(id)).await {
        Ok(article) => policy::may(actor, Action::EditArticle(&article)),
        Err(Error::Refused(_)) => false,
        Err(error) => return Err(error),
    };
    if !is_theirs {
        return Err(missing.into());
    }
    replace(tx, Some(id), expected, text).await
}

async fn replace(
    mut tx: Tx<'_>,
    id: Option<ArticleId>,
    expected: Option<i32>,
    text: Text,
) -> Result<article::Model> {
    let mut article = lock(&tx, id).await?;
    policy::authorize(tx.actor(), Action::EditArticle(&article))?;
    expect_version(article.version, expected)?;
    rules::require_kind(&text, article.url.is_some())?;
    let (article_id, locale) = (article.id, text.locale);
    if !write(&tx, article_id, text).await? {
        return Ok(article);
    }
    cancel_publication(&mut article);
    let article = store(&tx, article).await?;
    tx.record(Event::ArticleTranslated { article_id, locale });
    tx.commit().await?;
    Ok(article)
}

/// Writes texts where they differ from what is there, which is kept; whether they do. The article is held.
async fn write(tx: &Tx<'_>, article_id: ArticleId, text: Text) -> Result<bool> {
    let key = (article_id, text.locale);
    let Some(before) = translation::Entity::find_by_id(key).one(&**tx).await? else {
        insert(tx, article_id, text).await?;
        return Ok(true);
    };
    if text.is_of(&before) {
        return Ok(false);
    }
    keep_revision(tx, before).await?;
    let row = row(tx, article_id, text).into_active_model().reset_all();
    row.update(&**tx).await?;
    Ok(true)
}

/// Writes the first texts of a locale.
pub(super) async fn insert(tx: &Tx<'_>, article_id: ArticleId, text: Text) -> Result<()> {
    let row = row(tx, article_id, text).into_active_model().reset_all();
    translation::Entity::insert(row)
        .exec_without_returning(&**tx)
        .await?;
    Ok(())
}

fn row(tx: &Tx<'_>, article_id: ArticleId, text: Text) -> translation::Model {
    translation::Model {
        article_id,
        locale: text.locale,
        title: text.title,
        title_folded: text.title_folded,
        summary: text.summary,
        body: text.body,
        body_html: text.body_html,
        updated_at: tx.now(),
        edited_by_id: tx.actor().id(),
    }
}

/// Keeps texts that are about to be replaced, with who wrote them and when.
pub async fn keep_revision(tx: &Tx<'_>, before: translation::Model) -> Result<()> {
    let revision = revision::Model {
        id: ArticleRevisionId(tx.new_id()),
        article_id: before.article_id,
        locale: before.locale,
        title: before.title,
        summary: before.summary,
        body: before.body,
        edited_by_id: before.edited_by_id,
        edited_at: before.updated_at,
        replaced_at: tx.now(),
    };
    let row = revision.into_active_model().reset_all();
    revision::Entity::insert(row)
        .exec_without_returning(&**tx)
        .await?;
    Ok(())
}
