//! Documents that are asked for by their hash: learned from clients, and listed by the operator.

mod bounds;
mod trusted;

use std::fmt::Write;
use std::time::Duration;

use chrono::TimeDelta;
use entity::persisted_document;
use harness::{Client, TestServer};
use reqwest::{RequestBuilder, Response, StatusCode, Url};
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value, json};

const NAME: &str = "query Name { viewer { name } }";
/// SHA-256 of it.
const HASH: &str = "5cc6569679f2bc75c4599f4cc2f2033a32531798d0b413d2407b794ed64fafad";

/// A stream that is refused says so at once.
const QUIET_FOR: Duration = Duration::from_millis(500);

/// SHA-256 of a document, as clients write it.
fn hash_of(text: &str) -> String {
    let hash = guichet::persisted::hash_of(text);
    hash.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("a string takes all");
        hex
    })
}

fn named(hash: &str) -> Value {
    json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } })
}

async fn send(client: &Client, body: &Value) -> Response {
    let request = client.raw().await.json(body);
    request.send().await.expect("the service answers")
}

async fn ask(client: &Client, body: Value) -> Value {
    send(client, &body).await.json().await.expect("JSON")
}

async fn get(client: &Client, parameters: &[(&str, String)]) -> RequestBuilder {
    let url = Url::parse_with_params("http://desk.test/graphql", parameters).expect("an address");
    let query = url.query().expect("parameters");
    client.get(&format!("/graphql?{query}")).await
}

async fn ask_by_hash(client: &Client) -> Value {
    ask(client, json!({ "extensions": named(HASH) })).await
}

async fn teach(client: &Client) -> Value {
    ask(client, json!({ "query": NAME, "extensions": named(HASH) })).await
}

fn code(answer: &Value) -> &str {
    let code = &answer["errors"][0]["extensions"]["code"];
    code.as_str().unwrap_or("ok")
}

/// A server of the same desk that has nothing in memory yet, a minute later.
async fn next_server(server: TestServer) -> TestServer {
    let then = server.now() + TimeDelta::minutes(1);
    let next = server.close().await.open().await;
    next.advance(then - next.now());
    next
}

