//! Server-sent events: GraphQL over SSE, distinct connections mode
//! (<https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md>).

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderMap, HeaderName};
use actix_web::web::BytesMut;
use actix_web::{HttpRequest, HttpResponse, web};
use async_graphql::parser::types::OperationType;
use tokio::time::{Instant, Sleep, sleep};

use super::open::{Asker, Checked, Opened, What, guard, open};
use super::outbox::{Outbox, Pulled};
use super::{leave_within, person_of};
use crate::error::Error;
use crate::http::asked::Asked;
use crate::http::budget::Bill;
use crate::http::note::Note;
use crate::http::problem::{Fault, Problem};
use crate::http::service::Service;
use crate::http::{answer, auth, guard as request_guard, negotiate};
use crate::live::{Answer, Connection, End, Order, Reader, Step};

const CONTENT_TYPE: &str = "text/event-stream; charset=utf-8";
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// nginx would hold events back to fill its buffers.
const NO_BUFFERING: (&str, &str) = ("x-accel-buffering", "no");
/// How often a quiet stream says that it is there.
const COMMENT_EVERY: Duration = Duration::from_secs(12);

/// Whether what is asked is to be answered by events: where nothing else is accepted, and for
/// subscriptions where they are accepted at all.
pub(crate) fn are_wanted(headers: &HeaderMap, service: &Service, asked: &Asked) -> bool {
    if !negotiate::accepts_events(headers) {
        return false;
    }
    negotiate::accepted(headers).is_none() || is_subscription(service, asked)
}

fn is_subscription(service: &Service, asked: &Asked) -> bool {
    let Ok(document) = service.documents.find(asked) else {
        return false;
    };
    let inspected = request_guard::inspect(&document.parsed, asked.operation_name());
    inspected.is_ok_and(|inspected| inspected.operation.ty == OperationType::Subscription)
}

/// Answers by events. What HTTP itself is at fault for, a token above all, has a status; everything
/// else is told in the stream.
pub(crate) async fn answer(
    http: &HttpRequest,
    service: &web::Data<Service>,
    asked: Result<Asked, Problem>,
) -> Result<HttpResponse, Problem> {
    let note = Note::of(http);
    let mut who = Asker::of(http, service)?;
    let checked = match asked.and_then(|asked| guard(service, asked, |found| note.operation(found)))
    {
        Ok(checked) => checked,
        Err(problem) if problem.fault == Fault::Document => {
            if let Some(reason) = problem.reason {
                service.metrics.rejection(reason);
            }
            return Ok(refusal(problem, &who.request_id));
        }
        Err(problem) => return Err(problem),
    };
    let connection = service
        .hub
        .connections
        .open()
        .map_err(|_| Problem::full())?;
    let token = auth::bearer_token(http.headers())?;
    let app = Arc::clone(&service.app);
    let looking = tokio::spawn(async move { person_of(&app, token.as_deref()).await });
    let person = looking.await.map_err(|_| Problem::internal())??;
    if let Some(person) = person {
        note.actor_id.set(Some(person.user_id));
        who.actor = Some(Arc::clone(&person.actor));
        connection.sign_in(person).map_err(|_| Problem::crowded())?;
    }
    let last_seen = http.headers().get(LAST_EVENT_ID);
    let last_seen = last_seen.and_then(|value| value.to_str().ok());
    let last_seen = last_seen.filter(|id| !id.is_empty()).map(str::to_owned);
    stream(service, connection, checked, who, last_seen).await
}

async fn stream(
    service: &web::Data<Service>,
    connection: Connection,
    checked: Checked,
    asker: Asker,
    last_seen: Option<String>,
) -> Result<HttpResponse, Problem> {
    let request_id = Arc::clone(&asker.request_id);
    let service = service.clone().into_inner();
    let Opened { what, bill } = match open(Arc::clone(&service), checked, asker, last_seen).await {
        // What comes back too soon is to hear so from whatever it is built on.
        Err(problem) if problem.fault == Fault::Http(StatusCode::TOO_MANY_REQUESTS) => {
            return Err(problem);
        }
        Err(problem) => return Ok(refusal(problem, &request_id)),
        Ok(opened) => opened,
    };
    Ok(match what {
        What::Answer(answer) => {
            let mut body = BytesMut::new();
            match answer {
                Answer::Next(json) => write_next(&mut body, None, &json),
                Answer::Failed(errors) => write_errors(&mut body, &errors),
            }
            write_complete(&mut body);
            respond(body.freeze(), Some(&bill))
        }
        What::Live(reader) => {
            let outbox = Outbox::default();
            let events = Events {
                service,
                connection,
                reader,
                request_id,
                outbox: outbox.clone(),
                timer: Box::pin(sleep(COMMENT_EVERY)),
                is_leaving: false,
            };
            events.service.metrics.stream.operations.inc();
            respond(Pulled::new(outbox, events.run()), Some(&bill))
        }
    })
}

