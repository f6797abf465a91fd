//! The messages of graphql-transport-ws
//! (<https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>).

use actix_web::web::BytesMut;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::frames::write_text;
use crate::http::asked::Asked;
use crate::http::guard;

/// The name of the protocol. The older one, which is called `graphql-ws`, is another.
pub(super) const PROTOCOL: &str = "graphql-transport-ws";
/// Bytes of an operation's id. Clients use numbers or UUIDs.
const ID_BYTES_MAX: usize = 128;

/// What a client says.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ClientMessage {
    ConnectionInit {
        #[serde(default)]
        payload: Option<Map<String, Value>>,
    },
    Ping {
        #[serde(default)]
        payload: Option<Map<String, Value>>,
    },
    Pong {
        #[serde(default, rename = "payload")]
        _payload: Option<Map<String, Value>>,
    },
    Subscribe {
        id: String,
        payload: Asked,
    },
    Complete {
        id: String,
    },
}

/// Reads a message; nothing where it is none.
pub(super) fn read(text: &[u8]) -> Option<ClientMessage> {
    guard::scan_json(text).ok()?;
    let message = serde_json::from_slice(text).ok()?;
    match &message {
        ClientMessage::Subscribe { id, .. } | ClientMessage::Complete { id }
            if id.is_empty() || id.len() > ID_BYTES_MAX =>
        {
            None
        }
        ClientMessage::Subscribe { payload, .. } if !payload.names_a_document() => None,
        _ => Some(message),
    }
}

/// The access token of a `connection_init`, wherever clients put it.
pub(super) fn token_of(payload: &Map<String, Value>) -> Option<&Value> {
    let bearer = ["Authorization", "authorization"];
    let found = bearer.iter().find_map(|name| payload.get(*name));
    found.or_else(|| payload.get("token"))
}

/// The id of an operation, as it stands in JSON.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Id(Box<str>);

impl Id {
    pub(super) fn new(id: &str) -> Self {
        Self(Value::from(id).to_string().into())
    }

    pub(super) fn write_next(&self, out: &mut BytesMut, json: &str) {
        let middle = r#","type":"next","payload":"#;
        write_text(out, &[r#"{"id":"#, &self.0, middle, json, "}"]);
    }

    pub(super) fn write_error(&self, out: &mut BytesMut, errors: &str) {
        let middle = r#","type":"error","payload":"#;
        write_text(out, &[r#"{"id":"#, &self.0, middle, errors, "}"]);
    }

    pub(super) fn write_complete(&self, out: &mut BytesMut) {
        write_text(out, &[r#"{"id":"#, &self.0, r#","type":"complete"}"#]);
    }
}

pub(super) fn write_ack(out: &mut BytesMut) {
    write_text(out, &[r#"{"type":"connection_ack"}"#]);
}

/// A pong of the protocol repeats what the ping said.
pub(super) fn write_pong(out: &mut BytesMut, payload: Option<Map<String, Value>>) {
    match payload {
        None => write_text(out, &[r#"{"type":"pong"}"#]),
        Some(payload) => {
            let payload = Value::from(payload).to_string();
            write_text(out, &[r#"{"type":"pong","payload":"#, &payload, "}"]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_messages_of_the_protocol_are_read() {
        for good in [
            r#"{"type":"connection_init"}"#,
            r#"{"type":"connection_init","payload":null}"#,
            r#"{"type":"connection_init","payload":{"token":"a"}}"#,
            r#"{"type":"ping"}"#,
            r#"{"type":"pong","payload":{}}"#,
            r#"{"id":"1","type":"complete"}"#,
            r#"{"id":"1","type":"subscribe","payload":{"query":"{ a }"}}"#,
            r#"{"id":"1","type":"subscribe","payload":{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"a"}}}}"#,
            r#"{"id":"1","type":"subscribe","payload":{"query":"{ a }","operationName":null,"variables":null,"extensions":null}}"#,
        ] {
            assert!(read(good.as_bytes()).is_some(), "{good}");
        }
        let long = format!(r#"{{"id":"{}","type":"complete"}}"#, "x".repeat(129));
        for wrong in [
            "",
            "{}",
            "[]",
            "null",
            r#"{"type":"start","id":"1"}"#,
            r#"{"type":"connection_init","payload":"a"}"#,
            r#"{"type":"connection_init","payload":[]}"#,
            r#"{"type":"ping","payload":1}"#,
            r#"{"type":"complete"}"#,
            r#"{"type":"complete","id":1}"#,
            r#"{"type":"complete","id":""}"#,
            r#"{"type":"subscribe","id":"1"}"#,
            r#"{"type":"subscribe","id":"1","payload":{}}"#,
            r#"{"type":"subscribe","id":"1","payload":{"query":1}}"#,
            r#"{"type":"subscribe","id":"1","payload":{"query":"{ a }","variables":"x"}}"#,
            r#"{"type":"subscribe","id":"","payload":{"query":"{ a }"}}"#,
            &long,
        ] {
            assert!(read(wrong.as_bytes()).is_none(), "{wrong}");
        }
        assert!(read(&[0xff]).is_none());
    }

    #[test]
    fn ids_are_written_as_json() {
        let mut out = BytesMut::new();
        Id::new("a\"b").write_complete(&mut out);
        assert_eq!(&out[2..], br#"{"id":"a\"b","type":"complete"}"#);
    }
}
