//! The audit log as admins see it.

mod lines;

use async_graphql::{Context, Description, Enum, ID, InputObject, Object, Result};
use chrono::{DateTime, Utc};
use entity::{
    audit_entry::{self, Model},
    ids::{
        ApiTokenId, ApplicationId, CalendarId, MacroId, OrganizationId, QueueId,
        ServiceLevelPolicyId, TeamId, UserId, WebhookEndpointId,
    },
};
use uuid::Uuid;

use super::queries;
use crate::{
    connection,
    error::Error,
    graphql::{
        Caller, GlobalId,
        ids::{FieldKey, LevelRank},
        selects_total,
    },
    page::{Args, Cursor, OrderTag, Sort},
    people::graphql::{Actor, actor_field},
    trail::Subject,
};

pub use lines::{CSV_HEAD, csv_line, json_line};

const ENTRIES: OrderTag = *b"at";

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "audit_entry::Action")]
pub enum AuditAction {
    /// Somebody signed in; with the outcome `REFUSED`, somebody tried to, or gave a wrong password or code where theirs was
    /// asked for again.
    SignIn,
    /// Somebody ended one of their sessions.
    SignOut,
    /// Somebody ended all their sessions.
    SignOutEverywhere,
    /// A refresh token was shown again that had been replaced: the session was ended.
    RefreshTokenReused,
    /// A password was changed, by its owner or by an admin.
    PasswordChanged,
    /// Somebody was given a secret for an authenticator, which is not asked for yet.
    TotpEnrollmentStarted,
    /// Somebody has an authenticator from now on, or another one.
    TotpEnabled,
    /// Somebody has no authenticator any more: by themselves, or by an admin.
    TotpDisabled,
    /// Somebody got other recovery codes.
    RecoveryCodesReplaced,
    /// Somebody used a recovery code instead of their authenticator.
    RecoveryCodeUsed,
    /// A person or a machine was made, also by opening a ticket for an address that was not known.
    UserCreated,
    /// A person or a machine was changed.
    UserEdited,
    /// A person or a machine was kept out.
    UserDisabled,
    /// A person or a machine was let in again.
    UserEnabled,
    /// Somebody else said whether an agent takes tickets.
    AvailabilitySet,
    /// It was said how many tickets an agent takes.
    CapacitySet,
    /// An organization was made.
    OrganizationCreated,
    /// An organization was changed.
    OrganizationEdited,
    /// A team was made.
    TeamCreated,
    /// A team was changed.
    TeamEdited,
    /// Somebody (`member`) was put into a team.
    TeamMemberAdded,
    /// Somebody (`member`) was taken out of a team.
    TeamMemberRemoved,
    /// How a team gives out its tickets was changed.
    TeamAssignmentSet,
    /// A queue was made.
    QueueCreated,
    /// A queue was changed.
    QueueEdited,
    /// A queue was deleted.
    QueueDeleted,
    /// A macro was made.
    MacroCreated,
    /// A macro was changed.
    MacroEdited,
    /// A macro was deleted.
    MacroDeleted,
    /// A custom field was defined.
    CustomFieldCreated,
    /// A custom field was changed.
    CustomFieldEdited,
    /// A level was made.
    LevelCreated,
    /// A level was changed.
    LevelEdited,
    /// What a level does by itself was changed.
    LevelEscalationSet,
    /// A calendar was made.
    CalendarCreated,
    /// A calendar was changed.
    CalendarEdited,
    /// A calendar was deleted.
    CalendarDeleted,
    /// A service-level policy was made.
    ServiceLevelPolicyCreated,
    /// A service-level policy was changed.
    ServiceLevelPolicyEdited,
    /// A service-level policy was deleted.
    ServiceLevelPolicyDeleted,
    /// A token of the API was made.
    ApiTokenCreated,
    /// A token's name, scopes or end was changed.
    ApiTokenEdited,
    /// A token was replaced by another.
    ApiTokenRotated,
    /// A token was revoked.
    ApiTokenRevoked,
    /// The audit log was taken out as a file.
    AuditLogExported,
    /// A webhook endpoint was made.
    WebhookEndpointCreated,
    /// A webhook endpoint's address, description, events or filter was changed.
    WebhookEndpointEdited,
    /// A webhook endpoint was deleted.
    WebhookEndpointDeleted,
    /// A webhook endpoint is told what happens again.
    WebhookEndpointEnabled,
    /// A webhook endpoint is told nothing any more, because somebody said so, or by itself.
    WebhookEndpointDisabled,
    /// A webhook endpoint's secret was replaced.
    WebhookSecretRotated,
    /// A webhook endpoint was sent a test.
    WebhookEndpointPinged,
    /// One event was told to a webhook endpoint again.
    WebhookDeliveryReplayed,
    /// A part of the log was told to a webhook endpoint again.
    WebhookEventsReplayed,
    /// Tickets, comments, articles, people or events were taken out as a file.
    RecordsExported,
    /// An application that embeds the desk was made.
    ApplicationCreated,
    /// An application was changed.
    ApplicationEdited,
    /// An application was deleted.
    ApplicationDeleted,
    /// An application got a key.
    ApplicationKeyAdded,
    /// A key of an application was taken away.
    ApplicationKeyRevoked,
    /// Somebody signed in with a provider for the first time, and was taken for the owner of an account by their verified
    /// address.
    IdentityLinked,
}

