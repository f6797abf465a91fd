//! GraphQL over HTTP, to whichever server answers.

use std::{
    net::{IpAddr, SocketAddr},
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

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
        let turn = self.turn.load(Ordering::Relaxed);
        let server = self.servers.at(turn);
        let answer = self.ask_at(server, token, document, variables).await;
        if matches!(answer, Err(Failure::Unreachable(_))) {
            self.turn.store(turn + 1, Ordering::Relaxed);
        }
        answer
    }

    async fn ask_at(
        &self,
        server: SocketAddr,
        token: Option<&str>,
        document: &str,
        variables: &Value,
    ) -> Result<Value, Failure> {
        let mut request = self
            .http
            .post(format!("http://{server}/graphql"))
            .header("content-type", "application/json")
            .header("accept", "application/json")
            .body(json!({ "query": document, "variables": variables }).to_string());
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let lost = |error: reqwest::Error| Failure::Unreachable(error.to_string());
        let text = request.send().await.map_err(lost)?;
        let text = text.text().await.map_err(lost)?;
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
        Ok(answer["data"].take())
    }
}
