//! Sends what is due, from now on, on every server. It sleeps until the log moves, an attempt ends, or a second is over;
//! where there are no endpoints it only looks whether there is one.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use entity::ids::WebhookEndpointId;
use sea_orm::DbBackend;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, timeout_at},
};

use super::{
    looked::Looked,
    plan::Look,
    queries::{Waiting, waiting},
    round::{release, round},
    send::{Outcome, Sender, send},
};
use crate::{
    app::App,
    background::{Background, Stopping},
    error::Result,
    events::Pos,
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
    looked: Looked,
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
            looked: Looked::default(),
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
        // Before endpoints are read: what happened up to here happened before any change that they do not show.
        let (epoch, head) = (self.app.feed.epoch(), self.app.feed.head());
        let endpoints = waiting(&self.app).await?;
        self.has_endpoints = !endpoints.is_empty();
        self.note_age(&endpoints);
        // Of endpoints that were deleted nobody wants to know.
        let ids: HashSet<_> = endpoints
            .iter()
            .map(|waiting| waiting.endpoint.id)
            .collect();
        self.outcomes.retain(|id, _| ids.contains(id));
        self.looked.keep(epoch, &ids);
        let mut failed = None;
        for waiting in endpoints {
            // One that fails is none of the others' business.
            if let Err(error) = self.round(&waiting, head, is_end).await {
                failed = Some(error);
            }
        }
        if let Some(error) = failed {
            return Err(error);
        }
        self.is_failing = false;
        Ok(())
    }

    async fn round(&mut self, waiting: &Waiting, head: Pos, is_end: bool) -> Result<()> {
        let endpoint = &waiting.endpoint;
        let outcomes = self.outcomes.get(&endpoint.id);
        let outcomes = outcomes.map_or(&[][..], Vec::as_slice);
        let now = self.app.clock.now();
        let look = Look {
            endpoint,
            span: (self.looked.after(endpoint), head),
            outcomes,
            goes_on: !is_end,
            is_due: waiting.due_at.is_some_and(|due_at| due_at <= now),
            saves: self.looked.is_worth_saving(endpoint, head, Instant::now()),
        };
        if !look.has_work() {
            return Ok(());
        }
        // Boxed: it would be too large a part of everything around it.
        let done = Box::pin(round(&self.app, &look)).await?;
        self.outcomes.remove(&endpoint.id);
        if let Some(up_to) = done.looked {
            self.looked.note(endpoint, up_to, Instant::now());
        }
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
