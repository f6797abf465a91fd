//! What readers say of an article, and whether its page is there.

use async_graphql::{Enum, SimpleObject};
use chrono::{DateTime, Utc};
use entity::link_check;

use crate::knowledge::figures::Feedback;

/// What readers said of an article; each counts once, with what they said last.
#[derive(SimpleObject)]
pub struct ArticleFeedback {
    /// How many said that it helped.
    helpful_count: i32,
    /// How many said that it did not.
    not_helpful_count: i32,
}

impl From<Feedback> for ArticleFeedback {
    fn from(feedback: Feedback) -> Self {
        let [helpful_count, not_helpful_count] = [feedback.helpful, feedback.not_helpful]
            .map(|count| i32::try_from(count).unwrap_or(i32::MAX));
        Self {
            helpful_count,
            not_helpful_count,
        }
    }
}

/// Whether a page elsewhere is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "link_check::Status")]
pub enum LinkStatus {
    /// It is there, or at least somebody answers for it.
    Alive,
    /// It is somewhere else now: the answer leads there.
    Moved,
    /// It could not be had; that may pass. It is asked for again within the hour.
    Failing,
    /// It is gone, or failed three times in a row.
    Dead,
    /// The server may not ask for it: its address is not a public one.
    NotChecked,
}

/// Why a page elsewhere could not be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "link_check::Problem")]
pub enum LinkProblem {
    /// It was answered with a status that says so: see `httpStatus`.
    HttpStatus,
    /// There is no host of this name.
    UnknownHost,
    /// Nobody listens there, or who does cannot prove to be this host.
    NoConnection,
    /// There was no answer in time.
    TimedOut,
    /// What came back is not HTTP.
    NoAnswer,
    /// Its address is not a public one, and is not allowed by the settings.
    NotAllowed,
}

/// What came of asking for a page elsewhere.
#[derive(SimpleObject)]
pub struct LinkCheck {
    /// Whether it is there.
    status: LinkStatus,
    /// Why it could not be had; null where it could.
    problem: Option<LinkProblem>,
    /// The HTTP status of the answer; null where there was none.
    http_status: Option<i32>,
    /// When it was asked for.
    checked_at: DateTime<Utc>,
}

impl LinkCheck {
    /// None: it was not asked for yet.
    pub(super) fn of(check: &link_check::Model) -> Option<Self> {
        Some(Self {
            status: check.status?.into(),
            problem: check.problem.map(Into::into),
            http_status: check.http_status.map(i32::from),
            checked_at: check.checked_at?,
        })
    }
}
