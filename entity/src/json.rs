//! Small values that are stored whole, as JSON, beside the row they describe.

use std::{
    collections::BTreeMap,
    hash::{Hash, Hasher},
};

use sea_orm::{
    DeriveValueType, FromJsonQueryResult,
    prelude::{ChronoDate, DateTimeUtc},
};
use serde::{Deserialize, Serialize};

use crate::{
    ids::{CommentId, OrganizationId, TeamId, TicketId, UserId},
    ticket::{Status, TimerKind, WaitingReason},
};

/// A ticket's or article's tags in normal form, in the order they were given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(transparent)]
pub struct Tags(pub Vec<String>);

/// What a list shows of a ticket's newest comment, kept on the ticket so that a page is one read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct CommentDigest {
    pub id: CommentId,
    pub author_id: Option<UserId>,
    pub excerpt: String,
    pub created_at: DateTimeUtc,
}

/// The tickets whose comments a ticket shows with its own, because they were merged into it: kept on the
/// ticket, so that a list of tickets shows counts and newest comments without reading them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(transparent)]
pub struct MergedTickets(pub Vec<MergedTicket>);

/// A merged ticket: who may read it, and its comments in short. Closed, it stays as it is here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MergedTicket {
    pub id: TicketId,
    pub requester_id: UserId,
    pub organization_id: Option<OrganizationId>,
    pub team_id: Option<TeamId>,
    pub public_comment_count: i32,
    pub internal_comment_count: i32,
    pub last_public_comment: Option<CommentDigest>,
    pub last_internal_comment: Option<CommentDigest>,
}

/// What a merge changed in a ticket and in those who follow, so that it can be undone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct BeforeMerge {
    pub status: Status,
    pub waiting_reason: Option<WaitingReason>,
    pub waiting_until: Option<DateTimeUtc>,
    /// The timers that the merge stopped.
    pub stopped: Vec<TimerKind>,
    /// Who follows the other ticket since the merge, and only because of it.
    pub followers: Vec<UserId>,
}

/// Where in the host application the requester was: data from outside, never trusted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(default)]
pub struct ApplicationContext {
    pub url: Option<String>,
    pub application: Option<String>,
    pub version: Option<String>,
    pub locale: Option<String>,
    pub browser: Option<String>,
    pub screen: Option<String>,
    pub data: Option<serde_json::Value>,
}

/// A ticket's custom fields, in the order they were given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(transparent)]
pub struct CustomFields(pub Vec<CustomField>);

/// One custom field and its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomField {
    pub key: String,
    pub value: serde_json::Value,
}

/// The choices of a custom field, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(transparent)]
pub struct Choices(pub Vec<Choice>);

/// One choice of a custom field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    pub key: String,
    pub label_en: String,
    pub label_fr: String,
    /// Whether it can be chosen no more.
    pub is_archived: bool,
}

/// What a change made of custom fields.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(transparent)]
pub struct FieldChanges(pub Vec<FieldChange>);

/// One custom field before and after a change; none where it was not there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    pub key: String,
    pub before: Option<serde_json::Value>,
    pub after: Option<serde_json::Value>,
}

/// What filters look at in a ticket's custom fields, by key. No text that a person wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(transparent)]
pub struct Fields(pub BTreeMap<String, FieldFact>);

/// A field that has a value, and which, unless it is a text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldFact {
    /// Choices, a date, or `true` or `false`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<Number>,
}

/// A number that is one: no NaN, no infinity, and one zero.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize, DeriveValueType)]
#[serde(transparent)]
pub struct Number(f64);

impl Number {
    /// None for what is no number.
    pub fn of(number: f64) -> Option<Self> {
        // Minus zero and zero are zero.
        number.is_finite().then_some(Self(number + 0.0))
    }
}

impl Eq for Number {}

impl Hash for Number {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

/// What the requester thought of the help.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Satisfaction {
    /// From 1 (bad) to 5 (good).
    pub score: i16,
    pub comment: Option<String>,
    pub rated_at: DateTimeUtc,
}

/// The intervals in which a calendar is open.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(transparent)]
pub struct Intervals(pub Vec<Interval>);

/// One interval of a weekday, in minutes since midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interval {
    /// From Monday, 0, to Sunday, 6.
    pub weekday: u8,
    pub from: u16,
    /// At or before the start: on the next day.
    pub to: u16,
}

/// A calendar's holidays, in the order of their dates.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(transparent)]
pub struct Holidays(pub Vec<Holiday>);

/// A day on which a calendar is closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holiday {
    pub date: ChronoDate,
    /// On this day of every year.
    pub yearly: bool,
    pub name: String,
}

/// Reasons for which waiting does not count.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(transparent)]
pub struct WaitingReasons(pub Vec<WaitingReason>);
