//! The index of this process: a snapshot that requests read, and one task that follows the log and swaps the next one
//! in. Nothing waits for it but the first requests after a start.

use std::{
    collections::HashSet,
    sync::{Arc, PoisonError, RwLock},
    thread::available_parallelism,
    time::Duration,
};

use entity::ids::{ArticleId, TicketId};
use tokio::{
    sync::watch,
    task::spawn_blocking,
    time::{sleep, timeout},
};

use super::{
    alike::Bags,
    embedding::Embedding,
    rank::{Change, Snapshot},
    source,
};
use crate::{
    app::App,
    background::{Background, Stopping},
    config::Embeddings,
    error::Result,
    events::{
        Epoch, Event, Pos,
        facts::Facts,
        feed::{Follower, Placed},
    },
    turns::Turns,
};

/// Events taken at once.
const BATCH: usize = 1_000;
/// What is committed in between is taken in together.
const ROUND: Duration = Duration::from_millis(100);
/// How long to wait after a failure.
const PAUSE: Duration = Duration::from_secs(1);
/// How long a request waits for the first snapshot.
const READY_WITHIN: Duration = Duration::from_secs(3);
/// Texts that wait to be ranked, each for some milliseconds of those before it.
const RANKING_WAITING_MAX: usize = 500;
/// How long the log may take to be read for the first time.
const FEED_WITHIN: Duration = Duration::from_secs(5);

/// What the process knows.
pub struct Index {
    snapshot: RwLock<Arc<Snapshot>>,
    is_ready: watch::Sender<bool>,
    /// Up to where the log was taken in.
    place: watch::Sender<Pos>,
    /// The words of tickets that are compared with each other.
    pub(super) bags: Bags,
    /// What texts mean; none where no model is set.
    pub(super) embedding: Option<Embedding>,
    /// Whoever ranks takes one of these: more at once than there are cores would only make each take longer.
    pub(super) ranking: Turns,
}

impl Index {
    /// Of a process with these settings; it knows nothing yet.
    pub fn new(embeddings: Option<&Embeddings>) -> anyhow::Result<Self> {
        Ok(Self {
            snapshot: RwLock::default(),
            is_ready: watch::Sender::default(),
            place: watch::Sender::default(),
            bags: Bags::default(),
            embedding: embeddings.map(Embedding::new).transpose()?,
            ranking: Turns::new(
                available_parallelism().map_or(1, usize::from),
                RANKING_WAITING_MAX,
            ),
        })
    }

    /// Waits until everything up to a place was taken in.
    pub async fn reaches(&self, pos: Pos) {
        // The index holds the sender, so its end is no end of waiting.
        let _is_open = self
            .place
            .subscribe()
            .wait_for(|place| *place >= pos)
            .await
            .is_ok();
    }

    /// The newest snapshot; an empty one where none was made in time.
    pub async fn snapshot(&self) -> Arc<Snapshot> {
        if !*self.is_ready.borrow() {
            let mut is_ready = self.is_ready.subscribe();
            let ready = is_ready.wait_for(|is| *is);
            let _in_time = timeout(READY_WITHIN, ready).await.is_ok();
        }
        self.now()
    }

    /// What it takes in memory, in bytes, about.
    pub fn weight(&self) -> usize {
        self.now().weight()
    }

