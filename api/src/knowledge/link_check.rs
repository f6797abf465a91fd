//! Asks for the pages elsewhere that articles are links to, slowly, and notes which are gone. Every server looks; who comes
//! first takes a page, so that it is asked for once.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    article::{self, Status as ArticleStatus},
    ids::ArticleId,
    link_check::{self, Column, Problem, Status},
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, JoinType, QueryFilter, QueryOrder,
    QuerySelect, Set,
    sea_query::{LockBehavior, LockType, OnConflict},
};
use url::Url;

use crate::{
    actor::Actor,
    app::{App, Tx},
    background::{Background, Stopping},
    error::Result,
    outgoing::{AddressFilter, Client, Failure},
};

/// How long nobody looks when nothing is due, and between two pages: at most two a second are asked for.
const LOOK_EVERY: Duration = Duration::from_secs(2);
const BETWEEN: Duration = Duration::from_millis(500);
/// How long a page that was taken is left alone; longer than an answer may take.
const TAKEN_FOR: TimeDelta = TimeDelta::minutes(2);
/// What fails may come back: it is asked for again sooner, and counts as gone the third time.
const AGAIN_AFTER: TimeDelta = TimeDelta::hours(1);
const FAILURES_MAX: i32 = 3;
/// How soon a page that is gone is asked for again.
const DEAD_AGAIN_AFTER: TimeDelta = TimeDelta::days(1);
/// Links that were written without noting that they are to be checked, taken up at once.
const TAKE_UP_MAX: u64 = 500;

/// Checks links from now on; not where the settings say so, nor where the system has no certificates to check others by.
pub fn check_links(app: Arc<App>) -> Background {
    let checks = app.config.link_check_every.and_then(|every| {
        match Client::new(AddressFilter::new(&app.config.allow_cidrs)) {
            Ok(client) => Some((client, every)),
            Err(error) => {
                tracing::warn!(?error, "links of articles are not checked");
                None
            }
        }
    });
    Background::start("links", |stopping| async move {
        if let Some((client, every)) = checks {
            run(app, client, every, stopping).await;
        }
    })
}

async fn run(app: Arc<App>, client: Client, every: TimeDelta, mut stopping: Stopping) {
    let mut is_failing = false;
    let mut rest = take_up(&app).await.map(|()| LOOK_EVERY);
    loop {
        match &rest {
            Ok(_) => is_failing = false,
            Err(error) if !std::mem::replace(&mut is_failing, true) => {
                tracing::warn!(?error, "links cannot be checked; trying again");
            }
            Err(_) => {}
        }
        if !stopping.rest(rest.unwrap_or(LOOK_EVERY)).await {
            return;
        }
        rest = check_next(&app, &client, every).await;
    }
}

/// Notes that the page of an article that is held is to be checked, at once where it is another one; that of one that is
/// no link any more is forgotten.
pub async fn track(tx: &Tx<'_>, article: &article::Model) -> Result<()> {
    let Some(url) = &article.url else {
        link_check::Entity::delete_by_id(article.id)
            .exec(&**tx)
            .await?;
        return Ok(());
    };
    track_all(tx, [(article.id, url.clone())]).await
}

async fn track_all(
    tx: &Tx<'_>,
    pages: impl IntoIterator<Item = (ArticleId, String)>,
) -> Result<()> {
    for (article_id, url) in pages {
        let before = link_check::Entity::find_by_id(article_id)
            .one(&**tx)
            .await?;
        if before.is_some_and(|before| before.url == url) {
            continue;
        }
        let row = unchecked(tx, article_id, url);
        let replace = OnConflict::column(Column::ArticleId)
            .update_columns([
                Column::Url,
                Column::Status,
                Column::Problem,
                Column::HttpStatus,
                Column::Failures,
                Column::CheckedAt,
                Column::NextCheckAt,
            ])
            .to_owned();
        link_check::Entity::insert(row.into_active_model().reset_all())
            .on_conflict(replace)
            .exec_without_returning(&**tx)
            .await?;
    }
    Ok(())
}

const fn unchecked(tx: &Tx<'_>, article_id: ArticleId, url: String) -> link_check::Model {
    link_check::Model {
        article_id,
        url,
        status: None,
        problem: None,
        http_status: None,
        failures: 0,
        checked_at: None,
        next_check_at: tx.now(),
    }
}

/// Links that are older than checks, or were written by the release before them.
async fn take_up(app: &App) -> Result<()> {
    loop {
        let of_article = article::Entity::belongs_to(link_check::Entity)
            .from(article::Column::Id)
            .to(Column::ArticleId);
        let missed: Vec<(ArticleId, String)> = article::Entity::find()
            .join(JoinType::LeftJoin, of_article.into())
            .select_only()
            .column(article::Column::Id)
            .column(article::Column::Url)
            .filter(article::Column::Url.is_not_null())
            .filter(Column::ArticleId.is_null())
            .limit(TAKE_UP_MAX)
            .into_tuple()
            .all(&app.store.read)
            .await?;
        if missed.is_empty() {
            return Ok(());
        }
        let tx = app.begin(&Actor::System).await?;
        track_all(&tx, missed).await?;
        tx.commit().await?;
    }
}

/// Checks the page that is due the longest, and tells how long to rest.
async fn check_next(app: &App, client: &Client, every: TimeDelta) -> Result<Duration> {
    let Some(check) = take(app).await? else {
        return Ok(LOOK_EVERY);
    };
    // No transaction is open while others take their time to answer.
    let answer = match Url::parse(&check.url) {
        Ok(url) => client.status_of(&url).await,
        Err(_) => Err(Failure::UnknownHost),
    };
    let checked = judged(check, answer, app.clock.now(), every);
    let tx = app.begin(&Actor::System).await?;
    // Where the article leads elsewhere meanwhile, this says nothing.
    let row = checked.clone().into_active_model().reset_all();
    link_check::Entity::update_many()
        .set(row)
        .filter(Column::ArticleId.eq(checked.article_id))
        .filter(Column::Url.eq(&checked.url))
        .exec(&*tx)
        .await?;
    tx.commit().await?;
    Ok(BETWEEN)
}

