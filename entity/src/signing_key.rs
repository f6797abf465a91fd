//! The keys that sign access tokens.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "signing_keys")]
pub struct Model {
    /// The key id in a token's header.
    #[sea_orm(primary_key, auto_increment = false)]
    pub kid: String,
    /// Ed25519, PKCS #8.
    #[sea_orm(column_type = "Blob")]
    pub private_key: Vec<u8>,
    #[sea_orm(column_type = "Blob")]
    pub public_key: Vec<u8>,
    pub created_at: DateTimeUtc,
    /// From then on it signs nothing, but still verifies what it signed.
    pub retired_at: Option<DateTimeUtc>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
