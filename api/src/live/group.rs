//! Readers of the same thing: one execution, each answer written once, kept for a while in a ring.

use std::{
    collections::VecDeque,
    future::poll_fn,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll, Waker},
};

use tokio::sync::watch;

use super::{
    End, Frame, Source,
    relay::Relay,
    seats::{Place, Seats},
    waiting::Waiting,
};
use crate::events::Pos;

/// Frames that a group keeps for readers who are behind, and for those who come back.
const FRAMES_MAX: usize = 128;
/// Bytes of these.
const BYTES_MAX: usize = 256 * 1024;
/// Frames and bytes that the fastest reader may be behind before the execution pauses. So a group
/// of readers that have all stopped reading costs this and no more.
const FRAMES_AHEAD: usize = 16;
const BYTES_AHEAD: usize = 64 * 1024;
/// How many events a group may be behind a place and still be joined there.
const LAG_MAX: u64 = 1_000;

/// One execution and who reads it.
pub(super) struct Group {
    pub(super) source: Arc<Source>,
    /// How far the execution has come, also where that gave no frame.
    pub(super) place: Arc<AtomicU64>,
    /// Says true when nobody reads any more.
    pub(super) stop: watch::Sender<bool>,
    /// Known to be the oldest of its kind, which readers of the others change to.
    pub(super) is_oldest: AtomicBool,
    /// Frames and ends that were told, counted under the lock of the state.
    pub(super) told: AtomicU64,
    state: Mutex<State>,
}

struct State {
    frames: VecDeque<Arc<Frame>>,
    bytes: usize,
    /// The number of the first of `frames`; numbers grow by one.
    first: u64,
    /// Everything after this place is in `frames`, or will be.
    floor: Pos,
    end: Option<Arc<End>>,
    seats: Seats,
    /// The number after the newest frame that anybody has read.
    fastest: u64,
    /// The execution, where it waits for a reader to make room.
    paused: Option<Waker>,
}

/// What a reader finds at its number.
pub(super) enum Found {
    Frame(Arc<Frame>),
    End(Arc<End>),
    /// Nothing yet.
    Nothing,
    /// The frame was there and is gone: the reader has fallen behind the ring.
    Gone,
}

impl Group {
    /// A group whose execution starts after `floor`.
    pub(super) fn new(source: Arc<Source>, floor: Pos) -> Self {
        Self {
            source,
            place: Arc::new(AtomicU64::new(floor.0)),
            stop: watch::Sender::new(false),
            is_oldest: AtomicBool::new(false),
            told: AtomicU64::new(0),
            state: Mutex::new(State {
                frames: VecDeque::new(),
                bytes: 0,
                first: 0,
                floor,
                end: None,
                seats: Seats::default(),
                fastest: 0,
                paused: None,
            }),
        }
    }

    /// Whether somebody who has everything up to `after` misses nothing here, and need not wait long.
    pub(super) fn covers(&self, after: Pos) -> bool {
        let place = self.place.load(Ordering::Acquire);
        let state = self.state();
        state.end.is_none() && state.floor <= after && place.saturating_add(LAG_MAX) >= after.0
    }

    /// Takes in a reader who has everything up to `after`; its seat.
    pub(super) fn join(&self, after: Pos, relay: &Relay) -> Place {
        let mut state = self.state();
        let seen = state.frames.partition_point(|frame| frame.place <= after);
        let next = state.first + seen as u64;
        let seat = state.seats.add(next, relay);
        state.fastest = state.fastest.max(next);
        let paused = state.paused.take();
        drop(state);
        wake(paused);
        seat
    }

    /// Lets a reader go; whether it was the last.
    pub(super) fn leave(&self, seat: Place) -> bool {
        let mut state = self.state();
        state.seats.remove(seat);
        let is_empty = state.seats.are_empty();
        let paused = state.paused.take();
        drop(state);
        wake(paused);
        is_empty
    }

    pub(super) fn is_empty(&self) -> bool {
        self.state().seats.are_empty()
    }

    /// What is next for a reader. Where nothing comes after it, `waiting` says so, and the reader's task is woken when
    /// something does.
    pub(super) fn poll(
        &self,
        seat: Place,
        waiting: &mut Option<Waiting>,
        cx: &Context<'_>,
    ) -> Found {
        let mut guard = self.state();
        let state = &mut *guard;
        let Some(reader) = state.seats.get_mut(seat) else {
            return Found::Gone;
        };
        if reader.next < state.first {
            return Found::Gone;
        }
        let index = usize::try_from(reader.next - state.first).unwrap_or(usize::MAX);
        let frame = state.frames.get(index).map(Arc::clone);
        reader.next += u64::from(frame.is_some());
        if index.saturating_add(1) < state.frames.len() || state.end.is_some() {
            reader.waker = None;
            *waiting = None;
        } else {
            reader.waker = Some(cx.waker().clone());
            *waiting = Some(Waiting::new(cx, self.told.load(Ordering::Acquire)));
        }
        let Some(frame) = frame else {
            let end = state.end.as_ref().map(Arc::clone);
            return end.map_or(Found::Nothing, Found::End);
        };
        state.fastest = state.fastest.max(reader.next);
        let paused = if state.paused.is_some() && state.has_room() {
            state.paused.take()
        } else {
            None
        };
        drop(guard);
        wake(paused);
        Found::Frame(frame)
    }

    /// Waits until the fastest reader wants more, or nobody reads any more.
    pub(super) async fn room(&self) {
        poll_fn(|cx| {
            let mut state = self.state();
            if state.seats.are_empty() || state.has_room() {
                return Poll::Ready(());
            }
            state.paused = Some(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }

    /// Adds a frame, and wakes who waits for it.
    pub(super) fn publish(&self, frame: Frame) {
        let mut guard = self.state();
        let state = &mut *guard;
        state.bytes += frame.json.len();
        state.frames.push_back(Arc::new(frame));
        let (due, slowest) = state.seats.take_sleepers();
        state.trim(slowest);
        self.told.fetch_add(1, Ordering::Release);
        drop(guard);
        due.wake();
    }

    /// There will be no more frames.
    pub(super) fn end(&self, end: End) {
        let mut state = self.state();
        state.end = Some(Arc::new(end));
        let (due, _) = state.seats.take_sleepers();
        self.told.fetch_add(1, Ordering::Release);
        drop(state);
        due.wake();
    }

    /// A panic elsewhere cannot leave a ring half-written.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Whether the fastest reader has read nearly all there is.
    fn has_room(&self) -> bool {
        let read = self.fastest.saturating_sub(self.first);
        let read = usize::try_from(read).unwrap_or(usize::MAX);
        let unread = self.frames.iter().skip(read);
        let (count, bytes) = unread.fold((0, 0), |(count, bytes), frame| {
            (count + 1, bytes + frame.json.len())
        });
        count < FRAMES_AHEAD && bytes < BYTES_AHEAD
    }

    /// Forgets what everybody has read, but for about as many frames as there are readers: of many,
    /// some will be cut off and come back.
    fn trim(&mut self, slowest: u64) {
        let kept = self.seats.count().min(FRAMES_MAX);
        while self.frames.len() > FRAMES_MAX
            || self.bytes > BYTES_MAX && self.frames.len() > 1
            || self.frames.len() > kept && self.first < slowest
        {
            let Some(frame) = self.frames.pop_front() else {
                return;
            };
            self.bytes -= frame.json.len();
            self.first += 1;
            self.floor = self.floor.max(frame.place);
        }
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}
