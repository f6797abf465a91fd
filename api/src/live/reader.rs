//! One reader of a stream: a place, and nothing that is kept for it.

use std::{
    sync::Arc,
    task::{Context, Poll},
};

use super::{
    End, Frame,
    group::{Found, Group},
    hub::Hub,
};
use crate::events::Pos;

/// Reads a stream frame by frame. What it has not asked for waits in the log.
pub struct Reader {
    hub: Arc<Hub>,
    group: Arc<Group>,
    seat: usize,
    /// Everything up to here was read.
    place: Pos,
}

/// What a reader gets.
pub enum Step {
    Frame(Arc<Frame>),
    End(Arc<End>),
}

impl Reader {
    pub(super) fn new(hub: &Arc<Hub>, group: Arc<Group>, seat: usize, after: Pos) -> Self {
        hub.counts.readers.inc();
        hub.counts.joins.inc();
        Self {
            hub: Arc::clone(hub),
            group,
            seat,
            place: after,
        }
    }

    /// What is next. Where that is nothing yet, the task of `cx` is woken when there is.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Step> {
        loop {
            match self.group.poll(self.seat, cx) {
                // A group that was joined ahead of its execution comes to what was read already.
                Found::Frame(frame) if frame.place < self.place => {}
                Found::Frame(frame) => {
                    self.place = frame.place;
                    self.hub.counts.deliveries.inc();
                    return Poll::Ready(Step::Frame(frame));
                }
                Found::End(end) => return Poll::Ready(Step::End(end)),
                Found::Nothing => match self.hub.better(&self.group, self.place) {
                    Some(seated) => self.change(seated),
                    None => return Poll::Pending,
                },
                Found::Gone => {
                    let seated = self.hub.seat(&self.group.source, self.place);
                    self.change(seated);
                }
            }
        }
    }

    fn change(&mut self, (group, seat): (Arc<Group>, usize)) {
        self.hub.leave(&self.group, self.seat);
        (self.group, self.seat) = (group, seat);
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.hub.counts.readers.dec();
        self.hub.leave(&self.group, self.seat);
    }
}