/// Whether it came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "audit_entry::Outcome")]
pub enum AuditOutcome {
    /// It was done.
    Done,
    /// It was tried.
    Refused,
}

/// What kind of thing it was done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "audit_entry::SubjectKind")]
pub enum AuditSubjectKind {
    /// A person or a machine.
    User,
    /// An organization.
    Organization,
    /// A team.
    Team,
    /// A saved queue.
    Queue,
    /// A macro.
    Macro,
    /// A custom field.
    CustomField,
    /// A level.
    Level,
    /// A calendar.
    Calendar,
    /// A service-level policy.
    ServiceLevelPolicy,
    /// A token of the API.
    ApiToken,
    /// A webhook endpoint.
    WebhookEndpoint,
    /// An application that embeds the desk.
    Application,
}

/// Which entries of the audit log; all that is given must hold.
#[derive(Default, InputObject)]
pub struct AuditFilter {
    /// Who did it: the global id of a person or machine.
    actor_id: Option<ID>,
    /// What it was done to: a global id.
    subject_id: Option<ID>,
    /// What was done: one of these.
    actions: Option<Vec<AuditAction>>,
    /// Whether it came about.
    outcome: Option<AuditOutcome>,
    /// From this moment on.
    from: Option<DateTime<Utc>>,
    /// Before this moment.
    to: Option<DateTime<Utc>>,
}

/// One thing that was done at the desk's administration, or a sign-in.
#[derive(Description)]
pub struct AuditEntry(Model);

connection!(
    /// A page of the audit log.
    AuditEntryConnection, AuditEntryEdge, AuditEntry
);

#[Object(use_type_description)]
impl AuditEntry {
    /// The entry's id.
    async fn id(&self) -> ID {
        ID(self.0.id.simple().to_string())
    }

    /// When it was done; of attempts that were counted together, the last.
    async fn at(&self) -> DateTime<Utc> {
        self.0.at
    }

    /// Who did it; null for somebody who did not show who they are.
    async fn actor(&self, ctx: &Context<'_>) -> Result<Option<Actor>> {
        if self.0.outcome == audit_entry::Outcome::Refused && self.0.actor_id.is_none() {
            return Ok(None);
        }
        Ok(Some(
            actor_field(ctx, self.0.actor_kind, self.0.actor_id).await?,
        ))
    }

    /// The token of the API that it was done with; null with a sign-in.
    async fn token_id(&self) -> Option<ID> {
        self.0.token_id.map(|id| id.global())
    }

    /// What was done.
    async fn action(&self) -> AuditAction {
        self.0.action.into()
    }

    /// Whether it came about.
    async fn outcome(&self) -> AuditOutcome {
        self.0.outcome.into()
    }

    /// How often: attempts that failed are counted together, by account and address, for about a minute.
    async fn count(&self) -> i32 {
        self.0.count
    }

    /// What kind of thing it was done to; null for the desk itself, and where no account has the address that
    /// somebody tried.
    async fn subject_kind(&self) -> Option<AuditSubjectKind> {
        self.0.subject_kind.map(Into::into)
    }

    /// The global id of what it was done to; null as `subjectKind` is.
    async fn subject_id(&self) -> Option<ID> {
        subject_id(&self.0)
    }

    /// Of a membership, the global id of who joined or left; null of everything else.
    async fn member_id(&self) -> Option<ID> {
        self.0.member_id.map(|id| id.global())
    }

