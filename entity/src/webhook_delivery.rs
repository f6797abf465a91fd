//! One event for one endpoint: told, or to be told.

use sea_orm::entity::prelude::*;
use uuid::Uuid;

use crate::{
    ids::{WebhookDeliveryId, WebhookEndpointId},
    webhook_event::WebhookEvent,
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_deliveries")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: WebhookDeliveryId,
    pub endpoint_id: WebhookEndpointId,
    /// What the receiver knows it by, however often it comes.
    pub webhook_id: String,
    pub event: WebhookEvent,
    /// The event's place in the log; none: a test.
    pub pos: Option<i64>,
    pub state: State,
    /// Since it was last begun.
    pub attempt_count: i32,
    /// When somebody may try next; where somebody is trying, when they count as dead. None: it is over.
    pub due_at: Option<DateTimeUtc>,
    /// Who is trying: another for each attempt.
    pub claim: Option<Uuid>,
    /// A replay begins anew.
    pub begun_at: DateTimeUtc,
    pub finished_at: Option<DateTimeUtc>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "i16", db_type = "SmallInteger")]
pub enum State {
    Pending = 0,
    Delivered = 1,
    /// All attempts failed.
    Failed = 2,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
