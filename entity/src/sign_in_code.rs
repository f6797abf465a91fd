//! Somebody whom an OpenID provider has shown, and whose session has not begun yet.

use sea_orm::entity::prelude::*;
use uuid::Uuid;

use crate::ids::UserId;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sign_in_codes")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// SHA-256 of the code.
    #[sea_orm(column_type = "VarBinary(StringLen::N(32))")]
    pub code_hash: Vec<u8>,
    pub user_id: UserId,
    /// SHA-256, in base 64, of what the browser that began has kept.
    pub challenge: String,
    pub expires_at: DateTimeUtc,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
