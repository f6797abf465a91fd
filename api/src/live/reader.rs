//! One reader of a stream: a place, and nothing that is kept for it.

use std::{
    sync::{Arc, atomic::Ordering},
    task::{Context, Poll},
};

use super::{
    End, Frame,
    group::{Found, Group},
    hub::Hub,
    relay::Relay,
    seats::Place,
    waiting::Waiting,
};
use crate::events::Pos;

/// Reads a stream frame by frame. What it has not asked for waits in the log.
pub struct Reader {
    hub: Arc<Hub>,
    group: Arc<Group>,
    seat: Place,
    relay: Relay,
    waiting: Option<Waiting>,
    /// Everything up to here was read.
    place: Pos,
}

/// What a reader gets.
pub enum Step {
    Frame(Arc<Frame>),
    End(Arc<End>),
}

impl Reader {
    pub(super) fn new(
        hub: &Arc<Hub>,
        (group, seat): (Arc<Group>, Place),
        after: Pos,
        relay: Relay,
    ) -> Self {
        hub.counts.readers.inc();
        hub.counts.joins.inc();
        Self {
            hub: Arc::clone(hub),
            group,
            seat,
            relay,
            waiting: None,
            place: after,
        }
    }

    /// What is next. Where that is nothing yet, the task of `cx` is woken when there is.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Step> {
        if self.waits(cx) {
            return Poll::Pending;
        }
        loop {
            match self.group.poll(self.seat, &mut self.waiting, cx) {
                // A group that was joined ahead of its execution comes to what was read already.
                Found::Frame(frame) if frame.place < self.place => {}
                Found::Frame(frame) => {
                    self.place = frame.place;
                    self.hub.counts.deliveries.inc();
                    return Poll::Ready(Step::Frame(frame));
                }
                Found::End(end) => return Poll::Ready(Step::End(end)),
                Found::Nothing => match self.hub.better(&self.group, self.place, &self.relay) {
                    Some(seated) => self.change(seated),
                    None => return Poll::Pending,
                },
                Found::Gone => {
                    let seated = self.hub.seat(&self.group.source, self.place, &self.relay);
                    self.change(seated);
                }
            }
        }
    }

    /// Whether nothing has come since this was last asked. Who is not in the oldest group has to look for that too.
    fn waits(&self, cx: &Context<'_>) -> bool {
        let group = &self.group;
        let waiting = self.waiting.as_ref();
        waiting.is_some_and(|waiting| waiting.goes_on(&group.told, cx))
            && group.is_oldest.load(Ordering::Relaxed)
    }

    fn change(&mut self, (group, seat): (Arc<Group>, Place)) {
        self.hub.leave(&self.group, self.seat);
        (self.group, self.seat) = (group, seat);
        self.waiting = None;
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.hub.counts.readers.dec();
        self.hub.leave(&self.group, self.seat);
    }
}
