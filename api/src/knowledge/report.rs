//! Which published articles need a look: those that nobody has looked at for long, that many read, that do not help, or
//! whose page is gone.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::{
    article::{self, Column, Status},
    ids::ArticleId,
    link_check,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{
    figures::{self, Feedback},
    queries,
};
use crate::{
    actor::Actor,
    app::App,
    error::Result,
    page::{Cursor, OrderTag, Page, Sort, Window},
    policy::{self, Action},
};

/// Articles that a report looks at: those whose last edit is the longest ago.
const ARTICLES_MAX: u64 = 20_000;
/// Values of one `IN`.
const VALUES_MAX: usize = 500;

/// What comes first in the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// What was edited or reviewed the longest ago.
    LastChecked,
    /// What was edited the longest ago, reviewed or not.
    LastEdited,
    /// What is opened most.
    Views,
    /// What most readers say does not help.
    NotHelpful,
}

impl Order {
    pub const fn tag(self) -> OrderTag {
        match self {
            Self::LastChecked => *b"Cn",
            Self::LastEdited => *b"En",
            Self::Views => *b"Wn",
            Self::NotHelpful => *b"Nn",
        }
    }
}

/// Which articles the report has; what is absent does not matter.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReportFilter {
    /// Neither edited nor reviewed since.
    pub not_checked_since: Option<DateTime<Utc>>,
    /// Whether the page that they are links to is gone.
    pub has_dead_link: Option<bool>,
    /// At least so many readers say that it does not help.
    pub not_helpful_min: Option<i64>,
}

/// An article, and the number that the report is ordered by.
pub type Listed = (article::Model, i64);

struct Candidate {
    id: ArticleId,
    updated_at: DateTime<Utc>,
    reviewed_at: Option<DateTime<Utc>>,
    feedback: Feedback,
    views: i64,
    is_dead: bool,
}

/// One page of the report, and how many articles are in it. A report, and no list of every page: it reads a few numbers
/// of each published article.
pub async fn list_stale(
    app: &App,
    actor: &Actor,
    filter: &ReportFilter,
    order: Order,
    window: &Window,
) -> Result<(Page<Listed>, u64)> {
    policy::authorize(actor, Action::ReadArticleReport)?;
    let mut candidates = candidates(app, actor).await?;
    candidates.retain(|candidate| candidate.passes(filter));
    let count = candidates.len() as u64;
    let keys = candidates
        .iter()
        .map(|candidate| (candidate.key(order), candidate.id));
    let page = window.page_of(keys.collect(), |(key, id)| (*key, id.0));
    let ids: Vec<ArticleId> = page.rows.iter().map(|(_, id)| *id).collect();
    let mut articles = queries::find_articles(app, actor, &ids).await?;
    // What was archived meanwhile is left out.
    let rows = page.rows.into_iter();
    let rows = rows.filter_map(|(key, id)| Some((articles.remove(&id)?, key)));
    let page = Page {
        rows: rows.collect(),
        has_next: page.has_next,
        has_previous: page.has_previous,
    };
    Ok((page, count))
}

/// Where an article stands in the report.
pub const fn place((article, key): &Listed) -> Cursor {
    Cursor {
        sort: Sort::Number(*key),
        id: article.id.0,
    }
}

async fn candidates(app: &App, actor: &Actor) -> Result<Vec<Candidate>> {
    let rows: Vec<(ArticleId, DateTime<Utc>, Option<DateTime<Utc>>)> = article::Entity::find()
        .select_only()
        .columns([Column::Id, Column::UpdatedAt, Column::ReviewedAt])
        .filter(policy::visible_articles(actor))
        .filter(Column::Status.eq(Status::Published))
        .order_by_asc(Column::UpdatedAt)
        .order_by_asc(Column::Id)
        .limit(ARTICLES_MAX)
        .into_tuple()
        .all(&app.store.read)
        .await?;
    let mut candidates = Vec::with_capacity(rows.len());
    for some in rows.chunks(VALUES_MAX) {
        let ids: Vec<ArticleId> = some.iter().map(|(id, ..)| *id).collect();
        let views = figures::load_views(app, &ids).await?;
        let feedback = figures::load_feedback(app, &ids).await?;
        let checks: HashMap<_, _> = figures::load_link_checks(app, &ids).await?;
        candidates.extend(some.iter().map(|(id, updated_at, reviewed_at)| {
            Candidate {
                id: *id,
                updated_at: *updated_at,
                reviewed_at: *reviewed_at,
                feedback: feedback.get(id).copied().unwrap_or_default(),
                views: views.get(id).copied().unwrap_or_default(),
                is_dead: checks
                    .get(id)
                    .is_some_and(|check| check.status == Some(link_check::Status::Dead)),
            }
        }));
    }
    Ok(candidates)
}

impl Candidate {
    fn checked_at(&self) -> DateTime<Utc> {
        self.reviewed_at
            .map_or(self.updated_at, |at| at.max(self.updated_at))
    }

    fn passes(&self, filter: &ReportFilter) -> bool {
        filter
            .not_checked_since
            .is_none_or(|since| self.checked_at() < since)
            && filter
                .has_dead_link
                .is_none_or(|wanted| self.is_dead == wanted)
            && filter
                .not_helpful_min
                .is_none_or(|min| self.feedback.not_helpful >= min)
    }

    /// Greater for what comes first.
    fn key(&self, order: Order) -> i64 {
        match order {
            Order::LastChecked => -self.checked_at().timestamp_micros(),
            Order::LastEdited => -self.updated_at.timestamp_micros(),
            Order::Views => self.views,
            Order::NotHelpful => self.feedback.not_helpful,
        }
    }
}
