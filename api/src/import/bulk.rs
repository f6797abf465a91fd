//! Many rows in few statements, within what both databases take as parameters of one.

use sea_orm::{
    ActiveModelBehavior, ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, Iterable,
    QueryFilter, Select, Value,
};

use crate::{app::Tx, error::Result};

/// SQLite takes 32,766 parameters in a statement, PostgreSQL 65,535.
const PARAMETERS_MAX: usize = 32_000;
/// Values of one `IN`.
const VALUES_MAX: usize = 1_000;

/// Inserts all rows.
pub(super) async fn insert<E, A>(tx: &Tx<'_>, models: impl Iterator<Item = E::Model>) -> Result<()>
where
    E: EntityTrait<ActiveModel = A>,
    E::Model: IntoActiveModel<A>,
    A: ActiveModelTrait<Entity = E> + ActiveModelBehavior + Send,
{
    let rows_max = PARAMETERS_MAX / E::Column::iter().count();
    let mut rows = models
        .map(|model| model.into_active_model().reset_all())
        .peekable();
    while rows.peek().is_some() {
        let some: Vec<A> = rows.by_ref().take(rows_max).collect();
        E::insert_many(some).exec_without_returning(&**tx).await?;
    }
    Ok(())
}

/// The rows of a query whose column has one of these values.
pub(super) async fn find_in<E, V>(
    tx: &Tx<'_>,
    query: Select<E>,
    column: E::Column,
    values: impl IntoIterator<Item = V>,
) -> Result<Vec<E::Model>>
where
    E: EntityTrait,
    E::Model: Send + Sync,
    V: Into<Value>,
{
    let values: Vec<Value> = values.into_iter().map(Into::into).collect();
    let mut rows = Vec::new();
    for some in values.chunks(VALUES_MAX) {
        let query = query.clone().filter(column.is_in(some.iter().cloned()));
        rows.extend(query.all(&**tx).await?);
    }
    Ok(rows)
}
