//! Changes to the tree of categories, one at a time: who changes it holds all of it.

use std::collections::BTreeMap;

use entity::{
    article, article_category as category,
    ids::{ArticleCategoryId, ArticleId},
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};

use crate::{
    actor::Actor,
    app::{App, Tx},
    error::{Result, refuse_if_any},
    events::Event,
    input::{Checked, Named},
    knowledge::tree::Tree,
    policy::{self, Action},
    refusal::{Refusal, Why},
    text::NAME_CHARS_MAX,
};

/// Categories of a desk.
const CATEGORIES_MAX: usize = 500;
/// The largest place among those of the same parent.
const POSITION_MAX: i32 = 1_000_000;

/// A category as it is to be; what is not given stays, or has its default.
#[derive(Clone, Debug, Default)]
pub struct CategoryEdit {
    pub name_en: Option<String>,
    pub name_fr: Option<String>,
    pub parent: Named<ArticleCategoryId>,
    pub position: Option<i32>,
}

/// Creates a category: at the top where no parent is named, and after its siblings where no place is.
pub async fn create_category(
    app: &App,
    actor: &Actor,
    new: &CategoryEdit,
) -> Result<category::Model> {
    policy::authorize(actor, Action::ChangeArticleCategories)?;
    let mut checked = Checked::default();
    let name = |checked: &mut Checked, field, name: &Option<String>| {
        checked.line(field, name.as_deref().unwrap_or_default(), NAME_CHARS_MAX)
    };
    let name_en = name(&mut checked, "nameEn", &new.name_en);
    let name_fr = name(&mut checked, "nameFr", &new.name_fr);
    check_position(&mut checked, new.position);
    refuse_if_any(checked.refusals)?;

    let mut tx = app.begin(actor).await?;
    let rows = lock_all(&tx).await?;
    if rows.len() >= CATEGORIES_MAX {
        let why = Why::TooMany {
            max: CATEGORIES_MAX,
        };
        return Err(Refusal::Invalid {
            field: "parentId",
            why,
        }
        .into());
    }
    let tree = Tree::new(&rows);
    let id = ArticleCategoryId(tx.new_id());
    let parent_id = parent(&tree, new.parent, None)?;
    tree.require_room(id, parent_id)?;
    let category = category::Model {
        id,
        parent_id,
        name_en,
        name_fr,
        position: new
            .position
            .unwrap_or_else(|| tree.next_position(parent_id).min(POSITION_MAX)),
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    let row = category.clone().into_active_model().reset_all();
    category::Entity::insert(row)
        .exec_without_returning(&*tx)
        .await?;
    tx.record(Event::ArticleCategoryCreated { category_id: id });
    tx.forget_directory();
    tx.commit().await?;
    Ok(category)
}

/// Changes a category's names, its place, or the category that it stands in. The same again changes nothing.
pub async fn edit_category(
    app: &App,
    actor: &Actor,
    id: Option<ArticleCategoryId>,
    edit: &CategoryEdit,
) -> Result<category::Model> {
    policy::authorize(actor, Action::ChangeArticleCategories)?;
    let mut tx = app.begin(actor).await?;
    let rows = lock_all(&tx).await?;
    let tree = Tree::new(&rows);
    let before = find(&rows, id)?.clone();
    let mut category = before.clone();
    let mut checked = Checked::default();
    let names = [
        ("nameEn", &edit.name_en, &mut category.name_en),
        ("nameFr", &edit.name_fr, &mut category.name_fr),
    ];
    for (field, given, name) in names {
        if let Some(given) = given {
            *name = checked.line(field, given, NAME_CHARS_MAX);
        }
    }
    check_position(&mut checked, edit.position);
    refuse_if_any(checked.refusals)?;
    category.position = edit.position.unwrap_or(category.position);
    category.parent_id = parent(&tree, edit.parent, category.parent_id)?;
    if category == before {
        return Ok(before);
    }
    tree.require_room(category.id, category.parent_id)?;
    category.updated_at = tx.now();
    let row = category.clone().into_active_model().reset_all();
    row.update(&*tx).await?;
    tx.record(Event::ArticleCategoryEdited {
        category_id: category.id,
    });
    tx.forget_directory();
    tx.commit().await?;
    Ok(category)
}

/// Takes a category away in which nothing stands: neither articles, whatever their state, nor other categories.
pub async fn delete_category(
    app: &App,
    actor: &Actor,
    id: Option<ArticleCategoryId>,
) -> Result<ArticleCategoryId> {
    policy::authorize(actor, Action::ChangeArticleCategories)?;
    let mut tx = app.begin(actor).await?;
    let rows = lock_all(&tx).await?;
    let id = find(&rows, id)?.id;
    let article: Option<ArticleId> = article::Entity::find()
        .select_only()
        .column(article::Column::Id)
        .filter(article::Column::CategoryId.eq(id))
        .limit(1)
        .into_tuple()
        .one(&*tx)
        .await?;
    let is_parent = rows.values().any(|other| other.parent_id == Some(id));
    if article.is_some() || is_parent {
        let why = Why::InUse;
        return Err(Refusal::Invalid {
            field: "categoryId",
            why,
        }
        .into());
    }
    category::Entity::delete_by_id(id).exec(&*tx).await?;
    tx.record(Event::ArticleCategoryDeleted { category_id: id });
    tx.forget_directory();
    tx.commit().await?;
    Ok(id)
}

type Rows = BTreeMap<ArticleCategoryId, category::Model>;

/// All categories, in the order in which everybody takes them.
async fn lock_all(tx: &Tx<'_>) -> Result<Rows> {
    let rows = category::Entity::find()
        .order_by_asc(category::Column::Id)
        .lock_exclusive()
        .all(&**tx)
        .await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

fn find(rows: &Rows, id: Option<ArticleCategoryId>) -> Result<&category::Model> {
    let missing = Refusal::NotFound {
        field: "categoryId",
    };
    Ok(id.and_then(|id| rows.get(&id)).ok_or(missing)?)
}

fn parent(
    tree: &Tree<'_>,
    named: Named<ArticleCategoryId>,
    before: Option<ArticleCategoryId>,
) -> Result<Option<ArticleCategoryId>> {
    match named {
        Named::Absent => Ok(before),
        Named::Null => Ok(None),
        Named::Id(id) if tree.has(id) => Ok(Some(id)),
        Named::Id(_) | Named::Unknown => Err(Refusal::NotFound { field: "parentId" }.into()),
    }
}

fn check_position(checked: &mut Checked, position: Option<i32>) {
    if position.is_some_and(|position| !(0..=POSITION_MAX).contains(&position)) {
        let why = Why::OutOfRange {
            min: 0,
            max: POSITION_MAX,
        };
        checked.refuse(Refusal::Invalid {
            field: "position",
            why,
        });
    }
}
