//! What hangs on tickets, batched.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use async_graphql::dataloader::Loader;
use entity::{
    follower,
    ids::TicketId,
    ticket, ticket_detail,
    ticket_link::{self, Kind},
};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, sea_query::ExprTrait};

use super::{Filter, incidents, queries, queries::Listing};
use crate::{
    app::App,
    error::Result,
    graphql::loader::{SharedError, Source},
    page::{Page, Window, by_window},
};

/// Tickets, as far as the viewer may see them.
pub struct TicketLoader(pub Source);

impl Loader<TicketId> for TicketLoader {
    type Value = Arc<ticket::Model>;
    type Error = SharedError;

    async fn load(&self, ids: &[TicketId]) -> Result<HashMap<TicketId, Self::Value>, SharedError> {
        let rows = queries::find_many(&self.0.app, &self.0.actor, ids)
            .await
            .map_err(SharedError::new)?;
        Ok(rows
            .into_iter()
            .map(|(id, ticket)| (id, Arc::new(ticket)))
            .collect())
    }
}

/// The long texts of tickets that the viewer sees.
pub struct DetailLoader(pub Source);

impl Loader<TicketId> for DetailLoader {
    type Value = Arc<ticket_detail::Model>;
    type Error = SharedError;

    async fn load(&self, ids: &[TicketId]) -> Result<HashMap<TicketId, Self::Value>, SharedError> {
        let query = ticket_detail::Entity::find()
            .filter(ticket_detail::Column::TicketId.is_in(ids.iter().copied()));
        let rows = query
            .all(&self.0.app.store.read)
            .await
            .map_err(|error| SharedError::new(error.into()))?;
        Ok(rows
            .into_iter()
            .map(|details| (details.ticket_id, Arc::new(details)))
            .collect())
    }
}

/// Which of the tickets the viewer follows.
pub struct FollowLoader(pub Source);

impl Loader<TicketId> for FollowLoader {
    type Value = ();
    type Error = SharedError;

    async fn load(&self, ids: &[TicketId]) -> Result<HashMap<TicketId, ()>, SharedError> {
        let Some(user_id) = self.0.actor.id() else {
            return Ok(HashMap::new());
        };
        let query = follower::Entity::find()
            .filter(follower::Column::UserId.eq(user_id))
            .filter(follower::Column::TicketId.is_in(ids.iter().copied()));
        let rows = query
            .all(&self.0.app.store.read)
            .await
            .map_err(|error| SharedError::new(error.into()))?;
        Ok(rows.into_iter().map(|row| (row.ticket_id, ())).collect())
    }
}

/// The links of tickets, seen from either end, oldest first; a problem's to what it caused are on pages of their own.
pub struct LinkLoader(pub Source);

impl Loader<TicketId> for LinkLoader {
    type Value = Arc<Vec<ticket_link::Model>>;
    type Error = SharedError;

    async fn load(&self, ids: &[TicketId]) -> Result<HashMap<TicketId, Self::Value>, SharedError> {
        let links = links_of(&self.0.app, ids).await.map_err(SharedError::new)?;
        let mut links_by_ticket: HashMap<TicketId, Vec<ticket_link::Model>> = HashMap::new();
        let wanted: HashSet<_> = ids.iter().copied().collect();
        for link in links {
            for end in [link.from_id, link.to_id] {
                if wanted.contains(&end) && is_listed(&link, end) {
                    links_by_ticket.entry(end).or_default().push(link.clone());
                }
            }
        }
        Ok(links_by_ticket
            .into_iter()
            .map(|(id, links)| (id, Arc::new(links)))
            .collect())
    }
}

fn is_listed(link: &ticket_link::Model, end: TicketId) -> bool {
    link.from_id == end || link.kind != Kind::CausedBy
}