async fn count(server: &TestServer) -> u64 {
    let all = persisted_document::Entity::find();
    all.count(&server.app().store.read).await.expect("a count")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_is_sent_once_and_then_asked_for_by_its_hash_on_any_server() {
    let one = TestServer::start().await;
    let agent = one.agent();
    let unknown = ask_by_hash(&agent).await;
    assert_eq!(code(&unknown), "PERSISTED_QUERY_NOT_FOUND");
    assert_eq!(unknown["errors"][0]["message"], "PersistedQueryNotFound");
    let expected = teach(&agent).await;
    assert_eq!(expected["data"]["viewer"]["name"], agent.user().name);
    assert_eq!(ask_by_hash(&agent).await, expected);
    assert_eq!(count(&one).await, 1);

    drop(agent);
    let two = next_server(one).await;
    assert_eq!(
        code(&ask_by_hash(&two.visitor()).await),
        "PERSISTED_QUERY_NOT_FOUND"
    );
    let lead = ask_by_hash(&two.lead()).await;
    assert_eq!(lead["data"]["viewer"]["name"], two.lead().user().name);
    // Once it is in memory it is anybody's; what it shows is not.
    assert_ne!(
        code(&ask_by_hash(&two.visitor()).await),
        "PERSISTED_QUERY_NOT_FOUND"
    );
    teach(&two.lead()).await;
    assert_eq!(count(&two).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_in_knows_them() {
    let one = TestServer::start().await;
    teach(&one.agent()).await;
    let two = next_server(one).await;
    let agent = two.agent();
    let mut socket = agent.open_socket().await;
    let payload = json!({ "extensions": named(HASH) });
    let subscribe = json!({ "id": "1", "type": "subscribe", "payload": payload });
    socket.send(subscribe).await;
    let answer = socket.next().await;
    assert_eq!(answer["type"], "next", "{answer}");
    assert_eq!(socket.next().await["type"], "complete");
    let payload = json!({ "extensions": named(&"0".repeat(64)) });
    socket
        .send(json!({ "id": "2", "type": "subscribe", "payload": payload }))
        .await;
    let answer = socket.next().await;
    assert_eq!(
        answer["payload"][0]["extensions"]["code"],
        "PERSISTED_QUERY_NOT_FOUND"
    );

    drop((socket, agent));
    let three = next_server(two).await;
    let request = get(&three.agent(), &[("extensions", named(HASH).to_string())]).await;
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(code(&answer), "ok", "{answer}");

    let follow = "subscription { notifications { cursor } }";
    let hash = "e5766ed4bcd469225624f99ece80fe3830a0116e203b4f9a8e3128fe54fcc1bc";
    let open = async |server: &TestServer, body: &Value| {
        let request = server
            .agent()
            .raw()
            .await
            .header("accept", "text/event-stream");
        request.json(body).send().await.unwrap()
    };
    let taught = open(
        &three,
        &json!({ "query": follow, "extensions": named(hash) }),
    )
    .await;
    assert_eq!(taught.status(), StatusCode::OK);
    drop(taught);
    let four = next_server(three).await;
    let mut followed = open(&four, &json!({ "extensions": named(hash) })).await;
    let refusal = tokio::time::timeout(QUIET_FOR, followed.chunk()).await;
    assert!(
        refusal.is_err(),
        "it is live, and nothing happens: {refusal:?}"
    );
    let unknown = open(&four, &json!({ "extensions": named(&"0".repeat(64)) })).await;
    let told = unknown.text().await.unwrap();
    assert!(told.contains("PERSISTED_QUERY_NOT_FOUND"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_ran_for_somebody_is_kept() {
    let server = TestServer::start().await;
    let visitor = server.visitor();
    teach(&visitor).await;
    assert_eq!(count(&server).await, 0, "a stranger's");
    assert_ne!(
        code(&ask_by_hash(&visitor).await),
        "PERSISTED_QUERY_NOT_FOUND"
    );

    let agent = server.agent();
    let wrong = "{ nothing }";
    let hash = "919c0b7aa452b0b2fb42688461501bb8b0c3ef3b9d05ce7b9afd4f28bbe96ceb";
    let answer = ask(&agent, json!({ "query": wrong, "extensions": named(hash) })).await;
    assert_eq!(code(&answer), "GRAPHQL_VALIDATION_FAILED");
    assert_eq!(count(&server).await, 0, "one that does not run");
    let full = ask(&agent, json!({ "query": NAME })).await;
    assert_eq!(code(&full), "ok");
    assert_eq!(count(&server).await, 0, "one that is not named");
    teach(&agent).await;
    assert_eq!(count(&server).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_fills_the_store() {
    let server = TestServer::start().await;
    let requester = server.requester();
    for number in 0..210 {
        let text = format!("query Q{number} {{ __typename }}");
        let hash = hash_of(&text);
        let answer = ask(
            &requester,
            json!({ "query": text, "extensions": named(&hash) }),
        )
        .await;
        assert_eq!(code(&answer), "ok");
    }
    assert_eq!(count(&server).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_is_refused() {
    let server = TestServer::start().await;
    let agent = server.agent();
    for (expected, body) in [
        (
            "PERSISTED_QUERY_MISMATCH",
            json!({ "query": "{ __typename }", "extensions": named(HASH) }),
        ),
        (
            "PERSISTED_QUERY_MISMATCH",
            json!({ "query": NAME, "extensions": named("abc") }),
        ),
        (
            "PERSISTED_QUERY_NOT_FOUND",
            json!({ "extensions": named("abc") }),
        ),
        (
            "PERSISTED_QUERY_NOT_FOUND",
            json!({ "extensions": named(&HASH.to_uppercase()) }),
        ),
        (
            "PERSISTED_QUERY_NOT_SUPPORTED",
            json!({ "query": NAME, "extensions": { "persistedQuery": { "version": 2, "sha256Hash": HASH } } }),
        ),
        (
            "BAD_REQUEST",
            json!({ "extensions": { "persistedQuery": { "version": 1 } } }),
        ),
        ("BAD_REQUEST", json!({ "extensions": named("") })),
        (
            "BAD_REQUEST",
            json!({ "extensions": named(&"a".repeat(129)) }),
        ),
        (
            "BAD_REQUEST",
            json!({ "extensions": { "persistedQuery": null } }),
        ),
        ("BAD_REQUEST", json!({ "extensions": {} })),
    ] {
        let answer = send(&agent, &body).await;
        let status = answer.status();
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(code(&answer), expected, "{body}");
        let is_told = expected.starts_with("PERSISTED");
        let status_expected = if is_told {
            StatusCode::OK
        } else {
            StatusCode::BAD_REQUEST
        };
        assert_eq!(status, status_expected, "{body}");
    }
    let mutation = "mutation M { signOut(input: {}) { userErrors { code } } }";
    let hash = "a20a1f5add837613747a218888a1777c42cfe1b4993b5994b697ff4095f74ecd";
    let parameters = [
        ("query", mutation.to_owned()),
        ("extensions", named(hash).to_string()),
    ];
    let request = get(&agent, &parameters).await;
    assert_eq!(
        request.send().await.unwrap().status(),
        StatusCode::METHOD_NOT_ALLOWED
    );
}
