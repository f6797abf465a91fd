//! Follows the log once for the whole process, and keeps its newest events for the live streams.

use std::{
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use aws_lc_rs::rand;
use chrono::{DateTime, Utc};
use sea_orm::DbBackend;
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{Instant, sleep_until, timeout},
};

use super::{
    Epoch, Pos, cursor,
    doorbell::Doorbell,
    log,
    places::{self, Head},
    ring::Ring,
};
pub use super::{doorbell::Health, follower::Follower, log::Placed, report::Report};
use crate::{
    background::beside,
    config::Config,
    error::{Error, Result},
    store::Store,
};

/// Events read in one statement.
const BATCH: u64 = 1_000;
/// Events in memory from the start, for streams that go on after a restart.
const PRELOADED: u64 = 4_096;
/// How long the bell may be silent before the log is looked at, where all who write can ring it.
const SWEEP: Duration = Duration::from_secs(5);
/// The same where some cannot, in ms: at random between these, so that servers take turns.
const SWEEP_SOON_MS: [u64; 2] = [750, 1_000];
/// Looks at the log begin so far apart; what is committed in between is read together.
const ROUND: Duration = Duration::from_millis(3);
/// The same where more than one event came in a round: then the next ones are on their way, and each round costs as much as many events.
const BUSY_ROUND: Duration = Duration::from_millis(8);
/// How long to wait after a failure.
const PAUSE: Duration = Duration::from_millis(200);
/// How often old events are let go.
const HOUSEKEEPING: Duration = Duration::from_hours(1);
/// How long a look at the log that is going on may take when the process stops.
const STOP_WITHIN: Duration = Duration::from_secs(5);
/// How long a cursor from another server may be ahead of this one.
const AHEAD_FOR: Duration = Duration::from_secs(2);

/// The newest events of the log, and the way to older ones.
pub struct Feed {
    store: Store,
    bell: Arc<Doorbell>,
    state: RwLock<State>,
    head: watch::Sender<Pos>,
    is_stopping: watch::Sender<bool>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
    counts: Counts,
}

#[derive(Default)]
struct State {
    /// Epoch 0: nothing has been read yet.
    epoch: Epoch,
    oldest: Pos,
    ring: Ring,
}

/// What the feed counts.
#[derive(Debug, Default)]
struct Counts {
    sweeps: AtomicU64,
    failures: AtomicU64,
    resyncs: AtomicU64,
    lag_ms: AtomicU64,
    is_failing: AtomicBool,
}

/// Why the log is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    Commit,
    Other,
    Sweep,
}

impl Feed {
    pub fn new(store: Store, config: &Config) -> anyhow::Result<Self> {
        // SQLite's one server has nobody to tell.
        let redis = config
            .redis_url
            .as_ref()
            .filter(|_| store.backend() == DbBackend::Postgres);
        let bell = Doorbell::new(redis, config.redis_sharded)?;
        Ok(Self {
            store,
            bell: Arc::new(bell),
            state: RwLock::default(),
            head: watch::Sender::default(),
            is_stopping: watch::Sender::default(),
            tasks: Mutex::default(),
            counts: Counts::default(),
        })
    }

    /// Follows the log from now on, until [`Feed::stop`].
    pub fn start(self: &Arc<Self>, now: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) {
        let now = Arc::new(now);
        let (feed, clock) = (Arc::clone(self), Arc::clone(&now));
        let following = tokio::spawn(beside(async move { feed.run(&*clock).await }));
        let feed = Arc::clone(self);
        let hanging = tokio::spawn(async move {
            let mut is_stopping = feed.is_stopping.subscribe();
            tokio::select! {
                () = feed.bell.hang() => {}
                _ = is_stopping.wait_for(|is| *is) => {}
            }
        });
        let feed = Arc::clone(self);
        let housekeeping = tokio::spawn(beside(async move { feed.keep_house(&*now).await }));
        self.tasks().extend([following, hanging, housekeeping]);
    }

    /// Stops following; what is being read is read to its end.
    pub async fn stop(&self) {
        self.is_stopping.send_replace(true);
        let tasks = std::mem::take(&mut *self.tasks());
        for task in tasks {
            if timeout(STOP_WITHIN, task).await.is_err() {
                tracing::warn!("the feed does not stop");
            }
        }
    }

    /// Something was committed in this process. Waits for nothing.
    pub fn ring(&self) {
        self.bell.ring();
    }

