//! A ticket as lists show it; its long texts are in `ticket_detail`.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    ids::{OrganizationId, TeamId, TicketId, UserId},
    json::{CommentDigest, Fields, MergedTickets, Tags},
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tickets")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TicketId,
    /// What people say on the phone: `GU-1042` is number 1042.
    pub number: i32,
    /// Whose name space `external_id` is in: an integration's user, or nil for the desk itself.
    pub integration_id: Uuid,
    pub external_id: Option<String>,
    /// Grows by one with every change.
    pub version: i32,
    pub subject: String,
    /// The subject without case and accents, for `containsIgnoreCase`.
    pub subject_folded: String,
    pub status: Status,
    pub waiting_reason: Option<WaitingReason>,
    pub waiting_until: Option<DateTimeUtc>,
    pub priority: Priority,
    pub level_rank: i16,
    pub channel: Channel,
    pub requester_id: UserId,
    pub organization_id: Option<OrganizationId>,
    pub team_id: Option<TeamId>,
    pub assignee_id: Option<UserId>,
    pub tags: Tags,
    /// What filters look at in its custom fields.
    pub fields: Fields,
    pub public_comment_count: i32,
    pub internal_comment_count: i32,
    pub last_public_comment: Option<CommentDigest>,
    pub last_internal_comment: Option<CommentDigest>,
    /// The service-level timers with their segments: JSON, read only where somebody asks.
    pub timers: String,
    pub service_phase: ServicePhase,
    /// The next target's due time; [`NEVER`] when none is running.
    pub next_due_at: DateTimeUtc,
    /// When the next target is at risk; [`NEVER`] when none is running.
    pub at_risk_at: DateTimeUtc,
    /// The worst that was told of the targets that run.
    pub warning: Warning,
    /// When something next happens to it by itself; null where nothing will.
    pub next_deadline_at: Option<DateTimeUtc>,
    /// Which of all terms in force the timers follow: those of [`crate::service_terms::Model::version`].
    pub terms_version: i32,
    pub reopen_count: i32,
    pub merged_into_id: Option<TicketId>,
    /// Those merged into it, with those merged into these; none: there never were any.
    pub merged_tickets: Option<MergedTickets>,
    pub follow_up_of_id: Option<TicketId>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    pub first_replied_at: Option<DateTimeUtc>,
    pub solved_at: Option<DateTimeUtc>,
    pub closed_at: Option<DateTimeUtc>,
}

/// 9999-12-31T00:00:00Z: a time after all others, so that "nothing is due" sorts last on both
/// databases and keyset pages need no special case.
pub const NEVER: DateTimeUtc = match DateTimeUtc::from_timestamp(253_402_214_400, 0) {
    Some(time) => time,
    None => DateTimeUtc::MAX_UTC,
};

#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize,
)]
#[sea_orm(rs_type = "i16", db_type = "SmallInteger")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    New = 0,
    Open = 1,
    Waiting = 2,
    Solved = 3,
    Closed = 4,
}

#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize,
)]
#[sea_orm(rs_type = "i16", db_type = "SmallInteger")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum WaitingReason {
    Requester = 0,
    ThirdParty = 1,
    Scheduled = 2,
}

#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
)]
#[sea_orm(rs_type = "i16", db_type = "SmallInteger")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Priority {
    Low = 0,
    Normal = 1,
    High = 2,
    Urgent = 3,
}

#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
)]
#[sea_orm(rs_type = "i16", db_type = "SmallInteger")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Channel {
    Portal = 0,
    Embedded = 1,
    Email = 2,
    Api = 3,
    Phone = 4,
}

/// What the ticket's service-level timers do as a whole; with `next_due_at` and `at_risk_at` it
/// tells the state at any time.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize,
)]
#[sea_orm(rs_type = "i16", db_type = "SmallInteger")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ServicePhase {
    Running = 0,
    Paused = 1,
    Met = 2,
    Cancelled = 3,
}

/// What was told of a target.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
)]
#[sea_orm(rs_type = "i16", db_type = "SmallInteger")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Warning {
    #[default]
    None = 0,
    AtRisk = 1,
    Breached = 2,
}

/// What a service-level timer promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TimerKind {
    /// From the ticket's creation to the first public reply by an agent.
    FirstReply,
    /// From a requester's comment to the next public reply by an agent, once there was a first reply.
    NextReply,
    /// From the ticket's creation until it is solved.
    Resolution,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
