//! The audit log: who administered what, and who signed in, from where. Never a secret, nor a text that a person wrote.

use sea_orm::entity::prelude::*;
use uuid::Uuid;

use crate::{
    event::ActorKind,
    ids::{ApiTokenId, UserId},
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_entries")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub at: DateTimeUtc,
    pub actor_kind: ActorKind,
    /// None: the system, or somebody who did not show who they are.
    pub actor_id: Option<UserId>,
    /// The API token that the actor used, if any.
    pub token_id: Option<ApiTokenId>,
    pub action: Action,
    pub outcome: Outcome,
    /// How often; more than one only of attempts, which are counted together.
    pub count: i32,
    pub subject_kind: Option<SubjectKind>,
    pub subject_key: Option<String>,
    /// Of a membership, the one who joins or leaves.
    pub member_id: Option<UserId>,
    /// Of the client, as far as the proxies are trusted.
    pub address: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "i16", db_type = "SmallInteger")]
pub enum Action {
    SignIn = 0,
    SignOut = 1,
    SignOutEverywhere = 2,
    RefreshTokenReused = 3,
    PasswordChanged = 4,
    TotpEnrollmentStarted = 5,
    TotpEnabled = 6,
    TotpDisabled = 7,
    RecoveryCodesReplaced = 8,
    RecoveryCodeUsed = 9,
    UserCreated = 10,
    UserEdited = 11,
    UserDisabled = 12,
    UserEnabled = 13,
    AvailabilitySet = 14,
    CapacitySet = 15,
    OrganizationCreated = 20,
    OrganizationEdited = 21,
    TeamCreated = 30,
    TeamEdited = 31,
    TeamMemberAdded = 32,
    TeamMemberRemoved = 33,
    TeamAssignmentSet = 34,
    QueueCreated = 40,
    QueueEdited = 41,
    QueueDeleted = 42,
    MacroCreated = 43,
    MacroEdited = 44,
    MacroDeleted = 45,
    CustomFieldCreated = 50,
    CustomFieldEdited = 51,
    LevelCreated = 60,
    LevelEdited = 61,
    LevelEscalationSet = 62,
    CalendarCreated = 70,
    CalendarEdited = 71,
    CalendarDeleted = 72,
    ServiceLevelPolicyCreated = 80,
    ServiceLevelPolicyEdited = 81,
    ServiceLevelPolicyDeleted = 82,
    ApiTokenCreated = 90,
    ApiTokenEdited = 91,
    ApiTokenRotated = 92,
    ApiTokenRevoked = 93,
    AuditLogExported = 100,
    RecordsExported = 101,
    WebhookEndpointCreated = 160,
    WebhookEndpointEdited = 161,
    WebhookEndpointDeleted = 162,
    WebhookEndpointEnabled = 163,
    WebhookEndpointDisabled = 164,
    WebhookSecretRotated = 165,
    WebhookEndpointPinged = 166,
    WebhookDeliveryReplayed = 167,
    WebhookEventsReplayed = 168,
    ApplicationCreated = 190,
    ApplicationEdited = 191,
    ApplicationDeleted = 192,
    ApplicationKeyAdded = 193,
    ApplicationKeyRevoked = 194,
    IdentityLinked = 195,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "i16", db_type = "SmallInteger")]
pub enum Outcome {
    Done = 0,
    Refused = 1,
}

/// What kind of thing it was done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "i16", db_type = "SmallInteger")]
pub enum SubjectKind {
    User = 0,
    Organization = 1,
    Team = 2,
    Queue = 3,
    CustomField = 4,
    Level = 5,
    Calendar = 6,
    ServiceLevelPolicy = 7,
    ApiToken = 8,
    Macro = 9,
    WebhookEndpoint = 16,
    Application = 19,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
