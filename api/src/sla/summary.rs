//! What a ticket's timers say together, in the three columns by which queues filter and sort.

use chrono::{DateTime, Utc};

use super::timer::TimerState;

/// What the timers of a ticket do, apart from how much time is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// At least one timer runs.
    Running,
    /// Timers are open, and all are paused.
    Paused,
    /// No timer is open and the ticket was solved. Whether each promise was kept in time is said by its timer.
    Met,
    /// No timer is open, and the ticket was not solved.
    Cancelled,
}

/// A ticket's timers in three columns. They change only when the ticket does, and answer for every moment until then:
///
/// - [`Phase::Running`] and `next_due_at <= now`: `BREACHED`
/// - [`Phase::Running`] and `at_risk_at <= now < next_due_at`: `AT_RISK`
/// - otherwise the phase itself; both times are absent unless the phase is [`Phase::Running`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    pub phase: Phase,
    /// The earliest due time of the timers that run.
    pub next_due_at: Option<DateTime<Utc>>,
    /// The earliest moment at which one of the timers that run is near its target.
    pub at_risk_at: Option<DateTime<Utc>>,
}

impl Summary {
    /// The answer of the columns at `now`; a query says the same in SQL.
    pub fn state(&self, now: DateTime<Utc>) -> TimerState {
        let is_past = |at: Option<DateTime<Utc>>| at.is_some_and(|at| at <= now);
        match self.phase {
            Phase::Running if is_past(self.next_due_at) => TimerState::Breached,
            Phase::Running if is_past(self.at_risk_at) => TimerState::AtRisk,
            Phase::Running => TimerState::Running,
            Phase::Paused => TimerState::Paused,
            Phase::Met => TimerState::Met,
            Phase::Cancelled => TimerState::Cancelled,
        }
    }
}
