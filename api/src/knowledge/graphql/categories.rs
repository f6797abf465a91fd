//! The tree of categories that articles stand in.

use async_graphql::{
    Context, Description, ID, InputObject, MaybeUndefined, Object, Result, SimpleObject,
};
use entity::{article_category as category, ids::ArticleCategoryId};

use super::named;
use crate::{
    app::retry,
    graphql::{Caller, GlobalId, UserError, loader::Batched, split_errors},
    knowledge::{
        commands::{self, CategoryEdit},
        loaders::FiguresLoader,
        tree::{self, Tree},
    },
    policy,
};

/// A part of the knowledge base. Requesters see those in which an article stands that they may read, and those that these
/// stand in.
#[derive(Clone, Debug, Description)]
pub struct ArticleCategory(pub category::Model);

#[Object(use_type_description)]
impl ArticleCategory {
    /// The category's global id.
    pub async fn id(&self) -> ID {
        self.0.id.global()
    }

    /// Its name in the viewer's language.
    async fn name(&self, ctx: &Context<'_>) -> Result<String> {
        let locale = Caller::of(ctx)?.actor.locale();
        Ok(tree::name_in(&self.0, locale).to_owned())
    }

    /// Its name in English.
    async fn name_en(&self) -> &str {
        &self.0.name_en
    }

    /// Its name in French.
    async fn name_fr(&self) -> &str {
        &self.0.name_fr
    }

    /// The category that it stands in; null at the top.
    async fn parent(&self, ctx: &Context<'_>) -> Result<Option<ArticleCategory>> {
        let directory = Caller::of(ctx)?.app.directory().await?;
        let parent = self
            .0
            .parent_id
            .and_then(|id| directory.categories.get(&id));
        Ok(parent.cloned().map(ArticleCategory))
    }

    /// Its place among those that stand in the same category: smaller ones come first.
    async fn position(&self) -> i32 {
        self.0.position
    }

    /// How many articles that the viewer may read stand in it, or in a category that stands in it.
    async fn article_count(&self, ctx: &Context<'_>) -> Result<i32> {
        let count = article_count(ctx, self.0.id).await?;
        Ok(i32::try_from(count).unwrap_or(i32::MAX))
    }
}

async fn article_count(ctx: &Context<'_>, id: ArticleCategoryId) -> Result<i64> {
    let loader = ctx.data_unchecked::<Batched<FiguresLoader>>();
    Ok(loader.load_one(id).await?.unwrap_or_default())
}

/// A category by its id, where the viewer sees it.
pub async fn category_node(
    ctx: &Context<'_>,
    id: ArticleCategoryId,
) -> Result<Option<ArticleCategory>> {
    let directory = Caller::of(ctx)?.app.directory().await?;
    let Some(category) = directory.categories.get(&id) else {
        return Ok(None);
    };
    let is_seen = sees_all(ctx)? || article_count(ctx, id).await? > 0;
    Ok(is_seen.then(|| ArticleCategory(category.clone())))
}

/// What a category is called may say too much of what stands in it.
fn sees_all(ctx: &Context<'_>) -> Result<bool> {
    Ok(policy::sees_all_categories(Caller::of(ctx)?.actor))
}

#[derive(Default)]
pub struct CategoryQuery;

#[Object]
impl CategoryQuery {
    /// All categories that the viewer sees, at most 500: each before those that stand in it, and siblings in their order.
    async fn article_categories(&self, ctx: &Context<'_>) -> Result<Vec<ArticleCategory>> {
        let directory = Caller::of(ctx)?.app.directory().await?;
        let tree = Tree::new(&directory.categories);
        let mut categories = tree.in_order();
        if !sees_all(ctx)? {
            let ids = categories.iter().map(|category| category.id);
            let loader = ctx.data_unchecked::<Batched<FiguresLoader>>();
            let counts = loader.load_many(ids).await?;
            categories.retain(|category| counts.get(&category.id).is_some_and(|count| *count > 0));
        }
        let shown = categories.into_iter().cloned();
        Ok(shown.map(ArticleCategory).collect())
    }
}