/// The page that is due the longest, of an article that somebody may still open.
async fn take(app: &App) -> Result<Option<link_check::Model>> {
    let next: Option<DateTime<Utc>> = link_check::Entity::find()
        .select_only()
        .column(Column::NextCheckAt)
        .order_by_asc(Column::NextCheckAt)
        .limit(1)
        .into_tuple()
        .one(&app.store.read)
        .await?;
    if next.is_none_or(|next| next > app.clock.now()) {
        return Ok(None);
    }
    let tx = app.begin(&Actor::System).await?;
    let due = link_check::Entity::find()
        .filter(Column::NextCheckAt.lte(tx.now()))
        .order_by_asc(Column::NextCheckAt)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .limit(1);
    let Some(check) = due.one(&*tx).await? else {
        return Ok(None);
    };
    let article = article::Entity::find_by_id(check.article_id)
        .one(&*tx)
        .await?;
    let is_read = article.is_some_and(|article| article.status != ArticleStatus::Archived);
    let left_alone_for = if is_read { TAKEN_FOR } else { DEAD_AGAIN_AFTER };
    let mut row = check.into_active_model();
    row.next_check_at = Set(tx.now() + left_alone_for);
    let check = row.update(&*tx).await?;
    tx.commit().await?;
    Ok(is_read.then_some(check))
}

/// What an answer says of a page, and when to ask again.
fn judged(
    mut check: link_check::Model,
    answer: Result<u16, Failure>,
    now: DateTime<Utc>,
    every: TimeDelta,
) -> link_check::Model {
    let (status, problem) = match answer {
        // Beside what is well: somebody is there who does not answer a program, or not now.
        Ok(200..=299 | 401 | 403 | 405 | 406 | 429 | 451) => (Status::Alive, None),
        Ok(300..=399) => (Status::Moved, None),
        Ok(404 | 410) => (Status::Dead, Some(Problem::HttpStatus)),
        Ok(_) => (Status::Failing, Some(Problem::HttpStatus)),
        Err(Failure::NotAllowed) => (Status::NotChecked, Some(Problem::NotAllowed)),
        Err(Failure::UnknownHost) => (Status::Failing, Some(Problem::UnknownHost)),
        Err(Failure::NoConnection) => (Status::Failing, Some(Problem::NoConnection)),
        Err(Failure::TimedOut) => (Status::Failing, Some(Problem::TimedOut)),
        Err(Failure::NoAnswer) => (Status::Failing, Some(Problem::NoAnswer)),
    };
    let is_good = matches!(status, Status::Alive | Status::Moved | Status::NotChecked);
    check.failures = if is_good {
        0
    } else {
        check.failures.saturating_add(1)
    };
    let is_given_up = status == Status::Failing && check.failures >= FAILURES_MAX;
    let status = if is_given_up { Status::Dead } else { status };
    check.status = Some(status);
    check.problem = problem;
    check.http_status = answer.ok().and_then(|status| i16::try_from(status).ok());
    check.checked_at = Some(now);
    check.next_check_at = now
        + match status {
            Status::Failing => AGAIN_AFTER.min(every),
            Status::Dead => DEAD_AGAIN_AFTER.min(every),
            Status::Alive | Status::Moved | Status::NotChecked => every,
        };
    check
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const EVERY: TimeDelta = TimeDelta::days(7);

    fn check(failures: i32) -> link_check::Model {
        link_check::Model {
            article_id: ArticleId(Uuid::nil()),
            url: "https://example.org/".to_owned(),
            status: None,
            problem: None,
            http_status: None,
            failures,
            checked_at: None,
            next_check_at: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn an_answer_says_whether_a_page_is_there() {
        let (hour, day) = (TimeDelta::hours(1), TimeDelta::days(1));
        for (answer, failures, status, problem, again_after) in [
            (Ok(200), 2, Status::Alive, None, EVERY),
            (Ok(204), 0, Status::Alive, None, EVERY),
            (Ok(301), 0, Status::Moved, None, EVERY),
            (Ok(403), 0, Status::Alive, None, EVERY),
            (Ok(429), 0, Status::Alive, None, EVERY),
            (Ok(404), 0, Status::Dead, Some(Problem::HttpStatus), day),
            (Ok(410), 0, Status::Dead, Some(Problem::HttpStatus), day),
            (Ok(500), 0, Status::Failing, Some(Problem::HttpStatus), hour),
            (Ok(500), 2, Status::Dead, Some(Problem::HttpStatus), day),
            (Ok(999), 0, Status::Failing, Some(Problem::HttpStatus), hour),
            (
                Err(Failure::UnknownHost),
                1,
                Status::Failing,
                Some(Problem::UnknownHost),
                hour,
            ),
            (
                Err(Failure::TimedOut),
                2,
                Status::Dead,
                Some(Problem::TimedOut),
                day,
            ),
            (
                Err(Failure::NotAllowed),
                2,
                Status::NotChecked,
                Some(Problem::NotAllowed),
                EVERY,
            ),
        ] {
            let now = DateTime::UNIX_EPOCH;
            let judged = judged(check(failures), answer, now, EVERY);
            let got = (judged.status, judged.problem, judged.next_check_at - now);
            assert_eq!(got, (Some(status), problem, again_after), "{answer:?}");
            let expected = answer.ok().map(u16::cast_signed);
            assert_eq!(judged.http_status, expected, "{answer:?}");
        }
    }
}
