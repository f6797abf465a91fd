//! What came of an article that was suggested.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ids::{ArticleId, HelpSessionId, OrganizationId, UserId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "help_outcomes")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub session_id: HelpSessionId,
    /// None: it is about all that was suggested.
    pub article_id: Option<ArticleId>,
    pub outcome: Outcome,
    pub user_id: UserId,
    pub organization_id: Option<OrganizationId>,
    /// What was typed before the article helped: it teaches the next suggestion. None where it teaches nothing.
    pub text: Option<String>,
    pub created_at: DateTimeUtc,
}

#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize,
)]
#[sea_orm(rs_type = "i16", db_type = "SmallInteger")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Outcome {
    Opened = 0,
    Helped = 1,
    NotHelped = 2,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
