//! An article of the knowledge base; its texts are in `article_translation`.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    ids::{ArticleCategoryId, ArticleId, UserId},
    json::Tags,
    user::Locale,
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "articles")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ArticleId,
    pub slug: String,
    pub status: Status,
    pub visibility: Visibility,
    /// A category that is only a name; those of the tree are in `category_id`.
    pub category: Option<String>,
    pub tags: Tags,
    /// The page elsewhere that this article is a link to.
    pub url: Option<String>,
    /// The locale it was first written in, shown where the reader's is missing.
    pub locale: Locale,
    pub solved_count: i32,
    pub helpful_count: i32,
    pub external_id: Option<String>,
    pub created_by_id: Option<UserId>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    pub published_at: Option<DateTimeUtc>,
    /// Grows with every change of what readers see, or will.
    pub version: i32,
    /// When it publishes itself.
    pub publish_at: Option<DateTimeUtc>,
    /// When it archives itself.
    pub archive_at: Option<DateTimeUtc>,
    /// The next of both.
    pub scheduled_at: Option<DateTimeUtc>,
    /// When somebody last said that it still holds.
    pub reviewed_at: Option<DateTimeUtc>,
    pub reviewed_by_id: Option<UserId>,
    pub category_id: Option<ArticleCategoryId>,
}

#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize,
)]
#[sea_orm(rs_type = "i16", db_type = "SmallInteger")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    Draft = 0,
    Published = 1,
    Archived = 2,
}

#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize,
)]
#[sea_orm(rs_type = "i16", db_type = "SmallInteger")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Visibility {
    Public = 0,
    /// For staff only.
    Internal = 1,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
