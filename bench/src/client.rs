//! Clients that ask without a pause, each over a connection that it keeps.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use futures_util::future::try_join_all;
use serde_json::{Value, json};

use crate::workload::Workload;

const SIGN_IN: &str =
    "mutation SignIn($input: SignInInput!) { signIn(input: $input) { session { accessToken } } }";

/// A signed-in agent.
pub(crate) struct Client {
    address: String,
    token: String,
    /// Requests get different variables by this.
    turn: AtomicU64,
}

impl Client {
    pub(crate) async fn sign_in(address: &str, email: &str, password: &str) -> Result<Self> {
        let mut client = Self {
            address: address.to_owned(),
            token: String::new(),
            turn: AtomicU64::new(0),
        };
        let variables = json!({ "input": { "email": email, "password": password } });
        let body = json!({ "query": SIGN_IN, "variables": variables }).to_string();
        let text = client.ask(&reqwest::Client::new(), body).await?;
        let answer: Value = serde_json::from_str(&text)?;
        let token = answer.pointer("/data/signIn/session/accessToken");
        let token = token.and_then(Value::as_str);
        token
            .with_context(|| format!("no session: {text}"))?
            .clone_into(&mut client.token);
        Ok(client)
    }

    /// Asks once, and has the answer looked at closely.
    pub(crate) async fn check(&self, workload: &Workload) -> Result<()> {
        let text = self
            .ask(&reqwest::Client::new(), self.body(workload))
            .await?;
        let answer: Value = serde_json::from_str(&text)?;
        ensure!((workload.is_right)(&answer), "a wrong answer: {text}");
        Ok(())
    }

    /// Asks for a time; returns how many requests were answered.
    pub(crate) async fn ask_for(
        &self,
        length: Duration,
        connections: usize,
        workload: &Workload,
    ) -> Result<u64> {
        let end = Instant::now() + length;
        let loops = (0..connections).map(|_| self.ask_until(end, workload));
        Ok(try_join_all(loops).await?.iter().sum())
    }

    async fn ask_until(&self, end: Instant, workload: &Workload) -> Result<u64> {
        let http = reqwest::Client::new();
        let mut requests = 0;
        while Instant::now() < end {
            let text = self.ask(&http, self.body(workload)).await?;
            ensure!(!has_errors(&text), "an error: {text}");
            requests += 1;
        }
        Ok(requests)
    }

    fn body(&self, workload: &Workload) -> String {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        json!({ "query": workload.document, "variables": (workload.variables_of)(turn) })
            .to_string()
    }

    async fn ask(&self, http: &reqwest::Client, body: String) -> Result<String> {
        let mut request = http
            .post(&self.address)
            .header("content-type", "application/json")
            .body(body);
        if !self.token.is_empty() {
            request = request.bearer_auth(&self.token);
        }
        Ok(request.send().await?.error_for_status()?.text().await?)
    }
}

/// Errors stand first in an answer; what a person can put right stands in the payload.
fn has_errors(text: &str) -> bool {
    text.starts_with("{\"errors\"") || text.contains("\"userErrors\":[{")
}
