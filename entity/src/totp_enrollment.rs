//! Somebody's authenticator: the secret that it shares with the desk (RFC 6238).

use sea_orm::entity::prelude::*;

use crate::ids::UserId;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "totp_enrollments")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: UserId,
    /// Sealed. None: nothing is asked for yet, or any more.
    #[sea_orm(column_type = "Blob", nullable)]
    pub secret: Option<Vec<u8>>,
    pub enabled_at: Option<DateTimeUtc>,
    /// Of the newest code that was taken: it and earlier ones are not taken again.
    pub last_step: i64,
    /// Sealed: what is asked for once a code of it was shown.
    #[sea_orm(column_type = "Blob", nullable)]
    pub pending_secret: Option<Vec<u8>>,
    pub pending_since: Option<DateTimeUtc>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
