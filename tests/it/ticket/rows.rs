//! Lists answer a row from memory where they can, and otherwise as everywhere: byte for byte the same.

use harness::{Client, TestServer};
use serde_json::json;

/// All that a row answers from memory.
const FIELDS: &str = "__typename id number reference externalId version subject status priority channel tags
  level { id rank name } requester { __typename id name } assignee { id name } organization { id name } team { id name }
  commentCount serviceLevel { state nextDueAt } createdAt updatedAt firstRepliedAt solvedAt closedAt
  lastComment { id excerpt visibility createdAt author { __typename ... on User { id name } ... on Machine { id name } ... on System { name } } }";

async fn ask(client: &Client, document: &str) -> String {
    let request = client.raw().await.json(&json!({ "query": document }));
    let answer = request.send().await.expect("an answer");
    answer.text().await.expect("a text")
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_from_memory_are_as_all_others() {
    let server = TestServer::start().await;
    let (requester, agent) = (server.requester(), server.agent());
    for builder in [
        server.ticket().tag("vpn").team(server.team()),
        server.ticket().assigned_to(&agent),
        server.ticket().team(server.external_team()),
        server.ticket().by(&server.stranger()).waiting(),
        server
            .ticket()
            .opened_by(&agent)
            .external_id("a-1")
            .solved(),
    ] {
        let ticket = builder.create().await;
        server.comment(&ticket).by(&agent).create().await;
    }
    let asked = server.ticket().create().await;
    server.comment(&asked).by(&requester).create().await;
    let discussed = server.ticket().create().await;
    server.comment(&discussed).by(&agent).create().await;
    server
        .comment(&discussed)
        .by(&agent)
        .internal()
        .create()
        .await;
    server.ticket().closed().create().await;
    // A key that stands twice is merged by the library, and so makes it resolve the row.
    let usual = format!("{{ tickets {{ nodes {{ {FIELDS} id }} }} }}");
    let plain = format!("{{ tickets {{ nodes {{ {FIELDS} }} }} }}");
    let fragments = format!(
        "{{ tickets {{ nodes {{ ...Row ... on Ticket {{ closedAt }} }} }} }} fragment Row on Ticket {{ {} }}",
        FIELDS.replace("closedAt", "")
    );
    let last = FIELDS.replace("closedAt", "") + " closedAt";
    let usual_last = format!("{{ tickets {{ nodes {{ {last} id }} }} }}");
    for client in [
        &requester,
        &agent,
        &server.external_agent(),
        &server.admin(),
    ] {
        // The first to ask fills the memory.
        let expected = ask(client, &usual).await;
        assert!(expected.contains("lastComment"), "{expected}");
        assert_eq!(ask(client, &plain).await, expected);
        assert_eq!(
            ask(client, &fragments).await,
            ask(client, &usual_last).await
        );
    }
}
