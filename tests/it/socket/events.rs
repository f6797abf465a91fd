//! Server-sent events: the same streams over plain HTTP.

use std::time::Duration;

use harness::{Client, TestServer};
use serde_json::{Value, json};

const LIVE: &str =
    "subscription($after: String) { queueChanges(filter: {}, after: $after) { kind } }";

async fn ask(client: &Client, accept: &str, document: &str) -> reqwest::Response {
    let body = json!({ "query": document });
    let request = client.raw().await.header("accept", accept).json(&body);
    request.send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_accepts_events_alone_gets_them_for_queries_too() {
    let server = TestServer::start().await;
    let response = ask(&server.agent(), "text/event-stream", "{ __typename }").await;
    assert_eq!(response.status(), 200);
    assert_eq!(
        response.headers()["content-type"],
        "text/event-stream; charset=utf-8"
    );
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert_eq!(
        response.text().await.unwrap(),
        "event: next\ndata: {\"data\":{\"__typename\":\"Query\"}}\n\nevent: complete\ndata:\n\n"
    );

    // As urql asks.
    let all = "application/graphql-response+json, application/json, text/event-stream";
    let response = ask(&server.agent(), all, "{ __typename }").await;
    assert_eq!(
        response.text().await.unwrap(),
        r#"{"data":{"__typename":"Query"}}"#
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_run_is_told_in_the_stream_and_bad_tokens_by_the_status() {
    let server = TestServer::start().await;
    let agent = server.agent();
    for (client, code, document) in [
        (&agent, "GRAPHQL_PARSE_FAILED", "{"),
        (&agent, "GRAPHQL_VALIDATION_FAILED", "{ nothing }"),
        (
            &agent,
            "GRAPHQL_VALIDATION_FAILED",
            "subscription { nothing }",
        ),
        (&server.visitor(), "UNAUTHENTICATED", LIVE),
        (
            &agent.with_header("last-event-id", "forged"),
            "RESYNC",
            LIVE,
        ),
    ] {
        let response = ask(client, "text/event-stream", document).await;
        assert_eq!(response.status(), 200, "{document}");
        let text = response.text().await.unwrap();
        let (next, complete) = text.split_once("\n\n").unwrap();
        let data: Value =
            serde_json::from_str(next.strip_prefix("event: next\ndata: ").unwrap()).unwrap();
        assert_eq!(
            data["errors"][0]["extensions"]["code"], code,
            "{document}: {data}"
        );
        assert_eq!(complete, "event: complete\ndata:\n\n");
    }
    let mutation = "mutation { signOut(input: {}) { userErrors { code } } }";
    for (status, client, document) in [
        (401, server.visitor().with_token("x"), LIVE),
        (400, agent.clone(), mutation),
    ] {
        let response = ask(&client, "text/event-stream", document).await;
        assert_eq!(response.status(), status);
    }
    let response = ask(&agent, "application/json", LIVE).await;
    assert_eq!(response.status(), 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_lives_until_its_right_ends() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let mut response = ask(&agent, "text/event-stream", LIVE).await;
    assert_eq!(agent.gauge("live_readers").await, 1);
    assert_eq!(agent.gauge("live_connections").await, 1);
    agent
        .run(
            "mutation { signOut(input: {}) { userErrors { code } } }",
            json!({}),
        )
        .await;
    let mut text = String::new();
    let reading = async {
        while let Some(chunk) = response.chunk().await.unwrap() {
            text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    };
    tokio::time::timeout(Duration::from_secs(3), reading)
        .await
        .unwrap();
    assert!(text.contains("UNAUTHENTICATED"), "{text}");
    assert!(text.ends_with("event: complete\ndata:\n\n"), "{text}");
    assert_eq!(agent.gauge("live_connections").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_leaves_nothing_behind() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let response = ask(&agent, "text/event-stream", LIVE).await;
    assert_eq!(agent.gauge("live_groups").await, 1);
    drop(response);
    while agent.gauge("live_connections").await > 0 || agent.gauge("live_groups").await > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
