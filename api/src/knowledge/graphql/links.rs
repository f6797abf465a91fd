//! The links that join articles to tickets.

use std::collections::HashSet;

use async_graphql::{Context, Description, Enum, ID, Object, Result};
use chrono::{DateTime, Utc};
use entity::{
    article,
    event::ActorKind,
    ids::{KnowledgeLinkId, TicketId},
    knowledge_link,
};

use super::types::Article;
use crate::{
    error::Error,
    graphql::{GlobalId, loader::Batched},
    knowledge::{loaders::KnowledgeLoader, queries::Linked},
    people::graphql::{Actor, actor_field},
    ticket::graphql::{Ticket, ticket_field},
};

/// Why an article is on a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "knowledge_link::Role")]
pub enum KnowledgeRole {
    /// The system offered it.
    Suggested,
    /// It was sent to the requester.
    Shared,
    /// It solved the ticket.
    Solution,
}

/// An article on a ticket, and why it is there.
#[derive(Description)]
pub struct KnowledgeLink {
    link: knowledge_link::Model,
    article: article::Model,
}

impl KnowledgeLink {
    pub const fn link_id(&self) -> KnowledgeLinkId {
        self.link.id
    }
}

impl From<Linked> for KnowledgeLink {
    fn from((link, article): Linked) -> Self {
        Self { link, article }
    }
}

#[Object(use_type_description)]
impl KnowledgeLink {
    /// The link's global id.
    pub async fn id(&self) -> ID {
        self.link.id.global()
    }

    /// The ticket.
    async fn ticket(&self, ctx: &Context<'_>) -> Result<Ticket> {
        let ticket = ticket_field(ctx, self.link.ticket_id).await?;
        ticket.ok_or_else(|| Error::NotFound("ticket").into())
    }

    /// The article.
    async fn article(&self) -> Article {
        Article(self.article.clone())
    }

    /// Why the article is there.
    async fn role(&self) -> KnowledgeRole {
        self.link.role.into()
    }

    /// Who put it there.
    async fn added_by(&self, ctx: &Context<'_>) -> Result<Actor> {
        let id = self.link.added_by_id;
        let kind = id.map_or(ActorKind::System, |_| ActorKind::Person);
        actor_field(ctx, kind, id).await
    }

    /// When it was put there.
    async fn created_at(&self) -> DateTime<Utc> {
        self.link.created_at
    }
}

/// The articles on tickets that the viewer sees, of those that the viewer may read; oldest first, and each once for
/// the same reason.
pub async fn knowledge_links_field(
    ctx: &Context<'_>,
    ticket_ids: impl IntoIterator<Item = TicketId>,
) -> Result<Vec<KnowledgeLink>> {
    let loader = ctx.data_unchecked::<Batched<KnowledgeLoader>>();
    let links = loader.load_many(ticket_ids).await?;
    let links = links.into_values();
    let mut links: Vec<Linked> = links.flat_map(|links| links.as_ref().clone()).collect();
    links.sort_by_key(|(link, _)| (link.created_at, link.id));
    let mut seen = HashSet::new();
    links.retain(|(link, _)| seen.insert((link.article_id, link.role)));
    Ok(links.into_iter().map(Into::into).collect())
}
