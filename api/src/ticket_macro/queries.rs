//! Every read of macros, through what the actor may see.

use std::collections::HashMap;

use entity::{
    ids::MacroId,
    ticket_macro::{self, Column},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::{actor::Actor, app::App, error::Result, policy};

/// Macros in one answer: an agent's own and those of some teams.
const LIST_MAX: u64 = 200;

pub async fn find(app: &App, actor: &Actor, id: MacroId) -> Result<Option<ticket_macro::Model>> {
    Ok(find_many(app, actor, &[id]).await?.remove(&id))
}

/// Those of `ids` that the actor sees.
pub async fn find_many(
    app: &App,
    actor: &Actor,
    ids: &[MacroId],
) -> Result<HashMap<MacroId, ticket_macro::Model>> {
    let query = ticket_macro::Entity::find()
        .filter(Column::Id.is_in(ids.iter().copied()))
        .filter(policy::visible_macros(actor));
    let rows = query.all(&app.store.read).await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

/// The actor's own and those of their teams, the oldest first; where there are too many, the newest of them.
pub async fn list(app: &App, actor: &Actor) -> Result<Vec<ticket_macro::Model>> {
    let query = ticket_macro::Entity::find()
        .filter(policy::visible_macros(actor))
        .order_by_desc(Column::CreatedAt)
        .order_by_desc(Column::Id)
        .limit(LIST_MAX);
    let mut rows = query.all(&app.store.read).await?;
    rows.reverse();
    Ok(rows)
}
