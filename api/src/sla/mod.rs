//! Service levels: what was promised about a ticket, how much of the time is used, and when it is due.
//!
//! A ticket carries at most three timers: the first reply, the next reply and the resolution. [`Timers`] holds them
//! and knows what each move of the ticket does to them; [`Timer`] is the clock itself, a list of segments that a
//! person can add up; [`Reading`] tells what it shows by the working hours in force; [`Summary`] is what queues sort and
//! filter by. All of that is pure: `now` comes from outside. [`Book`] knows which [`Terms`] are in force for a ticket.
//!
//! Instants are kept as they come (microseconds), targets in whole seconds, and no sum is rounded, so that a due time
//! stored in a column and one computed from the segments are equal. A segment that has ended keeps what it earned by
//! the calendar of its time (ADR 13).

mod in_force;
pub mod commands;
pub mod graphql;
mod parts;
mod reading;
mod rules;
mod summary;
mod terms;
mod timer;
mod warnings;

pub use commands::checked_target;
pub use in_force::{Book, book, change_terms, version_in_force};
pub use parts::{PARTS_MAX, Part, PartReason};
pub use reading::Reading;
pub use rules::Timers;
pub use summary::{Phase, Summary};
pub use terms::{Pauses, Stored, Targets, Terms};
pub use timer::{
    AT_RISK_PERCENT, Outcome, REOPEN_FLOOR_PERCENT, SEGMENTS_MAX, Segment, SegmentReason, Timer,
    TimerKind, TimerState,
};
pub use warnings::Due;
