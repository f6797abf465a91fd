//! How many tickets suggestions spared, over time and by article.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Datelike, Days, NaiveDate, TimeDelta, Utc};
use entity::{
    help_outcome::{self, Outcome},
    help_session,
    ids::ArticleId,
    knowledge_link::{self, Role},
};
use sea_orm::{
    ColumnTrait, DbBackend, EntityTrait, QueryFilter, QuerySelect,
    sea_query::{Expr, SimpleExpr},
};

use crate::{
    actor::Actor,
    app::App,
    error::{Error, Result},
    policy::{self, Action},
};

/// The longest span that is looked at.
const SPAN_MAX: TimeDelta = TimeDelta::days(732);
/// Articles that are told of: those with most to tell.
const ARTICLES_MAX: usize = 100;

/// How long a step of a series is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interval {
    Day,
    /// From Monday on.
    Week,
    Month,
}

/// Tries that ended in one way or the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Count {
    /// An article helped, and no ticket was opened.
    pub spared: i64,
    /// A ticket was opened after suggestions were shown.
    pub opened: i64,
}

/// What is known of one article's suggestions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct OfArticle {
    pub read: i64,
    pub helped: i64,
    pub not_helped: i64,
    /// Tickets that were opened though it was suggested.
    pub tickets: i64,
}

/// What suggestions did from one time up to another.
#[derive(Clone, Debug)]
pub(super) struct Metrics {
    pub total: Count,
    /// By the first day of each step, in UTC; steps without anything are left out.
    pub series: BTreeMap<NaiveDate, Count>,
    pub articles: Vec<(ArticleId, OfArticle)>,
}

impl Count {
    /// The share of tries that needed no ticket; none where nothing was tried.
    pub(super) fn rate(self) -> Option<f64> {
        share(self.spared, self.opened)
    }
}

impl OfArticle {
    /// The same for the times that this article was shown last, or helped.
    pub(super) fn rate(self) -> Option<f64> {
        share(self.helped, self.tickets)
    }
}

/// For those who see the whole desk.
pub(super) async fn measure(
    app: &App,
    actor: &Actor,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    interval: Interval,
) -> Result<Metrics> {
    policy::authorize(actor, Action::ReadHelpMetrics)?;
    if to <= from || to - from > SPAN_MAX {
        return Err(Error::BadInput(
            "a span is longer than nothing and at most two years",
        ));
    }
    let mut metrics = Metrics {
        total: Count::default(),
        series: BTreeMap::new(),
        articles: articles(app, from, to).await?,
    };
    for (day, count) in days(app, from, to).await? {
        let step = metrics.series.entry(first_of(day, interval)).or_default();
        for sum in [step, &mut metrics.total] {
            sum.spared += count.spared;
            sum.opened += count.opened;
        }
    }
    Ok(metrics)
}

/// The sums of each day.
async fn days(
    app: &App,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Result<Vec<(NaiveDate, Count)>> {
    let day = match app.store.backend() {
        DbBackend::Postgres => "floor(extract(epoch FROM created_at) / 86400)::bigint",
        _ => "CAST(strftime('%s', created_at) AS INTEGER) / 86400",
    };
    let count = |condition: &str| sum(&format!("CASE WHEN {condition} THEN 1 ELSE 0 END"));
    let rows: Vec<(i64, i64, i64)> = help_session::Entity::find()
        .select_only()
        .column_as(Expr::cust(day), "day")
        .column_as(count("ticket_id IS NULL AND is_helped"), "spared")
        .column_as(count("ticket_id IS NOT NULL"), "opened")
        .filter(help_session::Column::CreatedAt.gte(from))
        .filter(help_session::Column::CreatedAt.lt(to))
        .group_by(Expr::cust(day))
        .into_tuple()
        .all(&app.store.read)
        .await?;
    let of_row = |(day, spared, opened): (i64, i64, i64)| {
        let date = DateTime::from_timestamp(day * 86_400, 0)?.date_naive();
        Some((date, Count { spared, opened }))
    };
    Ok(rows.into_iter().filter_map(of_row).collect())
}

fn sum(what: &str) -> SimpleExpr {
    Expr::cust(format!("SUM({what})"))
}

async fn articles(
    app: &App,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Result<Vec<(ArticleId, OfArticle)>> {
    let mut articles: HashMap<ArticleId, OfArticle> = HashMap::new();
    let said: Vec<(ArticleId, Outcome, i64)> = help_outcome::Entity::find()
        .select_only()
        .column(help_outcome::Column::ArticleId)
        .column(help_outcome::Column::Outcome)
        .column_as(Expr::cust("COUNT(*)"), "count")
        .filter(help_outcome::Column::ArticleId.is_not_null())
        .filter(help_outcome::Column::CreatedAt.gte(from))
        .filter(help_outcome::Column::CreatedAt.lt(to))
        .group_by(help_outcome::Column::ArticleId)
        .group_by(help_outcome::Column::Outcome)
        .into_tuple()
        .all(&app.store.read)
        .await?;
    for (id, outcome, count) in said {
        let article = articles.entry(id).or_default();
        match outcome {
            Outcome::Opened => article.read = count,
            Outcome::Helped => article.helped = count,
            Outcome::NotHelped => article.not_helped = count,
        }
    }
    let suggested: Vec<(ArticleId, i64)> = knowledge_link::Entity::find()
        .select_only()
        .column(knowledge_link::Column::ArticleId)
        .column_as(Expr::cust("COUNT(*)"), "count")
        .filter(knowledge_link::Column::Role.eq(Role::Suggested))
        .filter(knowledge_link::Column::CreatedAt.gte(from))
        .filter(knowledge_link::Column::CreatedAt.lt(to))
        .group_by(knowledge_link::Column::ArticleId)
        .into_tuple()
        .all(&app.store.read)
        .await?;
    for (id, count) in suggested {
        articles.entry(id).or_default().tickets = count;
    }
    let mut articles: Vec<_> = articles.into_iter().collect();
    articles.sort_unstable_by_key(|(id, of)| (-(of.helped + of.tickets + of.read), *id));
    articles.truncate(ARTICLES_MAX);
    Ok(articles)
}

fn first_of(day: NaiveDate, interval: Interval) -> NaiveDate {
    let back = match interval {
        Interval::Day => 0,
        Interval::Week => day.weekday().num_days_from_monday(),
        Interval::Month => day.day0(),
    };
    day.checked_sub_days(Days::new(back.into())).unwrap_or(day)
}

#[expect(clippy::cast_precision_loss, reason = "counts of tickets")]
fn share(part: i64, rest: i64) -> Option<f64> {
    let whole = part + rest;
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_begins_on_its_first_day() {
        let day = NaiveDate::from_ymd_opt(2026, 11, 25).unwrap();
        let first = |interval| first_of(day, interval).to_string();
        assert_eq!(first(Interval::Day), "2026-11-25");
        assert_eq!(first(Interval::Week), "2026-11-23");
        assert_eq!(first(Interval::Month), "2026-11-01");
        assert_eq!(Count::default().rate(), None);
        assert_eq!(
            Count {
                spared: 1,
                opened: 3
            }
            .rate(),
            Some(0.25)
        );
    }
}
