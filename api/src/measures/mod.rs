//! Measures of the desk's work over a time: how long it took, how much came and went, how well it went. Worked out from the
//! event log whenever they are asked for, so that they can be checked by it; nothing is counted ahead (ADR 23).

pub mod graphql;
mod period;
mod queries;
mod replay;
mod rules;
mod tally;

pub use period::{Interval, Period};
pub use queries::{Question, measure};
pub use rules::{Dimension, Key};
pub use tally::{Group, Report, Tally};
