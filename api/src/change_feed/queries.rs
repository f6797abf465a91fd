//! Pages of the change feed: events in their places, and what they are about as it is now, under the rights of now.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use entity::{
    article, comment,
    ids::{ArticleId, CommentId, OrganizationId, TicketId, UserId},
    organization, ticket, user,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::Thing;
use crate::{
    actor::Actor,
    app::App,
    directory::Snapshot,
    error::{Error, Result},
    events::{Event, Pos, log::Placed},
    knowledge, page,
    policy::{self, Action},
    ticket as tickets,
};

/// Events taken from the log at once: about a page, at least and at most.
const BATCH_MIN: usize = 50;
const BATCH_MAX: usize = 250;
/// Events that one page looks through: of few things among many that the reader does not see.
const LOOKED_THROUGH_MAX: usize = 2_000;
/// Between a place and the rights it was read with.
const SEPARATOR: char = '.';
/// Of the rights' digest: against mistakes, not against forgers, who would gain nothing.
const RIGHTS_BYTES: usize = 6;

/// Entries in the order of the log.
#[derive(Debug)]
pub struct Page {
    pub entries: Vec<Entry>,
    pub end_cursor: String,
    pub has_next: bool,
}

/// What happened to one thing.
#[derive(Debug)]
pub struct Entry {
    pub cursor: String,
    pub event: Arc<Placed>,
    pub thing: Thing,
    /// As it is now; none: a tombstone.
    pub found: Option<Found>,
}

/// A thing as it is now.
#[derive(Clone, Debug)]
pub enum Found {
    Ticket(Box<ticket::Model>),
    Comment(Arc<comment::Model>),
    Article(Box<article::Model>),
    ArticleCategory(Box<entity::article_category::Model>),
    User(Arc<user::Model>),
    Organization(Arc<organization::Model>),
    Team(Box<entity::team::Model>),
}

/// The page after a cursor, or an empty one at `now` where a mirror begins. Fails with [`Error::Resync`] where the log
/// does not reach back that far, or the actor's rights are others than when the cursor was given out.
pub async fn page(
    app: &App,
    actor: &Actor,
    after: Option<&str>,
    first: Option<i32>,
    now: Pos,
) -> Result<Page> {
    policy::authorize(actor, Action::ReadChanges)?;
    let size = usize::try_from(page::size(first)?).unwrap_or(usize::MAX);
    let rights = rights_of(actor);
    let Some(after) = after else {
        return Ok(Page {
            entries: Vec::new(),
            end_cursor: cursor(app, &rights, now),
            has_next: false,
        });
    };
    let (place, known) = after.split_once(SEPARATOR).ok_or(Error::Resync)?;
    let start = app.feed.check(place).await?;
    if known != rights {
        return Err(Error::Resync);
    }
    let mut read = Reading {
        app,
        actor,
        rights,
        pos: start,
        entries: Vec::new(),
    };
    let has_next = read.read(size).await?;
    Ok(Page {
        end_cursor: cursor(app, &read.rights, read.pos),
        entries: read.entries,
        has_next,
    })
}

fn cursor(app: &App, rights: &str, pos: Pos) -> String {
    format!("{}{SEPARATOR}{rights}", app.feed.cursor(pos))
}

/// Stands for all that decides what an actor sees: where it is another, things came or went without an event.
fn rights_of(actor: &Actor) -> String {
    let scopes = actor.api_token().map(|token| token.scopes);
    let role = match actor {
        Actor::User(user) => Some(user.role),
        Actor::System => None,
    };
    let rights = format!("{:?} {role:?} {scopes:?}", policy::scope(actor));
    let digest = digest(&SHA256, rights.as_bytes());
    BASE64_URL_SAFE_NO_PAD.encode(&digest.as_ref()[..RIGHTS_BYTES])
}

/// A page that is being read, and how far.
struct Reading<'a> {
    app: &'a App,
    actor: &'a Actor,
    rights: String,
    pos: Pos,
    entries: Vec<Entry>,
}

