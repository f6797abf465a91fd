//! Timelines: everything that happened to a ticket, and how much of it each may know.

use chrono::TimeDelta;
use entity::ticket;
use harness::{TestServer, global};
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::ask::{mutate, outcome};

const TIMELINE: &str = "query($id: ID!, $first: Int, $after: String) { ticket(by: { id: $id }) { timeline(first: $first, after: $after) { totalCount pageInfo { hasNextPage endCursor } nodes {
  __typename at actor { ... on User { name } ... on System { name } }
  ... on TicketEditedEntry { fields }
  ... on CommentEntry { comment { body visibility } }
  ... on CommentEditedEntry { comment { body } }
  ... on AssignmentEntry { isClaim teamAfter { name } assigneeAfter { name } }
  ... on LevelEntry { reason levelFrom: from { rank } levelTo: to { rank } }
  ... on PriorityEntry { priorityFrom: from priorityTo: to }
  ... on TagsEntry { added removed }
  ... on StatusEntry { from to isReopen waitingReason waitingUntil }
  ... on KnowledgeEntry { link { role article { title } } }
} } } }";

/// A ticket with one entry of each kind, a minute apart.
async fn eventful(server: &TestServer) -> ticket::Model {
    let agent = server.agent();
    let ticket = server.ticket().create().await;
    let new = json!({ "title": "Fire", "body": "Water", "locale": "en", "visibility": "INTERNAL" });
    let created = mutate(&agent, "createArticle", "article { id }", new).await;
    let article = created["data"]["createArticle"]["article"]["id"].clone();
    let comment = server
        .comment(&ticket)
        .internal()
        .body("Between us")
        .create()
        .await;
    for (mutation, input) in [
        (
            "editTicket",
            json!({ "subject": "Smoke", "customFields": [{ "key": "a", "value": 1 }] }),
        ),
        ("addComment", json!({ "body": "Hello" })),
        ("claimTicket", json!({})),
        ("assignTicket", json!({ "teamId": global(server.team()) })),
        (
            "changeTicketLevel",
            json!({ "levelRank": 2, "reason": "It spreads" }),
        ),
        ("setTicketPriority", json!({ "priority": "LOW" })),
        ("tagTicket", json!({ "add": ["fire"] })),
        (
            "waitTicket",
            json!({ "reason": "SCHEDULED", "until": "2026-11-24T09:00:00Z" }),
        ),
        (
            "linkKnowledge",
            json!({ "articleId": article, "role": "SOLUTION" }),
        ),
        ("solveTicket", json!({})),
        ("reopenTicket", json!({})),
    ] {
        server.advance(TimeDelta::minutes(1));
        let mut input = input;
        input["ticketId"] = json!(global(ticket.id));
        let answer = mutate(&agent, mutation, "__typename", input).await;
        assert_eq!(outcome(&answer), "ok", "{mutation}");
    }
    let edit = json!({ "commentId": global(comment.id), "body": "Still between us" });
    mutate(&agent, "editComment", "__typename", edit).await;
    ticket
}

