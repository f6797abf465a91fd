//! What was sent, and what it was answered with.

use std::time::Duration;

use serde_json::Value;

/// A change that is meant once.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) key: String,
    pub(crate) document: &'static str,
    pub(crate) variables: Value,
    /// Texts that nothing else has, and how often each is there afterwards.
    pub(crate) texts: Vec<(String, usize)>,
}

/// A change that was acknowledged.
#[derive(Clone, Debug)]
pub(crate) struct Acknowledged {
    pub(crate) change: Change,
    /// All of the answer.
    pub(crate) text: String,
    pub(crate) tries: usize,
    /// Whether what was kept was the first answer that came.
    pub(crate) is_replayed: bool,
    pub(crate) took: Duration,
}

/// Everything of one client.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) acknowledged: Vec<Acknowledged>,
    /// Bulk jobs that were begun.
    pub(crate) jobs: Vec<String>,
    /// What was answered otherwise than it may be.
    pub(crate) wrong: Vec<String>,
}
