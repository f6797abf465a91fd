//! What was answered to a change that may be sent again, under a key that its client chose.

use sea_orm::entity::prelude::*;

use crate::ids::UserId;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "kept_answers")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: UserId,
    /// SHA-256 of the key: the key itself is not kept.
    #[sea_orm(
        primary_key,
        auto_increment = false,
        column_type = "VarBinary(StringLen::N(32))"
    )]
    pub key_hash: Vec<u8>,
    /// HMAC-SHA256 of what was asked, with the key as its secret.
    #[sea_orm(column_type = "VarBinary(StringLen::N(32))")]
    pub request_hash: Vec<u8>,
    /// JSON. Empty only before the commit of the change that it tells of.
    pub answer: String,
    pub created_at: DateTimeUtc,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
