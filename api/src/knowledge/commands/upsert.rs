//! Articles by the keys that another system has for them: made where there is none with the key, changed where there is.

use entity::{article, article_translation as translation, ids::ArticleId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::{
    lock,
    properties::{create_article_known_as, edit_article},
    texts::translate_article,
};
use crate::{
    actor::Actor,
    app::App,
    error::{Result, refuse_if_any},
    input::{Checked, KEY_CHARS_MAX, Patch},
    knowledge::rules::{Edit, NewArticle, NewText},
    people,
    policy::{self, Action},
};

/// What another system says of an article; what is not given stays, and is as in `createArticle` where it is new.
#[derive(Clone, Debug)]
pub struct GivenArticle {
    pub external_id: String,
    /// Of its texts.
    pub locale: String,
    pub title: Option<String>,
    pub body: Option<String>,
    /// Empty: the beginning of the body.
    pub summary: Patch<String>,
    pub edit: Edit,
}

/// Makes a draft, or changes an article whole or not at all; and whether it was not there before. Of two at once one makes it,
/// and the other changes that.
pub async fn upsert_article(
    app: &App,
    actor: &Actor,
    given: &GivenArticle,
) -> Result<(article::Model, bool)> {
    policy::authorize(actor, Action::CreateArticle)?;
    let mut checked = Checked::default();
    let key = checked.line("externalId", &given.external_id, KEY_CHARS_MAX);
    refuse_if_any(checked.refusals)?;
    if let Some(id) = known_as(app, actor, &key).await? {
        return Ok((change(app, actor, id, given).await?, false));
    }
    match create_article_known_as(app, actor, &new(given), Some(&key)).await {
        Ok(article) => Ok((article, true)),
        Err(error) if error.is_taken() => match known_as(app, actor, &key).await? {
            Some(id) => Ok((change(app, actor, id, given).await?, false)),
            None => Err(error),
        },
        Err(error) => Err(error),
    }
}

async fn known_as(app: &App, actor: &Actor, key: &str) -> Result<Option<ArticleId>> {
    let article = article::Entity::find()
        .filter(article::Column::ExternalId.eq(key))
        .filter(policy::visible_articles(actor))
        .one(&app.store.read)
        .await?;
    Ok(article.map(|article| article.id))
}

fn new(given: &GivenArticle) -> NewArticle {
    let edit = given.edit.clone();
    NewArticle {
        text: NewText {
            locale: given.locale.clone(),
            title: given.title.clone().unwrap_or_default(),
            body: given.body.clone(),
            summary: given.summary.clone().over(None),
        },
        url: edit.url,
        visibility: edit.visibility.unwrap_or(article::Visibility::Public),
        category: edit.category.over(None),
        category_id: edit.category_id,
        tags: edit.tags.unwrap_or_default(),
        slug: edit.slug,
        uploads: Vec::new(),
    }
}

async fn change(
    app: &App,
    actor: &Actor,
    id: ArticleId,
    given: &GivenArticle,
) -> Result<article::Model> {
    let whole = async {
        // Held from here on: what is not given stays as it is, whatever somebody else is about to write.
        let tx = app.begin(actor).await?;
        let article = lock(&tx, Some(id)).await?;
        policy::authorize(actor, Action::EditArticle(&article))?;
        let before = match people::locale_of(&given.locale) {
            Some(locale) => {
                let text = translation::Entity::find_by_id((id, locale));
                text.one(&*tx).await?
            }
            None => None,
        };
        tx.commit().await?;
        let article = edit_article(app, actor, Some(id), None, &given.edit).await?;
        match text_over(before, given) {
            Some(text) => translate_article(app, actor, Some(id), None, &text).await,
            None => Ok(article),
        }
    };
    app.together(Box::pin(whole)).await
}

/// The texts to write; none where nothing is said of them.
fn text_over(before: Option<translation::Model>, given: &GivenArticle) -> Option<NewText> {
    let is_silent = given.title.is_none() && given.body.is_none() && given.summary == Patch::Keep;
    if is_silent {
        return None;
    }
    let (title, body, summary) = match before {
        Some(text) => (Some(text.title), text.body, Some(text.summary)),
        None => (None, None, None),
    };
    Some(NewText {
        locale: given.locale.clone(),
        title: given.title.clone().or(title).unwrap_or_default(),
        body: given.body.clone().or(body),
        summary: given.summary.clone().over(summary),
    })
}
