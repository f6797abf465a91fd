//! What articles mean, as vectors of a model that the operator chose: made in the background, and made again where a text or the
//! model is another.

use sea_orm_migration::{
    prelude::*,
    schema::{binary, small_integer, text, uuid},
};

use crate::table::{References, create_all, table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut vectors = table("article_vectors")
            .col(uuid("article_id"))
            .col(small_integer("locale"))
            .col(text("model"))
            .col(text("digest"))
            .col(binary("vector"))
            .primary_key(Index::create().col("article_id").col("locale"))
            .references("article_id", "articles", "id")
            .take();
        create_all(manager, vec![&mut vectors]).await
    }
}