    /// Tells the other servers something that may be lost. Waits for nothing.
    pub fn tell_others(&self, message: String) {
        self.bell.call(message);
    }

    /// Calls `listener` with what other servers tell; it must not wait. Only the first call counts.
    pub fn hear_others(&self, listener: impl Fn(&str) + Send + Sync + 'static) {
        self.bell.listen(listener);
    }

    /// The newest place that this process has read.
    pub fn head(&self) -> Pos {
        *self.head.borrow()
    }

    /// The places between which events can be followed: after the one, up to the other.
    pub fn span(&self) -> (Pos, Pos) {
        (self.read_state(|state| state.oldest), self.head())
    }

    /// Where the log ends now: what was committed before has its place.
    pub async fn end(&self) -> Result<Pos> {
        Ok(places::place(&self.store).await?.pos)
    }

    /// Which life of the log this is; 0 until it was read for the first time.
    pub fn epoch(&self) -> Epoch {
        self.read_state(|state| state.epoch)
    }

    /// Wakes when the head moves, and where another epoch begins.
    pub fn watch(&self) -> watch::Receiver<Pos> {
        self.head.subscribe()
    }

    /// At most `max` of the events after `pos`, in order; none where `pos` is the newest. Fails with
    /// [`Error::Resync`] where the log does not reach back that far.
    pub async fn after(&self, pos: Pos, max: usize) -> Result<Vec<Arc<Placed>>> {
        let (oldest, in_memory) =
            self.read_state(|state| (state.oldest, state.ring.after(pos, max)));
        if pos < oldest {
            return Err(self.resync());
        }
        if pos >= self.head() {
            return Ok(Vec::new());
        }
        if let Some(events) = in_memory {
            return Ok(events);
        }
        let max = u64::try_from(max).unwrap_or(BATCH).min(BATCH);
        let events = log::after(&self.store.read, pos, max).await?;
        // Facts are taken away long after the place was let go, but a reader may be slower still.
        if pos < self.read_state(|state| state.oldest) {
            return Err(self.resync());
        }
        Ok(events.into_iter().map(Arc::new).collect())
    }

    /// The place of a cursor. Fails with [`Error::Resync`] where a stream cannot go on from it.
    pub async fn check(&self, cursor: &str) -> Result<Pos> {
        let Some((epoch, pos)) = cursor::read(cursor) else {
            return Err(self.resync());
        };
        let is_known = |feed: &Self| epoch == feed.epoch() && pos <= feed.head();
        if !is_known(self) {
            // Another server may know more than this one.
            let mut head = self.head.subscribe();
            self.bell.ring();
            let is_reached = head.wait_for(|head| epoch == self.epoch() && pos <= *head);
            let _in_time = timeout(AHEAD_FOR, is_reached).await.is_ok();
        }
        if is_known(self) && pos >= self.read_state(|state| state.oldest) {
            Ok(pos)
        } else {
            Err(self.resync())
        }
    }

    /// The place that a cursor of this log names, however long ago.
    pub fn place(&self, cursor: &str) -> Option<Pos> {
        let (epoch, pos) = cursor::read(cursor)?;
        (epoch == self.epoch()).then_some(pos)
    }

    /// `pos` as clients hold it.
    pub fn cursor(&self, pos: Pos) -> String {
        cursor::write(self.epoch(), pos)
    }

    /// Follows the log from `after` on, or from its end.
    pub fn follow(self: &Arc<Self>, after: Option<Pos>) -> Follower {
        Follower::new(self, after)
    }

    /// How it does.
    pub fn report(&self) -> Report {
        let counts = &self.counts;
        Report {
            bell: self.bell.health(),
            head: self.head(),
            sweeps: counts.sweeps.load(Ordering::Relaxed),
            failures: counts.failures.load(Ordering::Relaxed),
            is_failing: counts.is_failing.load(Ordering::Relaxed),
            resyncs: counts.resyncs.load(Ordering::Relaxed),
            lag: Duration::from_millis(counts.lag_ms.load(Ordering::Relaxed)),
        }
    }

    /// Somebody has to start over.
    pub(super) fn resync(&self) -> Error {
        self.counts.resyncs.fetch_add(1, Ordering::Relaxed);
        Error::Resync
    }

