//! What every request shares, and `Tx`, the only door to a commit.

mod retrying;
mod together;

use std::{ops::Deref, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};
use entity::{audit_entry, event::ActorKind, ids::UserId, ticket};
use sea_orm::{DatabaseTransaction, SqlErr};
use uuid::Uuid;

pub use retrying::{Overtaken, is_worth_retrying, retry};
use together::{AfterCommit, Place};
pub use together::{End, Memory, Sleeper};

use crate::{
    actor::Actor,
    bulk, calendar,
    clock::Clock,
    config::Config,
    directory::{Directory, Snapshot},
    error::Result,
    events::{
        Event,
        facts::Change,
        feed::Feed,
        log::{self, Line, Signature},
    },
    files::Files,
    help,
    index::{Document, Pending, Spent, Thing},
    knowledge,
    notification::Audiences,
    oidc, people,
    presence::Board,
    session::Sessions,
    store::Store,
    token,
    trail::{self, Act, By, Entry, Failures, Subject},
    webhook,
};

pub struct App {
    pub config: Config,
    pub clock: Clock,
    pub store: Store,
    pub directory: Directory,
    pub people: people::Cache,
    pub sessions: Sessions,
    pub feed: Arc<Feed>,
    pub presence: Board,
    pub bulk_jobs: bulk::Followers,
    pub audiences: Audiences,
    pub calendars: calendar::Cache,
    pub help: help::Index,
    pub files: Files,
    pub views: knowledge::Views,
    pub api_token_uses: token::Uses,
    pub failed_sign_ins: Failures,
    pub indexing: Spent,
    pub webhooks: webhook::Webhooks,
    pub oidc: oidc::Providers,
}

impl App {
    /// Looks whether files can be kept, opens the database, makes what is missing there, and is ready to serve.
    pub async fn open(config: Config, clock: Clock) -> anyhow::Result<Arc<Self>> {
        Files::new(&config.files.place)?.check().await?;
        let store = Store::open(&config.database, config.database_connections).await?;
        store.migrate().await?;
        Self::with(config, clock, store)
    }

    /// The same over a database that is ready.
    pub fn with(config: Config, clock: Clock, store: Store) -> anyhow::Result<Arc<Self>> {
        let sessions = Sessions::new(&config)?;
        let (directory, people) = (Directory::default(), people::Cache::default());
        let audiences = Audiences::new(store.clone());
        let feed = Arc::new(Feed::new(store.clone(), &config)?);
        let files = Files::new(&config.files.place)?;
        let oidc = oidc::Providers::new(&config)?;
        let help = help::Index::new(config.embeddings.as_ref())?;
        Ok(Arc::new(Self {
            config,
            clock,
            store,
            directory,
            people,
            sessions,
            feed,
            presence: Board::default(),
            bulk_jobs: bulk::Followers::default(),
            audiences,
            calendars: calendar::Cache::default(),
            help,
            files,
            views: knowledge::Views::default(),
            api_token_uses: token::Uses::default(),
            failed_sign_ins: Failures::default(),
            indexing: Spent::default(),
            webhooks: webhook::Webhooks::default(),
            oidc,
        }))
    }

    /// Follows the log from now on, for the live streams, until [`App::stop`].
    pub fn start(self: &Arc<Self>) {
        let app = Arc::downgrade(self);
        self.feed.hear_others(move |message| {
            if let Some(app) = app.upgrade() {
                app.presence.hear(message, app.clock.now());
                app.bulk_jobs.hear(message);
            }
        });
        let app = Arc::downgrade(self);
        let now = move || {
            app.upgrade()
                .map_or(DateTime::UNIX_EPOCH, |app| app.clock.now())
        };
        self.feed.start(now);
    }

    /// Stops what [`App::start`] started.
    pub async fn stop(&self) {
        self.feed.stop().await;
    }

    /// Opens a transaction in `actor`'s name. What it does not commit is undone when it is dropped. Within
    /// [`App::together`] it is a part of a larger one.
    pub async fn begin<'a>(&'a self, actor: &'a Actor) -> Result<Tx<'a>> {
        Ok(Tx {
            app: self,
            actor,
            place: Place::open(self).await?,
            now: self.clock.now(),
            lines: Vec::new(),
            entries: Vec::new(),
            words: Pending::default(),
            is_by_itself: false,
            forgets_directory: false,
            forgotten: Vec::new(),
        })
    }

    /// Levels and teams.
    pub async fn directory(&self) -> Result<Arc<Snapshot>> {
        self.directory.snapshot(&self.store).await
    }
}

/// One change: its rows and its events are committed together or not at all.
pub struct Tx<'a> {
    app: &'a App,
    actor: &'a Actor,
    place: Place,
    now: DateTime<Utc>,
    lines: Vec<Line>,
    /// For the audit log.
    entries: Vec<Entry>,
    words: Pending,
    /// Whether what is recorded now is the desk's own doing.
    is_by_itself: bool,
    forgets_directory: bool,
    forgotten: Vec<Memory>,
}

