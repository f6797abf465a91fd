//! The groups of one server: which there are, who may join them, and the task that runs each.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak, atomic::Ordering},
};

use futures_util::{FutureExt, StreamExt};
use prometheus_client::metrics::{counter::Counter, gauge::Gauge};
use tokio::runtime::Handle;

use super::{
    Answer, Connections, End, Frame, Key, Source, Start, group::Group, reader::Reader,
    relay::Relay, seats::Place,
};
use crate::{events::Pos, graphql::Stop};

/// What readers are told where an execution panicked.
const PANICKED: &str = r#"[{"message":"something went wrong","extensions":{"code":"INTERNAL"}}]"#;

/// All live streams of one server.
pub struct Hub {
    pub connections: Arc<Connections>,
    pub counts: Counts,
    /// Executions run here, wherever their readers are.
    runtime: Handle,
    groups: Mutex<HashMap<Key, Vec<Arc<Group>>>>,
}

/// What the hub counts. Clones count together.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    pub groups: Gauge,
    pub readers: Gauge,
    pub joins: Counter,
    pub deliveries: Counter,
    pub panics: Counter,
}

impl Hub {
    /// A hub whose executions run on the present runtime.
    pub fn new(connections_max: usize) -> Arc<Self> {
        Arc::new(Self {
            connections: Connections::new(connections_max),
            counts: Counts::default(),
            runtime: Handle::current(),
            groups: Mutex::default(),
        })
    }

    /// A reader of `source` who has everything up to `after`, and is woken through `relay`.
    pub fn read(self: &Arc<Self>, source: Source, after: Pos, relay: Relay) -> Reader {
        let (group, seat) = self.seat(&Arc::new(source), after, &relay);
        Reader::new(self, (group, seat), after, relay)
    }

    /// A seat in a group that covers `after`, which is begun where there is none.
    pub(super) fn seat(
        self: &Arc<Self>,
        source: &Arc<Source>,
        after: Pos,
        relay: &Relay,
    ) -> (Arc<Group>, Place) {
        let mut all = self.groups();
        let groups = all.entry(source.key).or_default();
        if let Some(group) = groups.iter().find(|group| group.covers(after)) {
            return (Arc::clone(group), group.join(after, relay));
        }
        let group = Arc::new(Group::new(Arc::clone(source), after));
        let seat = group.join(after, relay);
        groups.push(Arc::clone(&group));
        drop(all);
        self.counts.groups.inc();
        self.runtime
            .spawn(run(Arc::downgrade(self), Arc::clone(&group), after));
        (group, seat)
    }

    /// A seat in the oldest group of the same kind, for who has caught up with it.
    pub(super) fn better(
        &self,
        group: &Arc<Group>,
        place: Pos,
        relay: &Relay,
    ) -> Option<(Arc<Group>, Place)> {
        if group.is_oldest.load(Ordering::Relaxed) {
            return None;
        }
        let all = self.groups();
        let oldest = all.get(&group.source.key)?.first()?;
        if Arc::ptr_eq(oldest, group) {
            group.is_oldest.store(true, Ordering::Relaxed);
            return None;
        }
        oldest
            .covers(place)
            .then(|| (Arc::clone(oldest), oldest.join(place, relay)))
    }

    /// A reader goes. The last one ends the group: its execution stops where it waits.
    pub(super) fn leave(&self, group: &Arc<Group>, seat: Place) {
        if group.leave(seat) {
            // Under the lock of all groups, so that nobody joins what ends.
            let mut all = self.groups();
            if group.is_empty() {
                remove(&mut all, group);
                group.stop.send_replace(true);
            }
        }
    }

    /// A panic elsewhere cannot leave the map half-written.
    fn groups(&self) -> MutexGuard<'_, HashMap<Key, Vec<Arc<Group>>>> {
        self.groups.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn remove(all: &mut HashMap<Key, Vec<Arc<Group>>>, group: &Arc<Group>) {
    let key = group.source.key;
    if let Some(groups) = all.get_mut(&key) {
        groups.retain(|other| !Arc::ptr_eq(other, group));
        if groups.is_empty() {
            all.remove(&key);
        }
    }
}

/// Runs a group from its first place to its end.
async fn run(hub: Weak<Hub>, group: Arc<Group>, after: Pos) {
    let following = std::panic::AssertUnwindSafe(follow(&group, after));
    let end = following.catch_unwind().await;
    let Some(hub) = hub.upgrade() else { return };
    // Who comes from now on begins anew.
    remove(&mut hub.groups(), &group);
    hub.counts.groups.dec();
    group.end(end.unwrap_or_else(|_| {
        hub.counts.panics.inc();
        tracing::error!("the execution of a live stream panicked");
        End::Failed(PANICKED.to_owned())
    }));
}

async fn follow(group: &Group, after: Pos) -> End {
    let mut answers = (group.source.execute)(Start {
        after: Some(after),
        place: Arc::clone(&group.place),
        stop: Stop::of(group.stop.subscribe()),
    });
    loop {
        group.room().await;
        if *group.stop.borrow() {
            return End::Complete;
        }
        match answers.next().await {
            Some(Answer::Next(json)) => {
                let place = Pos(group.place.load(Ordering::Acquire));
                let json = json.into_boxed_str();
                group.publish(Frame { place, json });
            }
            Some(Answer::Failed(errors)) => return End::Failed(errors),
            None => return End::Complete,
        }
    }
}