fn lines(timeline: &Value) -> String {
    let entries = timeline["nodes"].as_array().unwrap().iter();
    let lines: Vec<_> = entries.map(Value::to_string).collect();
    format!("{}\n{}", timeline["totalCount"], lines.join("\n"))
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_see_all_that_happened() {
    let server = TestServer::start().await;
    let ticket = eventful(&server).await;
    let variables = json!({ "id": global(ticket.id), "first": 50 });
    let answer = server.lead().run(TIMELINE, variables).await;
    assert_snapshot!(lines(&answer["data"]["ticket"]["timeline"]), @r#"
    15
    {"__typename":"TicketOpenedEntry","actor":{"name":"Rosa Requester"},"at":"2026-11-23T09:00:00+00:00"}
    {"__typename":"CommentEntry","actor":{"name":"Agnes Agent"},"at":"2026-11-23T09:00:00+00:00","comment":{"body":"Still between us","visibility":"INTERNAL"}}
    {"__typename":"TicketEditedEntry","actor":{"name":"Agnes Agent"},"at":"2026-11-23T09:01:00+00:00","fields":["subject","customFields"]}
    {"__typename":"CommentEntry","actor":{"name":"Agnes Agent"},"at":"2026-11-23T09:02:00+00:00","comment":{"body":"Hello","visibility":"PUBLIC"}}
    {"__typename":"StatusEntry","actor":{"name":"Agnes Agent"},"at":"2026-11-23T09:02:00+00:00","from":"NEW","isReopen":false,"to":"OPEN","waitingReason":null,"waitingUntil":null}
    {"__typename":"AssignmentEntry","actor":{"name":"Agnes Agent"},"assigneeAfter":{"name":"Agnes Agent"},"at":"2026-11-23T09:03:00+00:00","isClaim":true,"teamAfter":null}
    {"__typename":"AssignmentEntry","actor":{"name":"Agnes Agent"},"assigneeAfter":{"name":"Agnes Agent"},"at":"2026-11-23T09:04:00+00:00","isClaim":false,"teamAfter":{"name":"Support"}}
    {"__typename":"LevelEntry","actor":{"name":"Agnes Agent"},"at":"2026-11-23T09:05:00+00:00","levelFrom":{"rank":1},"levelTo":{"rank":2},"reason":"It spreads"}
    {"__typename":"PriorityEntry","actor":{"name":"Agnes Agent"},"at":"2026-11-23T09:06:00+00:00","priorityFrom":"NORMAL","priorityTo":"LOW"}
    {"__typename":"TagsEntry","actor":{"name":"Agnes Agent"},"added":["fire"],"at":"2026-11-23T09:07:00+00:00","removed":[]}
    {"__typename":"StatusEntry","actor":{"name":"Agnes Agent"},"at":"2026-11-23T09:08:00+00:00","from":"OPEN","isReopen":false,"to":"WAITING","waitingReason":"SCHEDULED","waitingUntil":"2026-11-24T09:00:00+00:00"}
    {"__typename":"KnowledgeEntry","actor":{"name":"Agnes Agent"},"at":"2026-11-23T09:09:00+00:00","link":{"article":{"title":"Fire"},"role":"SOLUTION"}}
    {"__typename":"StatusEntry","actor":{"name":"Agnes Agent"},"at":"2026-11-23T09:10:00+00:00","from":"WAITING","isReopen":false,"to":"SOLVED","waitingReason":null,"waitingUntil":null}
    {"__typename":"StatusEntry","actor":{"name":"Agnes Agent"},"at":"2026-11-23T09:11:00+00:00","from":"SOLVED","isReopen":true,"to":"OPEN","waitingReason":null,"waitingUntil":null}
    {"__typename":"CommentEditedEntry","actor":{"name":"Agnes Agent"},"at":"2026-11-23T09:11:00+00:00","comment":{"body":"Still between us"}}
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn requesters_see_their_side() {
    let server = TestServer::start().await;
    let ticket = eventful(&server).await;
    let variables = json!({ "id": global(ticket.id), "first": 50 });
    let answer = server.requester().run(TIMELINE, variables).await;
    assert_snapshot!(lines(&answer["data"]["ticket"]["timeline"]), @r#"
    11
    {"__typename":"TicketOpenedEntry","actor":{"name":"Rosa Requester"},"at":"2026-11-23T09:00:00+00:00"}
    {"__typename":"TicketEditedEntry","actor":{"name":"Agnes Agent"},"at":"2026-11-23T09:01:00+00:00","fields":["subject","customFields"]}
    {"__typename":"CommentEntry","actor":{"name":"Agnes Agent"},"at":"2026-11-23T09:02:00+00:00","comment":{"body":"Hello","visibility":"PUBLIC"}}
    {"__typename":"StatusEntry","actor":{"name":"Agnes Agent"},"at":"2026-11-23T09:02:00+00:00","from":"NEW","isReopen":false,"to":"OPEN","waitingReason":null,"waitingUntil":null}
    {"__typename":"AssignmentEntry","actor":{"name":"Agnes Agent"},"assigneeAfter":{"name":"Agnes Agent"},"at":"2026-11-23T09:03:00+00:00","isClaim":true,"teamAfter":null}
    {"__typename":"AssignmentEntry","actor":{"name":"Agnes Agent"},"assigneeAfter":{"name":"Agnes Agent"},"at":"2026-11-23T09:04:00+00:00","isClaim":false,"teamAfter":{"name":"Support"}}
    {"__typename":"LevelEntry","actor":{"name":"Agnes Agent"},"at":"2026-11-23T09:05:00+00:00","levelFrom":{"rank":1},"levelTo":{"rank":2},"reason":null}
    {"__typename":"PriorityEntry","actor":{"name":"Agnes Agent"},"at":"2026-11-23T09:06:00+00:00","priorityFrom":"NORMAL","priorityTo":"LOW"}
    {"__typename":"StatusEntry","actor":{"name":"Agnes Agent"},"at":"2026-11-23T09:08:00+00:00","from":"OPEN","isReopen":false,"to":"WAITING","waitingReason":"SCHEDULED","waitingUntil":"2026-11-24T09:00:00+00:00"}
    {"__typename":"StatusEntry","actor":{"name":"Agnes Agent"},"at":"2026-11-23T09:10:00+00:00","from":"WAITING","isReopen":false,"to":"SOLVED","waitingReason":null,"waitingUntil":null}
    {"__typename":"StatusEntry","actor":{"name":"Agnes Agent"},"at":"2026-11-23T09:11:00+00:00","from":"SOLVED","isReopen":true,"to":"OPEN","waitingReason":null,"waitingUntil":null}
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_walk_through_the_pages_meets_everything_once() {
    let server = TestServer::start().await;
    let ticket = eventful(&server).await;
    for client in [server.requester(), server.agent()] {
        let whole = json!({ "id": global(ticket.id), "first": 50 });
        let whole =
            client.run(TIMELINE, whole).await["data"]["ticket"]["timeline"]["nodes"].clone();
        let mut walked = Vec::new();
        let mut after = Value::Null;
        loop {
            let variables = json!({ "id": global(ticket.id), "first": 3, "after": after });
            let page = client.run(TIMELINE, variables).await["data"]["ticket"]["timeline"].clone();
            walked.extend(page["nodes"].as_array().unwrap().clone());
            if page["pageInfo"]["hasNextPage"] != json!(true) {
                break;
            }
            after = page["pageInfo"]["endCursor"].clone();
        }
        assert_eq!(Value::Array(walked), whole);
    }
}
