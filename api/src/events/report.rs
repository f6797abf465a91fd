//! What operators are told of the feed.

use std::time::Duration;

use super::{Pos, doorbell::Health};

/// How the feed does, for operators.
#[derive(Clone, Copy, Debug)]
pub struct Report {
    pub bell: Health,
    /// The newest place read.
    pub head: Pos,
    /// How often the log was looked at though nobody rang.
    pub sweeps: u64,
    /// How often the log could not be read.
    pub failures: u64,
    /// Whether it could not be read the last time.
    pub is_failing: bool,
    /// How often somebody could not go on from where they were.
    pub resyncs: u64,
    /// From the newest event to when it was read here.
    pub lag: Duration,
}
