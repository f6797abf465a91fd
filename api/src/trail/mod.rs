//! What the audit log tells: written by `Tx` with the change that it tells of. Reading it is a slice of its own, `audit/`.

mod failures;
mod of_events;

use std::{future::Future, net::IpAddr};

use chrono::{DateTime, Utc};
use entity::{
    audit_entry::{self, Action, Outcome, SubjectKind},
    event::ActorKind,
    ids::{
        ApiTokenId, ApplicationId, CalendarId, MacroId, OrganizationId, QueueId,
        ServiceLevelPolicyId, TeamId, UserId, WebhookEndpointId,
    },
};
use sea_orm::{ConnectionTrait, EntityTrait, Set};
use uuid::Uuid;

use crate::{actor::Actor, clock::Clock, error::Result};

pub use failures::{Failure, Failures};
pub(crate) use of_events::of;

/// Entries in one statement: each is twelve values, and SQLite takes 32,766 of them.
const STATEMENT_ROWS_MAX: usize = 2_000;

/// What was done, and to what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    pub action: Action,
    pub subject: Subject,
    /// Of a membership, the one who joins or leaves.
    pub member: Option<UserId>,
}

/// What it was done to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    User(UserId),
    Organization(OrganizationId),
    Team(TeamId),
    Queue(QueueId),
    Macro(MacroId),
    /// By its key.
    CustomField(String),
    /// By its rank.
    Level(i16),
    Calendar(CalendarId),
    ServiceLevelPolicy(ServiceLevelPolicyId),
    ApiToken(ApiTokenId),
    WebhookEndpoint(WebhookEndpointId),
    Application(ApplicationId),
    /// The desk itself.
    Nothing,
}

/// Who did it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct By {
    pub kind: ActorKind,
    pub id: Option<UserId>,
    pub token: Option<ApiTokenId>,
}

/// An entry to be written.
#[derive(Clone, Debug)]
pub struct Entry {
    pub at: DateTime<Utc>,
    pub by: By,
    pub act: Act,
    pub outcome: Outcome,
    pub count: i32,
    pub address: Option<IpAddr>,
}

tokio::task_local! {
    /// Where the request that this task answers came from. Commands do not hand it on: nothing but the audit log wants it.
    static ORIGIN: IpAddr;
}

/// Does `work` for a request from this address: what it changes is told to come from there.
pub async fn from<F: Future>(address: IpAddr, work: F) -> F::Output {
    ORIGIN.scope(address, work).await
}

/// Where the request came from that this task answers; none for what goes on by itself.
pub fn origin() -> Option<IpAddr> {
    ORIGIN.try_with(|address| *address).ok()
}

impl By {
    pub fn of(actor: &Actor) -> Self {
        Self {
            kind: actor.kind(),
            id: actor.id(),
            token: actor.api_token().map(|token| token.id),
        }
    }

    /// Somebody who has just shown who they are.
    pub const fn person(id: UserId) -> Self {
        Self {
            kind: ActorKind::Person,
            id: Some(id),
            token: None,
        }
    }
}

impl Act {
    pub const fn on(action: Action, subject: Subject) -> Self {
        Self {
            action,
            subject,
            member: None,
        }
    }
}

impl Entry {
    /// Something that was done, by a request from [`origin`].
    pub fn done(at: DateTime<Utc>, by: By, act: Act) -> Self {
        Self {
            at,
            by,
            act,
            outcome: Outcome::Done,
            count: 1,
            address: origin(),
        }
    }
}

/// Writes entries in their order.
pub(crate) async fn write(
    db: &impl ConnectionTrait,
    clock: &Clock,
    entries: Vec<Entry>,
) -> Result<()> {
    for some in entries.chunks(STATEMENT_ROWS_MAX) {
        let rows = some.iter().map(|entry| row(clock.new_id(), entry));
        audit_entry::Entity::insert_many(rows)
            .exec_without_returning(db)
            .await?;
    }
    Ok(())
}

fn row(id: Uuid, entry: &Entry) -> audit_entry::ActiveModel {
    let subject = stored(&entry.act.subject);
    audit_entry::ActiveModel {
        id: Set(id),
        at: Set(entry.at),
        actor_kind: Set(entry.by.kind),
        actor_id: Set(entry.by.id),
        token_id: Set(entry.by.token),
        action: Set(entry.act.action),
        outcome: Set(entry.outcome),
        count: Set(entry.count),
        subject_kind: Set(subject.as_ref().map(|(kind, _)| *kind)),
        subject_key: Set(subject.map(|(_, key)| key)),
        member_id: Set(entry.act.member),
        address: Set(entry
            .address
            .map(|address| address.to_canonical().to_string())),
    }
}

/// A subject as the table has it: its kind and its key.
pub fn stored(subject: &Subject) -> Option<(SubjectKind, String)> {
    let uuid = |id: &Uuid| id.simple().to_string();
    let stored = match subject {
        Subject::User(id) => (SubjectKind::User, uuid(&id.0)),
        Subject::Organization(id) => (SubjectKind::Organization, uuid(&id.0)),
        Subject::Team(id) => (SubjectKind::Team, uuid(&id.0)),
        Subject::Queue(id) => (SubjectKind::Queue, uuid(&id.0)),
        Subject::Macro(id) => (SubjectKind::Macro, uuid(&id.0)),
        Subject::CustomField(key) => (SubjectKind::CustomField, key.clone()),
        Subject::Level(rank) => (SubjectKind::Level, rank.to_string()),
        Subject::Calendar(id) => (SubjectKind::Calendar, uuid(&id.0)),
        Subject::ServiceLevelPolicy(id) => (SubjectKind::ServiceLevelPolicy, uuid(&id.0)),
        Subject::ApiToken(id) => (SubjectKind::ApiToken, uuid(&id.0)),
        Subject::WebhookEndpoint(id) => (SubjectKind::WebhookEndpoint, uuid(&id.0)),
        Subject::Application(id) => (SubjectKind::Application, uuid(&id.0)),
        Subject::Nothing => return None,
    };
    Some(stored)
}