fn respond(body: impl MessageBody + 'static, bill: Option<&Bill>) -> HttpResponse {
    let mut builder = HttpResponse::Ok();
    builder
        .content_type(CONTENT_TYPE)
        .insert_header(NO_BUFFERING);
    if let Some(bill) = bill {
        bill.add_headers(&mut builder);
    }
    builder.body(body)
}

fn refusal(mut problem: Problem, request_id: &str) -> HttpResponse {
    let bill = problem.bill.take();
    let mut body = BytesMut::new();
    write_errors(&mut body, &answer::problem(problem, request_id));
    write_complete(&mut body);
    respond(body.freeze(), bill.as_deref())
}

/// One stream of events.
struct Events {
    service: Arc<Service>,
    connection: Connection,
    reader: Reader,
    request_id: Arc<str>,
    outbox: Outbox,
    timer: Pin<Box<Sleep>>,
    is_leaving: bool,
}

enum Happened {
    Told(Order),
    Read(Step),
    Nothing,
}

impl Events {
    async fn run(mut self) {
        loop {
            self.outbox.room().await;
            let happened = poll_fn(|cx| self.poll(cx)).await;
            if self.handle(happened) {
                return;
            }
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Happened> {
        if let Poll::Ready(order) = self.connection.poll_order(cx) {
            return Poll::Ready(Happened::Told(order));
        }
        if let Poll::Ready(step) = self.reader.poll_next(cx) {
            return Poll::Ready(Happened::Read(step));
        }
        self.timer.as_mut().poll(cx).map(|()| Happened::Nothing)
    }

    /// Whether that was the end.
    fn handle(&mut self, happened: Happened) -> bool {
        match happened {
            Happened::Read(Step::Frame(frame)) => {
                let cursor = self.service.app.feed.cursor(frame.place);
                self.outbox
                    .write(|out| write_next(out, Some(&cursor), &frame.json));
                false
            }
            Happened::Read(Step::End(end)) => {
                self.outbox.write(|out| {
                    if let End::Failed(errors) = &*end {
                        write_errors(out, errors);
                    }
                    write_complete(out);
                });
                true
            }
            // Not completed: so the client comes back, to another server.
            Happened::Nothing if self.is_leaving => true,
            Happened::Nothing => {
                self.timer.as_mut().reset(Instant::now() + COMMENT_EVERY);
                self.outbox.write(|out| out.extend_from_slice(b":\n\n"));
                false
            }
            Happened::Told(Order::Leave) => {
                self.is_leaving = true;
                self.timer.as_mut().reset(Instant::now() + leave_within());
                false
            }
            Happened::Told(Order::Resync) => {
                self.service.metrics.stream.resyncs.inc();
                self.fail(Error::Resync)
            }
            Happened::Told(Order::Expired | Order::SignedOut) => self.fail(Error::Unauthenticated),
        }
    }

    fn fail(&self, error: Error) -> bool {
        let errors = answer::problem(Problem::from(error), &self.request_id);
        self.outbox.write(|out| {
            write_errors(out, &errors);
            write_complete(out);
        });
        true
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        self.service.metrics.stream.operations.dec();
    }
}

/// JSON has no line breaks of its own, so it is one line of data.
fn write_next(out: &mut BytesMut, cursor: Option<&str>, json: &str) {
    if let Some(cursor) = cursor {
        write(out, &["id: ", cursor, "\n"]);
    }
    write(out, &["event: next\ndata: ", json, "\n\n"]);
}

fn write_errors(out: &mut BytesMut, errors: &str) {
    write(out, &["event: next\ndata: {\"errors\":", errors, "}\n\n"]);
}

/// Browsers drop events without data.
fn write_complete(out: &mut BytesMut) {
    write(out, &["event: complete\ndata:\n\n"]);
}

fn write(out: &mut BytesMut, parts: &[&str]) {
    for part in parts {
        out.extend_from_slice(part.as_bytes());
    }
}
