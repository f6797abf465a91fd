//! Wakes the readers of one worker from that worker.
//!
//! To wake a task of another thread costs a lock of that thread's queue and, while it sleeps, a system call. Where
//! thousands read the same, that is paid once for all of a worker, and the thread that publishes goes on.

use std::{
    future::Future,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Waker,
};

use tokio::{sync::Notify, task::yield_now};

/// So many are woken before the first of them run, so that what was touched to wake them is still at hand.
const AT_ONCE: usize = 64;

/// The way to the readers of one worker. Clones lead to the same one.
#[derive(Clone, Default)]
pub struct Relay(Arc<Sleepers>);

#[derive(Default)]
struct Sleepers {
    /// Who is to be woken: a waker for each time that a reader has begun to wait.
    due: Mutex<Vec<Waker>>,
    bell: Notify,
}

impl Relay {
    /// A relay, and the work behind it: to be run where its readers are polled, for as long as they are.
    pub fn new() -> (Self, impl Future<Output = ()> + Send + 'static) {
        let relay = Self::default();
        let sleepers = Arc::clone(&relay.0);
        (relay, async move { sleepers.wake_all().await })
    }

    /// Has all these woken. Waits for nothing.
    pub(super) fn wake(&self, wakers: Vec<Waker>) {
        let mut due = self.0.due();
        if due.is_empty() {
            *due = wakers;
        } else {
            due.extend(wakers);
        }
        drop(due);
        self.0.bell.notify_one();
    }

    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Sleepers {
    async fn wake_all(&self) {
        loop {
            self.bell.notified().await;
            let due = mem::take(&mut *self.due());
            for (index, waker) in due.into_iter().enumerate() {
                waker.wake();
                if (index + 1) % AT_ONCE == 0 {
                    yield_now().await;
                }
            }
        }
    }

    /// A panic elsewhere cannot leave a list half-written.
    fn due(&self) -> MutexGuard<'_, Vec<Waker>> {
        self.due.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
