//! How a ticket stands to its level's targets.

use async_graphql::{Context, Description, Enum, Lookahead, Object, Result, SimpleObject};
use chrono::{DateTime, TimeDelta, Utc};
use entity::ticket::{self, NEVER, ServicePhase};

use crate::{
    graphql::scalars::Duration,
    sla::{self, Timers},
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
    /// It stands still while the ticket waits for its requester.
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

/// How a ticket stands to the targets of its level. Every hour counts: there are no working hours
/// or holidays yet.
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

    fn timer(&self, kind: sla::TimerKind) -> Result<Option<Timer>> {
        let timers: Timers = serde_json::from_str(&self.timers)?;
        Ok(timers
            .get(kind)
            .and_then(|timer| Timer::of(timer, self.now)))
    }
}

#[Object(use_type_description)]
impl ServiceLevel {
    /// The first reply; null where the level has no target for it.
    async fn first_reply(&self) -> Result<Option<Timer>> {
        self.timer(sla::TimerKind::FirstReply)
    }

    /// The reply that is owed now, or the last that was; null where there was none, or no target.
    async fn next_reply(&self) -> Result<Option<Timer>> {
        self.timer(sla::TimerKind::NextReply)
    }

    /// The solution; null where the level has no target for it.
    async fn resolution(&self) -> Result<Option<Timer>> {
        self.timer(sla::TimerKind::Resolution)
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
#[derive(SimpleObject)]
pub struct Timer {
    /// What is measured.
    kind: TimerKind,
    /// How it stands now.
    state: TimerState,
    /// How much time there is.
    target: Duration,
    /// When the time is over; null while the timer is paused, and once it is done.
    due_at: Option<DateTime<Utc>>,
    /// How much time is used.
    elapsed: Duration,
    /// How much time is left; negative when it is over, null once the timer is done.
    remaining: Option<Duration>,
    /// The stretches of time that add up to it, oldest first.
    segments: Vec<TimerSegment>,
}

impl Timer {
    fn of(timer: &sla::Timer, now: DateTime<Utc>) -> Option<Self> {
        let target = timer.target()?;
        Some(Self {
            kind: timer.kind.into(),
            state: timer.state(now).into(),
            target: duration(target),
            due_at: timer.due_at(),
            elapsed: duration(timer.elapsed(now)),
            remaining: timer.remaining(now).map(duration),
            segments: timer.segments.iter().map(TimerSegment::of).collect(),
        })
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
    /// Why: `OPEN`, `WAITING_REQUESTER`, `WAITING_THIRD_PARTY`, `WAITING_SCHEDULED`, `SOLVED`, or
    /// `SUMMED` where many old stretches were added up.
    reason: &'static str,
}

impl TimerSegment {
    fn of(segment: &sla::Segment) -> Self {
        Self {
            started_at: segment.started_at,
            ended_at: segment.ended_at,
            running: segment.running,
            reason: segment.reason.as_str(),
        }
    }
}

/// To the second, downwards: what is left is never shown as more than it is.
fn duration(length: TimeDelta) -> Duration {
    let seconds = length.num_seconds();
    let is_below = length < TimeDelta::seconds(seconds);
    Duration {
        seconds: if is_below { seconds - 1 } else { seconds },
    }
}