    /// The address that it came from, as far as the proxies are trusted (`GUICHET_TRUSTED_PROXIES`); null for what did
    /// not come over the network.
    async fn address(&self) -> Option<&str> {
        self.0.address.as_deref()
    }
}

/// The audit log.
#[derive(Default)]
pub struct AuditQuery;

#[Object]
impl AuditQuery {
    /// Who administered what, and who signed in, the newest first. For admins. It is kept for
    /// `GUICHET_AUDIT_KEPT_DAYS`, and `/audit.jsonl` and `/audit.csv` give all of it.
    async fn audit_log(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which entries; all where absent.")] filter: Option<AuditFilter>,
        #[graphql(desc = "How many at most, 25 where absent, at most 100.")] first: Option<i32>,
        #[graphql(desc = "A cursor: only what comes after it.")] after: Option<String>,
    ) -> Result<AuditEntryConnection> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let window = Args::forward(first, after).window(ENTRIES)?;
        let filter = filter.unwrap_or_default().read()?;
        let page = queries::list(app, actor, &filter, &window).await?;
        let total = if selects_total(ctx) {
            Some(queries::count(app, actor, &filter).await?)
        } else {
            None
        };
        Ok(AuditEntryConnection::of(
            page, ENTRIES, total, place, AuditEntry,
        ))
    }
}

const fn place(row: &Model) -> Cursor {
    Cursor {
        sort: Sort::Time(row.at),
        id: row.id,
    }
}

impl AuditFilter {
    fn read(self) -> Result<queries::Filter, Error> {
        const NO_ID: Error = Error::BadInput("this names nothing that the audit log tells of");
        let actor = self.actor_id.as_ref();
        let subject = self.subject_id.as_ref();
        let actions = self.actions.map(|actions| {
            let mut actions: Vec<audit_entry::Action> =
                actions.into_iter().map(Into::into).collect();
            actions.sort_by_key(|action| *action as i16);
            actions.dedup();
            actions
        });
        Ok(queries::Filter {
            actor: actor.map(|id| UserId::of(id).ok_or(NO_ID)).transpose()?,
            subject: subject.map(|id| subject_of(id).ok_or(NO_ID)).transpose()?,
            actions,
            outcome: self.outcome.map(Into::into),
            from: self.from,
            to: self.to,
        })
    }
}

/// Reads [`subject_id`].
fn subject_of(id: &ID) -> Option<Subject> {
    let uuids = [
        UserId::of(id).map(Subject::User),
        OrganizationId::of(id).map(Subject::Organization),
        TeamId::of(id).map(Subject::Team),
        QueueId::of(id).map(Subject::Queue),
        MacroId::of(id).map(Subject::Macro),
        CalendarId::of(id).map(Subject::Calendar),
        ServiceLevelPolicyId::of(id).map(Subject::ServiceLevelPolicy),
        ApiTokenId::of(id).map(Subject::ApiToken),
        WebhookEndpointId::of(id).map(Subject::WebhookEndpoint),
        ApplicationId::of(id).map(Subject::Application),
        FieldKey::of(id).map(|key| Subject::CustomField(key.0)),
        LevelRank::of(id).map(|rank| Subject::Level(rank.0)),
    ];
    uuids.into_iter().flatten().next()
}

/// The global id of what an entry is about.
fn subject_id(row: &Model) -> Option<ID> {
    use audit_entry::SubjectKind as Kind;
    let key = row.subject_key.as_deref()?;
    let uuid = || Uuid::try_parse(key).ok();
    match row.subject_kind? {
        Kind::User => uuid().map(|id| UserId(id).global()),
        Kind::Organization => uuid().map(|id| OrganizationId(id).global()),
        Kind::Team => uuid().map(|id| TeamId(id).global()),
        Kind::Queue => uuid().map(|id| QueueId(id).global()),
        Kind::Macro => uuid().map(|id| MacroId(id).global()),
        Kind::CustomField => Some(FieldKey(key.to_owned()).global()),
        Kind::Level => key.parse().ok().map(|rank| LevelRank(rank).global()),
        Kind::Calendar => uuid().map(|id| CalendarId(id).global()),
        Kind::ServiceLevelPolicy => uuid().map(|id| ServiceLevelPolicyId(id).global()),
        Kind::ApiToken => uuid().map(|id| ApiTokenId(id).global()),
        Kind::WebhookEndpoint => uuid().map(|id| WebhookEndpointId(id).global()),
        Kind::Application => uuid().map(|id| ApplicationId(id).global()),
    }
}
