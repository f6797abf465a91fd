//! Checking what comes in: cleans texts and collects all that is wrong, so that a form shows it at once.

use std::collections::BTreeSet;

use entity::json::CustomField;
use serde::Serialize;

use crate::{
    refusal::{Refusal, Why},
    text::{self, TextError},
};

/// A ticket's application context, and its custom fields, each as JSON.
pub const JSON_BYTES_MAX: usize = 16_384;
/// Ids and keys from other systems.
pub const KEY_CHARS_MAX: usize = 255;

/// What an input says where it may name something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Named<Id> {
    /// Nothing is said: what is stays, or the default holds.
    #[default]
    Absent,
    /// There is to be none.
    Null,
    Id(Id),
    /// The id is not one of its kind: it names nothing.
    Unknown,
}

/// What an edit says of a value that may be absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Patch<T> {
    /// Nothing is said: what is stays.
    #[default]
    Keep,
    /// There is to be none.
    Empty,
    Set(T),
}

impl<T> Patch<T> {
    /// What is to be where `before` was.
    pub fn over(self, before: Option<T>) -> Option<T> {
        match self {
            Self::Keep => before,
            Self::Empty => None,
            Self::Set(value) => Some(value),
        }
    }
}

/// What was wrong so far.
#[derive(Debug, Default)]
pub struct Checked {
    pub refusals: Vec<Refusal>,
}

impl Checked {
    pub fn refuse(&mut self, refusal: Refusal) {
        self.refusals.push(refusal);
    }

    /// A text of one line that must say something.
    pub fn line(&mut self, field: &'static str, text: &str, chars_max: usize) -> String {
        self.take(field, text::clean_line(text, chars_max))
    }

    /// A text of many lines that must say something.
    pub fn body(&mut self, field: &'static str, text: &str) -> String {
        self.take(field, text::clean_body(text, text::BODY_CHARS_MAX))
    }

    /// Tags in normal form, each once, in the order they were given.
    pub fn tags(&mut self, field: &'static str, tags: &[String], max: usize) -> Vec<String> {
        if tags.len() > max {
            self.refuse(Refusal::Invalid {
                field,
                why: Why::TooMany { max },
            });
            return Vec::new();
        }
        let mut seen = BTreeSet::new();
        let tags = tags.iter().map(|tag| self.take(field, text::tag(tag)));
        tags.filter(|tag| seen.insert(tag.clone())).collect()
    }

    /// Custom fields with clean keys; each may be a value, or null to take the field away.
    pub fn custom_fields(
        &mut self,
        field: &'static str,
        fields: &[CustomField],
    ) -> Vec<CustomField> {
        self.json(field, &fields, JSON_BYTES_MAX);
        let clean = |field_in: &CustomField| CustomField {
            key: self.line(field, &field_in.key, KEY_CHARS_MAX),
            value: field_in.value.clone(),
        };
        fields.iter().map(clean).collect()
    }

    pub fn email(&mut self, field: &'static str, email: &str) -> String {
        self.take(field, text::email(email))
    }

    /// A value whose JSON is bounded, and free of what PostgreSQL cannot store.
    pub fn json(&mut self, field: &'static str, value: &impl Serialize, bytes_max: usize) {
        match serde_json::to_string(value) {
            Ok(json) if json.len() > bytes_max => self.refuse(Refusal::TooLong {
                field,
                max: bytes_max,
            }),
            Ok(json) if json.contains("\\u0000") => {
                self.refuse(Refusal::Invalid {
                    field,
                    why: Why::ControlCharacter,
                });
            }
            Ok(_) => {}
            Err(_) => self.refuse(Refusal::Invalid {
                field,
                why: Why::ControlCharacter,
            }),
        }
    }

    /// The cleaned text; an empty one stands in for what was refused.
    pub fn take(&mut self, field: &'static str, cleaned: Result<String, TextError>) -> String {
        cleaned.unwrap_or_else(|error| {
            self.refuse(refusal(field, error));
            String::new()
        })
    }
}

/// What a text's fault is called in an answer.
pub const fn refusal(field: &'static str, error: TextError) -> Refusal {
    match error {
        TextError::Empty => Refusal::Required { field },
        TextError::TooLong { max } => Refusal::TooLong { field, max },
        TextError::Control => Refusal::Invalid {
            field,
            why: Why::ControlCharacter,
        },
        TextError::Email => Refusal::Invalid {
            field,
            why: Why::Email,
        },
        TextError::Url => Refusal::Invalid {
            field,
            why: Why::Url,
        },
    }
}
