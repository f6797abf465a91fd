//! The change feed as clients see it.

mod word;

pub use word::ChangeType;

use async_graphql::{Context, Description, ID, Object, Result, SimpleObject, Union};
use chrono::{DateTime, Utc};

use super::{Entry, Found, Thing, page};
use crate::{
    comment::graphql::Comment,
    events::Event,
    graphql::{Caller, GlobalId, Since},
    knowledge::graphql::{Article, ArticleCategory},
    people::graphql::{Actor, Organization, Team, User, actor_field},
    ticket::graphql::Ticket,
};

/// Changes in the order in which they happened.
#[derive(SimpleObject)]
pub struct Changes {
    /// The changes of this page. There can be fewer than asked for, and none, though there is a next page: much was looked
    /// through that the viewer does not see.
    nodes: Vec<Change>,
    /// Where this page ends: give it as `after` for the next. There is always one.
    end_cursor: String,
    /// Whether there may be more after this page already.
    has_next_page: bool,
}

/// Something that happened to a record, and the record as it is now.
#[derive(Description)]
pub struct Change {
    word: ChangeType,
    entry: Entry,
}

/// A record that a mirror keeps.
#[derive(Union)]
#[expect(clippy::large_enum_variant, reason = "one is made for each answer")]
pub enum ChangedThing {
    Ticket(Ticket),
    Comment(Comment),
    Article(Article),
    ArticleCategory(ArticleCategory),
    User(User),
    Organization(Organization),
    Team(Team),
}

#[Object(use_type_description)]
impl Change {
    /// The place of this change: give it as `after` to go on from here.
    async fn cursor(&self) -> &str {
        &self.entry.cursor
    }

    /// When it happened.
    async fn at(&self) -> DateTime<Utc> {
        self.entry.event.at
    }

    /// What happened. A mirror need not look at it: `thing` says how it is now.
    #[graphql(name = "type")]
    async fn change_type(&self) -> ChangeType {
        self.word
    }

    /// Who did it; null for a tombstone.
    async fn actor(&self, ctx: &Context<'_>) -> Result<Option<Actor>> {
        if self.entry.found.is_none() {
            return Ok(None);
        }
        let event = &self.entry.event;
        Ok(Some(
            actor_field(ctx, event.actor_kind, event.actor_id).await?,
        ))
    }

    /// The global id of the thing.
    async fn thing_id(&self) -> ID {
        match self.entry.thing {
            Thing::Ticket(id) => id.global(),
            Thing::Comment(_, id) => id.global(),
            Thing::Article(id) => id.global(),
            Thing::ArticleCategory(id) => id.global(),
            Thing::User(id) => id.global(),
            Thing::Organization(id) => id.global(),
            Thing::Team(id) => id.global(),
        }
    }

    /// Whether the thing is gone, or not the viewer's to see any more: remove it, and of a ticket its comments.
    async fn is_tombstone(&self) -> bool {
        self.entry.found.is_none()
    }

    /// The thing as it is now, which may be newer than this change; null for a tombstone.
    async fn thing(&self) -> Option<ChangedThing> {
        let thing = match self.entry.found.clone()? {
            Found::Ticket(row) => ChangedThing::Ticket(Ticket(*row)),
            Found::Comment(row) => ChangedThing::Comment(Comment::of(row)),
            Found::Article(row) => ChangedThing::Article(Article(*row)),
            Found::ArticleCategory(row) => ChangedThing::ArticleCategory(ArticleCategory(*row)),
            Found::User(row) => ChangedThing::User(User::of(row)),
            Found::Organization(row) => ChangedThing::Organization(Organization(row)),
            Found::Team(row) => ChangedThing::Team(Team(*row)),
        };
        Some(thing)
    }

    /// What moved along with it: of `TICKET_SPLIT` the ids of the comments that went to the new ticket; else empty.
    async fn moved_ids(&self) -> Vec<ID> {
        let Event::TicketSplit {
            comment_id, moved, ..
        } = &self.entry.event.event
        else {
            return Vec::new();
        };
        if self.entry.found.is_none() {
            return Vec::new();
        }
        let mut ids: Vec<_> = std::iter::once(comment_id).chain(moved).collect();
        ids.sort_unstable();
        ids.dedup();
        ids.into_iter().map(GlobalId::global).collect()
    }
}

impl Change {
    fn of(entry: Entry) -> Option<Self> {
        let word = ChangeType::of(&entry.event.event)?;
        Some(Self { word, entry })
    }
}

/// The change feed.
#[derive(Default)]
pub struct ChangeFeedQuery;

#[Object]
impl ChangeFeedQuery {
    /// What happened to tickets, comments, articles, people, organizations and teams, from a cursor on, as far as the viewer
    /// sees it: for mirrors and warehouses. Each change comes at least once and in order, with its thing as it is now; what
    /// the viewer could see and sees no longer is a tombstone. To begin, ask without `after`, keep `endCursor`, copy
    /// everything, then follow from that cursor. The error `RESYNC` says that this cannot be gone on with: the cursor is
    /// older than the log (14 days at least), or the viewer's rights are others now; begin again. For staff and machines.
    async fn changes(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "An `endCursor`, or a change's cursor: only what comes after it. Where absent, nothing is answered but the cursor of now."
        )]
        after: Option<String>,
        #[graphql(desc = "How many at most, 25 where absent, at most 100.")] first: Option<i32>,
    ) -> Result<Changes> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let now = ctx.data_unchecked::<Since>().0;
        let page = Box::pin(page(app, actor, after.as_deref(), first, now)).await?;
        Ok(Changes {
            nodes: page.entries.into_iter().filter_map(Change::of).collect(),
            end_cursor: page.end_cursor,
            has_next_page: page.has_next,
        })
    }
}
