//! Every read of bulk jobs: everybody's own.

use entity::{
    bulk_job,
    bulk_job_item::{self, Column, Status},
    ids::BulkJobId,
};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, Select};

use crate::{
    actor::Actor,
    app::App,
    error::Result,
    page::{Cursor, OrderBy, OrderTag, Page, Sort, Window},
    policy,
};

/// Items stand in the order in which it is their turn.
pub(super) const ORDER: OrderTag = *b"bn";

pub async fn find(app: &App, actor: &Actor, id: BulkJobId) -> Result<Option<bulk_job::Model>> {
    Ok(visible(actor, id).one(&app.store.read).await?)
}

pub(super) fn visible(actor: &Actor, id: BulkJobId) -> Select<bulk_job::Entity> {
    bulk_job::Entity::find_by_id(id).filter(policy::own_bulk_jobs(actor))
}

/// One page of the tickets of a job that the actor sees, of all or of those with this status.
pub async fn list_items(
    app: &App,
    job: BulkJobId,
    status: Option<Status>,
    window: &Window,
) -> Result<Page<bulk_job_item::Model>> {
    let order = OrderBy {
        column: Column::Position,
        id: Column::TicketId,
        descending: false,
    };
    let all = bulk_job_item::Entity::find()
        .filter(Column::JobId.eq(job))
        .filter(Condition::all().add_option(status.map(|status| Column::Status.eq(status))));
    let rows = window.apply(all, &order).all(&app.store.read).await?;
    Ok(window.page(rows))
}

pub(super) fn place(item: &bulk_job_item::Model) -> Cursor {
    Cursor {
        sort: Sort::Number(item.position.into()),
        id: item.ticket_id.0,
    }
}
