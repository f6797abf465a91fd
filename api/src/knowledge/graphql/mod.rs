//! Articles, their categories and knowledge links as clients see them.

pub mod categories;
pub mod drafting;
pub mod editing;
pub mod figures;
pub mod links;
pub mod mutation;
pub mod permissions;
pub mod query;
pub mod report;
pub mod revisions;
pub mod types;
pub mod upsert;

pub use categories::{ArticleCategory, category_node};
pub use links::{KnowledgeLink, KnowledgeRole, knowledge_links_field};
pub use query::ArticleConnection;
pub use types::{Article, ArticleTranslation};

use async_graphql::{Context, ID, MaybeUndefined, MergedObject, Result};
use entity::{article, ids::ArticleId};

use crate::{
    error::Result as CommandResult,
    graphql::{Caller, GlobalId, UserError, errors::UserErrorCode, split_errors},
    input::{Named, Patch},
    knowledge::queries::{self, Reference},
};

/// What can be asked about articles and categories.
#[derive(Default, MergedObject)]
pub struct KnowledgeQuery(
    query::ArticleQuery,
    categories::CategoryQuery,
    report::ReportQuery,
);

/// Changes to articles, categories and knowledge links.
#[derive(Default, MergedObject)]
pub struct KnowledgeMutation(
    mutation::ArticleMutation,
    editing::EditingMutation,
    categories::CategoryMutation,
    drafting::DraftingMutation,
    upsert::ArticleUpsertMutation,
);

/// The two halves of a payload: the changed article, or what is wrong. Who lost to somebody else gets the article as it is
/// now.
async fn answer(
    ctx: &Context<'_>,
    id: Option<ArticleId>,
    result: CommandResult<article::Model>,
) -> Result<(Option<Article>, Vec<UserError>)> {
    let Caller { app, actor } = Caller::of(ctx)?;
    let (mut article, user_errors) = split_errors(result, actor.locale())?;
    let has_lost = |error: &UserError| error.is(UserErrorCode::Conflict);
    if user_errors.iter().any(has_lost) {
        article = queries::find_article(app, actor, Reference::Id(id)).await?;
    }
    Ok((article.map(Article), user_errors))
}

fn patched<T>(value: MaybeUndefined<T>) -> Patch<T> {
    match value {
        MaybeUndefined::Undefined => Patch::Keep,
        MaybeUndefined::Null => Patch::Empty,
        MaybeUndefined::Value(value) => Patch::Set(value),
    }
}

fn named<Id: GlobalId>(id: &MaybeUndefined<ID>) -> Named<Id> {
    match id {
        MaybeUndefined::Undefined => Named::Absent,
        MaybeUndefined::Null => Named::Null,
        MaybeUndefined::Value(id) => Id::of(id).map_or(Named::Unknown, Named::Id),
    }
}
