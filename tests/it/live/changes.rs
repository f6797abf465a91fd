//! What a queue's stream says, and to whom.

use entity::ticket::Priority;
use harness::{TestServer, global};
use serde_json::json;

use super::{QUEUE, change, follow, left, refused, settle, step};

#[tokio::test(flavor = "multi_thread")]
async fn tickets_enter_change_and_leave() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let before = server.ticket().priority(Priority::High).create().await;
    server.ticket().priority(Priority::Low).create().await;
    settle(&server).await;
    let filter = json!({ "filter": { "priority": { "in": ["HIGH", "URGENT"] } } });
    let mut queue = follow(&agent, QUEUE, filter).await;

    let new = server.ticket().priority(Priority::Urgent).create().await;
    assert_eq!(queue.step().await, step("ENTERED", &new, 2));
    change(&agent, "claimTicket", &new, "").await;
    // It opens and is claimed: one change, one step.
    assert_eq!(queue.step().await, step("UPDATED", &new, 2));
    change(&agent, "setTicketPriority", &before, "priority: LOW").await;
    assert_eq!(queue.step().await, left(1));
    change(&agent, "setTicketPriority", &before, "priority: NORMAL").await;
    change(&agent, "setTicketPriority", &before, "priority: HIGH").await;
    assert_eq!(queue.step().await, step("ENTERED", &before, 2));
    change(&agent, "addComment", &before, "body: \"One moment\"").await;
    assert_eq!(queue.step().await, step("UPDATED", &before, 2));
    assert!(queue.is_silent().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_sees_what_they_may() {
    let server = TestServer::start().await;
    settle(&server).await;
    let everything = || json!({ "filter": {} });
    let mut rosa = follow(&server.requester(), QUEUE, everything()).await;
    let mut stella = follow(&server.stranger(), QUEUE, everything()).await;
    let mut emil = follow(&server.external_agent(), QUEUE, everything()).await;
    let mut agnes = follow(&server.agent(), QUEUE, everything()).await;

    let ticket = server.ticket().create().await;
    assert_eq!(rosa.step().await, step("ENTERED", &ticket, 1));
    assert_eq!(agnes.step().await, step("ENTERED", &ticket, 1));

    // Of what only staff may know the requester hears nothing.
    let agent = server.agent();
    change(
        &agent,
        "addComment",
        &ticket,
        "body: \"Hm\", visibility: INTERNAL",
    )
    .await;
    assert_eq!(agnes.step().await, step("UPDATED", &ticket, 1));
    let team = format!("teamId: \"{}\"", global(server.external_team()));
    change(&agent, "assignTicket", &ticket, &team).await;
    assert_eq!(rosa.step().await, step("UPDATED", &ticket, 1));
    assert_eq!(emil.step().await, step("ENTERED", &ticket, 1));
    let team = format!("teamId: \"{}\"", global(server.team()));
    change(&agent, "assignTicket", &ticket, &team).await;
    assert_eq!(emil.step().await, left(0));
    assert!(stella.is_silent().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_queue_is_followed_by_who_may_use_it() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let create = "mutation { createQueue(input: { name: \"Mine\", filter: { assignee: { isMine: true } } }) { queue { id } } }";
    let answer = agent.run(create, json!({})).await;
    let id = answer["data"]["createQueue"]["queue"]["id"].clone();
    let ticket = server.ticket().create().await;
    settle(&server).await;
    let variables = || json!({ "queue": id });
    let mut queue = follow(&agent, QUEUE, variables()).await;
    change(&agent, "claimTicket", &ticket, "").await;
    assert_eq!(queue.step().await, step("ENTERED", &ticket, 1));

    let denied = refused(&server.lead(), QUEUE, variables()).await;
    assert_eq!(denied, "NOT_FOUND");
    let both = json!({ "queue": id, "filter": {} });
    for bad in [both, json!({})] {
        let refused = refused(&agent, QUEUE, bad).await;
        assert_eq!(refused, "BAD_USER_INPUT");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_is_followed_as_far_as_one_may_know() {
    const TICKET: &str = "subscription ($id: ID!) { ticketChanges(ticketId: $id) {
      ticket { version } entry { __typename actor { ... on User { name } } } } }";
    let server = TestServer::start().await;
    let (agent, rosa) = (server.agent(), server.requester());
    let ticket = server.ticket().create().await;
    server.ticket().create().await;
    settle(&server).await;
    let id = json!({ "id": global(ticket.id) });
    let mut desk = follow(&agent, TICKET, id.clone()).await;
    let mut own = follow(&rosa, TICKET, id.clone()).await;
    let stranger = refused(&server.stranger(), TICKET, id).await;
    assert_eq!(stranger, "NOT_FOUND");

    change(&agent, "tagTicket", &ticket, "add: [\"vpn\"]").await;
    change(
        &agent,
        "addComment",
        &ticket,
        "body: \"Hm\", visibility: INTERNAL",
    )
    .await;
    change(&rosa, "addComment", &ticket, "body: \"Well?\"").await;
    let kind = |item: serde_json::Value| item["entry"]["__typename"].as_str().map(str::to_owned);
    let mut kinds = Vec::new();
    for _ in 0..3 {
        kinds.extend(kind(desk.next().await));
    }
    assert_eq!(kinds, ["TagsEntry", "CommentEntry", "CommentEntry"]);
    let heard = own.next().await;
    assert_eq!(heard["entry"]["actor"]["name"], "Rosa Requester");
    assert!(own.is_silent().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn subjects_are_those_of_the_moment() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let ticket = server.ticket().subject("The printer burns").create().await;
    settle(&server).await;
    let start = server.app().feed.cursor(server.app().feed.head());
    for subject in [
        "The coffee machine burns",
        "The printer smokes",
        "All is well",
    ] {
        change(
            &agent,
            "editTicket",
            &ticket,
            &format!("subject: \"{subject}\""),
        )
        .await;
    }
    let filter = json!({ "subject": { "containsIgnoreCase": "printer" } });
    let variables = json!({ "filter": filter, "after": start });
    let mut queue = follow(&agent, QUEUE, variables).await;
    assert_eq!(queue.step().await, left(0));
    assert_eq!(queue.step().await, step("ENTERED", &ticket, 1));
    assert_eq!(queue.step().await, left(0));
}
