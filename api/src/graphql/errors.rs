//! Errors to GraphQL: the one place that decides what is data in a payload and what is an error.

use std::sync::Arc;

use async_graphql::{
    Enum, ErrorExtensionValues, InputType, Name, ServerError, SimpleObject, Value,
};
use entity::{api_token::ApiScope, user::Locale};
use serde_json::json;

use crate::{
    error::{Error, Result, scope_name},
    graphql::enums::TicketStatus,
    refusal::{Code, Refusal},
};

/// Something that the person at the keyboard can put right. Nothing was changed.
#[derive(Clone, Debug, SimpleObject)]
pub struct UserError {
    /// What is wrong, as a word that does not change.
    code: UserErrorCode,
    /// What is wrong, as a sentence in the viewer's language.
    message: String,
    /// Where in the input: the path of the field, from the outside in.
    field: Option<Vec<String>>,
    /// For `ILLEGAL_TRANSITION`: the statuses that the ticket can move to now.
    allowed: Option<Vec<TicketStatus>>,
}

/// What is wrong with an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Code")]
pub enum UserErrorCode {
    /// The field must have a value.
    Required,
    /// The value cannot be used.
    Invalid,
    /// The text has too many characters.
    TooLong,
    /// What the input names does not exist, or not for the viewer.
    NotFound,
    /// The viewer may not do this.
    Forbidden,
    /// Somebody else changed it first: `expectedVersion` is not the version any more.
    Conflict,
    /// Another agent has taken the ticket already.
    AlreadyClaimed,
    /// The ticket's status does not allow this move; `allowed` lists those it does.
    IllegalTransition,
    /// The value must be unique and is in use already.
    Taken,
    /// It was possible once: something has happened since that stays, or its time is over.
    TooLate,
    /// The idempotency key was used for another request. Keys are sent as the header `Idempotency-Key`, so this comes as an
    /// error of the whole request, not among `userErrors`.
    IdempotencyMismatch,
    /// E-mail address and password do not match.
    BadCredentials,
    /// The password is right; the account has an authenticator, so that `signIn` needs a `code` too.
    CodeRequired,
    /// The password is right; the account must have an authenticator, which the payload of `signIn` has the secret for.
    TotpRequired,
}

/// A payload's two halves: the thing, or what a person can put right. Other failures stay errors.
pub fn split_errors<T>(result: Result<T>, locale: Locale) -> Result<(Option<T>, Vec<UserError>)> {
    let refusals = match result {
        Ok(thing) => return Ok((Some(thing), Vec::new())),
        Err(Error::Refused(refusals)) => refusals,
        Err(Error::Forbidden) => vec![Refusal::Forbidden { field: None }],
        Err(Error::RefusedStep { place, refusals }) => {
            return Ok((None, UserError::all_of_step(place, &refusals, locale)));
        }
        Err(error) => return Err(error),
    };
    Ok((None, UserError::all(&refusals, locale)))
}

impl UserError {
    fn of(refusal: &Refusal, locale: Locale) -> Self {
        let allowed = match refusal {
            Refusal::IllegalTransition { allowed, .. } => {
                Some(allowed.iter().copied().map(Into::into).collect())
            }
            _ => None,
        };
        Self {
            code: refusal.code().into(),
            message: refusal.message(locale),
            field: refusal
                .field()
                .map(|path| path.split('.').map(str::to_owned).collect()),
            allowed,
        }
    }

    /// Of each refusal.
    pub fn all(refusals: &[Refusal], locale: Locale) -> Vec<Self> {
        let errors = refusals.iter();
        errors.map(|refusal| Self::of(refusal, locale)).collect()
    }

    /// Of each refusal of one of the input's `steps`, by its place from 0.
    pub fn all_of_step(place: usize, refusals: &[Refusal], locale: Locale) -> Vec<Self> {
        let mut errors = Self::all(refusals, locale);
        for error in &mut errors {
            let within = error.field.take().unwrap_or_default();
            let outer = ["steps".to_owned(), place.to_string()];
            error.field = Some(outer.into_iter().chain(within).collect());
        }
        errors
    }

    /// As it is kept where it is shown later.
    pub fn write(&self) -> serde_json::Value {
        let code = word(self.code);
        let allowed: Vec<_> = self.allowed.iter().flatten().copied().map(word).collect();
        let allowed = (!allowed.is_empty()).then_some(allowed);
        json!({ "code": code, "message": self.message, "field": self.field, "allowed": allowed })
    }

    /// Reads what [`UserError::write`] wrote.
    pub fn read(json: &serde_json::Value) -> Option<Self> {
        let code = read_word(json.get("code")?)?;
        let texts = |name: &str| {
            let items = json.get(name)?.as_array()?.iter();
            items
                .map(|item| item.as_str().map(str::to_owned))
                .collect::<Option<Vec<_>>>()
        };
        Some(Self {
            code,
            message: json.get("message")?.as_str()?.to_owned(),
            field: texts("field"),
            allowed: json.get("allowed").and_then(|words| {
                let words = words.as_array()?.iter();
                words.map(read_word).collect()
            }),
        })
    }

    pub fn is(&self, code: UserErrorCode) -> bool {
        self.code == code
    }
}

fn word(word: impl Into<Value>) -> serde_json::Value {
    // A word is JSON in any case.
    word.into().into_json().unwrap_or_default()
}

fn read_word<T: InputType>(json: &serde_json::Value) -> Option<T> {
    let word = Value::Enum(Name::new(json.as_str()?));
    T::parse(Some(word)).ok()
}

/// Scopes as the value of an error's extension.
pub fn scope_names(scopes: &[ApiScope]) -> Value {
    let names = scopes.iter().copied().map(scope_name);
    Value::List(names.map(|name| Value::Enum(Name::new(name))).collect())
}

/// Whether the same may succeed when it is asked again, though nobody changes anything. What has no source is the library's
/// verdict on the document, which stays.
pub fn is_passing(error: &ServerError) -> bool {
    error.source.is_some() && known(error).is_none_or(Error::is_passing)
}

fn known(error: &ServerError) -> Option<&Error> {
    error
        .source::<Error>()
        .or_else(|| error.source::<Arc<Error>>().map(AsRef::as_ref))
}

/// Gives an error from a resolver its code. What is not our own [`Error`] is shown as `INTERNAL`
/// and logged here, once. Errors of the library itself (parsing, validation) have no source and
/// are left to the caller: false.
pub fn present(error: &mut ServerError, request_id: &str) -> bool {
    if error.source.is_none() {
        return false;
    }
    let known = known(error);
    let mut extensions = ErrorExtensionValues::default();
    extensions.set("code", known.map_or("INTERNAL", Error::code));
    if let Some(seconds) = known.and_then(Error::retry_after_s) {
        extensions.set("retryAfter", seconds);
    }
    if let Some(Error::MissingScope { scopes }) = known {
        extensions.set("missingScopes", scope_names(scopes));
    }
    match known {
        Some(Error::Internal(cause)) => {
            tracing::error!(request_id, error = ?cause, "a request failed");
        }
        Some(Error::Unavailable) => tracing::warn!(request_id, "a request waited in vain"),
        Some(_) => {}
        None => {
            tracing::error!(request_id, error = error.message, "a request failed");
            "something went wrong".clone_into(&mut error.message);
        }
    }
    error.extensions = Some(extensions);
    true
}
