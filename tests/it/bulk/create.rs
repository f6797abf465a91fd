//! Opening many tickets in one request.

use harness::TestServer;
use serde_json::{Value, json};

use crate::ask::mutate;

const ITEMS: &str = "results { ticket { number subject externalId } userErrors { code field } } userErrors { code field }";

async fn create(client: &harness::Client, tickets: Value) -> Value {
    let document = format!(
        "mutation($input: BulkCreateTicketsInput!) {{ bulkCreateTickets(input: $input) {{ {ITEMS} }} }}"
    );
    client
        .run(&document, json!({ "input": { "tickets": tickets } }))
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_one_does_not_stop_the_others() {
    let server = TestServer::start().await;
    let script = crate::token::token_of_machine(&server, &["TICKETS_WRITE", "PEOPLE_READ"]).await;
    let requester = server.requester().id();
    let ticket = |subject: &str, external_id: Option<&str>| json!({ "subject": subject, "description": "It is so.", "requesterId": requester, "externalId": external_id });
    let tickets = json!([
        ticket("One", Some("a")),
        ticket("", None),
        ticket("Three", Some("a")),
        ticket("Four", None)
    ]);
    let answer = create(&script, tickets).await;
    let items = answer["data"]["bulkCreateTickets"]["results"]
        .as_array()
        .unwrap_or_else(|| panic!("{answer}"));
    let shown: Vec<_> = items
        .iter()
        .map(|item| {
            (
                item["ticket"]["subject"].as_str(),
                item["userErrors"][0]["code"].as_str(),
                item["userErrors"][0]["field"][0].as_str(),
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            (Some("One"), None, None),
            (None, Some("REQUIRED"), Some("subject")),
            (None, Some("TAKEN"), Some("externalId")),
            (Some("Four"), None, None),
        ],
        "{answer}"
    );
    let list = script
        .run("{ tickets(first: 10) { totalCount } }", json!({}))
        .await;
    assert_eq!(list["data"]["tickets"]["totalCount"], 2);

    let many: Vec<_> = (0..101)
        .map(|number| ticket(&number.to_string(), None))
        .collect();
    let refused = create(&script, json!(many)).await;
    let refused = &refused["data"]["bulkCreateTickets"];
    assert_eq!(refused["results"], json!([]));
    assert_eq!(
        refused["userErrors"],
        json!([{ "code": "INVALID", "field": ["tickets"] }])
    );
    let hundred = create(&script, json!(many[..100])).await;
    assert_eq!(
        hundred["data"]["bulkCreateTickets"]["results"]
            .as_array()
            .unwrap()
            .len(),
        100
    );
    let one = mutate(
        &script,
        "createTicket",
        "ticket { number }",
        ticket("Next", None),
    )
    .await;
    assert!(
        one["data"]["createTicket"]["ticket"]["number"].is_number(),
        "{one}"
    );
}
