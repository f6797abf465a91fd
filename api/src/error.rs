//! How anything can fail: one enum, each variant with a stable code that `docs/api.md` lists.

use std::borrow::Cow;

use entity::api_token::ApiScope;
use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr};

use crate::refusal::Refusal;

/// When to try again what waited in vain, in s: it has waited three already.
const RETRY_AFTER_S: u64 = 1;

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("sign in first")]
    Unauthenticated,
    #[error("you may not do this")]
    Forbidden,
    /// The token does not go so far, whatever its owner may do. Any one of these would do.
    #[error("the token lacks the scope {}", words(scopes))]
    MissingScope { scopes: &'static [ApiScope] },
    #[error("only somebody who is signed in may do this, not a token")]
    SignInNeeded,
    /// Missing and hidden alike.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// An argument that no form field stands for: a cursor, a page size, an id.
    #[error("{0}")]
    BadInput(&'static str),
    /// A live stream cannot go on from where the client is.
    #[error("start over: read again, and follow from the new `syncCursor`")]
    Resync,
    #[error("too many requests: try again in {retry_after_s} s")]
    RateLimited { retry_after_s: u64 },
    /// What the person at the keyboard can put right: data in the payload, nothing changed.
    #[error("refused: {0:?}")]
    Refused(Vec<Refusal>),
    /// The same of one step of several, by its place from 0; nothing of any was done.
    #[error("refused in step {place}: {refusals:?}")]
    RefusedStep {
        place: usize,
        refusals: Vec<Refusal>,
    },
    /// The key was sent before, with something else.
    #[error("this Idempotency-Key was used for another request")]
    IdempotencyMismatch,
    /// What others hold, a row, a connection to the database or a turn, was waited for in vain, or too many wait for it.
    /// Nothing changed.
    #[error("too much is asked at once: nothing was done, try again")]
    Unavailable,
    #[error("something went wrong")]
    Internal(#[from] anyhow::Error),
}

impl Error {
    /// Whether it is the caller's rights that are missing, however it is said.
    pub const fn is_forbidden(&self) -> bool {
        matches!(
            self,
            Self::Forbidden | Self::MissingScope { .. } | Self::SignInNeeded
        )
    }

    /// Whether it was refused because somebody else has the value: they may have been as quick.
    pub fn is_taken(&self) -> bool {
        let is_one = |refusal: &Refusal| matches!(refusal, Refusal::Taken { .. });
        matches!(self, Self::Refused(refusals) if refusals.iter().any(is_one))
    }

    /// Whether the same again may end otherwise though nobody changes anything: it failed for the moment only.
    pub const fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::RateLimited { .. } | Self::Unavailable | Self::Internal(_)
        )
    }

    /// The stable code in a GraphQL error's `extensions.code`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden | Self::MissingScope { .. } | Self::SignInNeeded => "FORBIDDEN",
            Self::NotFound(_) => "NOT_FOUND",
            Self::BadInput(_) | Self::Refused(_) | Self::RefusedStep { .. } => "BAD_USER_INPUT",
            Self::Resync => "RESYNC",
            Self::RateLimited { .. } => "RATE_LIMITED",
            Self::IdempotencyMismatch => "IDEMPOTENCY_MISMATCH",
            Self::Unavailable => "UNAVAILABLE",
            Self::Internal(_) => "INTERNAL",
        }
    }

    /// When the same may go through, where that is a matter of time.
    pub const fn retry_after_s(&self) -> Option<u64> {
        match self {
            Self::RateLimited { retry_after_s } => Some(*retry_after_s),
            Self::Unavailable => Some(RETRY_AFTER_S),
            _ => None,
        }
    }
}

/// What clients call a scope.
pub const fn scope_name(scope: ApiScope) -> &'static str {
    match scope {
        ApiScope::TicketsRead => "TICKETS_READ",
        ApiScope::TicketsWrite => "TICKETS_WRITE",
        ApiScope::CommentsWrite => "COMMENTS_WRITE",
        ApiScope::CommentsInternalRead => "COMMENTS_INTERNAL_READ",
        ApiScope::CommentsInternalWrite => "COMMENTS_INTERNAL_WRITE",
        ApiScope::QueuesWrite => "QUEUES_WRITE",
        ApiScope::ArticlesRead => "ARTICLES_READ",
        ApiScope::ArticlesWrite => "ARTICLES_WRITE",
        ApiScope::ArticlesPublish => "ARTICLES_PUBLISH",
        ApiScope::PeopleRead => "PEOPLE_READ",
        ApiScope::PeopleWrite => "PEOPLE_WRITE",
        ApiScope::MetricsRead => "METRICS_READ",
        ApiScope::AdministrationRead => "ADMINISTRATION_READ",
        ApiScope::AdministrationWrite => "ADMINISTRATION_WRITE",
        ApiScope::AuditRead => "AUDIT_READ",
        ApiScope::WebhooksRead => "WEBHOOKS_READ",
        ApiScope::WebhooksWrite => "WEBHOOKS_WRITE",
    }
}

fn words(scopes: &[ApiScope]) -> String {
    let names: Vec<_> = scopes.iter().copied().map(scope_name).collect();
    names.join(" or ")
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(vec![refusal])
    }
}

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        if is_wait_in_vain(&error) {
            return Self::Unavailable;
        }
        Self::Internal(error.into())
    }
}

/// Refuses a change that was meant for another version.
pub fn expect_version(current: i32, expected: Option<i32>) -> Result<()> {
    match expected {
        Some(version) if version != current => Err(Refusal::Conflict { current }.into()),
        Some(_) | None => Ok(()),
    }
}

/// The database's own code for what it refused: on PostgreSQL an SQLSTATE.
pub fn database_code(error: &DbErr) -> Option<Cow<'_, str>> {
    let (DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) =
        error
    else {
        return None;
    };
    error.as_database_error()?.code()
}

/// For a connection, or on PostgreSQL for a lock (`55P03`). SQLite's one writer is a connection.
fn is_wait_in_vain(error: &DbErr) -> bool {
    match error {
        DbErr::ConnectionAcquire(ConnAcquireErr::Timeout) => true,
        _ => database_code(error).as_deref() == Some("55P03"),
    }
}

/// Fails with everything that was found wrong, so that a form shows it all at once.
pub fn refuse_if_any(refusals: Vec<Refusal>) -> Result<()> {
    if refusals.is_empty() {
        Ok(())
    } else {
        Err(Error::Refused(refusals))
    }
}
