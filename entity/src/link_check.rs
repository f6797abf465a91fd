//! What came of asking for the page elsewhere that an article is a link to.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::ids::ArticleId;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "link_checks")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub article_id: ArticleId,
    /// The page that this is about.
    pub url: String,
    /// None: it was not asked for yet.
    pub status: Option<Status>,
    pub problem: Option<Problem>,
    /// What the page was answered with, where it was.
    pub http_status: Option<i16>,
    /// How often in a row it failed.
    pub failures: i32,
    pub checked_at: Option<DateTimeUtc>,
    pub next_check_at: DateTimeUtc,
}

#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize,
)]
#[sea_orm(rs_type = "i16", db_type = "SmallInteger")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    Alive = 0,
    /// It is somewhere else now.
    Moved = 1,
    /// It could not be had; that may pass.
    Failing = 2,
    Dead = 3,
    /// The server may not ask for it.
    NotChecked = 4,
}

#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize,
)]
#[sea_orm(rs_type = "i16", db_type = "SmallInteger")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Problem {
    /// The answer's status says so.
    HttpStatus = 0,
    UnknownHost = 1,
    NoConnection = 2,
    TimedOut = 3,
    /// What came back is not HTTP.
    NoAnswer = 4,
    NotAllowed = 5,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
