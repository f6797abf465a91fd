//! Every read of comments, through what the actor may see.

use entity::{
    comment::{self, Column},
    ids::TicketId,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::{
    actor::Actor,
    app::App,
    error::Result,
    page::{Cursor, OrderBy, OrderTag, Sort, Window},
    policy,
};

/// Comments stand in the order in which they were written.
pub const ORDER: OrderTag = *b"ct";

/// The comments that stand on this page of each ticket's list; the actor sees the tickets.
pub async fn list_each(
    app: &App,
    actor: &Actor,
    tickets: &[TicketId],
    window: &Window,
) -> Result<Vec<comment::Model>> {
    let query = comment::Entity::find()
        .filter(Column::TicketId.is_in(tickets.iter().copied()))
        .filter(policy::visible_comments_of_visible_tickets(actor));
    let order = OrderBy {
        column: Column::CreatedAt,
        id: Column::Id,
        descending: false,
    };
    let page = match tickets {
        [_one] => window.apply(query, &order),
        _ => window.apply_to_each(query, Column::TicketId, &order),
    };
    Ok(page.all(&app.store.read).await?)
}

pub fn place(comment: &comment::Model) -> Cursor {
    Cursor {
        sort: Sort::Time(comment.created_at),
        id: comment.id.0,
    }
}
