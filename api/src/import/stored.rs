//! The rows of a batch's tickets, as their last words about them have it.

use std::collections::BTreeMap;

use entity::{
    article, ids::ArticleId, knowledge_link, ticket, ticket_detail, ticket_field, ticket_tag,
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter,
    sea_query::{Expr, ExprTrait as _},
};

use super::{bulk, tickets::Open};
use crate::{app::Tx, custom_field, error::Result};

/// Inserts the new ones together, and updates the others.
pub(super) async fn write_tickets(tx: &Tx<'_>, opens: &[Open]) -> Result<()> {
    let new = || opens.iter().filter(|open| open.before.is_none());
    bulk::insert::<ticket::Entity, _>(tx, new().map(|open| open.after.clone())).await?;
    bulk::insert::<ticket_detail::Entity, _>(tx, new().filter_map(|open| open.detail.clone()))
        .await?;
    bulk::insert::<ticket_tag::Entity, _>(tx, new().flat_map(|open| tags_of(&open.after))).await?;
    let fields = new().flat_map(|open| custom_field::rows_of(open.after.id, &open.after.fields));
    bulk::insert::<ticket_field::Entity, _>(tx, fields).await?;
    for (before, open) in opens
        .iter()
        .filter_map(|open| Some((open.before.as_ref()?, open)))
    {
        ticket::Entity::update(open.after.clone().into_active_model().reset_all())
            .exec(&**tx)
            .await?;
        if let Some(detail) = &open.detail {
            ticket_detail::Entity::update(detail.clone().into_active_model().reset_all())
                .exec(&**tx)
                .await?;
        }
        custom_field::store(tx, before.id, &before.fields, &open.after.fields).await?;
        if before.tags != open.after.tags {
            let of_ticket = ticket_tag::Column::TicketId.eq(before.id);
            ticket_tag::Entity::delete_many()
                .filter(of_ticket)
                .exec(&**tx)
                .await?;
            bulk::insert::<ticket_tag::Entity, _>(tx, tags_of(&open.after)).await?;
        }
    }
    Ok(())
}

fn tags_of(ticket: &ticket::Model) -> impl Iterator<Item = ticket_tag::Model> {
    ticket.tags.0.iter().map(|tag| ticket_tag::Model {
        ticket_id: ticket.id,
        tag: tag.clone(),
    })
}

/// Writes knowledge links, and counts solutions, once a ticket.
pub(super) async fn write_links(tx: &Tx<'_>, links: Vec<knowledge_link::Model>) -> Result<()> {
    let mut solved: BTreeMap<ArticleId, i32> = BTreeMap::new();
    for link in links
        .iter()
        .filter(|link| link.role == knowledge_link::Role::Solution)
    {
        *solved.entry(link.article_id).or_default() += 1;
    }
    bulk::insert::<knowledge_link::Entity, _>(tx, links.into_iter()).await?;
    for (article, count) in solved {
        let sum = Expr::col(article::Column::SolvedCount).add(count);
        let counted = article::Entity::update_many().col_expr(article::Column::SolvedCount, sum);
        counted
            .filter(article::Column::Id.eq(article))
            .exec(&**tx)
            .await?;
    }
    Ok(())
}
