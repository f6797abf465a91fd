//! A client that shows a queue or a ticket, and holds on to it whatever happens.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, Result};
use live::{
    api::{Servers, text_at},
    person::Person,
    queue::fresh,
    stream::{Ask, Said, Stream, Transport},
};
use serde_json::{Value, json};
use tokio::{sync::watch, time::timeout};

use crate::{filter::Filter, view::View};

const QUEUE: &str = "subscription Queue($filter: TicketFilter, $after: String) {
  queueChanges(filter: $filter, after: $after) { ...Change }
}";
const SAVED_QUEUE: &str = "subscription Saved($queue: ID, $after: String) {
  queueChanges(queueId: $queue, after: $after) { ...Change }
}";
const CHANGE: &str = "fragment Change on QueueChange {
  cursor kind ticketId count at
  ticket { id version subject team { id } requester { id } lastComment { visibility excerpt } }
}";
const TICKET: &str = "query Ticket($id: ID!) { ticket(by: { id: $id }) { id version syncCursor } }";
const TICKET_CHANGES: &str = "subscription Changes($ticket: ID!, $after: String) {
  ticketChanges(ticketId: $ticket, after: $after) {
    cursor at entry { __typename }
    ticket { id version team { id } requester { id } lastComment { visibility } }
  }
}";

/// So small that the server feels soon that nobody reads.
const SMALL_BUFFER: u32 = 2_048;
/// More than two heartbeats: whoever hears nothing for so long connects again.
const SILENCE_MAX: Duration = Duration::from_secs(40);
const CONNECT_TIME_OUT: Duration = Duration::from_secs(10);
const BACK_OFF_MS: [u64; 4] = [50, 100, 200, 400];

/// What a reader shows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum What {
    Queue(Filter),
    /// The same by the id of a saved queue.
    Saved(Filter, String),
    Ticket(String),
}

impl What {
    /// The filter of a queue.
    pub(crate) const fn filter(&self) -> Option<&Filter> {
        match self {
            Self::Queue(filter) | Self::Saved(filter, _) => Some(filter),
            Self::Ticket(_) => None,
        }
    }
}

pub(crate) struct Reader {
    pub(crate) person: Arc<Person>,
    pub(crate) what: What,
    pub(crate) transport: Transport,
    pub(crate) servers: Servers,
    pub(crate) turn: usize,
    /// While this is set it reads nothing from its socket, and asks for long texts.
    pub(crate) is_deaf: AtomicBool,
    pub(crate) lose_every: Option<usize>,
    pub(crate) heard: AtomicUsize,
    pub(crate) view: Mutex<View>,
}

impl Reader {
    pub(crate) fn view(&self) -> MutexGuard<'_, View> {
        self.view.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lists and follows until `stop`.
    pub(crate) async fn run(&self, mut stop: watch::Receiver<bool>) -> Result<()> {
        tokio::select! {
            result = self.follow() => result,
            _ = stop.wait_for(|is_over| *is_over) => Ok(()),
        }
    }

    async fn follow(&self) -> Result<()> {
        let mut turn = self.turn;
        let mut failures = 0;
        loop {
            if self.view().cursor.is_none() {
                self.list().await?;
            }
            let delivered = self.view().delivered;
            let end = self.listen(turn).await?;
            let has_heard = self.view().delivered > delivered;
            if self.is_over(&end).await {
                return Ok(());
            }
            failures = if has_heard { 0 } else { failures + 1 };
            turn += 1;
            let back_off = BACK_OFF_MS[failures.min(BACK_OFF_MS.len() - 1)];
            tokio::time::sleep(Duration::from_millis(back_off)).await;
            self.view().reconnects += 1;
        }
    }