async fn links_of(app: &App, ids: &[TicketId]) -> Result<Vec<ticket_link::Model>> {
    let either_end = Condition::any()
        .add(ticket_link::Column::FromId.is_in(ids.iter().copied()))
        .add(
            ticket_link::Column::ToId
                .is_in(ids.iter().copied())
                .and(ticket_link::Column::Kind.ne(Kind::CausedBy)),
        );
    let query = ticket_link::Entity::find()
        .filter(either_end)
        .order_by_asc(ticket_link::Column::Id);
    Ok(query.all(&app.store.read).await?)
}

/// The links between problems and what they caused, as far as the viewer may see both.
pub struct IncidentLoader(pub Source);

/// A ticket of whose incidents one wants to know how many there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CountIncidents(pub TicketId);

impl Loader<TicketId> for IncidentLoader {
    type Value = TicketId;
    type Error = SharedError;

    /// The problem that a ticket was first said to be caused by.
    async fn load(&self, ids: &[TicketId]) -> Result<HashMap<TicketId, TicketId>, SharedError> {
        let problems = incidents::problems_of(&self.0.app, &self.0.actor, ids).await;
        problems.map_err(SharedError::new)
    }
}

impl Loader<(TicketId, Window)> for IncidentLoader {
    type Value = Arc<Vec<ticket_link::Model>>;
    type Error = SharedError;

    /// The rows that [`Window::page`] cuts to a page; one statement for each different window.
    async fn load(
        &self,
        keys: &[(TicketId, Window)],
    ) -> Result<HashMap<(TicketId, Window), Self::Value>, SharedError> {
        let mut pages: HashMap<(TicketId, Window), Vec<ticket_link::Model>> = HashMap::new();
        for (window, problems) in by_window(keys) {
            let links =
                incidents::incidents_of(&self.0.app, &self.0.actor, &problems, window).await;
            for link in links.map_err(SharedError::new)? {
                let key = (link.to_id, window.clone());
                pages.entry(key).or_default().push(link);
            }
        }
        Ok(pages
            .into_iter()
            .map(|(key, links)| (key, Arc::new(links)))
            .collect())
    }
}

impl Loader<CountIncidents> for IncidentLoader {
    type Value = i64;
    type Error = SharedError;

    async fn load(
        &self,
        keys: &[CountIncidents],
    ) -> Result<HashMap<CountIncidents, i64>, SharedError> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let counts = incidents::count_incidents(&self.0.app, &self.0.actor, &ids).await;
        let counts = counts.map_err(SharedError::new)?.into_iter();
        Ok(counts
            .map(|(id, count)| (CountIncidents(id), count))
            .collect())
    }
}

/// How many other visible tickets were answered by an article that answered this one.
pub struct SimilarLoader(pub Source);

impl Loader<TicketId> for SimilarLoader {
    type Value = i64;
    type Error = SharedError;

    async fn load(&self, ids: &[TicketId]) -> Result<HashMap<TicketId, i64>, SharedError> {
        let counts = queries::count_similar(&self.0.app, &self.0.actor, ids).await;
        counts.map_err(SharedError::new)
    }
}

/// How many tickets that the viewer may see pass a filter.
pub struct CountLoader(pub Source);

impl Loader<Filter> for CountLoader {
    type Value = u64;
    type Error = SharedError;

    async fn load(&self, filters: &[Filter]) -> Result<HashMap<Filter, u64>, SharedError> {
        let counts = queries::count_each(&self.0.app, &self.0.actor, filters).await?;
        Ok(filters.iter().cloned().zip(counts).collect())
    }
}

/// Pages of lists of tickets.
pub struct ListLoader(pub Source);

impl Loader<Listing> for ListLoader {
    type Value = Arc<Page<ticket::Model>>;
    type Error = SharedError;

    async fn load(
        &self,
        listings: &[Listing],
    ) -> Result<HashMap<Listing, Self::Value>, SharedError> {
        let pages = queries::list_each(&self.0.app, &self.0.actor, listings).await?;
        let pages = pages.into_iter().map(Arc::new);
        Ok(listings.iter().cloned().zip(pages).collect())
    }
}
