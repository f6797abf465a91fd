//! When an article may publish and archive itself.

use chrono::{DateTime, TimeDelta, Utc};
use entity::article::{self, Status};

use crate::{
    error::{Result, refuse_if_any},
    refusal::{ArticleWhy, Refusal, Why},
};

/// How far ahead a time may be.
const AHEAD_MAX: TimeDelta = TimeDelta::days(5 * 366);

/// When the next of both happens.
pub(in crate::knowledge) fn next_of_schedule(
    publish_at: Option<DateTime<Utc>>,
    archive_at: Option<DateTime<Utc>>,
) -> Option<DateTime<Utc>> {
    [publish_at, archive_at].into_iter().flatten().min()
}

/// Refuses times that are over or cannot be met. What was good before stays so: only what changed is looked at.
pub(in crate::knowledge) fn check_schedule(
    before: &article::Model,
    after: &article::Model,
    now: DateTime<Utc>,
) -> Result<()> {
    let mut refusals = Vec::new();
    let is_published = after.status == Status::Published;
    let changed = |before: Option<DateTime<Utc>>, after: Option<DateTime<Utc>>| {
        after.filter(|_| before != after)
    };
    if let Some(at) = changed(before.publish_at, after.publish_at) {
        let why = is_published.then_some(Why::Article(ArticleWhy::Published));
        refuse(
            &mut refusals,
            "publishAt",
            why.or_else(|| wrong_time(at, now)),
        );
    }
    if let Some(at) = changed(before.archive_at, after.archive_at) {
        refuse(&mut refusals, "archiveAt", wrong_time(at, now));
    }
    let why = match (after.publish_at, after.archive_at) {
        (None, Some(_)) if !is_published => Some(ArticleWhy::NotPublished),
        (Some(publish), Some(archive)) if archive <= publish => Some(ArticleWhy::BeforePublication),
        _ => None,
    };
    if refusals.is_empty() {
        refuse(&mut refusals, "archiveAt", why.map(Why::Article));
    }
    refuse_if_any(refusals)
}

fn refuse(refusals: &mut Vec<Refusal>, field: &'static str, why: Option<Why>) {
    refusals.extend(why.map(|why| Refusal::Invalid { field, why }));
}

fn wrong_time(at: DateTime<Utc>, now: DateTime<Utc>) -> Option<Why> {
    if at <= now {
        Some(Why::InThePast)
    } else if at > now + AHEAD_MAX {
        Some(Why::TooFarAway)
    } else {
        None
    }
}
