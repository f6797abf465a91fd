//! Who knows of custom fields: in timelines, on live streams, anywhere.

use std::io::Cursor;

use chrono::TimeDelta;
use entity::ticket;
use guichet::import::{
    Options, import,
    reader::{Format, Rows},
    report::Report,
};
use harness::{Client, TestServer, global};
use sea_orm::EntityTrait;
use serde_json::{Value, json};

use super::{SHOWN, define, errors, fields, set};
use crate::{
    ask::{mutate, outcome},
    live::{QUEUE, follow, settle, step},
};

/// In every internal field's label and value.
const SECRET: &str = "quokka";

async fn define_both(server: &TestServer) {
    for (key, audience) in [
        ("quokka-field", "AGENTS"),
        ("seen", "REQUESTERS_SEE"),
        ("own", "REQUESTERS_FILL"),
    ] {
        let label = if audience == "AGENTS" {
            "quokka-label"
        } else {
            "Label"
        };
        define(
            server,
            json!({ "key": key, "type": "TEXT", "labelEn": label, "labelFr": label,
            "audience": audience }),
        )
        .await;
    }
}

const TICKET: &str = "query($id: ID!) { customFields(includeArchived: true) { key label }
    internal: node(id: \"fld_quokka-field\") { id }
    ticket(by: { id: $id }) { version updatedAt customFields { key value field { label } }
      timeline(first: 50) { totalCount nodes { __typename
        ... on CustomFieldsEntry { changes { field { key } before { value } after { value } } } } } } }";

async fn read(who: &Client, id: &str) -> Value {
    let mut answer = who.run(TICKET, json!({ "id": id })).await;
    assert_eq!(answer.get("errors"), None);
    answer["data"].take()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_the_staffs_never_reaches_a_requester() {
    const LIVE: &str = "subscription ($id: ID!) { ticketChanges(ticketId: $id) { ticket { version customFields { key value } }
        entry { __typename ... on CustomFieldsEntry { changes { after { value } } } } } }";
    let server = TestServer::start().await;
    let (agent, rosa) = (server.agent(), server.requester());
    define_both(&server).await;
    let ticket = server.ticket().create().await;
    let id = global(ticket.id);
    settle(&server).await;
    let before = read(&rosa, &id).await;
    let mut desk = follow(&agent, LIVE, json!({ "id": id })).await;
    let mut own = follow(&rosa, LIVE, json!({ "id": id })).await;
    let mut queue = follow(&agent, QUEUE, json!({ "filter": {} })).await;
    let mut rosas = follow(&rosa, QUEUE, json!({ "filter": {} })).await;

    for value in ["quokka-1", "quokka-2"] {
        assert_eq!(
            outcome(&set(&agent, &ticket, &[("quokka-field", json!(value))]).await),
            "ok"
        );
        assert_eq!(
            desk.next().await["entry"]["changes"][0]["after"]["value"],
            value
        );
        assert_eq!(queue.step().await, step("UPDATED", &ticket, 1));
    }
    // Not even the version or the time tells.
    assert_eq!(read(&rosa, &id).await, before);
    let both = [
        ("quokka-field", json!("quokka-3")),
        ("seen", json!("Seen")),
        ("own", json!("Own")),
    ];
    assert_eq!(outcome(&set(&agent, &ticket, &both).await), "ok");
    let heard = own.next().await;
    assert_eq!(
        heard["entry"]["changes"].as_array().map(Vec::len),
        Some(2),
        "{heard}"
    );
    assert!(!heard.to_string().contains(SECRET), "{heard}");
    assert_eq!(rosas.step().await, step("UPDATED", &ticket, 1));
    assert!(own.is_silent().await);
    assert!(rosas.is_silent().await);
    let seen = read(&rosa, &id).await;
    assert!(!seen.to_string().contains(SECRET), "{seen}");
    assert_eq!(
        seen["ticket"]["customFields"].as_array().map(Vec::len),
        Some(2)
    );
    assert_eq!(seen["ticket"]["version"], 2);
    let staff = read(&agent, &id).await;
    insta::assert_snapshot!(staff["ticket"]["timeline"].to_string(), @r#"{"nodes":[{"__typename":"TicketOpenedEntry"},{"__typename":"CustomFieldsEntry","changes":[{"after":{"value":"quokka-1"},"before":null,"field":{"key":"quokka-field"}}]},{"__typename":"CustomFieldsEntry","changes":[{"after":{"value":"quokka-2"},"before":{"value":"quokka-1"},"field":{"key":"quokka-field"}}]},{"__typename":"CustomFieldsEntry","changes":[{"after":{"value":"quokka-3"},"before":{"value":"quokka-2"},"field":{"key":"quokka-field"}}]},{"__typename":"CustomFieldsEntry","changes":[{"after":{"value":"Own"},"before":null,"field":{"key":"own"}},{"after":{"value":"Seen"},"before":null,"field":{"key":"seen"}}]}],"totalCount":5}"#);
}