    fn now(&self) -> Arc<Snapshot> {
        Arc::clone(&self.snapshot.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn swap(&self, next: Snapshot) {
        let next = Arc::new(next);
        let last = std::mem::replace(
            &mut *self
                .snapshot
                .write()
                .unwrap_or_else(PoisonError::into_inner),
            next,
        );
        // Outside of the lock: it may be the last to hold something large.
        drop(last);
        self.is_ready.send_replace(true);
    }
}

/// Reads everything, and follows the log from then on.
pub fn start(app: Arc<App>) -> Background {
    Background::start("suggestions", |stopping| run(app, stopping))
}

async fn run(app: Arc<App>, mut stopping: Stopping) {
    let mut head = app.feed.watch();
    let is_read = head.wait_for(|_| app.feed.epoch() != Epoch::default());
    // Where the log cannot be read yet, what is there can be suggested all the same.
    let _in_time = timeout(FEED_WITHIN, is_read).await.is_ok();
    let mut is_failing = false;
    while !stopping.is_now() {
        // The place first, then the rows: what is committed in between is read twice, which changes nothing.
        let mut follower = app.feed.follow(None);
        let ended = match build(&app).await {
            Ok(()) => {
                app.help.place.send_replace(follower.pos());
                follow(&app, &mut follower, &mut stopping).await
            }
            Err(error) => Err(error),
        };
        match ended {
            Ok(()) => return,
            Err(crate::error::Error::Resync) => is_failing = false,
            Err(error) => {
                if !std::mem::replace(&mut is_failing, true) {
                    tracing::warn!(?error, "the index of suggestions is late");
                }
            }
        }
        if !stopping.rest(PAUSE).await {
            return;
        }
    }
}

/// Makes a snapshot of all there is, piece by piece.
async fn build(app: &App) -> Result<()> {
    let mut snapshot = Snapshot::default();
    let articles = source::articles(app, None).await?;
    snapshot = with(snapshot, articles).await?;
    let wanted = source::wanted(app).await?;
    for some in wanted.chunks(source::TEXTS_MAX) {
        let added = source::texts(app, some).await?;
        snapshot = with(snapshot, vec![Change::Added(added)]).await?;
    }
    app.help.swap(snapshot);
    Ok(())
}

/// Takes in what happens, until the process stops or the log goes on elsewhere.
async fn follow(app: &App, follower: &mut Follower, stopping: &mut Stopping) -> Result<()> {
    loop {
        tokio::select! {
            () = stopping.wait() => return Ok(()),
            () = follower.wait() => {}
        }
        let mut touched = Touched::default();
        for event in follower.take(BATCH).await? {
            touched.note(&event);
        }
        if !touched.is_empty() {
            let snapshot = app.help.now();
            let changes = changes(app, &snapshot, touched).await?;
            app.help.swap(with((*snapshot).clone(), changes).await?);
            app.help.place.send_replace(follower.pos());
            sleep(ROUND).await;
        }
        app.help.place.send_replace(follower.pos());
    }
}

/// Off the threads that answer requests.
async fn with(snapshot: Snapshot, changes: Vec<Change>) -> Result<Snapshot> {
    let next = spawn_blocking(move || snapshot.with(changes)).await;
    Ok(next.map_err(anyhow::Error::from)?)
}

/// What has to be read again.
#[derive(Default)]
struct Touched {
    /// Articles whose texts or state changed.
    texts: HashSet<ArticleId>,
    /// Articles with more or less evidence.
    evidence: HashSet<ArticleId>,
    /// Tickets that teach something else than before.
    tickets: HashSet<TicketId>,
}

impl Touched {
    fn is_empty(&self) -> bool {
        self.texts.is_empty() && self.evidence.is_empty() && self.tickets.is_empty()
    }

    fn note(&mut self, event: &Placed) {
        if let Event::ArticlePublished { article_id }
        | Event::ArticleArchived { article_id }
        | Event::ArticleTranslated { article_id, .. }
        | Event::ArticleEdited { article_id, .. } = event.event
        {
            self.texts.insert(article_id);
        }
        if let Event::ArticleHelped { article_id } | Event::KnowledgeLinked { article_id, .. } =
            event.event
        {
            self.evidence.insert(article_id);
        }
        let Some(ticket_id) = event.ticket_id else {
            return;
        };
        // Neither its words nor its articles are among its facts.
        let is_other = matches!(
            event.event,
            Event::TicketEdited { .. } | Event::KnowledgeLinked { .. }
        ) || event.change.as_ref().is_some_and(|change| {
            change.before.as_ref().and_then(evidence) != evidence(&change.after)
        });
        if is_other {
            self.tickets.insert(ticket_id);
        }
    }
}

/// What the index keeps of a ticket beside its words; none where it teaches nothing. Most of what happens to a solved ticket,
/// comments above all, changes none of it.
fn evidence(facts: &Facts) -> Option<impl PartialEq> {
    let teaches = source::is_solved(facts.status) && facts.merged_into.is_none();
    teaches.then_some((facts.requester, facts.organization, facts.team, facts.level))
}

/// Compares what is known of the touched with what there is.
async fn changes(app: &App, snapshot: &Snapshot, mut touched: Touched) -> Result<Vec<Change>> {
    let texts: Vec<ArticleId> = touched.texts.iter().copied().collect();
    let mut changes = source::articles(app, Some(&texts)).await?;
    let tickets: Vec<TicketId> = touched.tickets.iter().copied().collect();
    touched
        .evidence
        .extend(source::articles_of(app, &tickets).await?);
    let is_of_ticket = |id| touched.tickets.contains(&TicketId(id));
    let linked = snapshot.known().filter(|(id, ..)| is_of_ticket(*id));
    let linked: Vec<ArticleId> = linked.filter_map(|(_, article, _)| article).collect();
    touched.evidence.extend(linked);

    let mut wanted = Vec::new();
    for article in &touched.evidence {
        wanted.extend(source::wanted_of_article(app, *article).await?);
    }
    wanted.extend(source::wanted_without_article(app, Some(&tickets)).await?);
    let is_touched = |id, article: Option<ArticleId>| match article {
        Some(article) => touched.evidence.contains(&article),
        None => touched.tickets.contains(&TicketId(id)),
    };
    let known: HashSet<_> = snapshot
        .known()
        .filter(|(id, article, _)| is_touched(*id, *article))
        .collect();
    let there: HashSet<_> = wanted.iter().map(source::Wanted::key).collect();
    let gone = known
        .difference(&there)
        .map(|(id, article, _)| (*id, *article));
    changes.push(Change::Gone(gone.collect()));
    wanted.retain(|wanted| !known.contains(&wanted.key()));
    for some in wanted.chunks(source::TEXTS_MAX) {
        changes.push(Change::Added(source::texts(app, some).await?));
    }
    Ok(changes)
}

#[cfg(test)]
mod tests {
    use entity::{
        comment::Visibility,
        event::ActorKind,
        ids::{CommentId, KnowledgeLinkId},
        knowledge_link::Role,
    };
    use serde_json::{Value, json};
    use uuid::Uuid;

    use super::*;
    use crate::events::log::TicketChange;

    fn facts(different: Value) -> Facts {
        let mut facts = json!({
            "version": 1, "status": "OPEN", "waitingReason": null, "priority": "NORMAL", "level": 1, "channel": "PORTAL",
            "requester": Uuid::nil(), "organization": null, "team": null, "assignee": null, "tags": [],
            "mergedInto": null, "servicePhase": "RUNNING", "nextDueAt": "2026-01-01T00:00:00Z",
            "atRiskAt": "2026-01-01T00:00:00Z", "createdAt": "2026-01-01T00:00:00Z",
            "updatedAt": "2026-01-01T00:00:00Z", "solvedAt": null,
        });
        if let (Value::Object(facts), Value::Object(different)) = (&mut facts, different) {
            facts.extend(different);
        }
        Facts::read(&facts).unwrap()
    }

    const TICKET: TicketId = TicketId(Uuid::nil());

    fn is_read_again(event: Event, before: Value, after: Value) -> bool {
        let mut touched = Touched::default();
        touched.note(&Placed {
            pos: Pos(1),
            id: 1,
            ticket_id: Some(TICKET),
            actor_id: None,
            actor_kind: ActorKind::System,
            is_internal: false,
            at: chrono::DateTime::UNIX_EPOCH,
            event,
            change: Some(TicketChange {
                before: Some(facts(before)),
                after: facts(after),
            }),
        });
        touched.tickets.contains(&TICKET)
    }

    #[test]
    fn only_a_ticket_that_teaches_something_else_is_read_again() {
        let commented = |before, after| {
            let event = Event::CommentAdded {
                ticket_id: TICKET,
                comment_id: CommentId(Uuid::nil()),
                visibility: Visibility::Public,
                mentioned: Vec::new(),
            };
            is_read_again(event, before, after)
        };
        let (open, solved) = (json!({ "status": "OPEN" }), json!({ "status": "SOLVED" }));
        let newer = json!({ "status": "SOLVED", "version": 2, "tags": ["vpn"] });
        assert!(!commented(open.clone(), json!({ "status": "WAITING" })));
        assert!(!commented(solved.clone(), newer.clone()));
        assert!(commented(open.clone(), solved.clone()));
        assert!(commented(solved.clone(), open));
        let elsewhere = json!({ "status": "SOLVED", "team": Uuid::nil() });
        assert!(commented(solved.clone(), elsewhere));
        let merged = json!({ "status": "SOLVED", "mergedInto": Uuid::nil() });
        assert!(commented(solved.clone(), merged));
        let edited = Event::TicketEdited {
            ticket_id: TICKET,
            fields: Vec::new(),
            revision_id: None,
        };
        assert!(is_read_again(edited, solved.clone(), newer.clone()));
        let linked = Event::KnowledgeLinked {
            ticket_id: TICKET,
            link_id: KnowledgeLinkId(Uuid::nil()),
            article_id: ArticleId(Uuid::nil()),
            role: Role::Shared,
        };
        assert!(is_read_again(linked, solved, newer));
    }
}
