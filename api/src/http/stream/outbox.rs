//! A body that is written by a task of its own kind: the connection pulls it.
//!
//! The work behind a live answer is polled only when its connection has room to write. A client that
//! does not read therefore stops the work, and nothing is kept for it but what the connection holds.

use std::cell::RefCell;
use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, MessageBody};
use actix_web::web::{Bytes, BytesMut};

/// What the work may write before the connection takes it. A single message may be longer.
const ROOM_BYTES: usize = 16 * 1024;

/// What was written and not taken yet.
#[derive(Clone, Default)]
pub(crate) struct Outbox(Rc<RefCell<BytesMut>>);

impl Outbox {
    /// Whether more may be written now.
    pub(crate) fn has_room(&self) -> bool {
        self.0.borrow().len() < ROOM_BYTES
    }

    /// Waits until more may be written. Nobody needs to be woken: what waits here is polled again
    /// as soon as the connection has taken what there is.
    pub(crate) async fn room(&self) {
        poll_fn(|_| {
            if self.has_room() {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }

    pub(crate) fn write(&self, write: impl FnOnce(&mut BytesMut)) {
        write(&mut self.0.borrow_mut());
    }

    fn take(&self) -> Bytes {
        self.0.take().freeze()
    }
}

/// The body of a live answer.
pub(crate) struct Pulled {
    outbox: Outbox,
    work: Option<Pin<Box<dyn Future<Output = ()>>>>,
}

impl Pulled {
    /// A body that `work` writes into `outbox`, and that ends with it.
    pub(crate) fn new(outbox: Outbox, work: impl Future<Output = ()> + 'static) -> Self {
        Self {
            outbox,
            work: Some(Box::pin(work)),
        }
    }
}

impl MessageBody for Pulled {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        if let Some(work) = &mut self.work
            && work.as_mut().poll(cx).is_ready()
        {
            self.work = None;
        }
        let bytes = self.outbox.take();
        match (bytes.is_empty(), &self.work) {
            (false, _) => Poll::Ready(Some(Ok(bytes))),
            (true, None) => Poll::Ready(None),
            (true, Some(_)) => Poll::Pending,
        }
    }
}
