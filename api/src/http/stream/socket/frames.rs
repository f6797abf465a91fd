//! Frames of a WebSocket (RFC 6455): read into messages, and written.

use std::task::{Context, Poll, ready};

use actix_http::ws::{CloseCode, CloseReason, Codec, Frame, Item, Message, ProtocolError};
use actix_web::web::{Bytes, BytesMut, Payload};
use futures_util::StreamExt;
use tokio_util::codec::{Decoder, Encoder};

/// Bytes of a message, in one frame or several.
pub(super) const MESSAGE_BYTES_MAX: usize = 64 * 1024;

/// What comes from the client.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Incoming {
    Text(Bytes),
    /// Which this protocol does not use.
    Binary,
    Ping(Bytes),
    Pong,
    Close,
    /// The client is gone.
    Gone,
    TooLong,
    /// Not as the RFC says.
    Broken,
}

/// Reads the messages of one client.
pub(super) struct Incomings {
    payload: Payload,
    codec: Codec,
    read: BytesMut,
    /// A message that comes in several frames.
    partial: Option<(BytesMut, bool)>,
    is_over: bool,
}

impl Incomings {
    pub(super) fn new(payload: Payload) -> Self {
        Self {
            payload,
            codec: Codec::new().max_size(MESSAGE_BYTES_MAX),
            read: BytesMut::new(),
            partial: None,
            is_over: false,
        }
    }

    pub(super) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Incoming> {
        loop {
            if self.is_over {
                return Poll::Ready(Incoming::Gone);
            }
            match self.codec.decode(&mut self.read) {
                Ok(Some(frame)) => {
                    if let Some(incoming) = self.take(frame) {
                        return Poll::Ready(incoming);
                    }
                }
                Ok(None) => ready!(self.poll_read(cx)),
                Err(ProtocolError::Overflow) => return Poll::Ready(Incoming::TooLong),
                Err(_) => return Poll::Ready(Incoming::Broken),
            }
        }
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.read.is_empty() {
            // An idle socket keeps no buffer.
            self.read = BytesMut::new();
        }
        match ready!(self.payload.poll_next_unpin(cx)) {
            Some(Ok(bytes)) if self.read.is_empty() => self.read = BytesMut::from(bytes),
            Some(Ok(bytes)) => self.read.extend_from_slice(&bytes),
            Some(Err(_)) | None => self.is_over = true,
        }
        Poll::Ready(())
    }

    fn take(&mut self, frame: Frame) -> Option<Incoming> {
        match frame {
            Frame::Text(bytes) => Some(Incoming::Text(bytes)),
            Frame::Binary(_) => Some(Incoming::Binary),
            Frame::Ping(bytes) => Some(Incoming::Ping(bytes)),
            Frame::Pong(_) => Some(Incoming::Pong),
            Frame::Close(_) => Some(Incoming::Close),
            Frame::Continuation(item) => self.join(item),
        }
    }

    /// The codec sees to it that parts come in order.
    fn join(&mut self, item: Item) -> Option<Incoming> {
        let (part, is_last) = match item {
            Item::FirstText(part) => {
                self.partial = Some((BytesMut::new(), true));
                (part, false)
            }
            Item::FirstBinary(part) => {
                self.partial = Some((BytesMut::new(), false));
                (part, false)
            }
            Item::Continue(part) => (part, false),
            Item::Last(part) => (part, true),
        };
        let (bytes, _) = self.partial.as_mut()?;
        if bytes.len() + part.len() > MESSAGE_BYTES_MAX {
            return Some(Incoming::TooLong);
        }
        bytes.extend_from_slice(&part);
        if !is_last {
            return None;
        }
        let (bytes, is_text) = self.partial.take()?;
        Some(if is_text {
            Incoming::Text(bytes.freeze())
        } else {
            Incoming::Binary
        })
    }
}

/// Writes a text message of several parts as one frame, without copying them together first.
pub(super) fn write_text(out: &mut BytesMut, parts: &[&str]) {
    const FINAL_TEXT: u8 = 0x81;
    let length: usize = parts.iter().map(|part| part.len()).sum();
    out.reserve(length + 10);
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(length @ 0..126), _) => out.extend_from_slice(&[FINAL_TEXT, length]),
        (_, Ok(length)) => {
            out.extend_from_slice(&[FINAL_TEXT, 126]);
            out.extend_from_slice(&length.to_be_bytes());
        }
        (_, Err(_)) => {
            out.extend_from_slice(&[FINAL_TEXT, 127]);
            out.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    for part in parts {
        out.extend_from_slice(part.as_bytes());
    }
}

/// Control frames cannot fail to be written: ours are short.
pub(super) fn write_ping(out: &mut BytesMut) {
    let _is_written = Codec::new().encode(Message::Ping(Bytes::new()), out);
}

/// What comes in a ping is at most 125 bytes: the codec sees to that.
pub(super) fn write_pong(out: &mut BytesMut, bytes: Bytes) {
    let _is_written = Codec::new().encode(Message::Pong(bytes), out);
}

pub(super) fn write_close(out: &mut BytesMut, code: u16, reason: &str) {
    let reason = CloseReason {
        code: CloseCode::from(code),
        description: Some(reason.to_owned()),
    };
    let _is_written = Codec::new().encode(Message::Close(Some(reason)), out);
}
