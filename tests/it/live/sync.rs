//! From a list to its stream without a gap, and from where nobody can go on.

use std::collections::BTreeSet;

use harness::TestServer;
use serde_json::{Value, json};

use super::{QUEUE, change, follow, refused, settle};

const LIST: &str = "{ tickets(first: 100) { syncCursor totalCount nodes { id syncCursor } } }";

fn ids_of(list: &Value) -> BTreeSet<String> {
    let nodes = list["nodes"].as_array().unwrap().iter();
    nodes
        .map(|node| node["id"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_and_its_stream_leave_no_gap() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let create = "mutation { createTicket(input: { subject: \"It burns\", description: \"!\" }) { ticket { id } } }";
    let rosa = server.requester();
    let writing = async {
        for _ in 0..40 {
            rosa.run(create, json!({})).await;
        }
    };
    let reading = async {
        let mut lists = Vec::new();
        for _ in 0..8 {
            lists.push(agent.run(LIST, json!({})).await["data"]["tickets"].take());
        }
        lists
    };
    let ((), lists) = tokio::join!(writing, reading);
    let last = agent.run(LIST, json!({})).await["data"]["tickets"].take();
    let all = ids_of(&last);
    assert_eq!(all.len(), 40);
    for list in lists {
        let mut ids = ids_of(&list);
        let variables = json!({ "filter": {}, "after": list["syncCursor"] });
        let mut queue = follow(&agent, QUEUE, variables).await;
        while ids != all {
            let item = queue.next().await;
            assert_eq!(item["kind"], "ENTERED");
            ids.insert(item["ticketId"].as_str().unwrap().to_owned());
            let count = usize::try_from(item["count"].as_u64().unwrap()).unwrap();
            assert!(count <= ids.len(), "{count} of {}", ids.len());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_and_its_stream_leave_no_gap() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let ticket = server.ticket().create().await;
    settle(&server).await;
    let document = format!(
        "{{ ticket(by: {{ number: {} }}) {{ syncCursor }} }}",
        ticket.number
    );
    let cursor = agent.run(&document, json!({})).await["data"]["ticket"]["syncCursor"].take();
    change(&agent, "addComment", &ticket, "body: \"One moment\"").await;
    let document = "subscription ($id: ID!, $after: String) {
      ticketChanges(ticketId: $id, after: $after) { entry { __typename } } }";
    let id = harness::global(ticket.id);
    let mut stream = follow(&agent, document, json!({ "id": id, "after": cursor })).await;
    assert_eq!(stream.next().await["entry"]["__typename"], "CommentEntry");
}

#[tokio::test(flavor = "multi_thread")]
async fn from_some_places_nobody_can_go_on() {
    let server = TestServer::start().await;
    let agent = server.agent();
    server.ticket().create().await;
    settle(&server).await;
    let feed = &server.app().feed;
    let mut ahead = feed.head();
    ahead.0 += 1;
    let cursors = [
        feed.cursor(ahead),
        "nonsense".to_owned(),
        String::new(),
        "AAAA".repeat(2_000),
    ];
    for cursor in cursors {
        let variables = json!({ "filter": {}, "after": cursor });
        assert_eq!(
            refused(&agent, QUEUE, variables).await,
            "RESYNC",
            "{cursor}"
        );
    }
    // Another life of the log: what was a place means nothing.
    let cursor = feed.cursor(feed.head());
    guichet::events::places::new_epoch(&server.app().store)
        .await
        .unwrap();
    let mut queue = follow(&agent, QUEUE, json!({ "filter": {} })).await;
    server.ticket().create().await;
    let failed = queue.0.failed().await;
    assert_eq!(failed[0]["extensions"]["code"], "RESYNC");
    let variables = json!({ "filter": {}, "after": cursor });
    assert_eq!(refused(&agent, QUEUE, variables).await, "RESYNC");
}
