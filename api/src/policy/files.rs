//! Which files an actor may see, and attach.

use entity::{article, attachment, comment, ticket, upload};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, ExprTrait, QueryFilter, QuerySelect, QueryTrait, Select,
    sea_query::Expr,
};

use super::sight::{none, only, visible_articles, visible_comments, visible_tickets};
use crate::actor::Actor;

/// Attachments of what is visible: a file is as private as the ticket, the comment or the article that it is on.
pub fn visible_attachments(actor: &Actor) -> Condition {
    let ticket = ticket::Entity::find()
        .filter(joined(ticket::Column::Id, attachment::Column::TicketId))
        .filter(visible_tickets(actor));
    let comment = comment::Entity::find()
        .filter(joined(comment::Column::Id, attachment::Column::CommentId))
        .filter(visible_comments(actor));
    let article = article::Entity::find()
        .filter(joined(article::Column::Id, attachment::Column::ArticleId))
        .filter(visible_articles(actor));
    Condition::any()
        .add(exists(ticket))
        .add(exists(comment))
        .add(exists(article))
}

/// What the actor uploaded: nobody else may attach it.
pub fn own_uploads(actor: &Actor) -> Condition {
    match actor.id() {
        Some(id) => only(upload::Column::UserId.eq(id)),
        None => none(),
    }
}

fn joined(id: impl ColumnTrait, of_attachment: attachment::Column) -> Expr {
    ExprTrait::equals(Expr::col(id.as_column_ref()), of_attachment.as_column_ref())
}

fn exists<E: EntityTrait>(rows: Select<E>) -> Expr {
    Expr::exists(rows.select_only().expr(Expr::val(1)).into_query())
}
