//! Changes that are sent again under one key: each is done once, and answered alike every time.

mod killed;
mod once;
mod refused;
mod servers;
mod sight;

use harness::Client;
use serde_json::{Value, json};

const CREATE: &str = "mutation($input: CreateTicketInput!) { createTicket(input: $input) {
  ticket { id number subject requester { name } level { name } tags timeline(first: 5) { nodes { __typename } } }
  userErrors { code field } } }";

/// An answer to a request with a key.
#[derive(Clone, Debug, PartialEq)]
struct Answered {
    status: u16,
    is_replayed: bool,
    body: Value,
}

impl Answered {
    /// The code of the first error, or `ok`.
    fn code(&self) -> &str {
        let code = &self.body["errors"][0]["extensions"]["code"];
        code.as_str().unwrap_or("ok")
    }

    fn number(&self) -> i64 {
        let ticket = &self.body["data"]["createTicket"]["ticket"];
        ticket["number"].as_i64().expect("a ticket")
    }
}

/// Sends a document with its variables under a key.
async fn send(client: &Client, key: &str, document: &str, variables: Value) -> Answered {
    let body = json!({ "query": document, "variables": variables });
    let request = client.with_header("idempotency-key", key).raw().await;
    let answer = request.json(&body).send().await.expect("an answer");
    let replayed = answer.headers().get("idempotency-replayed");
    Answered {
        status: answer.status().as_u16(),
        is_replayed: replayed.is_some_and(|value| value == "true"),
        body: answer.json().await.expect("JSON"),
    }
}

/// Opens a ticket with this subject.
async fn create(client: &Client, key: &str, subject: &str) -> Answered {
    send(client, key, CREATE, input(subject)).await
}

fn input(subject: &str) -> Value {
    json!({ "input": { "subject": subject, "description": "It does not turn on.", "tags": ["screen"] } })
}

/// How many tickets the client sees.
async fn count(client: &Client) -> i64 {
    let answer = client
        .run("{ tickets(first: 1) { totalCount } }", json!({}))
        .await;
    let total = &answer["data"]["tickets"]["totalCount"];
    total.as_i64().expect("a number")
}
