//! The operations of one socket.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::message::Id;
use crate::http::problem::Problem;
use crate::http::stream::open::{Opened, What};
use crate::http::stream::outbox::Outbox;
use crate::live::{Answer, End, Reader, Step};

/// Operations that may run on a socket at once.
const OPERATIONS_MAX: usize = 50;

/// An operation that is being opened.
pub(super) type Opening = Pin<Box<dyn Future<Output = Result<Opened, Problem>>>>;

/// Those that run, in no order.
#[derive(Default)]
pub(super) struct Operations {
    all: Vec<Operation>,
    /// Who is looked at first, so that one that always has something does not starve the others.
    turn: usize,
}

struct Operation {
    id: Id,
    is_query: bool,
    state: State,
}

enum State {
    Opening(Opening),
    Live(Reader),
}

/// Why an operation does not begin.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    Duplicate,
    TooMany,
}

impl Operations {
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    pub(super) fn check(&self, id: &Id) -> Result<(), Refusal> {
        if self.all.iter().any(|operation| operation.id == *id) {
            return Err(Refusal::Duplicate);
        }
        if self.all.len() >= OPERATIONS_MAX {
            return Err(Refusal::TooMany);
        }
        Ok(())
    }

    pub(super) fn begin(&mut self, id: Id, is_query: bool, opening: Opening) {
        self.all.push(Operation {
            id,
            is_query,
            state: State::Opening(opening),
        });
    }

    /// The client does not want it any more. It may have ended already.
    pub(super) fn complete(&mut self, id: &Id) {
        self.all.retain(|operation| operation.id != *id);
    }

    /// Ends all streams with these errors.
    pub(super) fn fail_streams(&mut self, errors: &str, outbox: &Outbox) -> usize {
        let before = self.all.len();
        self.all.retain(|operation| {
            if !operation.is_query {
                outbox.write(|out| operation.id.write_error(out, errors));
            }
            operation.is_query
        });
        before - self.all.len()
    }

    /// Writes what is ready, for as long as there is room. Ready as soon as something was done.
    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        outbox: &Outbox,
        show: &impl Fn(Problem) -> String,
    ) -> Poll<()> {
        let count = self.all.len();
        for offset in 0..count {
            let index = (self.turn + offset) % count;
            if let Poll::Ready(is_over) = self.all[index].poll(cx, outbox, show) {
                self.turn = index + 1;
                if is_over {
                    self.all.swap_remove(index);
                }
                return Poll::Ready(());
            }
        }
        Poll::Pending
    }
}

impl Operation {
    /// Does one thing; whether it was the last.
    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        outbox: &Outbox,
        show: &impl Fn(Problem) -> String,
    ) -> Poll<bool> {
        let id = &self.id;
        match &mut self.state {
            State::Opening(opening) => {
                match ready!(opening.as_mut().poll(cx)).map(|opened| opened.what) {
                    Ok(What::Live(reader)) => {
                        self.state = State::Live(reader);
                        return Poll::Ready(false);
                    }
                    Ok(What::Answer(Answer::Next(json))) => outbox.write(|out| {
                        id.write_next(out, &json);
                        id.write_complete(out);
                    }),
                    Ok(What::Answer(Answer::Failed(errors))) => {
                        outbox.write(|out| id.write_error(out, &errors));
                    }
                    Err(problem) => {
                        let errors = show(problem);
                        outbox.write(|out| id.write_error(out, &errors));
                    }
                }
            }
            State::Live(reader) => return write_frames(id, reader, outbox, cx),
        }
        Poll::Ready(true)
    }
}

/// Writes what there is of a stream, for as long as there is room; whether it is over.
fn write_frames(id: &Id, reader: &mut Reader, outbox: &Outbox, cx: &mut Context<'_>) -> Poll<bool> {
    let mut step = ready!(reader.poll_next(cx));
    loop {
        match step {
            Step::Frame(frame) => outbox.write(|out| id.write_next(out, &frame.json)),
            Step::End(end) => {
                outbox.write(|out| match &*end {
                    End::Complete => id.write_complete(out),
                    End::Failed(errors) => id.write_error(out, errors),
                });
                return Poll::Ready(true);
            }
        }
        if !outbox.has_room() {
            return Poll::Ready(false);
        }
        let Poll::Ready(next) = reader.poll_next(cx) else {
            return Poll::Ready(false);
        };
        step = next;
    }
}
