//! A category that articles stand in; together they are a tree.

use sea_orm::entity::prelude::*;

use crate::ids::ArticleCategoryId;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "article_categories")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ArticleCategoryId,
    /// None: it stands at the top.
    pub parent_id: Option<ArticleCategoryId>,
    pub name_en: String,
    pub name_fr: String,
    /// Its place among those of the same parent; equal ones stand in the order of their ids.
    pub position: i32,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
