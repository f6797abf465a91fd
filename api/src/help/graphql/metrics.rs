//! What suggestions spared, as clients see it.

use async_graphql::{Context, Description, Enum, Object, Result, SimpleObject};
use chrono::{DateTime, NaiveTime, Utc};
use entity::ids::ArticleId;

use crate::{
    graphql::{Caller, loader::Batched},
    help::metrics::{self, Interval, OfArticle},
    knowledge::{graphql::Article, loaders::ArticleLoader},
};

/// How long a step of a series is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Interval")]
pub enum HelpInterval {
    /// A day, in UTC.
    Day,
    /// Seven days, from Monday on.
    Week,
    /// A month.
    Month,
}

/// What suggestions spared.
#[derive(SimpleObject)]
pub struct HelpMetrics {
    /// Tries in which an article helped and no ticket was opened.
    spared: i64,
    /// Tickets that were opened after suggestions were shown.
    opened: i64,
    /// `spared` of both, from 0 to 1; null where there is neither. Who reads and says nothing counts for nothing.
    deflection_rate: Option<f64>,
    /// The same over time, in order; steps without anything are left out.
    series: Vec<HelpStep>,
    /// The same by article, at most 100, those with most to tell first.
    articles: Vec<ArticleHelp>,
}

/// One step of a series.
#[derive(SimpleObject)]
pub struct HelpStep {
    /// When it begins.
    from: DateTime<Utc>,
    /// Tries in which an article helped and no ticket was opened.
    spared: i64,
    /// Tickets that were opened after suggestions were shown.
    opened: i64,
    /// `spared` of both, from 0 to 1.
    deflection_rate: Option<f64>,
}

/// What suggestions of one article did.
#[derive(Description)]
pub struct ArticleHelp {
    id: ArticleId,
    of: OfArticle,
}

#[Object(use_type_description)]
impl ArticleHelp {
    /// The article; null where it is gone.
    async fn article(&self, ctx: &Context<'_>) -> Option<Result<Article>> {
        let loader = ctx.data_unchecked::<Batched<ArticleLoader>>();
        let article = loader.load_one(self.id).await;
        article
            .map(|article| article.map(Article))
            .map_err(Into::into)
            .transpose()
    }

    /// How often it was read.
    async fn read(&self) -> i64 {
        self.of.read
    }

    /// How often it helped.
    async fn helped(&self) -> i64 {
        self.of.helped
    }

    /// How often it was said not to help.
    async fn not_helped(&self) -> i64 {
        self.of.not_helped
    }

    /// Tickets that were opened though it was suggested.
    async fn tickets(&self) -> i64 {
        self.of.tickets
    }

    /// `helped` of `helped` and `tickets`, from 0 to 1; null where there is neither.
    async fn deflection_rate(&self) -> Option<f64> {
        self.of.rate()
    }
}

#[derive(Default)]
pub struct HelpMetricsQuery;

#[Object]
impl HelpMetricsQuery {
    /// How many tickets suggestions spared. For staff who see the whole desk.
    async fn help_metrics(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "From when on.")] from: DateTime<Utc>,
        #[graphql(desc = "Up to when; at most two years later.")] to: DateTime<Utc>,
        #[graphql(
            desc = "How long the steps of the series are.",
            default_with = "HelpInterval::Day"
        )]
        interval: HelpInterval,
    ) -> Result<HelpMetrics> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let measured = metrics::measure(app, actor, from, to, interval.into()).await?;
        let step = |(day, count): (chrono::NaiveDate, metrics::Count)| HelpStep {
            from: day.and_time(NaiveTime::MIN).and_utc(),
            spared: count.spared,
            opened: count.opened,
            deflection_rate: count.rate(),
        };
        Ok(HelpMetrics {
            spared: measured.total.spared,
            opened: measured.total.opened,
            deflection_rate: measured.total.rate(),
            series: measured.series.into_iter().map(step).collect(),
            articles: measured
                .articles
                .into_iter()
                .map(|(id, of)| ArticleHelp { id, of })
                .collect(),
        })
    }
}
