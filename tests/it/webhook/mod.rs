//! Webhooks: what is told, to whom, how often, and what happens where nobody listens. Receivers are real.

mod administration;
mod addresses;
mod cleaning;
mod failing;
mod killed;
mod quiet;
mod receiver;
mod replay;
mod rights;
mod schema;
mod telling;

use std::{collections::BTreeMap, time::Duration};

use harness::{Client, TestServer};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::ask::{mutate, outcome};
use receiver::Receiver;

/// Receivers of tests listen on the loopback.
const SETTINGS: [(&str, &str); 1] = [("GUICHET_WEBHOOKS_ALLOW_CIDRS", "127.0.0.0/8")];
/// What comes at once comes within this, on a machine that does other things besides.
const WITHIN: Duration = Duration::from_secs(30);
/// How long nothing is to be waited for before it counts as nothing: more than a look of the server.
const QUIET: Duration = Duration::from_millis(1_500);
const ENDPOINT: &str = "secret endpoint { id }";
const DELIVERIES: &str = "query($id: ID!) { webhookEndpoint(id: $id) { isEnabled disabledReason failingSince lostEventCount isReplaying
  deliveries(first: 100) { totalCount nodes { id webhookId event state begunAt finishedAt nextAttemptAt attempts { at httpStatus problem } } } } }";

async fn desk() -> TestServer {
    TestServer::start_with(&SETTINGS).await
}

/// An endpoint and what verifies its requests.
struct Endpoint {
    id: String,
    secret: String,
}

/// An endpoint at this receiver, with more of the input.
async fn endpoint(who: &Client, receiver: &Receiver, more: Value) -> Endpoint {
    let mut input = json!({ "url": receiver.url() });
    let more = more.as_object().expect("an input").clone();
    input.as_object_mut().expect("an input").extend(more);
    let answer = mutate(who, "createWebhookEndpoint", ENDPOINT, input).await;
    assert_eq!(outcome(&answer), "ok", "{answer}");
    let made = &answer["data"]["createWebhookEndpoint"];
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    Endpoint {
        id: text(&made["endpoint"]["id"]),
        secret: text(&made["secret"]),
    }
}

/// Does something to an endpoint; its answer.
async fn change(who: &Client, mutation: &str, id: &str, more: Value) -> Value {
    let mut input = json!({ "endpointId": id });
    let more = more.as_object().expect("an input").clone();
    input.as_object_mut().expect("an input").extend(more);
    mutate(who, mutation, "__typename", input).await
}

/// How an endpoint and its deliveries are.
async fn state(who: &Client, id: &str) -> Value {
    let mut answer = who.run(DELIVERIES, json!({ "id": id })).await;
    assert!(answer["errors"].is_null(), "{answer}");
    answer["data"]["webhookEndpoint"].take()
}

/// Waits until an endpoint is as it should be.
async fn until(who: &Client, id: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    let begun = Instant::now();
    loop {
        let state = state(who, id).await;
        if is_so(&state) {
            return state;
        }
        assert!(begun.elapsed() < WITHIN, "still {state}");
        sleep(Duration::from_millis(20)).await;
    }
}

fn deliveries(state: &Value) -> &Vec<Value> {
    let nodes = state["deliveries"]["nodes"].as_array();
    nodes.expect("deliveries")
}

/// How many deliveries there are of each state.
fn counts(state: &Value) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for delivery in deliveries(state) {
        let state = delivery["state"].as_str().expect("a state");
        *counts.entry(state).or_default() += 1;
    }
    counts
}
