//! Which articles tickets name.

use std::{collections::HashMap, sync::Arc};

use entity::{
    article::{self, Column},
    ids::{KnowledgeLinkId, TicketId},
    knowledge_link,
};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect, Select,
    SelectTwoRequired,
};

use super::queries::{Linked, grouped};
use crate::{actor::Actor, app::App, error::Result, policy};

/// The links of tickets that the actor sees, by ticket, to the articles that the actor sees.
pub async fn load_links(
    app: &App,
    actor: &Actor,
    ids: &[TicketId],
) -> Result<HashMap<TicketId, Arc<Vec<Linked>>>> {
    let links = knowledge_link::Entity::find()
        .filter(knowledge_link::Column::TicketId.is_in(ids.iter().copied()))
        .order_by_asc(knowledge_link::Column::CreatedAt)
        .order_by_asc(knowledge_link::Column::Id);
    let rows = with_articles(actor, links).all(&app.store.read).await?;
    Ok(grouped(rows, |(link, _)| link.ticket_id))
}

/// Those of `ids` that the actor sees, with the articles that the actor sees.
pub async fn find_links(
    app: &App,
    actor: &Actor,
    ids: &[KnowledgeLinkId],
) -> Result<HashMap<KnowledgeLinkId, Arc<Linked>>> {
    let links = knowledge_link::Entity::find()
        .filter(knowledge_link::Column::Id.is_in(ids.iter().copied()))
        .filter(Condition::all().add_option(policy::within_visible_tickets(
            actor,
            knowledge_link::Column::TicketId,
        )));
    let rows = with_articles(actor, links).all(&app.store.read).await?;
    let by_id = |linked: Linked| (linked.0.id, Arc::new(linked));
    Ok(rows.into_iter().map(by_id).collect())
}

fn with_articles(
    actor: &Actor,
    links: Select<knowledge_link::Entity>,
) -> SelectTwoRequired<knowledge_link::Entity, article::Entity> {
    let of_article = knowledge_link::Entity::belongs_to(article::Entity)
        .from(knowledge_link::Column::ArticleId)
        .to(Column::Id);
    links
        .join(JoinType::InnerJoin, of_article.into())
        .filter(policy::visible_articles(actor))
        .select_two_required(article::Entity)
}
