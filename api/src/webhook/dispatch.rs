//! Sends what is due, from now on, on every server. It sleeps until the log moves, an attempt ends, or a second is over;
//! where there are no endpoints it only looks whether there is one.

use std::{collections::HashMap, sync::Arc, time::Duration};

use entity::ids::WebhookEndpointId;
use sea_orm::DbBackend;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, timeout_at},
};

use super::{
    queries::{Waiting, waiting},
    round::{release, round},
    send::{Outcome, Sender, send},
};
use crate::{
    app::App,
    background::{Background, Stopping},
    error::Result,
};

/// How long nobody looks at most: something may have come due, or been asked of another server.
const SWEEP: Duration = Duration::from_secs(1);
/// Looks begin so far apart; what ends and comes in between is done together.
const ROUND: Duration = Duration::from_millis(20);
/// How long what is being sent may take when the process stops. What does not end is sent again by others.
const END_WITHIN: Duration = Duration::from_secs(3);

/// Sends webhooks from now on.
pub fn start(app: Arc<App>) -> Background {
    Background::start("webhooks", |stopping| async move {
        match Sender::new(&app.config) {
            Ok(sender) => Dispatch::new(app, sender).run(stopping).await,
            Err(error) => tracing::warn!(?error, "webhooks are not sent"),
        }
    })
}

struct Dispatch {
    app: Arc<App>,
    sender: Sender,
    in_flight: JoinSet<Outcome>,
    /// What came of attempts and is not noted yet.
    outcomes: HashMap<WebhookEndpointId, Vec<Outcome>>,
    has_endpoints: bool,
    is_failing: bool,
}

impl Dispatch {
    fn new(app: Arc<App>, sender: Sender) -> Self {
        Self {
            app,
            sender,
            in_flight: JoinSet::new(),
            outcomes: HashMap::new(),
            has_endpoints: false,
            is_failing: false,
        }
    }

    async fn run(mut self, mut stopping: Stopping) {
        let mut head = self.app.feed.watch();
        // SQLite serves one process: the one before need not be waited for.
        if self.app.store.backend() != DbBackend::Postgres
            && let Err(error) = release(&self.app).await
        {
            tracing::warn!(?error, "what was being sent is sent again a little later");
        }
        while !stopping.is_now() {
            head.mark_unchanged();
            if let Err(error) = self.look(false).await
                && !std::mem::replace(&mut self.is_failing, true)
            {
                tracing::warn!(?error, "webhooks are late; trying again");
            }
            tokio::select! {
                biased;
                () = stopping.wait() => break,
                Some(ended) = self.in_flight.join_next() => self.take(ended),
                () = self.app.webhooks.woken() => {}
                Ok(()) = head.changed(), if self.has_endpoints => {}
                () = sleep(SWEEP) => {}
            }
            sleep(ROUND).await;
            self.take_ended();
        }
        self.end().await;
    }

    /// Lets requests end for a while. Those that do not are not cut off: they may be reading.
    async fn end(mut self) {
        let until = Instant::now() + END_WITHIN;
        while let Ok(Some(ended)) = timeout_at(until, self.in_flight.join_next()).await {
            self.take(ended);
        }
        if let Err(error) = self.look(true).await {
            tracing::warn!(?error, "some webhooks will come twice");
        }
        self.in_flight.detach_all();
    }

    fn take_ended(&mut self) {
        while let Some(ended) = self.in_flight.try_join_next() {
            self.take(ended);
        }
    }

    /// Of one that panicked nothing is known: its claim runs out.
    fn take(&mut self, ended: Result<Outcome, tokio::task::JoinError>) {
        match ended {
            Ok(outcome) => {
                let of = outcome.delivery.endpoint_id;
                self.outcomes.entry(of).or_default().push(outcome);
            }
            Err(error) => tracing::error!(%error, "a webhook could not be sent"),
        }
    }

    /// One round for each endpoint that has something to do; at the end only for those whose outcomes are to be noted.
    async fn look(&mut self, is_end: bool) -> Result<()> {
        let endpoints = waiting(&self.app).await?;
        self.has_endpoints = !endpoints.is_empty();
        self.note_age(&endpoints);
        // Of endpoints that were deleted nobody wants to know.
        self.outcomes
            .retain(|id, _| endpoints.iter().any(|waiting| waiting.endpoint.id == *id));
        let mut failed = None;
        for waiting in endpoints {
            let outcomes = self.outcomes.get(&waiting.endpoint.id);
            let has_outcomes = outcomes.is_some_and(|outcomes| !outcomes.is_empty());
            if !has_outcomes && (is_end || !self.has_work(&waiting)) {
                continue;
            }
            // One that fails is none of the others' business.
            if let Err(error) = self.round(&waiting, is_end).await {
                failed = Some(error);
            }
        }
        if let Some(error) = failed {
            return Err(error);
        }
        self.is_failing = false;
        Ok(())
    }

    fn has_work(&self, waiting: &Waiting) -> bool {
        let endpoint = &waiting.endpoint;
        let now = self.app.clock.now();
        endpoint.disabled_at.is_none()
            && (endpoint.position < self.app.feed.head().to_stored()
                || endpoint.replay_position.is_some()
                || waiting.due_at.is_some_and(|due_at| due_at <= now))
    }

    async fn round(&mut self, waiting: &Waiting, is_end: bool) -> Result<()> {
        let id = waiting.endpoint.id;
        let outcomes = self.outcomes.get(&id).map_or(&[][..], Vec::as_slice);
        // Boxed: it would be too large a part of everything around it.
        let round = Box::pin(round(&self.app, &waiting.endpoint, outcomes, !is_end));
        let done = round.await?;
        self.outcomes.remove(&id);
        for claimed in done.claimed {
            let (app, sender) = (Arc::clone(&self.app), self.sender.clone());
            self.in_flight.spawn(async move {
                let endpoint = claimed.endpoint;
                send(&app, &sender, &endpoint, claimed.delivery, claimed.claim).await
            });
        }
        done.failed.map_or(Ok(()), Err)
    }

    /// How long what is due the longest has been waiting.
    fn note_age(&self, endpoints: &[Waiting]) {
        let now = self.app.clock.now();
        let active = endpoints
            .iter()
            .filter(|waiting| waiting.endpoint.disabled_at.is_none());
        let first_due = active.filter_map(|waiting| waiting.due_at).min();
        let age_ms = first_due.map_or(0, |due_at| (now - due_at).num_milliseconds());
        let age_ms = u64::try_from(age_ms).unwrap_or_default();
        self.app.webhooks.note_age(age_ms);
    }
}
