//! A key that an application's tokens are verified with.

use sea_orm::entity::prelude::*;

use crate::ids::{ApplicationId, ApplicationKeyId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "application_keys")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ApplicationKeyId,
    pub application_id: ApplicationId,
    /// What tokens call it.
    pub kid: String,
    pub algorithm: Algorithm,
    /// Of HS256 the secret, sealed; of ES256 the point, uncompressed; of Ed25519 its 32 bytes.
    #[sea_orm(column_type = "Blob")]
    pub material: Vec<u8>,
    pub created_at: DateTimeUtc,
}

/// The one algorithm that a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "i16", db_type = "SmallInteger")]
pub enum Algorithm {
    Hs256 = 0,
    Es256 = 1,
    EdDsa = 2,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