/// A category to make.
#[derive(InputObject)]
pub struct CreateArticleCategoryInput {
    /// Its name in English; at most 255 characters.
    name_en: String,
    /// Its name in French; at most 255 characters.
    name_fr: String,
    /// The category that it stands in; at the top where absent. At most 6 levels.
    parent_id: MaybeUndefined<ID>,
    /// Its place among those that stand in the same category, from 0 to 1,000,000; the last where absent.
    position: Option<i32>,
}

/// What to change of a category. What is absent stays.
#[derive(InputObject)]
pub struct EditArticleCategoryInput {
    /// The category.
    category_id: ID,
    /// Its name in English; at most 255 characters.
    name_en: Option<String>,
    /// Its name in French; at most 255 characters.
    name_fr: Option<String>,
    /// The category that it is to stand in, with all that stands in it; null: at the top.
    parent_id: MaybeUndefined<ID>,
    /// Its place among those that stand in the same category, from 0 to 1,000,000.
    position: Option<i32>,
}

/// A category to take away.
#[derive(InputObject)]
pub struct DeleteArticleCategoryInput {
    /// The category.
    category_id: ID,
}

/// What came of `createArticleCategory`.
#[derive(SimpleObject)]
pub struct CreateArticleCategoryPayload {
    /// The category; null when refused.
    category: Option<ArticleCategory>,
    /// What a person can put right.
    user_errors: Vec<UserError>,
}

/// What came of `editArticleCategory`.
#[derive(SimpleObject)]
pub struct EditArticleCategoryPayload {
    /// The category; null when refused.
    category: Option<ArticleCategory>,
    /// What a person can put right.
    user_errors: Vec<UserError>,
}

/// What came of `deleteArticleCategory`.
#[derive(SimpleObject)]
pub struct DeleteArticleCategoryPayload {
    /// The id of what is gone; null when refused.
    deleted_category_id: Option<ID>,
    /// What a person can put right.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct CategoryMutation;

#[Object]
impl CategoryMutation {
    /// Makes a category of articles; for leads and admins of the desk. A desk has at most 500.
    async fn create_article_category(
        &self,
        ctx: &Context<'_>,
        input: CreateArticleCategoryInput,
    ) -> Result<CreateArticleCategoryPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let new = CategoryEdit {
            name_en: Some(input.name_en),
            name_fr: Some(input.name_fr),
            parent: named(&input.parent_id),
            position: input.position,
        };
        let created = retry(|| commands::create_category(app, actor, &new)).await;
        let (category, user_errors) = split_errors(created, actor.locale())?;
        Ok(CreateArticleCategoryPayload {
            category: category.map(ArticleCategory),
            user_errors,
        })
    }

    /// Renames or moves a category; for leads and admins of the desk. It takes what stands in it along.
    async fn edit_article_category(
        &self,
        ctx: &Context<'_>,
        input: EditArticleCategoryInput,
    ) -> Result<EditArticleCategoryPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let id = ArticleCategoryId::of(&input.category_id);
        let edit = CategoryEdit {
            parent: named(&input.parent_id),
            name_en: input.name_en,
            name_fr: input.name_fr,
            position: input.position,
        };
        let edited = retry(|| commands::edit_category(app, actor, id, &edit)).await;
        let (category, user_errors) = split_errors(edited, actor.locale())?;
        Ok(EditArticleCategoryPayload {
            category: category.map(ArticleCategory),
            user_errors,
        })
    }

    /// Takes a category away in which nothing stands, neither articles nor categories; for leads and admins of the desk.
    async fn delete_article_category(
        &self,
        ctx: &Context<'_>,
        input: DeleteArticleCategoryInput,
    ) -> Result<DeleteArticleCategoryPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let id = ArticleCategoryId::of(&input.category_id);
        let deleted = retry(|| commands::delete_category(app, actor, id)).await;
        let (id, user_errors) = split_errors(deleted, actor.locale())?;
        Ok(DeleteArticleCategoryPayload {
            deleted_category_id: id.map(|id| id.global()),
            user_errors,
        })
    }
}
