//! Follows a list of tickets: which enter it, change in it and leave it, as one actor may see them.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use chrono::{DateTime, Utc};
use entity::{
    ids::{QueueId, TicketId},
    ticket,
};
use tokio::time::{Instant, timeout_at};

use super::{filter::Filter, listed::Columns, queries, words::Words};
use crate::{
    actor::Actor,
    app::App,
    error::{Error, Result},
    events::{
        Event, Pos, QueueField,
        facts::Facts,
        feed::{Follower, Placed},
        log,
    },
    graphql::Start,
    policy,
};

/// How long a stream is silent before it says at least where it is.
pub const HEARTBEAT_AFTER: Duration = Duration::from_secs(15);
/// Events taken from the feed at once, and tickets read at once.
const BATCH: usize = 256;

/// A list of tickets, and how far it was followed.
pub struct Watch {
    app: Arc<App>,
    actor: Actor,
    filter: Filter,
    follower: Follower,
    start: Start,
    reads: Reads,
    /// Tickets in the list, where somebody wants to know.
    count: Option<i64>,
    found: VecDeque<Step>,
    heartbeat_at: Instant,
    /// The saved queue whose filter it is.
    queue_id: Option<QueueId>,
    /// Why there is no more after what was found.
    over: Option<Over>,
}

/// Why a list cannot be followed any further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Over {
    /// Its queue is another now.
    QueueEdited,
    /// Its queue is no more.
    QueueDeleted,
}

/// What of the tickets is read.
#[derive(Clone, Copy, Debug)]
pub struct Reads {
    /// None: nobody looks at them.
    pub columns: Option<Columns>,
    pub is_counted: bool,
}

/// One step of a list.
#[derive(Debug)]
pub struct Step {
    pub pos: Pos,
    pub at: DateTime<Utc>,
    pub what: What,
    pub count: i64,
}

/// What happened to a list.
#[derive(Debug)]
pub enum What {
    Entered(TicketId, Option<Box<ticket::Model>>),
    Updated(TicketId, Option<Box<ticket::Model>>),
    Left(TicketId),
    /// Nothing, for a while.
    Heartbeat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Move {
    Enters,
    Stays,
    Leaves,
}

impl Watch {
    /// Follows the tickets that pass `filter`, from `start` on.
    pub async fn open(
        app: &Arc<App>,
        actor: &Actor,
        filter: Filter,
        start: Start,
        reads: Reads,
    ) -> Result<Self> {
        let follower = app.feed.follow(start.after);
        let mut watch = Self {
            app: Arc::clone(app),
            actor: actor.clone(),
            filter,
            follower,
            start,
            reads,
            count: None,
            found: VecDeque::new(),
            heartbeat_at: Instant::now() + HEARTBEAT_AFTER,
            queue_id: None,
            over: None,
        };
        if reads.is_counted {
            watch.count = Some(watch.count_at(watch.follower.pos()).await?);
        }
        Ok(watch)
    }

    /// Says whose filter it is: the list ends with its queue, and must be read again when that has
    /// another filter or other readers.
    #[must_use]
    pub const fn of_queue(mut self, queue_id: QueueId) -> Self {
        self.queue_id = Some(queue_id);
        self
    }

    /// Waits for the next step; none once nobody reads any more, or its queue is deleted.
    pub async fn next(&mut self) -> Result<Option<Step>> {
        loop {
            if let Some(step) = self.found.pop_front() {
                self.heartbeat_at = Instant::now() + HEARTBEAT_AFTER;
                self.start.reach(step.pos);
                return Ok(Some(step));
            }
            match self.over {
                Some(Over::QueueEdited) => return Err(Error::Resync),
                Some(Over::QueueDeleted) => return Ok(None),
                None => {}
            }
            self.start.reach(self.follower.pos());
            let waited = tokio::select! {
                () = self.start.stop.stopped() => return Ok(None),
                waited = timeout_at(self.heartbeat_at, self.follower.wait()) => waited,
            };
            if waited.is_err() {
                self.found.push_back(self.heartbeat());
                continue;
            }
            let mut events = self.follower.take(BATCH).await?;
            self.cut(&mut events);
            self.find(&events).await?;
            if self.found.is_empty() && Instant::now() >= self.heartbeat_at {
                self.found.push_back(self.heartbeat());
            }
        }
    }

    fn heartbeat(&self) -> Step {
        Step {
            pos: self.follower.pos(),
            at: self.app.clock.now(),
            what: What::Heartbeat,
            count: self.count.unwrap_or_default(),
        }
    }

    /// What comes after the end of the list is not looked at.
    fn cut(&mut self, events: &mut Vec<Arc<Placed>>) {
        let Some(own) = self.queue_id else { return };
        for (index, event) in events.iter().enumerate() {
            self.over = match &event.event {
                Event::QueueDeleted { queue_id } if *queue_id == own => Some(Over::QueueDeleted),
                Event::QueueEdited { queue_id, fields }
                    if *queue_id == own
                        && (fields.contains(&QueueField::Filter)
                            || fields.contains(&QueueField::Sharing)) =>
                {
                    Some(Over::QueueEdited)
                }
                _ => continue,
            };
            events.truncate(index);
            return;
        }
    }

