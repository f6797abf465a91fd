//! What concerns whom.

use harness::{Client, TestServer, global};
use serde_json::json;

use super::{Followed, change, follow, settle};

const NOTIFICATIONS: &str = "subscription ($after: String) { notifications(after: $after) {
  cursor kind ticket { number } entry { __typename actor { ... on User { name } } } } }";

async fn listen(who: &Client) -> Followed {
    follow(who, NOTIFICATIONS, json!({})).await
}

async fn kind(stream: &mut Followed) -> String {
    let item = stream.next().await;
    assert!(item["entry"]["actor"]["name"].is_string(), "{item}");
    item["kind"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_is_told_what_concerns_them() {
    let server = TestServer::start().await;
    let (rosa, agnes, lea) = (server.requester(), server.agent(), server.lead());
    let ticket = server.ticket().create().await;
    settle(&server).await;
    let mut requester = listen(&rosa).await;
    let mut agent = listen(&agnes).await;
    let mut lead = listen(&lea).await;
    let mut stranger = listen(&server.stranger()).await;

    // One's own doing is no news.
    change(&agnes, "claimTicket", &ticket, "").await;
    change(&agnes, "addComment", &ticket, "body: \"One moment\"").await;
    assert_eq!(kind(&mut requester).await, "COMMENTED");
    change(&rosa, "addComment", &ticket, "body: \"Well?\"").await;
    assert_eq!(kind(&mut agent).await, "COMMENTED");

    // Internal comments reach who is mentioned, and never the requester, mentioned or not.
    let body = format!(
        "body: \"[@Lea](user:{}) [@Rosa](user:{}) look\", visibility: INTERNAL",
        global(lea.user_id()),
        global(rosa.user_id())
    );
    change(&agnes, "addComment", &ticket, &body).await;
    assert_eq!(kind(&mut lead).await, "MENTIONED");
    let lead_id = format!("assigneeId: \"{}\"", global(lea.user_id()));
    change(&agnes, "assignTicket", &ticket, &lead_id).await;
    assert_eq!(kind(&mut lead).await, "ASSIGNED");
    change(&agnes, "followTicket", &ticket, "").await;
    change(&lea, "solveTicket", &ticket, "").await;
    assert_eq!(kind(&mut agent).await, "SOLVED");
    assert_eq!(kind(&mut requester).await, "SOLVED");
    change(&rosa, "addComment", &ticket, "body: \"It burns again\"").await;
    for stream in [&mut agent, &mut lead] {
        let kinds = [kind(stream).await, kind(stream).await];
        assert_eq!(kinds, ["COMMENTED", "REOPENED"]);
    }
    for stream in [&mut requester, &mut agent, &mut lead, &mut stranger] {
        assert!(stream.is_silent().await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_goes_on_where_one_was() {
    let server = TestServer::start().await;
    let (rosa, agnes) = (server.requester(), server.agent());
    let ticket = server.ticket().create().await;
    settle(&server).await;
    let start = server.app().feed.cursor(server.app().feed.head());
    for turn in 0..300 {
        change(&agnes, "addComment", &ticket, &format!("body: \"{turn}\"")).await;
    }
    let mut stream = follow(&rosa, NOTIFICATIONS, json!({ "after": start })).await;
    let mut cursors = Vec::new();
    for _ in 0..150 {
        let item = stream.next().await;
        assert_eq!(item["kind"], "COMMENTED");
        cursors.push(item["cursor"].as_str().unwrap().to_owned());
    }
    let mut stream = follow(&rosa, NOTIFICATIONS, json!({ "after": cursors.last() })).await;
    for _ in 0..150 {
        let cursor = stream.next().await["cursor"].as_str().unwrap().to_owned();
        assert!(!cursors.contains(&cursor));
        cursors.push(cursor);
    }
    assert!(stream.is_silent().await);
}
