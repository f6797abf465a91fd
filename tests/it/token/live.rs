//! Tokens on live streams: by socket and by server-sent events, and what ends them.

use std::time::Instant;

use harness::TestServer;
use serde_json::json;

use super::{SOON, code, machine, token};
use crate::ask::{mutate, outcome};

const LIVE: &str = "subscription { queueChanges(filter: {}) { kind ticket { subject } } }";

#[tokio::test(flavor = "multi_thread")]
async fn a_token_follows_a_queue_until_it_is_revoked() {
    let server = TestServer::start().await;
    let machine = machine(&server, "Mirror", "AGENT").await;
    let (id, script) = token(&server.admin(), Some(&machine), &["TICKETS_READ"]).await;
    let mut live = script.subscribe(LIVE, json!({})).await;
    let input = json!({ "subject": "Help", "description": "Help" });
    mutate(&server.requester(), "createTicket", "ticket { id }", input).await;
    assert_eq!(
        live.next().await["data"]["queueChanges"]["ticket"]["subject"],
        "Help"
    );
    let start = Instant::now();
    let input = json!({ "tokenId": id });
    mutate(&server.admin(), "revokeApiToken", "apiToken { id }", input).await;
    assert_eq!(live.socket().closed().await, 4401);
    assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn scopes_that_are_taken_away_end_streams() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let (id, script) = token(&agent, None, &["TICKETS_READ", "ARTICLES_READ"]).await;
    let mut live = script.subscribe(LIVE, json!({})).await;
    let start = Instant::now();
    let input = json!({ "tokenId": id, "scopes": ["ARTICLES_READ"] });
    let edited = mutate(&agent, "editApiToken", "apiToken { id }", input).await;
    assert_eq!(outcome(&edited), "ok");
    assert_eq!(live.failed().await[0]["extensions"]["code"], "RESYNC");
    assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
    // Whoever comes again has the scopes of now.
    live.socket().subscribe("2", LIVE, json!({})).await;
    let again = live.failed().await;
    assert_eq!(again[0]["extensions"]["code"], "FORBIDDEN", "{again}");
    assert_eq!(
        again[0]["extensions"]["missingScopes"],
        json!(["TICKETS_READ"])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_that_is_put_out_of_use_is_cut_off() {
    let server = TestServer::start().await;
    let machine = machine(&server, "Mirror", "AGENT").await;
    let (_, script) = token(&server.admin(), Some(&machine), &["TICKETS_READ"]).await;
    let mut live = script.subscribe(LIVE, json!({})).await;
    let input = json!({ "machineId": machine, "isActive": false });
    let edited = mutate(
        &server.admin(),
        "editMachine",
        "machine { isActive }",
        input,
    )
    .await;
    assert_eq!(
        edited["data"]["editMachine"]["machine"]["isActive"], false,
        "{edited}"
    );
    assert_eq!(live.socket().closed().await, 4401);
    let answer = script.run("{ tickets { totalCount } }", json!({})).await;
    assert_eq!(code(&answer), "UNAUTHENTICATED");
}

/// Tokens that see less do not join the streams of those that see more.
#[tokio::test(flavor = "multi_thread")]
async fn streams_are_shared_by_scope() {
    const COUNTS: &str = "subscription($id: ID!) { ticketChanges(ticketId: $id) { ticket { commentCount } entry { __typename } } }";
    let server = TestServer::start().await;
    let machine = machine(&server, "Mirror", "AGENT").await;
    let ticket = harness::global(server.ticket().create().await.id);
    let (admin, id) = (server.admin(), json!({ "id": ticket }));
    let (_, wide) = token(&admin, Some(&machine), &["COMMENTS_INTERNAL_READ"]).await;
    let (_, narrow) = token(&admin, Some(&machine), &["TICKETS_READ"]).await;
    let mut wide = wide.subscribe(COUNTS, id.clone()).await;
    let mut narrow = narrow.subscribe(COUNTS, id).await;
    for (body, visibility) in [("secret", "INTERNAL"), ("public", "PUBLIC")] {
        let input = json!({ "ticketId": ticket, "body": body, "visibility": visibility });
        let added = mutate(&server.agent(), "addComment", "comment { id }", input).await;
        assert_eq!(outcome(&added), "ok");
    }
    let seen = wide.next().await;
    assert_eq!(
        seen["data"]["ticketChanges"]["entry"]["__typename"],
        "CommentEntry"
    );
    assert_ne!(seen["data"]["ticketChanges"]["ticket"]["commentCount"], 0);
    let seen = narrow.next().await;
    assert_eq!(
        seen["data"]["ticketChanges"]["ticket"]["commentCount"], 1,
        "{seen}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn server_sent_events_take_tokens() {
    let server = TestServer::start().await;
    for (scope, expected) in [
        ("TICKETS_READ", "text/event-stream"),
        ("AUDIT_READ", "FORBIDDEN"),
    ] {
        let script = super::token_of_machine(&server, &[scope]).await;
        let request = script.raw().await.header("accept", "text/event-stream");
        let mut response = request
            .json(&json!({ "query": LIVE }))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200);
        let mut told = response.headers()["content-type"]
            .to_str()
            .unwrap()
            .to_owned();
        if scope == "AUDIT_READ" {
            let chunk = response.chunk().await.unwrap().unwrap();
            told = String::from_utf8(chunk.to_vec()).unwrap();
        }
        assert!(told.contains(expected), "{told}");
    }
}
