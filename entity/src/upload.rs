//! A file that was announced, and may have been sent: one row for each, for as long as the file lies anywhere.

use sea_orm::entity::prelude::*;

use crate::ids::{UploadId, UserId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "uploads")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: UploadId,
    /// Who announced it, and alone may use it.
    pub user_id: UserId,
    /// SHA-256 of what its address ends with.
    #[sea_orm(column_type = "VarBinary(StringLen::N(32))")]
    pub token_hash: Vec<u8>,
    pub file_name: String,
    /// As it was announced; once it is stored, as it is served.
    pub content_type: String,
    pub byte_size: i64,
    pub state: State,
    /// Where it lies, from when it is being sent. Random, and used once.
    pub storage_key: Option<String>,
    /// Of the bytes that lie there.
    #[sea_orm(column_type = "VarBinary(StringLen::N(32))", nullable)]
    pub sha256: Option<Vec<u8>>,
    pub preview: Preview,
    /// Of the small picture; 0 where there is none.
    pub preview_byte_size: i32,
    /// When it is taken away; none: something has it attached.
    pub expires_at: Option<DateTimeUtc>,
    pub created_at: DateTimeUtc,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "i16", db_type = "SmallInteger")]
pub enum State {
    /// Nothing was sent yet, or not all of it.
    Awaited = 0,
    /// It is being sent.
    Receiving = 1,
    Stored = 2,
    /// It is being taken away, and can be used no more.
    Removing = 3,
}

/// A small picture that lies beside the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "i16", db_type = "SmallInteger")]
pub enum Preview {
    None = 0,
    Jpeg = 1,
    Png = 2,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
