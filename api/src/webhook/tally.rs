//! What this server counts of its deliveries, and how others wake the one who makes them.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Notify;

/// The counts of one server.
#[derive(Debug, Default)]
pub struct Webhooks {
    wake: Notify,
    delivered: AtomicU64,
    failed: AtomicU64,
    given_up: AtomicU64,
    hidden: AtomicU64,
    lost: AtomicU64,
    age_ms: AtomicU64,
}

/// What came of a delivery's attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counted {
    Delivered,
    /// It is tried again.
    Failed,
    GivenUp,
    /// Its endpoint's owner may not know of it any more.
    Hidden,
}

/// How deliveries do.
#[derive(Clone, Copy, Debug)]
pub struct Report {
    pub delivered: u64,
    pub failed: u64,
    pub given_up: u64,
    pub hidden: u64,
    /// Events that were too old when their turn came.
    pub lost: u64,
    /// How long what is due the longest waits for somebody to send it.
    pub age_ms: u64,
}

impl Webhooks {
    /// Something is to be sent that no event tells of.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    pub(super) async fn woken(&self) {
        self.wake.notified().await;
    }

    pub(super) fn count(&self, what: Counted) {
        let count = match what {
            Counted::Delivered => &self.delivered,
            Counted::Failed => &self.failed,
            Counted::GivenUp => &self.given_up,
            Counted::Hidden => &self.hidden,
        };
        count.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_lost(&self, events: u64) {
        self.lost.fetch_add(events, Ordering::Relaxed);
    }

    pub(super) fn note_age(&self, age_ms: u64) {
        self.age_ms.store(age_ms, Ordering::Relaxed);
    }

    pub fn report(&self) -> Report {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Report {
            delivered: read(&self.delivered),
            failed: read(&self.failed),
            given_up: read(&self.given_up),
            hidden: read(&self.hidden),
            lost: read(&self.lost),
            age_ms: read(&self.age_ms),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use entity::user::Role;
    use tokio::time::timeout;

    use super::super::{NewEndpoint, create, ping};
    use crate::{app::App, input::Named, session, testing::Desk};

    async fn is_woken(app: &App) -> bool {
        let woken = timeout(Duration::from_millis(20), app.webhooks.woken());
        woken.await.is_ok()
    }

    /// As with a key: the change is committed after the answer was worked out.
    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_not_committed_wakes_nobody() {
        let desk = Desk::open().await;
        let app: &App = &desk;
        let ada = desk.person("ada", Role::Admin).await.id;
        let ada = session::acting(app, ada).await.unwrap().unwrap();
        let new = NewEndpoint {
            url: "https://example.org/".to_owned(),
            description: String::new(),
            events: None,
            filter: None,
            machine: Named::Absent,
        };
        let made = create(app, &ada, &new).await.unwrap();
        assert!(is_woken(app).await);
        let pinging = async {
            ping(app, &ada, Some(made.endpoint.id)).await?;
            Ok(is_woken(app).await)
        };
        let was_woken = Box::pin(app.together(pinging)).await;
        assert!(!was_woken.unwrap());
        assert!(is_woken(app).await);
    }
}
