//! Measures as clients see them.

use async_graphql::{Context, Description, Enum, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};

use super::{Dimension, Interval, Key, Period, Question, Tally, measure, tally::Lengths};
use crate::{
    graphql::{Caller, scalars::Duration},
    level::graphql::Level,
    people::graphql::{Team, User, team_field, user_field},
    ticket::graphql::{TicketFilter, enums::Channel},
};

/// From which score on a rating is one of somebody satisfied.
const SATISFIED_FROM: usize = 4;

/// By what measures are told apart. What happened belongs to the team, level, channel, tags and assignee that the
/// ticket had just after it happened; the backlog to those that it had at the end of the interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Dimension")]
pub enum MetricsDimension {
    /// By team; one group is of tickets without.
    Team,
    /// By level.
    Level,
    /// By how tickets came in.
    Channel,
    /// By tag: a ticket is in the groups of all its tags; one group is of tickets without.
    Tag,
    /// By who had the ticket; one group is of tickets that nobody had.
    Assignee,
}

/// How a time is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Interval")]
pub enum MetricsInterval {
    /// From midnight to midnight in the time zone: 23 or 25 hours where the clock is changed.
    Day,
    /// From Monday to Monday in the time zone.
    Week,
}

/// Measures of the desk's work over a time.
#[derive(SimpleObject)]
pub struct Metrics {
    /// The time zone of the days and weeks.
    time_zone: &'static str,
    /// The whole time, and every ticket once, whatever the groups.
    total: MetricsRow,
    /// For each interval, from the first to the last, each group in which anything was; without groups and intervals
    /// one row, as the total, or none where there is nothing to tell.
    rows: Vec<MetricsRow>,
}

/// The measures of one group in one interval. Nothing in it changes when a ticket changes later, other than its ratings,
/// and which tickets there are: those that pass the filter and that the viewer sees, as they are now.
#[derive(Description)]
pub struct MetricsRow {
    bounds: (DateTime<Utc>, DateTime<Utc>),
    key: Key,
    tally: Tally,
}

/// How long something took, over all times that it was done. Lengths are in whole seconds, rounded down.
#[derive(SimpleObject)]
pub struct DurationMeasure {
    /// How many times it was done and measured.
    count: i32,
    /// The mean; null where there is none.
    mean: Option<Duration>,
    /// The shortest of the lengths that half of them are not above (nearest rank); null where there is none.
    p50: Option<Duration>,
    /// The shortest of the lengths that nine in ten are not above (nearest rank); null where there is none.
    p90: Option<Duration>,
}

/// A share, with what it is made of.
#[derive(SimpleObject)]
pub struct RateMeasure {
    /// How many did.
    numerator: i32,
    /// Of how many.
    denominator: i32,
    /// The one by the other; null of none.
    rate: Option<f64>,
}

/// What requesters said of the help.
#[derive(SimpleObject)]
pub struct SatisfactionMeasure {
    /// How many ratings there are.
    count: i32,
    /// The mean score, from 1 to 5; null where there is none.
    mean: Option<f64>,
    /// The ratings of 4 and 5 among all.
    satisfied: RateMeasure,
}

#[Object(use_type_description)]
impl MetricsRow {
    /// From when.
    async fn from(&self) -> DateTime<Utc> {
        self.bounds.0
    }

    /// Until when; this moment is not in it.
    async fn to(&self) -> DateTime<Utc> {
        self.bounds.1
    }

    /// The group's team; null for tickets without, and where groups are not teams.
    async fn team(&self, ctx: &Context<'_>) -> Result<Option<Team>> {
        match self.key {
            Key::Team(id) => team_field(ctx, id).await,
            _ => Ok(None),
        }
    }

    /// The group's level; null where groups are not levels.
    async fn level(&self, ctx: &Context<'_>) -> Result<Option<Level>> {
        let Caller { app, actor } = Caller::of(ctx)?;
        match self.key {
            Key::Level(rank) => Ok(Level::of(app.directory().await?, rank, actor)),
            _ => Ok(None),
        }
    }

    /// The group's channel; null where groups are not channels.
    async fn channel(&self) -> Option<Channel> {
        match self.key {
            Key::Channel(channel) => Some(channel.into()),
            _ => None,
        }
    }

    /// The group's tag; null for tickets without, and where groups are not tags.
    async fn tag(&self) -> Option<&str> {
        match &self.key {
            Key::Tag(tag) => tag.as_deref(),
            _ => None,
        }
    }

    /// Who has the group's tickets; null where nobody has, and where groups are not assignees.
    async fn assignee(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        match self.key {
            Key::Assignee(Some(id)) => Ok(Some(user_field(ctx, id).await?)),
            _ => Ok(None),
        }
    }

    /// How many tickets were opened, those that were merged later included.
    async fn created(&self) -> i32 {
        int(self.tally.created)
    }

    /// How many times a ticket came into the backlog: it was opened, went from SOLVED back to work, or its merge was undone.
    /// A ticket that only moved between groups did not.
    async fn inflow(&self) -> i32 {
        int(self.tally.inflow)
    }

    /// How many times a ticket left the backlog: it was solved, or merged into another. Over all groups, the backlog is that
    /// of before with the inflow and without the outflow.
    async fn outflow(&self) -> i32 {
        int(self.tally.outflow)
    }

    /// How many tickets were NEW, OPEN or WAITING at the end of the interval, or are now where that is still to come.
    async fn backlog(&self) -> i32 {
        int(self.tally.backlog)
    }

