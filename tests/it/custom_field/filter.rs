//! Tickets by their custom fields, in lists and live.

use std::collections::BTreeSet;

use harness::TestServer;
use serde_json::{Value, json};

use super::{define_all, set};
use crate::{
    ask::{mutate, outcome},
    live::{QUEUE, follow, left, settle, step},
};

const TICKETS: &str =
    "query($filter: TicketFilter) { tickets(filter: $filter) { totalCount nodes { subject } } }";

#[tokio::test(flavor = "multi_thread")]
async fn each_comparator_finds_what_it_says() {
    let server = TestServer::start().await;
    define_all(&server).await;
    let agent = server.agent();
    let one = server.ticket().subject("one").create().await;
    let two = server.ticket().subject("two").create().await;
    server.ticket().subject("none").create().await;
    let values = |n: i32, is: bool, day: &str, site: &str, parts: &[&str]| {
        [
            ("note", json!("words")),
            ("floor", json!(n)),
            ("urgent", json!(is)),
            ("since", json!(day)),
            ("site", json!(site)),
            ("parts", json!(parts)),
        ]
    };
    set(
        &agent,
        &one,
        &values(-1, false, "2026-01-01", "lyon", &["fan"]),
    )
    .await;
    set(
        &agent,
        &two,
        &values(2, true, "2026-01-31", "paris", &["fan", "disk"]),
    )
    .await;
    let all = ["none", "one", "two"];
    for (key, test, expected) in [
        ("note", json!({ "isNull": false }), &["one", "two"][..]),
        ("note", json!({ "isNull": true }), &["none"]),
        ("floor", json!({ "number": { "eq": 2 } }), &["two"]),
        (
            "floor",
            json!({ "number": { "gte": -1, "lt": 2 } }),
            &["one"],
        ),
        (
            "floor",
            json!({ "number": { "gt": -1.5 } }),
            &["one", "two"],
        ),
        ("urgent", json!({ "boolean": true }), &["two"]),
        ("since", json!({ "date": { "gt": "2026-01-01" } }), &["two"]),
        (
            "since",
            json!({ "date": { "lte": "2026-01-31" } }),
            &["one", "two"],
        ),
        (
            "site",
            json!({ "choice": { "hasAny": ["lyon", "rome"] } }),
            &["one"],
        ),
        (
            "parts",
            json!({ "choice": { "hasAll": ["fan", "disk"] } }),
            &["two"],
        ),
        (
            "parts",
            json!({ "choice": { "hasNone": ["disk"] } }),
            &["none", "one"],
        ),
        ("parts", json!({}), &all),
        // A test of another type, and one of no field.
        ("site", json!({ "number": { "gte": -5 } }), &[]),
        ("nothing", json!({ "isNull": true }), &all),
        ("a\u{0}b", json!({ "isNull": false }), &[]),
    ] {
        let mut field = test.clone();
        field["key"] = json!(key);
        let filter = json!({ "filter": { "customFields": [field] } });
        let answer = agent.run(TICKETS, filter).await;
        let nodes = answer["data"]["tickets"]["nodes"].as_array();
        let nodes = nodes.unwrap_or_else(|| panic!("{answer}")).iter();
        let found: BTreeSet<_> = nodes.filter_map(|node| node["subject"].as_str()).collect();
        assert_eq!(found, expected.iter().copied().collect(), "{key} {test}");
        assert_eq!(answer["data"]["tickets"]["totalCount"], found.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requesters_cannot_ask() {
    let server = TestServer::start().await;
    define_all(&server).await;
    let filter =
        json!({ "not": { "or": [{ "customFields": [{ "key": "site", "isNull": true }] }] } });
    for who in [server.agent(), server.external_agent()] {
        let answer = who.run(TICKETS, json!({ "filter": filter })).await;
        assert_eq!(answer.get("errors"), None);
    }
    let answer = server
        .requester()
        .run(TICKETS, json!({ "filter": filter }))
        .await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
}

#[tokio::test(flavor = "multi_thread")]
async fn queues_follow_them_live() {
    let server = TestServer::start().await;
    define_all(&server).await;
    let agent = server.agent();
    let filter = json!({ "customFields": [{ "key": "floor", "number": { "gte": 2 } }] });
    let input = json!({ "name": "Upstairs", "filter": filter });
    let answer = mutate(&agent, "createQueue", "queue { id }", input).await;
    assert_eq!(outcome(&answer), "ok");
    let id = answer["data"]["createQueue"]["queue"]["id"].clone();
    let ticket = server.ticket().create().await;
    settle(&server).await;
    let mut queue = follow(&agent, QUEUE, json!({ "queue": id })).await;
    set(&agent, &ticket, &[("floor", json!(2.5))]).await;
    assert_eq!(queue.step().await, step("ENTERED", &ticket, 1));
    set(&agent, &ticket, &[("note", json!("Up there"))]).await;
    assert_eq!(queue.step().await, step("UPDATED", &ticket, 1));
    set(&agent, &ticket, &[("floor", Value::Null)]).await;
    assert_eq!(queue.step().await, left(0));
}
