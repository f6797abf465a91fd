//! Pages of the change feed: events in their places, and what they are about as it is now, under the rights of now.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use entity::{article, article_category as category, comment, organization, team, ticket, user};

use super::{Thing, rows::Rows};
use crate::{
    actor::Actor,
    app::App,
    error::{Error, Result},
    events::{Event, Pos, log::Placed},
    page,
    policy::{self, Action},
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
    ArticleCategory(Box<category::Model>),
    User(Arc<user::Model>),
    Organization(Arc<organization::Model>),
    Team(Box<team::Model>),
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
            let things = events.iter().filter_map(|event| told(self.actor, event));
            let rows = Rows::read(self.app, self.actor, things).await?;
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
        let found = rows.find(thing);
        if found.is_none() && !was_seen(self.actor, rows, event) {
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
fn was_seen(actor: &Actor, rows: &Rows, event: &Placed) -> bool {
    if let Some(id) = event.ticket_id {
        let change = event.change.iter();
        let mut facts = change.flat_map(|change| change.before.iter().chain([&change.after]));
        return facts.any(|facts| policy::sees_ticket(actor, &facts.row(id)));
    }
    if let Event::TeamMemberRemoved { team_id, user_id } = event.event {
        return policy::sees_members(actor, team_id) && !rows.machines.contains(&user_id);
    }
    let is_category = matches!(event.event, Event::ArticleCategoryDeleted { .. });
    is_category && policy::sees_all_categories(actor)
}