impl Reading<'_> {
    /// Reads on until the page is full or the log ends; whether there may be more.
    async fn read(&mut self, size: usize) -> Result<bool> {
        let mut left = LOOKED_THROUGH_MAX;
        let batch = (size + 1).clamp(BATCH_MIN, BATCH_MAX);
        while left > 0 {
            let events = self.app.feed.after(self.pos, batch).await?;
            if events.is_empty() {
                return Ok(false);
            }
            left = left.saturating_sub(events.len());
            let rows = Rows::read(self.app, self.actor, &events).await?;
            for event in events {
                let entry = self.entry(&rows, &event);
                if entry.is_some() && self.entries.len() == size {
                    return Ok(true);
                }
                self.pos = event.pos;
                self.entries.extend(entry);
            }
        }
        Ok(self.pos < self.app.feed.head())
    }

    /// None for what the actor must not learn of.
    fn entry(&self, rows: &Rows, event: &Arc<Placed>) -> Option<Entry> {
        let thing = told(self.actor, event)?;
        let found = rows.find(self.actor, thing);
        if found.is_none() && !was_seen(self.actor, event) {
            return None;
        }
        Some(Entry {
            cursor: cursor(self.app, &self.rights, event.pos),
            event: Arc::clone(event),
            thing,
            found,
        })
    }
}

/// What an event is about, where its side of the ticket is the actor's to know.
fn told(actor: &Actor, event: &Placed) -> Option<Thing> {
    let is_inside = event.ticket_id.is_some() && event.is_internal;
    if is_inside && !policy::sees_internal(actor) {
        return None;
    }
    Thing::of(&event.event)
}

/// Whether the actor could see the thing just before or after the event, in their rights of now: only then it may be
/// said that it is gone.
fn was_seen(actor: &Actor, event: &Placed) -> bool {
    if let Some(id) = event.ticket_id {
        let change = event.change.iter();
        let mut facts = change.flat_map(|change| change.before.iter().chain([&change.after]));
        return facts.any(|facts| policy::sees_ticket(actor, &facts.row(id)));
    }
    if let Event::TeamMemberRemoved { team_id, .. } = event.event {
        return policy::sees_team(actor, team_id);
    }
    let is_category = matches!(event.event, Event::ArticleCategoryDeleted { .. });
    is_category && policy::sees_all_categories(actor)
}

/// Everything that some events are about, by id, as far as the actor sees it.
struct Rows {
    directory: Arc<Snapshot>,
    tickets: HashMap<TicketId, ticket::Model>,
    comments: HashMap<CommentId, Arc<comment::Model>>,
    articles: HashMap<ArticleId, article::Model>,
    users: HashMap<UserId, Arc<user::Model>>,
    organizations: HashMap<OrganizationId, Arc<organization::Model>>,
}

impl Rows {
    /// At most one statement for each kind of thing.
    async fn read(app: &App, actor: &Actor, events: &[Arc<Placed>]) -> Result<Self> {
        let mut asked = Asked::default();
        for event in events {
            asked.extend(told(actor, event));
        }
        Ok(Self {
            directory: app.directory().await?,
            tickets: find_tickets(app, actor, asked.tickets).await?,
            comments: find_comments(app, actor, asked.comments).await?,
            articles: find_articles(app, actor, asked.articles).await?,
            users: find_users(app, actor, asked.users).await?,
            organizations: find_organizations(app, actor, asked.organizations).await?,
        })
    }

    fn find(&self, actor: &Actor, thing: Thing) -> Option<Found> {
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
                let row = self.directory.teams.get(&id).cloned();
                let row = row.filter(|_| policy::sees_team(actor, id));
                row.map(|row| Found::Team(Box::new(row)))
            }
            Thing::ArticleCategory(id) => {
                let row = self.directory.categories.get(&id).cloned();
                let row = row.filter(|_| policy::sees_all_categories(actor));
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
                Thing::Team(_) | Thing::ArticleCategory(_) => false,
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