/// What another system changed in the staff's fields is as little a requester's as what somebody changed here.
#[tokio::test(flavor = "multi_thread")]
async fn what_an_import_changes_is_known_to_whom_it_may() {
    const LIVE: &str =
        "subscription ($id: ID!) { ticketChanges(ticketId: $id) { entry { __typename } } }";
    const NOTIFICATIONS: &str = "subscription { notifications { kind } }";
    let server = TestServer::start().await;
    let (agent, rosa) = (server.agent(), server.requester());
    define_both(&server).await;
    import_fields(&server, json!({ "seen": "Seen" })).await;
    let ticket = ticket::Entity::find().one(&server.app().store.read).await;
    let ticket = ticket.unwrap().unwrap();
    let id = global(ticket.id);
    settle(&server).await;
    let count = "query($filter: TicketFilter) { tickets(filter: $filter) { totalCount } }";
    let filter = json!({ "filter": { "customFields": [{ "key": "seen", "isNull": false }] } });
    let found = agent.run(count, filter).await;
    assert_eq!(found["data"]["tickets"]["totalCount"], 1, "{found}");
    let before = read(&rosa, &id).await;
    let mut desk = follow(&agent, LIVE, json!({ "id": id })).await;
    let mut own = follow(&rosa, LIVE, json!({ "id": id })).await;
    let mut rosas = follow(&rosa, QUEUE, json!({ "filter": {} })).await;
    let mut told = follow(&rosa, NOTIFICATIONS, json!({})).await;

    server.advance(TimeDelta::minutes(1));
    let secret = json!({ "quokka-field": "quokka-1", "seen": "Seen" });
    import_fields(&server, secret).await;
    let heard = desk.next().await;
    assert_eq!(heard["entry"]["__typename"], "CustomFieldsEntry");
    assert_eq!(read(&rosa, &id).await, before);
    // Filters know of it.
    let filter =
        json!({ "filter": { "customFields": [{ "key": "quokka-field", "isNull": false }] } });
    let found = agent.run(count, filter).await;
    assert_eq!(found["data"]["tickets"]["totalCount"], 1, "{found}");

    let both = json!({ "quokka-field": "quokka-2", "seen": "Seen again" });
    import_fields(&server, both).await;
    assert_eq!(own.next().await["entry"]["__typename"], "CustomFieldsEntry");
    assert_eq!(rosas.step().await, step("UPDATED", &ticket, 1));
    for stream in [&mut own, &mut rosas, &mut told] {
        assert!(stream.is_silent().await);
    }
    let seen = read(&rosa, &id).await;
    assert!(!seen.to_string().contains(SECRET), "{seen}");
    let staff = read(&agent, &id).await;
    insta::assert_snapshot!(staff["ticket"]["timeline"].to_string(), @r#"{"nodes":[{"__typename":"TicketOpenedEntry"},{"__typename":"CustomFieldsEntry","changes":[{"after":{"value":"quokka-1"},"before":null,"field":{"key":"quokka-field"}}]},{"__typename":"CustomFieldsEntry","changes":[{"after":{"value":"quokka-2"},"before":{"value":"quokka-1"},"field":{"key":"quokka-field"}}]},{"__typename":"CustomFieldsEntry","changes":[{"after":{"value":"Seen again"},"before":{"value":"Seen"},"field":{"key":"seen"}}]}],"totalCount":4}"#);
}

/// A file with one ticket of Rosa's that has these fields.
async fn import_fields(server: &TestServer, fields: Value) {
    let row = json!({ "type": "ticket", "externalId": "1", "subject": "VPN", "requesterEmail": "rosa@desk.test",
        "customFields": fields });
    let rows = Rows::new(Cursor::new(row.to_string()), Format::JsonLines).unwrap();
    let mut report = Report::default();
    import(server.app(), rows, &Options::default(), &mut report, |_| {})
        .await
        .unwrap();
    assert_eq!(report.bad_lines, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fills_what_they_may() {
    let server = TestServer::start().await;
    define_both(&server).await;
    let rosa = server.requester();
    let ticket = server.ticket().create().await;
    let answer = set(
        &rosa,
        &ticket,
        &[
            ("own", json!("x")),
            ("seen", json!("x")),
            ("quokka-field", json!("x")),
            ("nothing", json!("x")),
        ],
    )
    .await;
    // What is hidden and what does not exist are alike.
    assert_eq!(
        errors(&answer),
        [
            "FORBIDDEN customFields.1.key",
            "NOT_FOUND customFields.2.key",
            "NOT_FOUND customFields.3.key"
        ]
    );
    let messages = &answer["data"]["editTicket"]["userErrors"];
    assert_eq!(messages[1]["message"], messages[2]["message"]);
    assert_eq!(
        outcome(&set(&rosa, &ticket, &[("own", json!("x"))]).await),
        "ok"
    );
    let input = json!({ "subject": "x", "description": "x", "customFields": fields(&[("quokka-field", json!("x"))]) });
    let answer = mutate(&rosa, "createTicket", SHOWN, input).await;
    assert_eq!(errors(&answer), ["NOT_FOUND customFields.0.key"]);
}

/// The audience of now decides, also of what was said before.
#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_becomes_the_staffs_is_gone_from_the_past_too() {
    let server = TestServer::start().await;
    define_both(&server).await;
    let (agent, rosa) = (server.agent(), server.requester());
    let ticket = server.ticket().create().await;
    set(&agent, &ticket, &[("seen", json!("quokka-seen"))]).await;
    let id = global(ticket.id);
    assert!(read(&rosa, &id).await.to_string().contains("quokka-seen"));
    let input = json!({ "key": "seen", "audience": "AGENTS" });
    mutate(
        &server.admin(),
        "editCustomField",
        "customField { key }",
        input,
    )
    .await;
    let seen = read(&rosa, &id).await;
    assert!(!seen.to_string().contains(SECRET), "{seen}");
}
