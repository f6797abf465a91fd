//! What is said on one socket: graphql-transport-ws as a state machine, polled by the connection.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::task::JoinHandle;
use tokio::time::{Instant, Sleep, sleep};

use super::bucket::Bucket;
use super::frames::{self, Incoming, Incomings};
use super::message::{self, ClientMessage, Id};
use super::operations::{Operations, Refusal};
use crate::error::{Error, Result};
use crate::http::asked::Asked;
use crate::http::problem::Problem;
use crate::http::service::Service;
use crate::http::stream::open::{Asker, fetch_and_open, guard, open};
use crate::http::stream::outbox::Outbox;
use crate::http::stream::{leave_within, person_of};
use crate::http::{answer, auth};
use crate::live::{Connection, Order, Person};
use crate::persisted::Hash;

/// How long a client may take to begin.
const INIT_TIMEOUT: Duration = Duration::from_secs(3);
/// How often a client is asked whether it is still there.
const PING_EVERY: Duration = Duration::from_secs(12);
/// How long a client may say nothing at all.
const DEAD_AFTER: Duration = Duration::from_secs(30);

/// The code in the metrics where there was none (RFC 6455, section 7.4.1).
const CLOSED_WITHOUT_A_WORD: u16 = 1006;

/// Why a socket is closed: a code and words for who debugs the client.
#[derive(Clone, Copy, Debug)]
pub(super) struct Close(pub(super) u16, pub(super) &'static str);

impl Close {
    const GOODBYE: Self = Self(1000, "");
    const GOING_AWAY: Self = Self(1001, "The server stops; come back.");
    const TOO_LONG: Self = Self(1009, "A message is too long.");
    const LATER: Self = Self(1013, "Try again later.");
    const TOO_MANY_SOCKETS: Self = Self(1013, "Too many connections; try again later.");
    const BAD_MESSAGE: Self = Self(4400, "That is no message of this protocol.");
    const UNAUTHORIZED: Self = Self(4401, "Unauthorized");
    const SIGNED_OUT: Self = Self(4401, "Signed out");
    const EXPIRED: Self = Self(4403, "Token expired");
    const SUBPROTOCOL: Self = Self(4406, "Subprotocol not acceptable");
    const INIT_TIMEOUT: Self = Self(4408, "Connection initialisation timeout");
    const DUPLICATE: Self = Self(4409, "An operation with this id runs already");
    const TOO_MANY_INITS: Self = Self(4429, "Too many initialisation requests");
    const TOO_MANY_MESSAGES: Self = Self(4429, "Too many messages");
    const DEAD: Self = Self(4408, "No sign of life");
    const INTERNAL: Self = Self(4500, "Something went wrong");
}

/// What is known of a client before it says anything.
pub(super) struct Hello {
    /// Whether it speaks our protocol.
    pub(super) is_offered: bool,
    pub(super) header_token: Result<Option<String>>,
    pub(super) asker: Asker,
}

/// One socket.
pub(super) struct Conversation {
    service: Arc<Service>,
    connection: Connection,
    incomings: Incomings,
    outbox: Outbox,
    asker: Asker,
    stage: Stage,
    operations: Operations,
    counted: usize,
    bucket: Bucket,
    heard_at: Instant,
    timer: Pin<Box<Sleep>>,
    is_leaving: bool,
    close_code: u16,
}

enum Stage {
    /// It has to begin.
    New {
        header_token: Result<Option<String>>,
    },
    /// Somebody looks who it is.
    Opening(JoinHandle<Result<Option<Person>>>),
    Open,
    /// Refused before it began.
    Refused(Close),
}

/// What a step comes to.
enum Step {
    Go,
    Close(Close),
    Gone,
}

impl Conversation {
    pub(super) fn new(
        service: Arc<Service>,
        connection: Connection,
        incomings: Incomings,
        outbox: Outbox,
        hello: Hello,
    ) -> Self {
        let now = Instant::now();
        let stage = if hello.is_offered {
            let header_token = hello.header_token;
            Stage::New { header_token }
        } else {
            Stage::Refused(Close::SUBPROTOCOL)
        };
        Self {
            service,
            connection,
            incomings,
            outbox,
            asker: hello.asker,
            stage,
            operations: Operations::default(),
            counted: 0,
            bucket: Bucket::full(now),
            heard_at: now,
            timer: Box::pin(sleep(INIT_TIMEOUT)),
            is_leaving: false,
            close_code: CLOSED_WITHOUT_A_WORD,
        }
    }

    /// Does one thing, of several that can be done in the order of their weight.
    fn poll_step(&mut self, cx: &mut Context<'_>) -> Poll<Step> {
        if let Stage::Refused(close) = self.stage {
            return Poll::Ready(Step::Close(close));
        }
        if let Poll::Ready(order) = self.connection.poll_order(cx) {
            return Poll::Ready(self.obey(order));
        }
        if let Poll::Ready(incoming) = self.incomings.poll_next(cx) {
            return Poll::Ready(self.hear(incoming));
        }
        if let Stage::Opening(opening) = &mut self.stage
            && let Poll::Ready(person) = Pin::new(opening).poll(cx)
        {
            let person = person.map_err(|_| Close::INTERNAL);
            return Poll::Ready(person.map_or_else(Step::Close, |person| self.welcome(person)));
        }
        if self.timer.as_mut().poll(cx).is_ready() {
            return Poll::Ready(self.tick());
        }
        let request_id = &self.asker.request_id;
        let show = |problem| answer::problem(problem, request_id);
        ready!(self.operations.poll(cx, &self.outbox, &show));
        Poll::Ready(Step::Go)
    }

    fn hear(&mut self, incoming: Incoming) -> Step {
        let now = Instant::now();
        self.heard_at = now;
        if !matches!(incoming, Incoming::Pong | Incoming::Close | Incoming::Gone)
            && !self.bucket.take(now)
        {
            return Step::Close(Close::TOO_MANY_MESSAGES);
        }
        match incoming {
            Incoming::Text(text) => match message::read(&text) {
                Some(message) => self.answer(message),
                None => Step::Close(Close::BAD_MESSAGE),
            },
            Incoming::Ping(bytes) => {
                self.outbox.write(|out| frames::write_pong(out, bytes));
                Step::Go
            }
            Incoming::Pong => Step::Go,
            Incoming::Binary | Incoming::Broken => Step::Close(Close::BAD_MESSAGE),
            Incoming::TooLong => Step::Close(Close::TOO_LONG),
            Incoming::Close => Step::Close(Close::GOODBYE),
            Incoming::Gone => Step::Gone,
        }
    }

    fn answer(&mut self, message: ClientMessage) -> Step {
        match message {
            ClientMessage::ConnectionInit { payload } => self.init(&payload.unwrap_or_default()),
            ClientMessage::Ping { payload } => {
                self.outbox.write(|out| message::write_pong(out, payload));
                Step::Go
            }
            ClientMessage::Pong { .. } => Step::Go,
            ClientMessage::Subscribe { id, payload } => self.subscribe(&id, payload),
            ClientMessage::Complete { id } => {
                self.operations.complete(&Id::new(&id));
                Step::Go
            }
        }
    }

    fn init(&mut self, payload: &Map<String, Value>) -> Step {
        let Stage::New { header_token } = &mut self.stage else {
            return Step::Close(Close::TOO_MANY_INITS);
        };
        let token = match message::token_of(payload) {
            None | Some(Value::Null) => std::mem::replace(header_token, Ok(None)),
            Some(Value::String(text)) => auth::token_of(text).map(Some),
            Some(_) => Err(Error::Unauthenticated),
        };
        let Ok(token) = token else {
            return Step::Close(Close::UNAUTHORIZED);
        };
        let service = Arc::clone(&self.service);
        let look = async move { person_of(&service.app, token.as_deref()).await };
        self.stage = Stage::Opening(tokio::spawn(look));
        Step::Go
    }

    fn welcome(&mut self, person: Result<Option<Person>>) -> Step {
        match person {
            Ok(Some(person)) => {
                self.asker.actor = Some(Arc::clone(&person.actor));
                if self.connection.sign_in(person).is_err() {
                    return Step::Close(Close::TOO_MANY_SOCKETS);
                }
            }
            Ok(None) => {}
            Err(Error::Unauthenticated) => return Step::Close(Close::UNAUTHORIZED),
            Err(error) => {
                tracing::error!(?error, "nobody can tell who opens a socket");
                return Step::Close(Close::LATER);
            }
        }
        self.stage = Stage::Open;
        if !self.is_leaving {
            self.timer.as_mut().reset(Instant::now() + PING_EVERY);
        }
        self.outbox.write(message::write_ack);
        Step::Go
    }

    fn subscribe(&mut self, id: &str, asked: Asked) -> Step {
        if !matches!(self.stage, Stage::Open) {
            return Step::Close(Close::UNAUTHORIZED);
        }
        let id = Id::new(id);
        let result = match self.operations.check(&id) {
            Err(Refusal::Duplicate) => return Step::Close(Close::DUPLICATE),
            Err(Refusal::TooMany) => Err(Problem::too_many_operations()),
            Ok(()) => {
                if let Some(person) = self.connection.person() {
                    self.asker.actor = Some(person.actor);
                }
                if let Some(hash) = self.to_be_fetched(&asked) {
                    let service = Arc::clone(&self.service);
                    let opening = fetch_and_open(service, hash, asked, self.asker.clone());
                    // Whatever it is: a query too has to start over where rights change meanwhile.
                    self.operations.begin(id, false, Box::pin(opening));
                    return Step::Go;
                }
                guard(&self.service, asked, |_| ())
            }
        };
        match result {
            Ok(checked) => {
                let is_query = checked.is_query();
                let service = Arc::clone(&self.service);
                let opening = open(service, checked, self.asker.clone(), None);
                self.operations.begin(id, is_query, Box::pin(opening));
            }
            Err(problem) => {
                if let Some(reason) = problem.reason {
                    self.service.metrics.rejection(reason);
                }
                let errors = answer::problem(problem, &self.asker.request_id);
                self.outbox.write(|out| id.write_error(out, &errors));
            }
        }
        Step::Go
    }

    /// The hash of a document that is not in memory, and that whoever asks may look for in the store.
    fn to_be_fetched(&self, asked: &Asked) -> Option<Hash> {
        let hash = self.service.documents.missing(asked);
        hash.filter(|_| self.asker.actor.is_some())
    }

    fn obey(&mut self, order: Order) -> Step {
        match order {
            Order::SignedOut => Step::Close(Close::SIGNED_OUT),
            Order::Expired => Step::Close(Close::EXPIRED),
            Order::Leave => {
                self.is_leaving = true;
                self.timer.as_mut().reset(Instant::now() + leave_within());
                Step::Go
            }
            Order::Resync => {
                let problem = Problem::from(Error::Resync);
                let errors = answer::problem(problem, &self.asker.request_id);
                let count = self.operations.fail_streams(&errors, &self.outbox);
                self.service.metrics.stream.resyncs.inc_by(count as u64);
                Step::Go
            }
        }
    }

    fn tick(&mut self) -> Step {
        if self.is_leaving {
            return Step::Close(Close::GOING_AWAY);
        }
        if matches!(self.stage, Stage::New { .. }) {
            return Step::Close(Close::INIT_TIMEOUT);
        }
        let now = Instant::now();
        let dead_at = self.heard_at + DEAD_AFTER;
        if now >= dead_at {
            return Step::Close(Close::DEAD);
        }
        self.outbox.write(frames::write_ping);
        self.timer.as_mut().reset(dead_at.min(now + PING_EVERY));
        Step::Go
    }

    /// Keeps the number of operations of all sockets right.
    fn count(&mut self) {
        let now = self.operations.len();
        let change = i64::try_from(now).unwrap_or_default()
            - i64::try_from(self.counted).unwrap_or_default();
        if change != 0 {
            self.service.metrics.stream.operations.inc_by(change);
            self.counted = now;
        }
    }
}

impl Future for Conversation {
    type Output = ();

    /// Everything that is ready is written before the socket sleeps, for as long as there is room.
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        while self.outbox.has_room() {
            let step = ready!(self.poll_step(cx));
            self.count();
            match step {
                Step::Go => {}
                Step::Close(Close(code, reason)) => {
                    self.close_code = code;
                    self.outbox
                        .write(|out| frames::write_close(out, code, reason));
                    return Poll::Ready(());
                }
                Step::Gone => return Poll::Ready(()),
            }
        }
        // Not woken, but polled again when the connection has taken what there is.
        Poll::Pending
    }
}

impl Drop for Conversation {
    fn drop(&mut self) {
        let counted = i64::try_from(self.counted).unwrap_or_default();
        self.service.metrics.stream.operations.dec_by(counted);
        self.service.metrics.stream.close(self.close_code);
    }
}