    async fn find(&mut self, events: &[Arc<Placed>]) -> Result<()> {
        let words = self.words(events).await?;
        let mut steps = Vec::new();
        for event in events {
            let Some((id, moved)) = self.move_of(event, &words) else {
                continue;
            };
            if let Some(count) = &mut self.count {
                *count += effect(moved);
            }
            if moved != Move::Stays || self.is_told_of(event) {
                steps.push((event, id, moved, self.count.unwrap_or_default()));
            }
        }
        let shown = steps
            .iter()
            .filter(|(_, _, moved, _)| *moved != Move::Leaves);
        let mut rows = self.rows(shown.map(|(_, id, _, _)| *id).collect()).await?;
        for (event, id, moved, count) in steps {
            self.found.push_back(Step {
                pos: event.pos,
                at: event.at,
                what: rows.show(id, moved),
                count,
            });
        }
        Ok(())
    }

    async fn words(&self, events: &[Arc<Placed>]) -> Result<Words> {
        if self.filter.reads_words() {
            Words::load(&self.app, events.iter().map(AsRef::as_ref)).await
        } else {
            Ok(Words::default())
        }
    }

    /// What an event does to the list.
    fn move_of(&self, event: &Placed, words: &Words) -> Option<(TicketId, Move)> {
        let id = event.ticket_id?;
        let change = event.change.as_ref()?;
        let before = change.before.as_ref();
        let was_in = before.is_some_and(|facts| self.has(&told(facts, id, words, event.id, false)));
        let is_in = self.has(&told(&change.after, id, words, event.id, true));
        let moved = match (was_in, is_in) {
            (false, true) => Move::Enters,
            (true, true) => Move::Stays,
            (true, false) => Move::Leaves,
            (false, false) => return None,
        };
        Some((id, moved))
    }

    fn has(&self, row: &ticket::Model) -> bool {
        policy::sees_ticket(&self.actor, row) && self.filter.matches(row)
    }

    /// Whether the actor may know that a ticket changed that stays in the list: what only staff may
    /// know of leaves the version as it is.
    fn is_told_of(&self, event: &Placed) -> bool {
        policy::sees_internal(&self.actor)
            || event.change.as_ref().is_some_and(|change| {
                let before = change.before.as_ref();
                before.is_none_or(|before| before.version != change.after.version)
            })
    }

    async fn rows(&self, ids: Vec<TicketId>) -> Result<Rows> {
        let Some(columns) = self.reads.columns.filter(|_| !ids.is_empty()) else {
            return Ok(Rows {
                left: HashMap::new(),
                are_read: self.reads.columns.is_some(),
            });
        };
        let mut left: HashMap<TicketId, (usize, Option<ticket::Model>)> = HashMap::new();
        for id in ids {
            left.entry(id).or_default().0 += 1;
        }
        let keys: Vec<_> = left.keys().copied().collect();
        for (id, row) in queries::find_columns(&self.app, &self.actor, &keys, columns).await? {
            left.entry(id).or_default().1 = Some(row);
        }
        Ok(Rows {
            left,
            are_read: true,
        })
    }

    /// How many tickets were in the list at a place: as many as now, without what happened since.
    async fn count_at(&self, pos: Pos) -> Result<i64> {
        let snapshot = self.app.store.snapshot().await?;
        let counted = queries::count_in(&snapshot, &self.actor, &self.filter).await?;
        let (end, unplaced) = log::end(&snapshot).await?;
        snapshot.commit().await?;
        let mut count = i64::try_from(counted).unwrap_or(i64::MAX);
        let unplaced: Vec<_> = unplaced.into_iter().map(Arc::new).collect();
        count -= self.effect_of(&unplaced).await?;
        let mut since = self.app.feed.follow(Some(pos));
        while since.pos() < end {
            let mut events = since.next(BATCH).await?;
            events.retain(|event| event.pos <= end);
            count -= self.effect_of(&events).await?;
        }
        Ok(count)
    }

    async fn effect_of(&self, events: &[Arc<Placed>]) -> Result<i64> {
        let words = self.words(events).await?;
        let moves = events
            .iter()
            .filter_map(|event| self.move_of(event, &words));
        Ok(moves.map(|(_, moved)| effect(moved)).sum())
    }
}

/// The tickets of one batch, each as often as it is still to be shown.
struct Rows {
    left: HashMap<TicketId, (usize, Option<ticket::Model>)>,
    are_read: bool,
}

impl Rows {
    /// A ticket that cannot be seen any more has left, whatever happened to it before.
    fn show(&mut self, id: TicketId, moved: Move) -> What {
        if moved == Move::Leaves {
            return What::Left(id);
        }
        let row = match self.left.get_mut(&id) {
            Some((1, row)) => row.take(),
            Some((times, row)) => {
                *times -= 1;
                row.clone()
            }
            None => None,
        };
        match (moved, row) {
            (_, None) if self.are_read => What::Left(id),
            (Move::Enters, row) => What::Entered(id, row.map(Box::new)),
            (_, row) => What::Updated(id, row.map(Box::new)),
        }
    }
}

const fn effect(moved: Move) -> i64 {
    match moved {
        Move::Enters => 1,
        Move::Stays => 0,
        Move::Leaves => -1,
    }
}

/// A ticket as it was before, or after, an event.
fn told(
    facts: &Facts,
    id: TicketId,
    words: &Words,
    event_id: i64,
    is_after: bool,
) -> ticket::Model {
    let mut row = facts.row(id);
    words.tell(&mut row, event_id, is_after);
    row
}
