//! GraphQL over HTTP, to whichever server answers.

use std::{
    net::{IpAddr, SocketAddr},
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::Context;
use serde_json::{Value, json};

/// Longer than the server lets a request take.
const TIME_OUT: Duration = Duration::from_secs(20);

/// The servers that clients know of, as a load balancer would list them.
#[derive(Clone, Debug, Default)]
pub struct Servers(Arc<RwLock<Vec<SocketAddr>>>);

impl Servers {
    pub fn set(&self, servers: Vec<SocketAddr>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = servers;
    }

    /// The server of a turn.
    pub fn at(&self, turn: usize) -> SocketAddr {
        let servers = self.0.read().unwrap_or_else(PoisonError::into_inner);
        servers[turn % servers.len()]
    }
}

/// Why there is no answer.
#[derive(Debug)]
pub enum Failure {
    /// Nobody knows whether it was done.
    Unreachable(String),
    /// The server said no: the code of the first error, and all that it said.
    Refused { code: String, answer: String },
}

impl std::fmt::Display for Failure {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unreachable(why) => write!(out, "unreachable: {why}"),
            Self::Refused { answer, .. } => write!(out, "refused: {answer}"),
        }
    }
}

impl std::error::Error for Failure {}

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    pub document: &'a str,
    pub variables: &'a Value,
    /// Under which it is done once, however often it is sent.
    pub key: Option<&'a str>,
}

/// An answer without errors.
#[derive(Debug)]
pub struct Answer {
    pub data: Value,
    /// All of it, byte by byte.
    pub text: String,
    /// Whether the server says that it gave it before.
    pub is_replayed: bool,
}

/// A client with connections of its own.
#[derive(Debug)]
pub struct Api {
    http: reqwest::Client,
    servers: Servers,
    turn: AtomicUsize,
}

impl Api {
    pub fn new(servers: &Servers, source: IpAddr, turn: usize) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .local_address(source)
            .timeout(TIME_OUT)
            .build()?;
        Ok(Self {
            http,
            servers: servers.clone(),
            turn: AtomicUsize::new(turn),
        })
    }

    /// Asks the same server as before; after a failure the next time another.
    pub async fn ask(
        &self,
        token: Option<&str>,
        document: &str,
        variables: &Value,
    ) -> Result<Value, Failure> {
        let request = Request {
            document,
            variables,
            key: None,
        };
        Ok(self.send(token, request).await?.data)
    }

    /// The same with the answer as it came.
    pub async fn send(&self, token: Option<&str>, request: Request<'_>) -> Result<Answer, Failure> {
        let turn = self.turn.load(Ordering::Relaxed);
        let answer = self.send_at(turn, token, request).await;
        if matches!(answer, Err(Failure::Unreachable(_))) {
            self.turn.store(turn + 1, Ordering::Relaxed);
        }
        answer
    }

    /// Asks the server of a turn.
    pub async fn send_at(
        &self,
        turn: usize,
        token: Option<&str>,
        request: Request<'_>,
    ) -> Result<Answer, Failure> {
        let server = self.servers.at(turn);
        let body = json!({ "query": request.document, "variables": request.variables });
        let mut asking = self
            .http
            .post(format!("http://{server}/graphql"))
            .header("content-type", "application/json")
            .header("accept", "application/json")
            .body(body.to_string());
        if let Some(token) = token {
            asking = asking.bearer_auth(token);
        }
        if let Some(key) = request.key {
            asking = asking.header("idempotency-key", key);
        }
        let lost = |error: reqwest::Error| Failure::Unreachable(error.to_string());
        let response = asking.send().await.map_err(lost)?;
        let is_replayed = response.headers().contains_key("idempotency-replayed");
        let text = response.text().await.map_err(lost)?;
        let mut answer: Value = serde_json::from_str(&text)
            .map_err(|_| Failure::Unreachable(format!("no JSON: {text}")))?;
        if let Some(error) = answer.pointer("/errors/0") {
            let code = error["extensions"]["code"].as_str().unwrap_or_default();
            return Err(match code {
                // What the server could not finish may have been done.
                "INTERNAL" | "UNAVAILABLE" | "TIMEOUT" => Failure::Unreachable(text),
                code => Failure::Refused {
                    code: code.to_owned(),
                    answer: text,
                },
            });
        }
        Ok(Answer {
            data: answer["data"].take(),
            text,
            is_replayed,
        })
    }
}

/// The text at a place of an answer.
pub fn text_at(answer: &Value, pointer: &str) -> anyhow::Result<String> {
    let text = answer.pointer(pointer).and_then(Value::as_str);
    Ok(text
        .with_context(|| format!("no {pointer} in {answer}"))?
        .to_owned())
}
