//! What may be run on a socket besides streams, and what may not.

use harness::TestServer;
use insta::assert_json_snapshot;
use serde_json::json;

/// Who asks, by their socket.
const AGENT: usize = 0;
const VISITOR: usize = 1;

#[tokio::test(flavor = "multi_thread")]
async fn queries_are_answered_once() {
    let server = TestServer::start().await;
    let mut socket = server.agent().open_socket().await;
    socket
        .subscribe("a \"b\"", "{ __typename }", json!({}))
        .await;
    assert_json_snapshot!(socket.next().await, @r#"
    {
      "id": "a \"b\"",
      "payload": {
        "data": {
          "__typename": "Query"
        }
      },
      "type": "next"
    }
    "#);
    assert_json_snapshot!(socket.next().await, @r#"
    {
      "id": "a \"b\"",
      "type": "complete"
    }
    "#);
    // The id is free again.
    socket
        .subscribe("a \"b\"", "{ __typename }", json!({}))
        .await;
    assert_eq!(socket.next().await["type"], "next");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_run_is_an_error_of_its_operation() {
    let server = TestServer::start().await;
    let mut sockets = [
        server.agent().open_socket().await,
        server.visitor().open_socket().await,
    ];
    let live = "subscription { queueChanges(filter: {}) { cursor } }";
    let twice = "subscription { queueChanges(filter: {}) { cursor } ...A } \
        fragment A on Subscription { b: queueChanges(filter: {}) { cursor } }";
    let deep = format!("{{ {} }}", "a { ".repeat(50));
    for (who, code, document) in [
        (AGENT, "GRAPHQL_PARSE_FAILED", "{"),
        (AGENT, "GRAPHQL_VALIDATION_FAILED", "{ nothing }"),
        (
            AGENT,
            "GRAPHQL_VALIDATION_FAILED",
            "subscription { nothing }",
        ),
        (AGENT, "GRAPHQL_VALIDATION_FAILED", twice),
        (
            AGENT,
            "GRAPHQL_VALIDATION_FAILED",
            "subscription { __typename }",
        ),
        (AGENT, "DOCUMENT_TOO_COMPLEX", &*deep),
        (
            AGENT,
            "BAD_REQUEST",
            "mutation { signOut(input: {}) { userErrors { code } } }",
        ),
        (VISITOR, "UNAUTHENTICATED", live),
        (
            AGENT,
            "RESYNC",
            "subscription { queueChanges(filter: {}, after: \"x\") { cursor } }",
        ),
        (
            AGENT,
            "NOT_FOUND",
            "subscription { queueChanges(queueId: \"que_00000000000000000000000000000000\") { cursor } }",
        ),
    ] {
        let socket = &mut sockets[who];
        socket.subscribe("1", document, json!({})).await;
        let message = socket.next().await;
        assert_eq!(message["type"], "error", "{document}: {message}");
        assert_eq!(
            message["payload"][0]["extensions"]["code"], code,
            "{document}: {message}"
        );
        assert_eq!(message["payload"][0]["extensions"]["requestId"], "test");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_runs_fifty_operations_and_each_id_once() {
    let server = TestServer::start().await;
    let mut socket = server.agent().open_socket().await;
    let live = "subscription { queueChanges(filter: {}) { cursor } }";
    for id in 0..50 {
        socket.subscribe(&id.to_string(), live, json!({})).await;
    }
    socket.subscribe("50", live, json!({})).await;
    let refused = socket.next().await;
    assert_eq!(
        (&refused["id"], &refused["type"]),
        (&json!("50"), &json!("error"))
    );
    assert_eq!(
        refused["payload"][0]["extensions"]["code"], "RATE_LIMITED",
        "{refused}"
    );

    socket.send(json!({ "id": "7", "type": "complete" })).await;
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert_eq!(server.visitor().gauge("live_operations").await, 49);
    assert_eq!(server.visitor().gauge("live_readers").await, 49);
    assert_eq!(server.visitor().gauge("live_groups").await, 1);
    socket.subscribe("7", live, json!({})).await;
    socket.subscribe("8", live, json!({})).await;
    assert_eq!(socket.closed().await, 4409);
}
