//! A ticket's links to others.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{Context, Description, ID, Object, Result};
use chrono::{DateTime, Utc};
use entity::{ids::TicketId, ticket, ticket_link};

use super::{
    super::loaders::{LinkLoader, TicketLoader},
    enums::TicketLinkKind,
    types::Ticket,
};
use crate::graphql::{GlobalId, loader::Batched};

/// A link between two tickets, seen from one of them.
#[derive(Description)]
pub struct TicketLink {
    link: ticket_link::Model,
    is_outward: bool,
    ticket: Ticket,
}

#[Object(use_type_description)]
impl TicketLink {
    /// The link's global id.
    async fn id(&self) -> ID {
        self.link.id.global()
    }

    /// How they stand to each other.
    async fn kind(&self) -> TicketLinkKind {
        self.link.kind.into()
    }

    /// Whether it reads from this ticket to the other ("this is a duplicate of that") or the other
    /// way round.
    async fn is_outward(&self) -> bool {
        self.is_outward
    }

    /// The ticket at the other end.
    async fn ticket(&self) -> &Ticket {
        &self.ticket
    }

    /// When it was added.
    async fn created_at(&self) -> DateTime<Utc> {
        self.link.created_at
    }
}

/// The links of a ticket to others that the viewer may read.
pub async fn links_field(ctx: &Context<'_>, id: TicketId) -> Result<Vec<TicketLink>> {
    let links = ctx
        .data_unchecked::<Batched<LinkLoader>>()
        .load_one(id)
        .await?
        .unwrap_or_default();
    let others = links.iter().map(|link| other_end(link, id));
    let tickets: HashMap<TicketId, Arc<ticket::Model>> = ctx
        .data_unchecked::<Batched<TicketLoader>>()
        .load_many(others)
        .await?;
    let shown = links.iter().filter_map(|link| {
        let ticket = tickets.get(&other_end(link, id))?;
        Some(TicketLink {
            link: link.clone(),
            is_outward: link.from_id == id,
            ticket: Ticket(ticket.as_ref().clone()),
        })
    });
    Ok(shown.collect())
}

fn other_end(link: &ticket_link::Model, id: TicketId) -> TicketId {
    if link.from_id == id {
        link.to_id
    } else {
        link.from_id
    }
}
