//! How a ticket stands to its level's targets.

use async_graphql::{Context, Description, Enum, Lookahead, Object, Result, SimpleObject};
use chrono::{DateTime, TimeDelta, Utc};
use entity::ticket::{self, NEVER, ServicePhase};

use super::super::change::terms::read_timers;
use crate::{
    calendar::{Hours, HoursById},
    graphql::{Caller, scalars::Duration},
    sla,
};

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "ticket::TimerKind")]
pub enum TimerKind {
    /// From the opening of the ticket to the first public reply of staff.
    FirstReply,
    /// From a further comment of the requester to the next public reply of staff.
    NextReply,
    /// From the opening of the ticket to its solution.
    Resolution,
}

/// How a timer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "sla::TimerState")]
pub enum TimerState {
    /// It runs, and there is time enough.
    Running,
    /// It stands still while the ticket waits for its requester, or for what else does not count.
    Paused,
    /// It runs, and four fifths of its time are used.
    AtRisk,
    /// Its time is over, whether the promise was kept later or not.
    Breached,
    /// The promise was kept in time.
    Met,
    /// Nothing is promised any more.
    Cancelled,
}

/// How a ticket stands to what is promised about it: by its level, and by the service-level policies for such
/// tickets. Time is working time of the calendar in force; where there is no calendar every hour counts.
#[derive(Description)]
pub struct ServiceLevel {
    /// As they are stored; read only where somebody asks for one.
    timers: String,
    next_due_at: Option<DateTime<Utc>>,
    state: sla::TimerState,
    now: DateTime<Utc>,
}

impl ServiceLevel {
    /// At the time of the answer.
    pub fn of(ticket: &ticket::Model, now: DateTime<Utc>) -> Self {
        Self {
            timers: ticket.timers.clone(),
            next_due_at: Some(ticket.next_due_at).filter(|due| *due != NEVER),
            state: state_at(ticket, now),
            now,
        }
    }

    async fn timer(&self, ctx: &Context<'_>, kind: sla::TimerKind) -> Result<Option<Timer>> {
        let timers = read_timers(Caller::app_of(ctx), &self.timers).await?;
        let timer = timers.get(kind);
        Ok(timer.and_then(|timer| Timer::of(timer, self.now)))
    }
}

#[Object(use_type_description)]
impl ServiceLevel {
    /// The first reply; null where nothing is promised about it.
    async fn first_reply(&self, ctx: &Context<'_>) -> Result<Option<Timer>> {
        self.timer(ctx, sla::TimerKind::FirstReply).await
    }

    /// The reply that is owed now, or the last that was; null where there was none, or no target.
    async fn next_reply(&self, ctx: &Context<'_>) -> Result<Option<Timer>> {
        self.timer(ctx, sla::TimerKind::NextReply).await
    }

    /// The solution; null where nothing is promised about it.
    async fn resolution(&self, ctx: &Context<'_>) -> Result<Option<Timer>> {
        self.timer(ctx, sla::TimerKind::Resolution).await
    }

    /// The earliest due time of the timers that run; null where none runs.
    async fn next_due_at(&self) -> Option<DateTime<Utc>> {
        self.next_due_at
    }

    /// How the ticket stands as a whole: the worst of the timers that are still open.
    async fn state(&self) -> TimerState {
        self.state.into()
    }
}

/// The state of a ticket's service level as a whole, at `now`.
pub(super) fn state_at(ticket: &ticket::Model, now: DateTime<Utc>) -> sla::TimerState {
    match ticket.service_phase {
        ServicePhase::Running if ticket.next_due_at <= now => sla::TimerState::Breached,
        ServicePhase::Running if ticket.at_risk_at <= now => sla::TimerState::AtRisk,
        ServicePhase::Running => sla::TimerState::Running,
        ServicePhase::Paused => sla::TimerState::Paused,
        ServicePhase::Met => sla::TimerState::Met,
        ServicePhase::Cancelled => sla::TimerState::Cancelled,
    }
}

/// Whether a list of tickets is asked for timers.
pub fn selects_timers(ctx: &Context<'_>) -> bool {
    let list = ctx.look_ahead();
    let ways = [list.field("nodes"), list.field("edges").field("node")];
    ways.iter().any(asks_for_timers)
}

/// Whether a ticket is asked for timers.
pub fn asks_for_timers(ticket: &Lookahead<'_>) -> bool {
    let level = ticket.field("serviceLevel");
    let names = ["firstReply", "nextReply", "resolution"];
    names.iter().any(|name| level.field(name).exists())
}

/// One promise, and how it stands.
#[derive(Description)]
pub struct Timer {
    kept: sla::Timer,
    present: Hours,
    hours: HoursById,
    target: TimeDelta,
    now: DateTime<Utc>,
}