    /// How many times a ticket was solved. Closing, and merging into another, is not solving; solving again is.
    async fn solved(&self) -> i32 {
        int(self.tally.solved)
    }

    /// How many targets were missed, as the timeline tells of them.
    async fn breaches(&self) -> i32 {
        int(self.tally.breaches)
    }

    /// From a ticket's opening to the first public reply of support, at the moment of that reply.
    async fn first_reply(&self) -> DurationMeasure {
        duration(&self.tally.first_reply)
    }

    /// The same in working time: what the timer of the first reply counted. Not measured where that timer had ended
    /// without a reply.
    async fn first_reply_working_time(&self) -> DurationMeasure {
        duration(&self.tally.first_reply_working)
    }

    /// From a ticket's opening to its solving, at the moment of the solving; a ticket that is solved again is measured
    /// again, from its opening.
    async fn resolution(&self) -> DurationMeasure {
        duration(&self.tally.resolution)
    }

    /// The same in working time: what the timer of the resolution had counted, without the time in which it stood still. Not
    /// measured where it stood still so often since then that its oldest segments were added up.
    async fn resolution_working_time(&self) -> DurationMeasure {
        duration(&self.tally.resolution_working)
    }

    /// Reopenings, as `Ticket.reopenCount` counts them, for each solving of the same interval: more than 1 where many were solved
    /// before it.
    async fn reopen_rate(&self) -> RateMeasure {
        rate(self.tally.reopened, self.tally.solved)
    }

    /// The solvings of tickets that had missed a target before, of whatever kind, among all.
    async fn breach_rate(&self) -> RateMeasure {
        rate(self.tally.solved_late, self.tally.solved)
    }

    /// The solvings of tickets that had not been reopened and had at most one public comment of support, that of the solving
    /// included, among all. Comments of a ticket that was merged into it are not its own.
    async fn one_touch_rate(&self) -> RateMeasure {
        rate(self.tally.one_touch, self.tally.solved)
    }

    /// What requesters said, at the moment when they did; of a rating that was changed only what was said last, before
    /// the end of the whole time.
    async fn satisfaction(&self) -> SatisfactionMeasure {
        let scores = self.tally.ratings;
        let count: i64 = scores.iter().sum();
        let sum: i64 = (1..).zip(scores).map(|(score, count)| score * count).sum();
        let satisfied = scores.iter().skip(SATISFIED_FROM - 1).sum();
        SatisfactionMeasure {
            count: int(count),
            mean: quotient(sum, count),
            satisfied: rate(satisfied, count),
        }
    }
}

#[derive(Default)]
pub struct MetricsQuery;

#[Object]
impl MetricsQuery {
    /// Measures of the work on the tickets that the viewer sees, worked out from the log of what happened. For staff. At most 400
    /// days, 50,000 tickets, and 2,000 groups and intervals; beyond them the error says what to ask for instead.
    #[expect(clippy::too_many_arguments, reason = "the arguments of the field")]
    async fn metrics(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which tickets, as they are now; all where absent.")] filter: Option<
            TicketFilter,
        >,
        #[graphql(desc = "From when.")] from: DateTime<Utc>,
        #[graphql(desc = "Until when; what happened at this moment is not in it.")] to: DateTime<
            Utc,
        >,
        #[graphql(desc = "By what groups are made; one group where absent.")] by: Option<
            MetricsDimension,
        >,
        #[graphql(desc = "How the time is cut; not at all where absent.")] interval: Option<
            MetricsInterval,
        >,
        #[graphql(
            desc = "The time zone of days and weeks, by its IANA name; the viewer's where absent."
        )]
        time_zone: Option<String>,
    ) -> Result<Metrics> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let filter = filter.unwrap_or_default().compile(actor)?;
        let question = Question {
            filter: &filter,
            from,
            to,
            by: by.map(Into::into),
            interval: interval.map(Into::into),
            time_zone: time_zone.as_deref(),
        };
        // Boxed, so that the futures of other fields stay small.
        let (period, report) = Box::pin(measure(app, actor, question)).await?;
        let row = |(index, key, tally)| MetricsRow {
            bounds: period.bounds(index),
            key,
            tally,
        };
        Ok(Metrics {
            time_zone: period.zone.name(),
            total: whole(&period, report.total),
            rows: report.rows.into_iter().map(row).collect(),
        })
    }
}

fn whole(period: &Period, tally: Tally) -> MetricsRow {
    MetricsRow {
        bounds: (period.from(), period.to()),
        key: Key::All,
        tally,
    }
}

fn duration(lengths: &Lengths) -> DurationMeasure {
    let whole = |length_us: i64| Duration {
        seconds: length_us / 1_000_000,
    };
    DurationMeasure {
        count: i32::try_from(lengths.count()).unwrap_or(i32::MAX),
        mean: lengths.mean_us().map(whole),
        p50: lengths.percentile_us(50).map(whole),
        p90: lengths.percentile_us(90).map(whole),
    }
}

fn rate(numerator: i64, denominator: i64) -> RateMeasure {
    RateMeasure {
        numerator: int(numerator),
        denominator: int(denominator),
        rate: quotient(numerator, denominator),
    }
}

fn quotient(part: i64, whole: i64) -> Option<f64> {
    (whole != 0).then(|| f64::from(int(part)) / f64::from(int(whole)))
}

fn int(count: i64) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
