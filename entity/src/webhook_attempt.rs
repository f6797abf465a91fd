//! One request to a webhook endpoint, and what came of it.

use sea_orm::entity::prelude::*;
use uuid::Uuid;

use crate::ids::WebhookDeliveryId;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_attempts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub delivery_id: WebhookDeliveryId,
    pub at: DateTimeUtc,
    pub duration_ms: i32,
    /// What it was answered with, where it was.
    pub http_status: Option<i16>,
    /// None: it came through.
    pub problem: Option<Problem>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "i16", db_type = "SmallInteger")]
pub enum Problem {
    /// The answer's status says so; a redirect is one of these.
    HttpStatus = 0,
    UnknownHost = 1,
    NoConnection = 2,
    TimedOut = 3,
    /// What came back is not HTTP.
    NoAnswer = 4,
    NotAllowed = 5,
    /// The request could not be made.
    Internal = 6,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
