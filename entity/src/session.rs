//! A signed-in person on one device: a family of refresh tokens, of which one is current.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{ApplicationId, SessionId, UserId},
    json::ApplicationContext,
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sessions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SessionId,
    pub user_id: UserId,
    /// SHA-256 of the refresh token in force.
    #[sea_orm(column_type = "VarBinary(StringLen::N(32))")]
    pub token_hash: Vec<u8>,
    /// SHA-256 of its direct predecessor.
    #[sea_orm(column_type = "VarBinary(StringLen::N(32))", nullable)]
    pub previous_hash: Option<Vec<u8>>,
    pub rotated_at: DateTimeUtc,
    pub created_at: DateTimeUtc,
    /// Slides with each rotation, up to `ends_at`; where it was ended, when that was.
    pub expires_at: DateTimeUtc,
    pub ends_at: DateTimeUtc,
    pub revoked_at: Option<DateTimeUtc>,
    /// The one that said who this is; it speaks for requesters only.
    pub application_id: Option<ApplicationId>,
    /// Where in the application they were.
    pub context: Option<ApplicationContext>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