    async fn run(&self, now: &(impl Fn() -> DateTime<Utc> + ?Sized)) {
        let mut is_stopping = self.is_stopping.subscribe();
        let mut cause = Cause::Sweep;
        loop {
            let (start, known) = (Instant::now(), self.head());
            let next = match self.look(cause, now()).await {
                Ok(()) => {
                    self.counts.is_failing.store(false, Ordering::Relaxed);
                    let is_busy = self.head().0 > known.0.saturating_add(1);
                    start + if is_busy { BUSY_ROUND } else { ROUND }
                }
                Err(error) => {
                    self.counts.failures.fetch_add(1, Ordering::Relaxed);
                    if !self.counts.is_failing.swap(true, Ordering::Relaxed) {
                        tracing::warn!(?error, "the log cannot be read; live streams are late");
                    }
                    Instant::now() + PAUSE
                }
            };
            let sweep = Instant::now() + self.sweep_after();
            sleep_until(next).await;
            cause = tokio::select! {
                biased;
                _ = is_stopping.wait_for(|is| *is) => return,
                is_own = self.bell.rung() => if is_own { Cause::Commit } else { Cause::Other },
                () = sleep_until(sweep) => {
                    self.counts.sweeps.fetch_add(1, Ordering::Relaxed);
                    Cause::Sweep
                }
            };
        }
    }

    /// How long the bell may be silent before somebody looks by themselves. Where everybody who writes rings this server's
    /// bell, a sweep is only against accidents.
    pub fn sweep_after(&self) -> Duration {
        let is_heard = match self.bell.health() {
            Health::Healthy => true,
            Health::Alone => self.store.backend() != DbBackend::Postgres,
            Health::Down => false,
        };
        if is_heard && !self.counts.is_failing.load(Ordering::Relaxed) {
            return SWEEP;
        }
        let [least, most] = SWEEP_SOON_MS;
        let mut share = [0];
        // Without random numbers the shortest must do.
        let _is_random = rand::fill(&mut share);
        Duration::from_millis(least + (most - least) * u64::from(share[0]) / u64::from(u8::MAX))
    }

    /// Places what was committed, and reads up to the end of the log.
    async fn look(&self, cause: Cause, now: DateTime<Utc>) -> Result<()> {
        let known = self.head();
        let mut end = places::place(&self.store).await?;
        if end.epoch == Epoch::default() {
            places::begin_epoch(&self.store).await?;
            end = places::place(&self.store).await?;
        }
        let mut last = self.turn_to(end);
        while last < end.pos {
            let events = log::after(&self.store.read, last, BATCH).await?;
            let Some(newest) = events.last() else {
                return Err(anyhow::anyhow!("no events after place {}", last.0).into());
            };
            last = newest.pos;
            let lag_ms = (now - newest.at).num_milliseconds();
            let lag_ms = u64::try_from(lag_ms).unwrap_or_default();
            self.counts.lag_ms.store(lag_ms, Ordering::Relaxed);
            self.change_state(|state| {
                for event in events {
                    state.ring.push(event);
                }
            });
            self.head.send_replace(last);
        }
        if cause != Cause::Other && last != known {
            self.bell.tell(last);
        }
        if end.pos.0 >= known.0.saturating_add(places::PLACED_MAX.into()) {
            self.bell.ring();
        }
        Ok(())
    }

    /// Takes in where the log stands, and tells from where on it must be read. Where another epoch
    /// has begun, all that was known of the log is forgotten.
    fn turn_to(&self, end: Head) -> Pos {
        let is_new = self.change_state(|state| {
            state.oldest = end.oldest;
            let is_new = state.epoch != end.epoch;
            if is_new {
                state.epoch = end.epoch;
                state.ring = Ring::default();
            }
            is_new
        });
        if !is_new {
            return self.head();
        }
        self.bell.follow(end.epoch);
        let start = Pos(end.pos.0.saturating_sub(PRELOADED)).max(end.oldest);
        self.head.send_replace(start);
        start
    }

    async fn keep_house(&self, now: &(impl Fn() -> DateTime<Utc> + ?Sized)) {
        let mut is_stopping = self.is_stopping.subscribe();
        loop {
            let next = Instant::now() + HOUSEKEEPING;
            tokio::select! {
                _ = is_stopping.wait_for(|is| *is) => return,
                () = sleep_until(next) => {}
            }
            if let Err(error) = places::forget(&self.store, now()).await {
                tracing::warn!(?error, "old events are kept for now");
            }
        }
    }

    fn tasks(&self) -> std::sync::MutexGuard<'_, Vec<JoinHandle<()>>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read_state<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        read(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn change_state<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.write().unwrap_or_else(PoisonError::into_inner))
    }
}
