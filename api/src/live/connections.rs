//! Who is connected, in what right, and what each connection is told to do about a change of it.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, Waker},
};

use chrono::{DateTime, Utc};
use entity::ids::UserId;
use prometheus_client::metrics::gauge::Gauge;

use super::waiting::Waiting;
use crate::actor::{Actor, CredentialId};

/// Open connections of one user.
const OF_USER_MAX: usize = 10;

/// The live connections of one server: WebSockets and event streams alike.
pub struct Connections {
    max: usize,
    pub open: Gauge,
    all: Mutex<All>,
    /// Orders that were given, to whomever.
    told: AtomicU64,
}

#[derive(Default)]
struct All {
    slots: HashMap<u64, Arc<Slot>>,
    next_id: u64,
    of_users: HashMap<UserId, usize>,
    is_leaving: bool,
}

/// Who is signed in on a connection.
#[derive(Clone, Debug)]
pub struct Person {
    pub actor: Arc<Actor>,
    pub user_id: UserId,
    pub credential: CredentialId,
    /// When the token that it came with is over.
    pub ends_at: DateTime<Utc>,
}

/// What a connection is told. Of several the last in this list counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Order {
    /// Rights have changed: what was subscribed to must be subscribed to again.
    Resync,
    /// The server stops: go elsewhere, within a moment.
    Leave,
    /// The access token is over: come back with another.
    Expired,
    /// The session has ended, or the user is disabled.
    SignedOut,
}

/// There are as many connections as may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany;

struct Slot(Mutex<Standing>);

#[derive(Default)]
struct Standing {
    person: Option<Person>,
    order: Option<Order>,
    waker: Option<Waker>,
}

/// One connection, for as long as it is kept.
pub struct Connection {
    connections: Arc<Connections>,
    id: u64,
    slot: Arc<Slot>,
    /// Who waits for an order, by how many were given to anybody.
    waiting: Option<Waiting>,
}

impl Connections {
    pub(super) fn new(max: usize) -> Arc<Self> {
        Arc::new(Self {
            max,
            open: Gauge::default(),
            all: Mutex::default(),
            told: AtomicU64::new(0),
        })
    }

    /// A new connection, of nobody yet.
    pub fn open(self: &Arc<Self>) -> Result<Connection, TooMany> {
        let mut all = self.all();
        if all.slots.len() >= self.max || all.is_leaving {
            return Err(TooMany);
        }
        let id = all.next_id;
        all.next_id += 1;
        let slot = Arc::new(Slot(Mutex::default()));
        all.slots.insert(id, Arc::clone(&slot));
        drop(all);
        self.open.inc();
        Ok(Connection {
            connections: Arc::clone(self),
            id,
            slot,
            waiting: None,
        })
    }

    /// Everybody who is signed in.
    pub fn people(&self) -> Vec<(u64, Person)> {
        let slots: Vec<_> = {
            let all = self.all();
            let slots = all.slots.iter();
            slots.map(|(id, slot)| (*id, Arc::clone(slot))).collect()
        };
        let person = |(id, slot): (u64, Arc<Slot>)| Some((id, slot.standing().person.clone()?));
        slots.into_iter().filter_map(person).collect()
    }

    /// Gives one connection an order.
    pub fn tell(&self, id: u64, order: Order) {
        let slot = self.all().slots.get(&id).cloned();
        if let Some(slot) = slot {
            slot.tell(order, &self.told);
        }
    }

    /// Puts one connection into the rights of now, and has it begin anew.
    pub fn change(&self, id: u64, actor: Arc<Actor>) {
        let slot = self.all().slots.get(&id).cloned();
        if let Some(slot) = slot {
            if let Some(person) = &mut slot.standing().person {
                person.actor = actor;
            }
            slot.tell(Order::Resync, &self.told);
        }
    }

    /// Sends everybody away; nobody comes in any more.
    pub fn leave(&self) {
        let slots: Vec<_> = {
            let mut all = self.all();
            all.is_leaving = true;
            all.slots.values().cloned().collect()
        };
        for slot in slots {
            slot.tell(Order::Leave, &self.told);
        }
    }

    /// A panic elsewhere cannot leave the map half-written.
    fn all(&self) -> MutexGuard<'_, All> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connection {
    /// Says whose this connection is.
    pub fn sign_in(&self, person: Person) -> Result<(), TooMany> {
        let mut all = self.connections.all();
        let count = all.of_users.entry(person.user_id).or_default();
        if *count >= OF_USER_MAX {
            return Err(TooMany);
        }
        *count += 1;
        self.slot.standing().person = Some(person);
        Ok(())
    }

    /// Who is signed in, in the rights that were last read.
    pub fn person(&self) -> Option<Person> {
        self.slot.standing().person.clone()
    }

    /// What to do. Where that is nothing, the task of `cx` is woken when there is.
    pub fn poll_order(&mut self, cx: &mut Context<'_>) -> Poll<Order> {
        // A connection is polled for each frame, and told something once in its life.
        let told = &self.connections.told;
        if self
            .waiting
            .as_ref()
            .is_some_and(|waiting| waiting.goes_on(told, cx))
        {
            return Poll::Pending;
        }
        let mut standing = self.slot.standing();
        if let Some(order) = standing.order.take() {
            return Poll::Ready(order);
        }
        standing.waker = Some(cx.waker().clone());
        // Counted under the lock: what is told from here on has another number.
        self.waiting = Some(Waiting::new(cx, told.load(Ordering::Acquire)));
        Poll::Pending
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let mut all = self.connections.all();
        all.slots.remove(&self.id);
        if let Some(person) = self.slot.standing().person.take()
            && let Some(count) = all.of_users.get_mut(&person.user_id)
        {
            *count -= 1;
            if *count == 0 {
                all.of_users.remove(&person.user_id);
            }
        }
        drop(all);
        self.connections.open.dec();
    }
}

impl Slot {
    /// Counts the order before anybody is woken for it: who is woken looks again.
    fn tell(&self, order: Order, told: &AtomicU64) {
        let mut standing = self.standing();
        standing.order = standing.order.max(Some(order));
        let waker = standing.waker.take();
        told.fetch_add(1, Ordering::Release);
        drop(standing);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn standing(&self) -> MutexGuard<'_, Standing> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
