//! One subscription, over a socket or as server-sent events.

use std::net::{IpAddr, SocketAddr};

use reqwest::Response;
use serde_json::{Value, json};

use crate::socket::{Message, Socket};

/// How a client listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    Socket,
    Events,
}

/// What a stream is about.
#[derive(Clone, Debug)]
pub struct Ask {
    pub server: SocketAddr,
    pub source: IpAddr,
    pub token: String,
    pub document: String,
    pub variables: Value,
    pub receive_buffer: Option<u32>,
}

/// What a stream says.
#[derive(Debug)]
pub enum Said {
    /// The data of a response.
    Item(Value),
    /// A subscription that ended with an error: its code, and all of it.
    Error {
        code: String,
        text: String,
    },
    Complete,
    /// The connection ended: the code, where it was closed in order.
    Closed {
        code: Option<u16>,
        reason: String,
    },
}

#[derive(Debug)]
pub enum Stream {
    Socket(Box<Socket>),
    Events {
        response: Box<Response>,
        buffer: Vec<u8>,
    },
}

impl Stream {
    pub async fn open(transport: Transport, ask: &Ask) -> Result<Self, Said> {
        match transport {
            Transport::Socket => {
                let socket = subscribe(ask).await?;
                Ok(Self::Socket(Box::new(socket)))
            }
            Transport::Events => open_events(ask).await,
        }
    }

    /// What comes next. Nothing is lost where the future is dropped.
    pub async fn next(&mut self) -> Said {
        match self {
            Self::Socket(socket) => loop {
                match socket.next().await {
                    Message::Text(text) => {
                        if text.contains(r#""type":"ping""#) && ping(&text) {
                            // A socket that is cut says so when it is read.
                            let _cut = socket.send(r#"{"type":"pong"}"#).await;
                            continue;
                        }
                        if let Some(said) = understand(&text) {
                            return said;
                        }
                    }
                    Message::Closed { code, reason } => return Said::Closed { code, reason },
                }
            },
            Self::Events { response, buffer } => loop {
                if let Some(event) = take_event(buffer) {
                    if let Some(said) = understand_event(&event) {
                        return said;
                    }
                    continue;
                }
                match response.chunk().await {
                    Ok(Some(chunk)) => buffer.extend(chunk),
                    Ok(None) => return cut("the end"),
                    Err(error) => return cut(&error.to_string()),
                }
            },
        }
    }

    pub async fn close(self) {
        if let Self::Socket(mut socket) = self {
            // It may be cut already.
            let _closed = socket.close().await;
        }
    }
}

/// A socket that was told what to send.
pub async fn subscribe(ask: &Ask) -> Result<Socket, Said> {
    let socket = Socket::open(ask.server, ask.source, ask.receive_buffer).await;
    let mut socket = socket.map_err(|error| cut(&error.to_string()))?;
    let authorization = format!("Bearer {}", ask.token);
    let init = json!({ "type": "connection_init", "payload": { "Authorization": authorization } });
    let subscribe = json!({
        "id": "1", "type": "subscribe",
        "payload": { "query": ask.document, "variables": ask.variables },
    });
    let sent = socket.send(&init.to_string()).await;
    sent.map_err(|error| cut(&error.to_string()))?;
    match socket.next().await {
        Message::Text(text) if text.contains("connection_ack") => {}
        Message::Text(text) => return Err(cut(&format!("no connection_ack: {text}"))),
        Message::Closed { code, reason } => return Err(Said::Closed { code, reason }),
    }
    let sent = socket.send(&subscribe.to_string()).await;
    sent.map_err(|error| cut(&error.to_string()))?;
    Ok(socket)
}

async fn open_events(ask: &Ask) -> Result<Stream, Said> {
    let http = reqwest::Client::builder().local_address(ask.source).build();
    let http = http.map_err(|error| cut(&error.to_string()))?;
    let body = json!({ "query": ask.document, "variables": ask.variables });
    let request = http
        .post(format!("http://{}/graphql", ask.server))
        .header("content-type", "application/json")
        .header("accept", "text/event-stream")
        .bearer_auth(&ask.token)
        .body(body.to_string());
    let response = request.send().await;
    let response = response.map_err(|error| cut(&error.to_string()))?;
    let kind = response.headers().get("content-type").cloned();
    let is_stream = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
    if is_stream {
        return Ok(Stream::Events {
            response: Box::new(response),
            buffer: Vec::new(),
        });
    }
    let status = response.status();
    let text = response.text().await.unwrap_or_default();
    let answer = serde_json::from_str(&text).unwrap_or(Value::Null);
    Err(refusal(&answer).unwrap_or_else(|| cut(&format!("{status}: {text}"))))
}

fn cut(reason: &str) -> Said {
    Said::Closed {
        code: None,
        reason: reason.to_owned(),
    }
}

fn ping(text: &str) -> bool {
    serde_json::from_str::<Value>(text).is_ok_and(|message| message["type"] == "ping")
}

fn understand(text: &str) -> Option<Said> {
    let Ok(mut message) = serde_json::from_str::<Value>(text) else {
        return Some(cut(&format!("no JSON: {text}")));
    };
    match message["type"].as_str().unwrap_or_default() {
        "next" => Some(response(&mut message["payload"])),
        "error" => refusal(&json!({ "errors": message["payload"] })).or_else(|| Some(cut("error"))),
        "complete" => Some(Said::Complete),
        _ => None,
    }
}

fn response(payload: &mut Value) -> Said {
    refusal(payload).unwrap_or_else(|| Said::Item(payload["data"].take()))
}

fn refusal(answer: &Value) -> Option<Said> {
    let code = &answer.pointer("/errors/0")?["extensions"]["code"];
    Some(Said::Error {
        code: code.as_str().unwrap_or_default().to_owned(),
        text: answer.to_string(),
    })
}

/// The first event of `buffer` that is complete.
fn take_event(buffer: &mut Vec<u8>) -> Option<String> {
    let end = memchr::memmem::find(buffer, b"\n\n")? + 2;
    let event = buffer.drain(..end).collect::<Vec<_>>();
    Some(String::from_utf8_lossy(&event).into_owned())
}

/// Comments keep the connection alive and say nothing.
fn understand_event(event: &str) -> Option<Said> {
    let (mut name, mut data) = ("", "");
    for line in event.lines() {
        match line.split_once(':') {
            Some(("event", value)) => name = value.trim(),
            Some(("data", value)) => data = value.trim(),
            _ => {}
        }
    }
    match name {
        "next" => Some(match serde_json::from_str(data) {
            Ok(mut payload) => response(&mut payload),
            Err(_) => cut(&format!("no JSON: {data}")),
        }),
        "complete" => Some(Said::Complete),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Said, take_event, understand_event};

    #[test]
    fn events_are_taken_one_by_one() {
        let mut buffer =
            b": hello\n\nevent: next\nid: c1\ndata: {\"data\":{\"a\":1}}\n\nevent: com".to_vec();
        let comment = take_event(&mut buffer).unwrap();
        assert!(understand_event(&comment).is_none());
        let next = take_event(&mut buffer).unwrap();
        assert!(matches!(understand_event(&next), Some(Said::Item(data)) if data["a"] == 1));
        assert!(take_event(&mut buffer).is_none());
        buffer.extend(b"plete\ndata:\n\n");
        let complete = take_event(&mut buffer).unwrap();
        assert!(matches!(understand_event(&complete), Some(Said::Complete)));
    }
}
