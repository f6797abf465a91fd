//! An article's life: published and archived, by hand or when its time comes, and looked at again.

use chrono::{DateTime, Utc};
use entity::{
    article::{self, Column, Status},
    ids::ArticleId,
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect, Set,
    sea_query::{LockBehavior, LockType},
};

use super::{lock, store};
use crate::{
    actor::Actor,
    app::{App, Tx},
    error::{Result, expect_version},
    events::Event,
    input::Patch,
    knowledge::rules,
    policy::{self, Action},
};

/// Publishes a draft, or again what was archived.
pub async fn publish_article(
    app: &App,
    actor: &Actor,
    id: Option<ArticleId>,
    expected: Option<i32>,
) -> Result<article::Model> {
    policy::authorize(actor, Action::PublishArticle)?;
    let tx = app.begin(actor).await?;
    set_status(tx, id, expected, Status::Published).await
}

/// Takes an article out of sight of requesters; staff still find it.
pub async fn archive_article(
    app: &App,
    actor: &Actor,
    id: Option<ArticleId>,
    expected: Option<i32>,
) -> Result<article::Model> {
    policy::authorize(actor, Action::ArchiveArticle)?;
    let tx = app.begin(actor).await?;
    set_status(tx, id, expected, Status::Archived).await
}

async fn set_status(
    mut tx: Tx<'_>,
    id: Option<ArticleId>,
    expected: Option<i32>,
    status: Status,
) -> Result<article::Model> {
    let article = lock(&tx, id).await?;
    expect_version(article.version, expected)?;
    if article.status == status {
        return Ok(article);
    }
    let article = moved(&mut tx, article, status);
    let article = store(&tx, article).await?;
    tx.commit().await?;
    Ok(article)
}

/// What was to come about by itself is done, or was overtaken.
fn moved(tx: &mut Tx<'_>, mut article: article::Model, status: Status) -> article::Model {
    let article_id = article.id;
    article.status = status;
    article.publish_at = None;
    match status {
        Status::Published => {
            article.published_at = Some(tx.now());
            tx.record(Event::ArticlePublished { article_id });
        }
        Status::Archived | Status::Draft => {
            article.archive_at = None;
            tx.record(Event::ArticleArchived { article_id });
        }
    }
    article
}

/// Says when an article publishes or archives itself, or that it does not. An edit of what is not published yet cancels
/// both.
pub async fn schedule_article(
    app: &App,
    actor: &Actor,
    id: Option<ArticleId>,
    expected: Option<i32>,
    (publish_at, archive_at): (Patch<DateTime<Utc>>, Patch<DateTime<Utc>>),
) -> Result<article::Model> {
    policy::authorize(actor, Action::ScheduleArticle)?;
    let mut tx = app.begin(actor).await?;
    let before = lock(&tx, id).await?;
    expect_version(before.version, expected)?;
    let mut article = before.clone();
    article.publish_at = publish_at.over(article.publish_at);
    article.archive_at = archive_at.over(article.archive_at);
    rules::check_schedule(&before, &article, tx.now())?;
    if article == before {
        return Ok(before);
    }
    let event = Event::ArticleScheduled {
        article_id: article.id,
        publish_at: article.publish_at,
        archive_at: article.archive_at,
    };
    let article = store(&tx, article).await?;
    tx.record(event);
    tx.commit().await?;
    Ok(article)
}

/// When the next article publishes or archives itself. One entry of one index is read.
pub async fn next_scheduled(app: &App, except: &[ArticleId]) -> Result<Option<DateTime<Utc>>> {
    let others = (!except.is_empty()).then(|| Column::Id.is_not_in(except.iter().copied()));
    let next = article::Entity::find()
        .select_only()
        .column(Column::ScheduledAt)
        .filter(
            Condition::all()
                .add_option(others)
                .add(Column::ScheduledAt.is_not_null()),
        )
        .order_by_asc(Column::ScheduledAt)
        .limit(1)
        .into_tuple();
    Ok(next.one(&app.store.read).await?)
}

/// Publishes or archives one article whose time has come and that nobody else is changing, other than `except`; none
/// where there is no such article. That it was done is committed with it, so it happens once, whoever else tries.
pub async fn meet_schedule(
    app: &App,
    except: &[ArticleId],
) -> Result<Option<(ArticleId, Result<()>)>> {
    let tx = app.begin(&Actor::System).await?;
    let due = article::Entity::find()
        .filter(Column::ScheduledAt.lte(tx.now()))
        .filter(Column::Id.is_not_in(except.iter().copied()))
        .order_by_asc(Column::ScheduledAt)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .limit(1);
    let Some(article) = due.one(&*tx).await? else {
        return Ok(None);
    };
    Ok(Some((article.id, meet(tx, article).await)))
}

/// Both where nobody looked for long: then readers of the log see that it was published in between.
async fn meet(mut tx: Tx<'_>, mut article: article::Model) -> Result<()> {
    let now = tx.now();
    let is_past = |at: Option<DateTime<Utc>>| at.is_some_and(|at| at <= now);
    if is_past(article.publish_at) {
        article = moved(&mut tx, article, Status::Published);
    }
    if is_past(article.archive_at) {
        article = moved(&mut tx, article, Status::Archived);
    }
    store(&tx, article).await?;
    tx.commit().await
}

/// Notes that somebody has looked at an article and that it still holds: no edit of it.
pub async fn review_article(
    app: &App,
    actor: &Actor,
    id: Option<ArticleId>,
) -> Result<article::Model> {
    policy::authorize(actor, Action::ReviewArticle)?;
    let mut tx = app.begin(actor).await?;
    let mut row = lock(&tx, id).await?.into_active_model();
    row.reviewed_at = Set(Some(tx.now()));
    row.reviewed_by_id = Set(actor.id());
    let article = row.update(&*tx).await?;
    tx.record(Event::ArticleReviewed {
        article_id: article.id,
    });
    tx.commit().await?;
    Ok(article)
}