impl Timer {
    fn of(reading: sla::Reading<'_>, now: DateTime<Utc>) -> Option<Self> {
        Some(Self {
            kept: reading.timer.clone(),
            present: reading.present.clone(),
            hours: reading.hours.clone(),
            target: reading.target()?,
            now,
        })
    }

    const fn reading(&self) -> sla::Reading<'_> {
        sla::Reading {
            timer: &self.kept,
            present: &self.present,
            hours: &self.hours,
        }
    }
}

#[Object(use_type_description)]
impl Timer {
    /// What is measured.
    async fn kind(&self) -> TimerKind {
        self.kept.kind.into()
    }

    /// How it stands now. Closed hours change nothing about it: they pass, and nothing is used.
    async fn state(&self) -> TimerState {
        self.reading().state(self.now).into()
    }

    /// How much time there is.
    async fn target(&self) -> Duration {
        duration(self.target)
    }

    /// When the time is over, by the working hours; null while the timer is paused, once it is done, and where that is
    /// ten years away.
    async fn due_at(&self) -> Option<DateTime<Utc>> {
        self.reading().due_at()
    }

    /// How much working time is used.
    async fn elapsed(&self) -> Duration {
        duration(self.reading().elapsed(self.now))
    }

    /// How much working time is left; negative when it is over.
    async fn remaining(&self) -> Option<Duration> {
        self.reading().remaining(self.now).map(duration)
    }

    /// The stretches of time from the beginning until now, oldest first, closed hours and holidays among them. Those that
    /// run add up to `elapsed`. At most 100: older ones are added up in two that come first.
    async fn segments(&self) -> Vec<TimerSegment> {
        let parts = self.reading().parts(self.now);
        parts.iter().map(TimerSegment::of).collect()
    }

    /// What happened to it, oldest first, and how much working time each stretch used: what is `counted` adds up to
    /// `elapsed`, to the second. At most 64: older ones are added up.
    async fn explain(&self) -> Vec<CountedSegment> {
        explain(&self.reading(), self.now)
    }
}

/// A stretch of time in which a timer ran or stood still.
#[derive(SimpleObject)]
pub struct TimerSegment {
    /// When it began.
    started_at: DateTime<Utc>,
    /// When it ended; null while it lasts.
    ended_at: Option<DateTime<Utc>>,
    /// Whether its time counts.
    running: bool,
    /// Why it runs or not: `OPEN`, `WAITING_REQUESTER`, `WAITING_THIRD_PARTY`, `WAITING_SCHEDULED`, `SOLVED`;
    /// `CLOSED_HOURS` or `HOLIDAY` where it would run if somebody worked; `MERGED` for the time in which it was merged into
    /// another ticket; `SUMMED` where many old stretches were added up.
    reason: &'static str,
}

impl TimerSegment {
    fn of(part: &sla::Part) -> Self {
        Self {
            started_at: part.started_at,
            ended_at: part.is_over.then_some(part.ended_at),
            running: part.running,
            reason: part.reason.as_str(),
        }
    }
}

/// A stretch of time between two things that happened to a ticket, and the working time in it.
#[derive(SimpleObject)]
pub struct CountedSegment {
    /// When it began.
    started_at: DateTime<Utc>,
    /// When it ended; null while it lasts.
    ended_at: Option<DateTime<Utc>>,
    /// Whether its working time counts.
    running: bool,
    /// Why, as in `segments`, but for closed hours and holidays, which are part of it.
    reason: &'static str,
    /// The working time that it adds to what is used, by the calendar that was in force; nothing where it stood still.
    counted: Duration,
}

/// Of each segment the seconds by which the whole grows with it, so that they add up though each is rounded.
fn explain(timer: &sla::Reading<'_>, now: DateTime<Utc>) -> Vec<CountedSegment> {
    let mut sum = TimeDelta::zero();
    let segments = timer.segments.iter().zip(timer.counted(now));
    let counted = segments.map(|(segment, counted)| {
        let before = duration(sum);
        sum += counted;
        CountedSegment {
            started_at: segment.started_at,
            ended_at: segment.ended_at,
            running: segment.running,
            reason: segment.reason.as_str(),
            counted: Duration {
                seconds: duration(sum).seconds - before.seconds,
            },
        }
    });
    counted.collect()
}

/// To the second, downwards: what is left is never shown as more than it is.
fn duration(length: TimeDelta) -> Duration {
    let seconds = length.num_seconds();
    let is_below = length < TimeDelta::seconds(seconds);
    Duration {
        seconds: if is_below { seconds - 1 } else { seconds },
    }
}
