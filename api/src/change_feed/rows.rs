//! What events are about as it is now, as far as somebody sees it: one statement for each kind of thing.

use std::{
    collections::{HashMap, HashSet},
    hash::Hash,
    sync::Arc,
};

use entity::{
    article, article_category as category, comment,
    ids::{ArticleCategoryId, ArticleId, CommentId, OrganizationId, TeamId, TicketId, UserId},
    organization, team, ticket, user,
};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect};

use super::{Thing, queries::Found};
use crate::{actor::Actor, app::App, error::Result, knowledge, policy, ticket as tickets};

/// Everything that some events are about, by id, as far as the actor sees it.
pub(super) struct Rows {
    tickets: HashMap<TicketId, ticket::Model>,
    comments: HashMap<CommentId, comment::Model>,
    articles: HashMap<ArticleId, article::Model>,
    users: HashMap<UserId, user::Model>,
    /// Of the users those that are none.
    pub(super) machines: HashSet<UserId>,
    organizations: HashMap<OrganizationId, organization::Model>,
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
        if !policy::sees_all_categories(actor) {
            asked.categories.clear();
        }
        // Machines are settings, not people.
        let people = Condition::all()
            .add(policy::visible_users(actor))
            .add(user::Column::Kind.eq(user::Kind::Person));
        Ok(Self {
            tickets: find_tickets(app, actor, asked.tickets).await?,
            comments: find::<comment::Entity, _>(
                app,
                comment::Column::Id,
                |row| row.id,
                asked.comments,
                policy::visible_comments(actor),
            )
            .await?,
            articles: find_articles(app, actor, asked.articles).await?,
            machines: find_machines(app, &asked.users).await?,
            users: find::<user::Entity, _>(
                app,
                user::Column::Id,
                |row| row.id,
                asked.users,
                people,
            )
            .await?,
            organizations: find::<organization::Entity, _>(
                app,
                organization::Column::Id,
                |row| row.id,
                asked.organizations,
                policy::visible_organizations(actor),
            )
            .await?,
            // Not from memory, which may be older than the event.
            teams: find::<team::Entity, _>(
                app,
                team::Column::Id,
                |row| row.id,
                asked.teams,
                policy::visible_teams(actor),
            )
            .await?,
            categories: find::<category::Entity, _>(
                app,
                category::Column::Id,
                |row| row.id,
                asked.categories,
                Condition::all(),
            )
            .await?,
        })
    }

    pub(super) fn find(&self, thing: Thing) -> Option<Found> {
        match thing {
            Thing::Ticket(id) => {
                let row = self.tickets.get(&id).cloned();
                row.map(|row| Found::Ticket(Box::new(row)))
            }
            Thing::Comment(_, id) => {
                let row = self.comments.get(&id).cloned();
                row.map(|row| Found::Comment(Arc::new(row)))
            }
            Thing::Article(id) => {
                let row = self.articles.get(&id).cloned();
                row.map(|row| Found::Article(Box::new(row)))
            }
            Thing::User(id) => {
                let row = self.users.get(&id).cloned();
                row.map(|row| Found::User(Arc::new(row)))
            }
            Thing::Organization(id) => {
                let row = self.organizations.get(&id).cloned();
                row.map(|row| Found::Organization(Arc::new(row)))
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

/// Those of `ids` that are there and that `visible` holds for.
async fn find<E, K>(
    app: &App,
    column: E::Column,
    id_of: fn(&E::Model) -> K,
    ids: HashSet<K>,
    visible: Condition,
) -> Result<HashMap<K, E::Model>>
where
    E: EntityTrait,
    K: Eq + Hash + Into<sea_orm::Value>,
{
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = E::find()
        .filter(column.is_in(ids))
        .filter(visible)
        .all(&app.store.read)
        .await?;
    Ok(rows.into_iter().map(|row| (id_of(&row), row)).collect())
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
