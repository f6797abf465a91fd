//! What events are about as it is now, as far as somebody sees it: one statement for each kind of thing.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use entity::{
    article, article_category as category, comment,
    ids::{ArticleCategoryId, ArticleId, CommentId, OrganizationId, TeamId, TicketId, UserId},
    organization, team, ticket, user,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

use super::{Thing, queries::Found};
use crate::{actor::Actor, app::App, error::Result, knowledge, policy, ticket as tickets};

/// Everything that some events are about, by id, as far as the actor sees it.
pub(super) struct Rows {
    tickets: HashMap<TicketId, ticket::Model>,
    comments: HashMap<CommentId, Arc<comment::Model>>,
    articles: HashMap<ArticleId, article::Model>,
    users: HashMap<UserId, Arc<user::Model>>,
    /// Of the users those that are none.
    pub(super) machines: HashSet<UserId>,
    organizations: HashMap<OrganizationId, Arc<organization::Model>>,
    teams: HashMap<TeamId, team::Model>,
    categories: HashMap<ArticleCategoryId, category::Model>,
}

impl Rows {
    /// At most one statement for each kind of thing.
    pub(super) async fn read(
        app: &App,
        actor: &Actor,
        things: impl Iterator<Item = Thing>,
    ) -> Result<Self> {
        let mut asked = Asked::default();
        asked.extend(things);
        Ok(Self {
            tickets: find_tickets(app, actor, asked.tickets).await?,
            comments: find_comments(app, actor, asked.comments).await?,
            articles: find_articles(app, actor, asked.articles).await?,
            machines: find_machines(app, &asked.users).await?,
            users: find_users(app, actor, asked.users).await?,
            organizations: find_organizations(app, actor, asked.organizations).await?,
            teams: find_teams(app, actor, asked.teams).await?,
            categories: find_categories(app, actor, asked.categories).await?,
        })
    }

    pub(super) fn find(&self, thing: Thing) -> Option<Found> {
        match thing {
            Thing::Ticket(id) => {
                let row = self.tickets.get(&id).cloned();
                row.map(|row| Found::Ticket(Box::new(row)))
            }
            Thing::Comment(_, id) => self.comments.get(&id).cloned().map(Found::Comment),
            Thing::Article(id) => {
                let row = self.articles.get(&id).cloned();
                row.map(|row| Found::Article(Box::new(row)))
            }
            Thing::User(id) => self.users.get(&id).cloned().map(Found::User),
            Thing::Organization(id) => {
                let row = self.organizations.get(&id).cloned();
                row.map(Found::Organization)
            }
            Thing::Team(id) => {
                let row = self.teams.get(&id).cloned();
                row.map(|row| Found::Team(Box::new(row)))
            }
            Thing::ArticleCategory(id) => {
                let row = self.categories.get(&id).cloned();
                row.map(|row| Found::ArticleCategory(Box::new(row)))
            }
        }
    }
}

/// Ids of what events are about, each once.
#[derive(Default)]
struct Asked {
    tickets: HashSet<TicketId>,
    comments: HashSet<CommentId>,
    articles: HashSet<ArticleId>,
    users: HashSet<UserId>,
    organizations: HashSet<OrganizationId>,
    teams: HashSet<TeamId>,
    categories: HashSet<ArticleCategoryId>,
}

impl Extend<Thing> for Asked {
    fn extend<T: IntoIterator<Item = Thing>>(&mut self, things: T) {
        for thing in things {
            let _is_new = match thing {
                Thing::Ticket(id) => self.tickets.insert(id),
                Thing::Comment(_, id) => self.comments.insert(id),
                Thing::Article(id) => self.articles.insert(id),
                Thing::User(id) => self.users.insert(id),
                Thing::Organization(id) => self.organizations.insert(id),
                Thing::Team(id) => self.teams.insert(id),
                Thing::ArticleCategory(id) => self.categories.insert(id),
            };
        }
    }
}

async fn find_tickets(
    app: &App,
    actor: &Actor,
    ids: HashSet<TicketId>,
) -> Result<HashMap<TicketId, ticket::Model>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    tickets::find_many(app, actor, &Vec::from_iter(ids)).await
}

async fn find_comments(
    app: &App,
    actor: &Actor,
    ids: HashSet<CommentId>,
) -> Result<HashMap<CommentId, Arc<comment::Model>>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = comment::Entity::find()
        .filter(policy::visible_comments(actor))
        .filter(comment::Column::Id.is_in(ids))
        .all(&app.store.read)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.id, Arc::new(row)))
        .collect())
}

async fn find_articles(
    app: &App,
    actor: &Actor,
    ids: HashSet<ArticleId>,
) -> Result<HashMap<ArticleId, article::Model>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    knowledge::find_articles(app, actor, &Vec::from_iter(ids)).await
}

/// Machines are settings, not people.
async fn find_users(
    app: &App,
    actor: &Actor,
    ids: HashSet<UserId>,
) -> Result<HashMap<UserId, Arc<user::Model>>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = user::Entity::find()
        .filter(policy::visible_users(actor))
        .filter(user::Column::Kind.eq(user::Kind::Person))
        .filter(user::Column::Id.is_in(ids))
        .all(&app.store.read)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.id, Arc::new(row)))
        .collect())
}

async fn find_organizations(
    app: &App,
    actor: &Actor,
    ids: HashSet<OrganizationId>,
) -> Result<HashMap<OrganizationId, Arc<organization::Model>>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = organization::Entity::find()
        .filter(policy::visible_organizations(actor))
        .filter(organization::Column::Id.is_in(ids))
        .all(&app.store.read)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.id, Arc::new(row)))
        .collect())
}

async fn find_machines(app: &App, ids: &HashSet<UserId>) -> Result<HashSet<UserId>> {
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    let rows: Vec<UserId> = user::Entity::find()
        .select_only()
        .column(user::Column::Id)
        .filter(user::Column::Kind.eq(user::Kind::Machine))
        .filter(user::Column::Id.is_in(ids.iter().copied()))
        .into_tuple()
        .all(&app.store.read)
        .await?;
    Ok(rows.into_iter().collect())
}

/// Not from memory, which may be older than the event.
async fn find_teams(
    app: &App,
    actor: &Actor,
    ids: HashSet<TeamId>,
) -> Result<HashMap<TeamId, team::Model>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = team::Entity::find()
        .filter(policy::visible_teams(actor))
        .filter(team::Column::Id.is_in(ids))
        .all(&app.store.read)
        .await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

async fn find_categories(
    app: &App,
    actor: &Actor,
    ids: HashSet<ArticleCategoryId>,
) -> Result<HashMap<ArticleCategoryId, category::Model>> {
    if ids.is_empty() || !policy::sees_all_categories(actor) {
        return Ok(HashMap::new());
    }
    let rows = category::Entity::find()
        .filter(category::Column::Id.is_in(ids))
        .all(&app.store.read)
        .await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}
