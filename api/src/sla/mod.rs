//! Service levels: what was promised about a ticket, how much of the time is used, and when it is due.
//!
//! A ticket carries at most three timers: the first reply, the next reply and the resolution. [`Timers`] holds them
//! and knows what each move of the ticket does to them; [`Timer`] is the clock itself, a list of segments that a
//! person can add up; [`Summary`] is what queues sort and filter by. All of it is pure: `now` comes from outside.
//!
//! **Every hour counts for now**: there is one calendar, always open, without holidays. Instants are kept as they
//! come (microseconds), targets in whole seconds, and no sum is rounded, so that a due time stored in a column and one
//! computed from the segments are equal.

mod rules;
mod summary;
mod timer;
mod warnings;

pub use rules::{Targets, Timers, WaitReason};
pub use summary::{Phase, Summary};
pub use timer::{
    AT_RISK_PERCENT, Outcome, REOPEN_FLOOR_PERCENT, SEGMENTS_MAX, Segment, SegmentReason, Timer,
    TimerKind, TimerState,
};
pub use warnings::Due;
