//! An article's texts in one locale.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{ArticleId, UserId},
    user::Locale,
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "article_translations")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub article_id: ArticleId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub locale: Locale,
    pub title: String,
    /// The title without case and accents, for finding articles by it.
    pub title_folded: String,
    pub summary: String,
    /// Markdown; none where the article is a link to a page elsewhere.
    pub body: Option<String>,
    pub body_html: Option<String>,
    pub updated_at: DateTimeUtc,
    /// Who wrote these texts; none where that was not noted.
    pub edited_by_id: Option<UserId>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
