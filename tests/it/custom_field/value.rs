//! What tickets hold in custom fields.

use harness::{TestServer, global};
use serde_json::{Value, json};

use super::{SHOWN, define, define_all, errors, fields, set};
use crate::ask::{mutate, outcome};

#[tokio::test(flavor = "multi_thread")]
async fn each_type_has_its_values() {
    let server = TestServer::start().await;
    define_all(&server).await;
    let values = fields(&[
        ("note", json!("It burns ")),
        ("floor", json!(3)),
        ("urgent", json!(true)),
        ("since", json!("2026-02-28")),
        ("site", json!("lyon")),
        ("parts", json!(["screen", "fan", "screen"])),
    ]);
    let input = json!({ "subject": "Smoke", "description": "Much", "customFields": values });
    let answer = mutate(&server.requester(), "createTicket", SHOWN, input).await;
    let held = &answer["data"]["createTicket"]["ticket"]["customFields"];
    let held: Vec<_> = held
        .as_array()
        .unwrap_or_else(|| panic!("{answer}"))
        .iter()
        .map(Value::to_string)
        .collect();
    insta::assert_snapshot!(held.join("\n"), @r#"
    {"__typename":"TextFieldValue","field":{"label":"NOTE","type":"TEXT"},"key":"note","text":"It burns","value":"It burns"}
    {"__typename":"NumberFieldValue","field":{"label":"FLOOR","type":"NUMBER"},"key":"floor","number":3.0,"value":3}
    {"__typename":"BooleanFieldValue","boolean":true,"field":{"label":"URGENT","type":"BOOLEAN"},"key":"urgent","value":true}
    {"__typename":"DateFieldValue","date":"2026-02-28","field":{"label":"SINCE","type":"DATE"},"key":"since","value":"2026-02-28"}
    {"__typename":"ChoiceFieldValue","choice":{"key":"lyon","label":"LYON"},"field":{"label":"SITE","type":"CHOICE"},"key":"site","value":"lyon"}
    {"__typename":"ChoicesFieldValue","choices":[{"key":"fan","label":"FAN"},{"key":"screen","label":"SCREEN"}],"field":{"label":"PARTS","type":"CHOICES"},"key":"parts","value":["screen","fan"]}
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_is_refused_with_its_place() {
    let server = TestServer::start().await;
    define_all(&server).await;
    let agent = server.agent();
    let ticket = server.ticket().create().await;
    for (key, value, expected) in [
        ("note", json!(1), "INVALID"),
        ("note", json!("  "), "REQUIRED"),
        ("note", json!("x".repeat(2_001)), "TOO_LONG"),
        ("floor", json!("3"), "INVALID"),
        ("floor", json!(1e10), "INVALID"),
        ("floor", json!(0.123_456_7), "INVALID"),
        ("urgent", json!("true"), "INVALID"),
        ("since", json!("2026-02-30"), "INVALID"),
        ("since", json!("+12026-02-01"), "INVALID"),
        ("site", json!("rome"), "INVALID"),
        ("site", json!(["lyon"]), "INVALID"),
        ("parts", json!("fan"), "INVALID"),
        ("parts", json!([]), "INVALID"),
        ("parts", json!(["fan", "wing"]), "INVALID"),
        ("parts", json!(["fan", 1]), "INVALID"),
    ] {
        let answer = set(&agent, &ticket, &[("floor", json!(2)), (key, value)]).await;
        assert_eq!(
            errors(&answer),
            [format!("{expected} customFields.1.value")],
            "{key}"
        );
    }
    let answer = set(
        &agent,
        &ticket,
        &[("colour", json!("red")), ("urgent", json!(0))],
    )
    .await;
    assert_eq!(
        errors(&answer),
        [
            "NOT_FOUND customFields.0.key",
            "INVALID customFields.1.value"
        ]
    );
    let input = json!({ "subject": " ", "description": "x", "customFields": fields(&[("urgent", json!(0))]) });
    let answer = mutate(&agent, "createTicket", SHOWN, input).await;
    assert_eq!(
        errors(&answer),
        ["REQUIRED subject", "INVALID customFields.0.value"]
    );
    let query = "query($id: ID!) { ticket(by: { id: $id }) { version customFields { key } } }";
    let now = agent.run(query, json!({ "id": global(ticket.id) })).await;
    assert_eq!(
        now["data"]["ticket"],
        json!({ "version": 1, "customFields": [] })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_older_than_its_field_is_untyped() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let ticket = server.ticket().create().await;
    let old = [("floor", json!("third")), ("free", json!({ "a": 1 }))];
    assert_eq!(outcome(&set(&agent, &ticket, &old).await), "ok");
    define_all(&server).await;
    // What is there may stay or go; the rest is for defined fields.
    let answer = set(&agent, &ticket, &[("free", json!(2))]).await;
    assert_eq!(errors(&answer), ["NOT_FOUND customFields.0.key"]);
    let answer = set(&agent, &ticket, &[("free", Value::Null)]).await;
    let held = &answer["data"]["editTicket"]["ticket"]["customFields"];
    assert_eq!(
        *held,
        json!([{ "__typename": "UntypedFieldValue", "key": "floor", "value": "third", "field": null }])
    );
    let answer = set(&agent, &ticket, &[("floor", json!(3))]).await;
    let held = &answer["data"]["editTicket"]["ticket"]["customFields"];
    assert_eq!(held[0]["number"], 3.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_without_a_required_field_is_not_solved() {
    let server = TestServer::start().await;
    let agent = server.agent();
    for (key, audience) in [("cause", "AGENTS"), ("site", "REQUESTERS_FILL")] {
        define(
            &server,
            json!({ "key": key, "type": "TEXT", "labelEn": key.to_uppercase(), "labelFr": "x",
            "isRequired": true, "audience": audience }),
        )
        .await;
    }
    let ticket = server.ticket().create().await;
    let solve = || json!({ "ticketId": global(ticket.id) });
    let status = "ticket { status }";
    let refused = mutate(&agent, "solveTicket", status, solve()).await;
    assert_eq!(
        errors(&refused),
        ["REQUIRED customFields.cause", "REQUIRED customFields.site"]
    );
    let message = &refused["data"]["solveTicket"]["userErrors"][0]["message"];
    assert_eq!(message, "“CAUSE” must be filled in before it is solved.");
    // A requester is asked for what they can fill, and hears of nothing else.
    let rosa = server.requester();
    let refused = mutate(&rosa, "solveTicket", status, solve()).await;
    assert_eq!(errors(&refused), ["REQUIRED customFields.site"]);

    let values = [("cause", json!("Dust")), ("site", json!("Lyon"))];
    assert_eq!(outcome(&set(&agent, &ticket, &values).await), "ok");
    let solved = mutate(&agent, "solveTicket", status, solve()).await;
    assert_eq!(solved["data"]["solveTicket"]["ticket"]["status"], "SOLVED");

    // What is archived is missed no more.
    let other = server.ticket().create().await;
    for key in ["cause", "site"] {
        let archive = json!({ "key": key, "isArchived": true });
        mutate(
            &server.admin(),
            "editCustomField",
            "customField { key }",
            archive,
        )
        .await;
    }
    let input = json!({ "ticketId": global(other.id) });
    assert_eq!(
        outcome(&mutate(&agent, "solveTicket", status, input).await),
        "ok"
    );
}
