//! What is promised about some tickets, where that differs from what their level says.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{CalendarId, OrganizationId, ServiceLevelPolicyId},
    json::WaitingReasons,
    ticket::Priority,
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "service_level_policies")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ServiceLevelPolicyId,
    pub name: String,
    /// Grows by one with every change.
    pub version: i32,
    /// Which tickets it is for; absent: of every level, organization, priority.
    pub level_rank: Option<i16>,
    pub organization_id: Option<OrganizationId>,
    pub priority: Option<Priority>,
    /// The three above in one word, of which there is one policy at most.
    pub scope: String,
    /// What it says; absent: nothing about this.
    pub calendar_id: Option<CalendarId>,
    pub pauses: Option<WaitingReasons>,
    pub first_reply_s: Option<i32>,
    pub next_reply_s: Option<i32>,
    pub resolution_s: Option<i32>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
