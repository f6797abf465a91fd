//! Who waits for something that is counted, so that looking again costs no lock while nothing has come.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    task::{Context, Waker},
};

/// A task that is woken by what comes next, and how much had come when it began to wait.
pub(super) struct Waiting {
    waker: Waker,
    count: u64,
}

impl Waiting {
    /// The task of `cx`, which has left its waker where it is found by what comes after `count`.
    pub(super) fn new(cx: &Context<'_>, count: u64) -> Self {
        Self {
            waker: cx.waker().clone(),
            count,
        }
    }

    /// Whether the task of `cx` is still the one to be woken, and nothing has come. Who wakes it counts before that.
    pub(super) fn goes_on(&self, count: &AtomicU64, cx: &Context<'_>) -> bool {
        count.load(Ordering::Acquire) == self.count && self.waker.will_wake(cx.waker())
    }
}
