//! The newest events, in memory: a ring that live streams read at their own pace.

use std::{collections::VecDeque, sync::Arc};

use super::{Pos, log::Placed};

/// Events in memory.
const EVENTS_MAX: usize = 65_536;
/// What they may weigh together, about.
const BYTES_MAX: usize = 32 * 1024 * 1024;

/// Events in the order of their places, without a gap.
#[derive(Default)]
pub(super) struct Ring {
    events: VecDeque<Arc<Placed>>,
    bytes: usize,
}

impl Ring {
    pub(super) fn push(&mut self, event: Placed) {
        self.bytes += event.weight();
        self.events.push_back(Arc::new(event));
        while self.events.len() > EVENTS_MAX || self.bytes > BYTES_MAX {
            let Some(oldest) = self.events.pop_front() else {
                return;
            };
            self.bytes -= oldest.weight();
        }
    }

    /// At most `max` of the events after `pos`; none where the ring does not reach back that far.
    pub(super) fn after(&self, pos: Pos, max: usize) -> Option<Vec<Arc<Placed>>> {
        let first = self.events.front()?;
        // The place before the first is where one stands who needs the first next.
        if pos.0 + 1 < first.pos.0 {
            return None;
        }
        let start = self.events.partition_point(|event| event.pos <= pos);
        Some(self.events.iter().skip(start).take(max).cloned().collect())
    }
}
