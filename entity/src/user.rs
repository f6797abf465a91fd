//! A person or a machine that can act.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::ids::{OrganizationId, UserId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: UserId,
    pub kind: Kind,
    pub role: Role,
    pub name: String,
    /// For searching and for the order of lists: case and accents do not count.
    pub name_folded: String,
    /// In normal form; machines have none.
    pub email: Option<String>,
    pub locale: Locale,
    /// An IANA name, such as `Europe/Paris`.
    pub time_zone: String,
    pub organization_id: Option<OrganizationId>,
    pub availability: Availability,
    /// How many open tickets an agent takes at once.
    pub capacity: i16,
    /// Argon2id, in PHC form; without one nobody signs in by password.
    pub password_hash: Option<String>,
    pub disabled_at: Option<DateTimeUtc>,
    pub external_id: Option<String>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "i16", db_type = "SmallInteger")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Kind {
    Person = 0,
    Machine = 1,
}

#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize,
)]
#[sea_orm(rs_type = "i16", db_type = "SmallInteger")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Role {
    Requester = 0,
    Agent = 1,
    Lead = 2,
    Admin = 3,
}

#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
)]
#[sea_orm(rs_type = "i16", db_type = "SmallInteger")]
#[serde(rename_all = "lowercase")]
pub enum Locale {
    #[default]
    En = 0,
    Fr = 1,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "i16", db_type = "SmallInteger")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Availability {
    Online = 0,
    Busy = 1,
    Away = 2,
    Offline = 3,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
