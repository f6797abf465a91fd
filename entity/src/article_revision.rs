//! The texts of an article in one locale as they were before others replaced them.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{ArticleId, ArticleRevisionId, UserId},
    user::Locale,
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "article_revisions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ArticleRevisionId,
    pub article_id: ArticleId,
    pub locale: Locale,
    pub title: String,
    pub summary: String,
    pub body: Option<String>,
    /// Who wrote them; none where that was not noted.
    pub edited_by_id: Option<UserId>,
    pub edited_at: DateTimeUtc,
    pub replaced_at: DateTimeUtc,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
