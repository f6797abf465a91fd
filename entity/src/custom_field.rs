//! A field that the desk adds to its tickets: its type, what it is called, and who sees and fills it.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::json::Choices;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "custom_fields")]
pub struct Model {
    /// A field is known by its key, which never changes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// Never changes.
    pub kind: Kind,
    pub label_en: String,
    pub label_fr: String,
    /// Of `CHOICE` and `CHOICES`; empty for others.
    pub choices: Choices,
    /// Whether a ticket without it cannot be solved.
    pub is_required: bool,
    pub audience: Audience,
    /// Since when it is filled in no more.
    pub archived_at: Option<DateTimeUtc>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "i16", db_type = "SmallInteger")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Kind {
    Text = 0,
    Number = 1,
    Boolean = 2,
    Date = 3,
    Choice = 4,
    Choices = 5,
}

/// Who has to do with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "i16", db_type = "SmallInteger")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Audience {
    /// Agents see and fill it.
    Agents = 0,
    /// Requesters see it too.
    RequestersSee = 1,
    /// Requesters fill it too.
    RequestersFill = 2,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
