//! `WebSocket` frames (RFC 6455), as far as a client needs them: those of the server are not masked.

use std::net::SocketAddr;

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text, or more of it.
    Text,
    Close,
    Ping,
    Pong,
    /// Nothing that this protocol uses.
    Other,
}

/// The beginning of a frame.
#[derive(Clone, Copy, Debug)]
pub struct Header {
    pub kind: Kind,
    /// Whether the message ends with this frame.
    pub is_last: bool,
    /// Bytes before the payload.
    pub length: usize,
    pub payload_length: usize,
}

/// The header that `bytes` begin with, once all of it is there.
pub fn header(bytes: &[u8]) -> Option<Header> {
    let (first, second) = (*bytes.first()?, *bytes.get(1)?);
    let (length, payload_length) = match second & 0x7f {
        126 => (
            4,
            usize::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?)),
        ),
        127 => {
            let length = u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?);
            (10, usize::try_from(length).ok()?)
        }
        short => (2, usize::from(short)),
    };
    let kind = match first & 0x0f {
        0 | 1 => Kind::Text,
        8 => Kind::Close,
        9 => Kind::Ping,
        10 => Kind::Pong,
        _ => Kind::Other,
    };
    Some(Header {
        kind,
        is_last: first & 0x80 != 0,
        length,
        payload_length,
    })
}

pub fn text(payload: &str) -> Vec<u8> {
    frame(0x81, payload.as_bytes())
}

pub fn pong(payload: &[u8]) -> Vec<u8> {
    frame(0x8a, payload)
}

pub fn close() -> Vec<u8> {
    frame(0x88, &1000_u16.to_be_bytes())
}

/// A client masks; a mask of zeros leaves the payload as it is.
#[expect(
    clippy::cast_possible_truncation,
    reason = "each arm takes what fits its type"
)]
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(payload.len() + 14);
    frame.push(first);
    match payload.len() {
        short @ 0..=125 => frame.push(0x80 | short as u8),
        middle @ 126..=0xffff => {
            frame.push(0x80 | 0x7e);
            frame.extend((middle as u16).to_be_bytes());
        }
        long => {
            frame.push(0x80 | 0x7f);
            frame.extend((long as u64).to_be_bytes());
        }
    }
    frame.extend([0; 4]);
    frame.extend(payload);
    frame
}

/// Asks for a socket that speaks `graphql-transport-ws`.
pub fn upgrade(server: SocketAddr) -> String {
    format!(
        "GET /graphql HTTP/1.1\r\nHost: {server}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
    )
}

/// Where the answer to [`upgrade`] ends, once all of it is there.
pub fn end_of_upgrade(bytes: &[u8]) -> Option<usize> {
    memchr::memmem::find(bytes, b"\r\n\r\n").map(|end| end + 4)
}

#[cfg(test)]
mod tests {
    use super::{Kind, frame, header};

    #[test]
    fn a_header_tells_how_long_the_payload_is() {
        for length in [0, 1, 125, 126, 65_535, 65_536] {
            let mut bytes = frame(0x81, &vec![b'x'; length]);
            // As the server sends it: not masked.
            bytes[1] &= 0x7f;
            let header = header(&bytes).unwrap();
            assert_eq!((header.kind, header.is_last), (Kind::Text, true));
            assert_eq!(header.payload_length, length);
            assert_eq!(header.length + 4 + length, bytes.len());
        }
    }

    #[test]
    fn a_header_that_is_not_all_there_is_none() {
        for bytes in [&[][..], &[0x81], &[0x81, 126, 0], &[0x81, 127, 0, 0, 0]] {
            assert!(header(bytes).is_none());
        }
    }
}
