//! How a ticket stands to others.

use async_graphql::{Context, Description, Object, Result};
use entity::{ids::TicketId, ticket, ticket_link};

use super::{
    super::{
        incidents::{ORDER, place},
        loaders::{CountIncidents, IncidentLoader, TicketLoader},
        seen_merged,
    },
    links::{TicketLink, links_field},
    row::{Row, TicketConnection},
    types::{Ticket, ticket_field},
};
use crate::{
    graphql::{Caller, loader::Batched, selects_total},
    help::{graphql::TicketSuggestion, loaders::DuplicateLoader},
    page,
};

/// A ticket's relations to others: part of the ticket itself for clients.
#[derive(Description)]
pub struct Relations<'a>(pub &'a ticket::Model);

#[Object(use_type_description)]
impl Relations<'_> {
    /// Its links to other tickets that the viewer may read, the oldest first: at most 100 from it, and at most 100 towards it
    /// besides those of what it caused, which are its `incidents`.
    async fn links(&self, ctx: &Context<'_>) -> Result<Vec<TicketLink>> {
        links_field(ctx, self.0.id).await
    }

    /// The ticket that it was merged into; null where it was not, or the viewer may not read that one.
    async fn merged_into(&self, ctx: &Context<'_>) -> Result<Option<Ticket>> {
        other(ctx, self.0.merged_into_id).await
    }

    /// Those whose comments it shows, because they were merged into it or into one of these: as far as the viewer may
    /// read them, those merged last at the end.
    async fn merged_tickets(&self, ctx: &Context<'_>) -> Result<Vec<Ticket>> {
        let Caller { actor, .. } = Caller::of(ctx)?;
        let ids: Vec<_> = seen_merged(actor, self.0).map(|merged| merged.id).collect();
        let loader = ctx.data_unchecked::<Batched<TicketLoader>>();
        let mut tickets = loader.load_many(ids.iter().copied()).await?;
        let found = ids.iter().filter_map(|id| tickets.remove(id));
        Ok(found
            .map(|ticket| Ticket(ticket.as_ref().clone()))
            .collect())
    }

    /// The problem that caused it: where `CAUSED_BY` leads from it first, of those that the viewer may read; null for none.
    async fn problem(&self, ctx: &Context<'_>) -> Result<Option<Ticket>> {
        let loader = ctx.data_unchecked::<Batched<IncidentLoader>>();
        let id: Option<TicketId> = loader.load_one(self.0.id).await?;
        other(ctx, id).await
    }

    /// What it caused: those from which `CAUSED_BY` leads to it, as far as the viewer may read them, in the order in which
    /// they were linked.
    async fn incidents(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 25 where absent, at most 100.")] first: Option<
            i32,
        >,
        #[graphql(desc = "A cursor: only what comes after it.")] after: Option<String>,
    ) -> Result<TicketConnection> {
        let window = page::Args::forward(first, after).window(ORDER)?;
        let loader = ctx.data_unchecked::<Batched<IncidentLoader>>();
        let links = loader.load_one((self.0.id, window.clone())).await?;
        let links = links.map(|links| links.as_ref().clone());
        let page = window.page(links.unwrap_or_default());
        let ids = page.rows.iter().map(|link| link.from_id);
        let tickets = ctx.data_unchecked::<Batched<TicketLoader>>();
        let tickets = tickets.load_many(ids).await?;
        let shown = |link: ticket_link::Model| {
            let ticket = tickets.get(&link.from_id)?;
            Some((link, Ticket(ticket.as_ref().clone())))
        };
        let page = page::Page {
            rows: page.rows.into_iter().filter_map(shown).collect(),
            has_next: page.has_next,
            has_previous: page.has_previous,
        };
        let total = if selects_total(ctx) {
            let count = loader.load_one(CountIncidents(self.0.id)).await?;
            Some(count.unwrap_or_default().cast_unsigned())
        } else {
            None
        };
        Ok(TicketConnection::of(
            page,
            ORDER,
            total,
            |(link, _)| place(link),
            |(_, ticket)| Row(ticket),
        ))
    }

    /// Other open tickets that may be the same, best first, at most five: those that say the same in like words, rather of
    /// the same organization and of the same days; of the newest 1,000 open tickets that the viewer may read. Staff only;
    /// empty for others, and where the ticket is solved. Whether they are the same is for people to say: `mergeTicket`,
    /// `linkTickets`.
    async fn possible_duplicates(&self, ctx: &Context<'_>) -> Result<Vec<TicketSuggestion>> {
        let loader = ctx.data_unchecked::<Batched<DuplicateLoader>>();
        let duplicates = loader.load_one(self.0.id).await?;
        let duplicates = duplicates.iter().flat_map(|duplicates| duplicates.iter());
        let shown = duplicates.map(|(ticket, score)| TicketSuggestion::of(ticket.clone(), *score));
        Ok(shown.collect())
    }

    /// The closed ticket that it goes on from; null where it does not, or the viewer may not read that one.
    async fn follow_up_of(&self, ctx: &Context<'_>) -> Result<Option<Ticket>> {
        other(ctx, self.0.follow_up_of_id).await
    }
}

async fn other(ctx: &Context<'_>, id: Option<TicketId>) -> Result<Option<Ticket>> {
    match id {
        Some(id) => ticket_field(ctx, id).await,
        None => Ok(None),
    }
}