impl Tx<'_> {
    /// The time of this change, the same for all its rows.
    pub const fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// Puts the change after what it follows: the clock may have been read before a lock was waited for.
    pub fn follow(&mut self, earlier: DateTime<Utc>) {
        self.now = self.now.max(self.app.clock.now()).max(earlier);
    }

    pub fn new_id(&self) -> Uuid {
        self.app.clock.new_id()
    }

    /// How long a solved ticket is quiet before it closes.
    pub const fn close_after(&self) -> Option<TimeDelta> {
        self.app.config.close_after
    }

    pub const fn app(&self) -> &App {
        self.app
    }

    pub const fn actor(&self) -> &Actor {
        self.actor
    }

    /// Says what happened; written with the commit, in the order of the calls. What is administration is audited.
    pub fn record(&mut self, event: Event) {
        let by = if self.is_by_itself {
            &Actor::System
        } else {
            self.actor
        };
        if let Some(act) = trail::of(&event, by.id()) {
            self.audit_by(By::of(by), act);
        }
        let signature = Signature {
            actor_id: by.id(),
            actor_kind: by.kind(),
            at: self.now,
        };
        self.push(signature, event);
    }

    /// Has the audit log tell what the actor did, where no event does.
    pub fn audit(&mut self, action: audit_entry::Action, subject: Subject) {
        self.audit_by(By::of(self.actor), Act::on(action, subject));
    }

    /// [`Tx::audit`] of somebody else: who signs in is nobody before.
    pub fn audit_by(&mut self, by: By, act: Act) {
        self.entries.push(Entry::done(self.now, by, act));
    }

    /// Has the audit log tell what was counted before.
    pub fn audit_all(&mut self, entries: Vec<Entry>) {
        self.entries.extend(entries);
    }

    /// Says what happened by itself before what this change does, and was not told yet.
    pub fn record_missed(&mut self, events: Vec<Event>) {
        let signature = Signature {
            actor_id: None,
            actor_kind: ActorKind::System,
            at: self.now,
        };
        let missed = events.into_iter().map(|event| Line {
            signature,
            event,
            change: None,
        });
        self.lines.splice(0..0, missed);
    }

    /// What `work` records is the desk's own doing, though somebody's change brought it about.
    pub fn by_itself<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        self.is_by_itself = true;
        let done = work(self);
        self.is_by_itself = false;
        done
    }

    /// Whether what is recorded from now on is the desk's own doing: as `by_itself`, where the work waits for something.
    pub const fn set_by_itself(&mut self, is_by_itself: bool) {
        self.is_by_itself = is_by_itself;
    }

    /// Says what a person (none: the system) did in the past, somewhere else; for imports.
    pub fn record_past(&mut self, event: Event, by: Option<UserId>, at: DateTime<Utc>) {
        let actor_kind = by.map_or(ActorKind::System, |_| ActorKind::Person);
        let signature = Signature {
            actor_id: by,
            actor_kind,
            at,
        };
        self.push(signature, event);
    }

    fn push(&mut self, signature: Signature, event: Event) {
        self.lines.push(Line {
            signature,
            event,
            change: None,
        });
    }

    /// Says on the newest event what the change changed in its ticket.
    pub fn record_change(
        &mut self,
        before: Option<&ticket::Model>,
        after: &ticket::Model,
    ) -> Result<()> {
        if let Some(line) = self.lines.last_mut() {
            line.change = Some(Change::between(before, after).map_err(anyhow::Error::from)?);
        }
        Ok(())
    }

    /// Says that a thing's texts are different with this commit, where no event says so.
    pub fn index(&mut self, thing: Thing) {
        self.words.add(thing);
    }

    /// Gives a thing's texts as they are with this commit, so that they need not be read again.
    pub fn index_as(&mut self, document: Document) {
        self.words.add_as(document);
    }

    /// Says that a level or team changes with this commit.
    pub const fn forget_directory(&mut self) {
        self.forgets_directory = true;
    }

    /// Says that this is old with this commit.
    pub fn forget(&mut self, memory: Memory) {
        self.forgotten.push(memory);
    }

    /// What [`Tx::forget`] was told.
    #[cfg(test)]
    pub(crate) fn forgotten(&self) -> &[Memory] {
        &self.forgotten
    }

    pub async fn commit(self) -> Result<()> {
        let then = AfterCommit {
            is_event: !self.lines.is_empty(),
            forgets_directory: self.forgets_directory,
            forgotten: self.forgotten,
            ..AfterCommit::default()
        };
        let events = self.lines.iter().map(|line| &line.event);
        let known = (&self.app.directory, &self.app.store, &self.app.indexing);
        let words = Box::pin(self.words.write(&self.place.inner, known, events)).await?;
        log::append(&self.place.inner, self.lines, words).await?;
        trail::write(&self.place.inner, &self.app.clock, self.entries).await?;
        self.place.commit(self.app, then).await
    }
}

impl Deref for Tx<'_> {
    type Target = DatabaseTransaction;

    fn deref(&self) -> &DatabaseTransaction {
        &self.place.inner
    }
}

/// Whether a write failed because the value is in use already.
pub fn is_taken(error: &sea_orm::DbErr) -> bool {
    matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_)))
}
