//! What an article means in one locale, as a model of the operator's says it.

use sea_orm::entity::prelude::*;

use crate::{ids::ArticleId, user::Locale};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "article_vectors")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub article_id: ArticleId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub locale: Locale,
    /// The model's name; vectors of different models say nothing of each other.
    pub model: String,
    /// Of the text that it was made of.
    pub digest: String,
    /// Numbers of 32 bits (IEEE 754), the lowest byte first.
    pub vector: Vec<u8>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
