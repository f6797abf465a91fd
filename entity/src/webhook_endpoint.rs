//! An address elsewhere that is told what happens here.

use sea_orm::{FromJsonQueryResult, entity::prelude::*};
use serde::{Deserialize, Serialize};

use crate::{
    api_token::ApiScopes,
    ids::{UserId, WebhookEndpointId},
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_endpoints")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: WebhookEndpointId,
    /// Whose rights decide what is told, at the moment that it is.
    pub owner_id: UserId,
    /// How far these go: as far as the token that made it; none: a sign-in did.
    pub scopes: Option<ApiScopes>,
    pub url: String,
    pub description: String,
    /// None: everything.
    pub events: Option<EventWords>,
    /// A `TicketFilter` as clients write it; none: all tickets, and what is about none.
    pub filter: Option<Json>,
    /// What signs. Whoever verifies has the same, so it cannot be a hash.
    #[sea_orm(column_type = "VarBinary(StringLen::N(32))")]
    pub secret: Vec<u8>,
    /// What signs besides, until it is over.
    #[sea_orm(column_type = "VarBinary(StringLen::N(32))", nullable)]
    pub previous_secret: Option<Vec<u8>>,
    pub previous_until: Option<DateTimeUtc>,
    /// Events up to this place are deliveries, or were not for it.
    pub position: i64,
    /// What of the log is made deliveries again: after the one place, up to the other.
    pub replay_position: Option<i64>,
    pub replay_end: Option<i64>,
    /// What could not be told, because it was too old when its turn came.
    pub lost_count: i64,
    pub lost_at: Option<DateTimeUtc>,
    /// Since when nothing it was told came through; none: the last did.
    pub failing_since: Option<DateTimeUtc>,
    pub disabled_at: Option<DateTimeUtc>,
    pub disabled_reason: Option<DisabledReason>,
    pub created_by: Option<UserId>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    /// It is there only until its deliveries are taken away.
    pub deleted_at: Option<DateTimeUtc>,
}

/// Kinds of events, by their words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(transparent)]
pub struct EventWords(pub Vec<String>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "i16", db_type = "SmallInteger")]
pub enum DisabledReason {
    /// Somebody did it.
    ByHand = 0,
    /// It said itself that it is gone (410).
    Gone = 1,
    /// Nothing came through for days.
    Failing = 2,
    /// Its owner may have none any more, or is disabled.
    Owner = 3,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
