//! Which articles need a look.

use async_graphql::{Context, Enum, InputObject, Object, Result};
use chrono::{DateTime, Utc};

use super::{query::ArticleConnection, types::Article};
use crate::{
    graphql::Caller,
    knowledge::report::{self, Order, ReportFilter},
    page::Args,
};

/// What comes first among the articles that need a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Order")]
pub enum StaleArticleOrder {
    /// What was edited or reviewed the longest ago.
    LastChecked,
    /// What was edited the longest ago, reviewed or not.
    LastEdited,
    /// What is opened most.
    Views,
    /// What most readers say does not help.
    NotHelpful,
}

/// Which articles the report has. What is absent does not matter; what is given must all hold.
#[derive(Default, InputObject)]
pub struct StaleArticleFilter {
    /// Neither edited nor reviewed since.
    not_checked_since: Option<DateTime<Utc>>,
    /// Whether the page that it is a link to is gone.
    has_dead_link: Option<bool>,
    /// At least so many readers say that it does not help.
    not_helpful_min: Option<i32>,
}

#[derive(Default)]
pub struct ReportQuery;

#[Object]
impl ReportQuery {
    /// Published articles that need a look, in the order of how much; for internal staff. Of more than 20,000 it looks at
    /// those whose last edit is the longest ago. `reviewArticle` says that one still holds.
    async fn stale_articles(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which articles; all where absent.")] filter: Option<StaleArticleFilter>,
        #[graphql(
            desc = "What comes first.",
            default_with = "StaleArticleOrder::LastChecked"
        )]
        order_by: StaleArticleOrder,
        #[graphql(desc = "How many at most, 25 where absent, at most 100.")] first: Option<i32>,
        #[graphql(desc = "A cursor: only what comes after it.")] after: Option<String>,
    ) -> Result<ArticleConnection> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let filter = filter.unwrap_or_default();
        let filter = ReportFilter {
            not_checked_since: filter.not_checked_since,
            has_dead_link: filter.has_dead_link,
            not_helpful_min: filter.not_helpful_min.map(i64::from),
        };
        let order = Order::from(order_by);
        let window = Args::forward(first, after).window(order.tag())?;
        let (page, count) = report::list_stale(app, actor, &filter, order, &window).await?;
        Ok(ArticleConnection::of(
            page,
            order.tag(),
            Some(count),
            report::place,
            |(article, _)| Article(article),
        ))
    }
}
