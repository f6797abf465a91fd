//! Who somebody is elsewhere: to an application that embeds the desk, or to an OpenID provider.

use sea_orm::entity::prelude::*;

use crate::ids::{IdentityId, UserId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "identities")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: IdentityId,
    pub user_id: UserId,
    /// Who says so: `application:` and its id, or `oidc:` and the provider's issuer.
    pub source: String,
    /// What they are called there.
    pub subject: String,
    pub created_at: DateTimeUtc,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