    /// What a client does about the end of its stream; whether it gives up.
    async fn is_over(&self, end: &Said) -> bool {
        let (why, code) = match end {
            Said::Error { code, .. } => (code.clone(), None),
            Said::Complete => ("complete".to_owned(), None),
            Said::Closed {
                code: Some(code),
                reason,
            } => (format!("{code} {reason}"), Some(*code)),
            Said::Closed { code: None, .. } => ("cut".to_owned(), None),
            Said::Item(_) => ("silence".to_owned(), None),
        };
        let is_unauthenticated = why == "UNAUTHENTICATED" || matches!(code, Some(4401 | 4403));
        {
            let mut view = self.view();
            *view.ends.entry(why.clone()).or_default() += 1;
            if why == "RESYNC" {
                view.resyncs += 1;
                view.cursor = None;
            } else if !is_unauthenticated && is_fault(end) {
                view.wrong.push(format!("the stream ended: {end:?}"));
            }
            if view.revoked.is_some() {
                view.is_over = true;
                if !is_unauthenticated {
                    view.wrong.push(format!("ended by {end:?} when signed out"));
                }
                return true;
            }
        }
        if is_unauthenticated {
            self.person.forget_token().await;
        }
        false
    }

    async fn list(&self) -> Result<()> {
        let (tickets, count, cursor) = match &self.what {
            What::Ticket(id) => {
                let answer = self.person.read(TICKET, &json!({ "id": id })).await?;
                let version = answer["ticket"]["version"].as_i64().context("no ticket")?;
                let cursor = text_at(&answer, "/ticket/syncCursor")?;
                (BTreeMap::from([(id.clone(), version)]), 1, cursor)
            }
            What::Queue(filter) | What::Saved(filter, _) => {
                fresh(&self.person, &filter.variable()).await?
            }
        };
        self.view().start(tickets, count, cursor);
        Ok(())
    }

    fn ask(&self, turn: usize, token: String) -> Ask {
        let after = self.view().cursor.clone();
        let change = if self.is_deaf() {
            CHANGE.replace("subject", "subject description")
        } else {
            CHANGE.to_owned()
        };
        let (document, variables) = match &self.what {
            What::Queue(filter) => (
                format!("{QUEUE} {change}"),
                json!({ "filter": filter.variable(), "after": after }),
            ),
            What::Saved(_, queue) => (
                format!("{SAVED_QUEUE} {change}"),
                json!({ "queue": queue, "after": after }),
            ),
            What::Ticket(id) => (
                TICKET_CHANGES.to_owned(),
                json!({ "ticket": id, "after": after }),
            ),
        };
        Ask {
            server: self.servers.at(turn),
            source: self.person.source,
            token,
            document,
            variables,
            receive_buffer: self.is_deaf().then_some(SMALL_BUFFER),
        }
    }

    fn is_deaf(&self) -> bool {
        self.is_deaf.load(Ordering::Relaxed)
    }

    /// Follows one connection to its end.
    async fn listen(&self, turn: usize) -> Result<Said> {
        let ask = self.ask(turn, self.person.token().await?);
        let opening = Stream::open(self.transport, &ask);
        let mut stream = match timeout(CONNECT_TIME_OUT, opening).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(end)) => return Ok(end),
            Err(_) => return Ok(Said::Item(Value::Null)),
        };
        loop {
            while self.is_deaf() {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            match timeout(SILENCE_MAX, stream.next()).await {
                Ok(Said::Item(data)) => self.take(&data),
                Ok(end) => return Ok(end),
                Err(_) => return Ok(Said::Item(Value::Null)),
            }
        }
    }

    fn take(&self, data: &Value) {
        let heard = self.heard.fetch_add(1, Ordering::Relaxed) + 1;
        if self
            .lose_every
            .is_some_and(|every| heard.is_multiple_of(every))
        {
            return;
        }
        let mut view = self.view();
        match &self.what {
            What::Ticket(id) => view.take_ticket_change(&data["ticketChanges"], id),
            _ => view.take_queue_change(&data["queueChanges"]),
        }
    }
}

/// Ends that no fault of ours explains.
fn is_fault(end: &Said) -> bool {
    match end {
        Said::Error { code, .. } => !matches!(code.as_str(), "RATE_LIMITED" | "UNAVAILABLE"),
        Said::Closed { code, .. } => {
            matches!(code, Some(code) if !matches!(code, 1000 | 1001 | 1006 | 1012 | 1013 | 4429))
        }
        Said::Complete | Said::Item(_) => false,
    }
}
