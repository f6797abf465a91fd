//! What is published of payloads, held against real ones: by as much of JSON Schema as the published one uses.

use std::{collections::BTreeSet, fs};

use entity::webhook_event::WebhookEvent;
use harness::{TestServer, global};
use sea_orm::{ActiveEnum, Iterable};
use serde_json::{Value, json};

use super::{change, desk, endpoint, receiver::Receiver};
use crate::{
    ask::{mutate, outcome},
    sources::root,
};

fn published() -> Value {
    let text = fs::read_to_string(root().join("docs/webhooks/event.v1.schema.json"));
    serde_json::from_str(&text.expect("the schema")).expect("JSON")
}

/// What is wrong with `value`; nothing where it is as `schema` says.
fn faults(whole: &Value, schema: &Value, value: &Value, path: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for (keyword, rule) in schema.as_object().expect("a schema") {
        match keyword.as_str() {
            "$schema" | "title" | "description" | "$defs" | "format" => {}
            "$ref" => {
                let pointer = rule.as_str().expect("a reference");
                let pointer = pointer.strip_prefix('#').expect("a reference inside");
                let target = whole.pointer(pointer).expect("what is referred to");
                faults.extend(self::faults(whole, target, value, path));
            }
            "const" if rule == value => {}
            "const" => faults.push(format!("{path} is {value}, not {rule}")),
            "enum" if rule.as_array().expect("values").contains(value) => {}
            "enum" => faults.push(format!("{path} is {value}, none of {rule}")),
            "type" => {
                let types = rule
                    .as_array()
                    .cloned()
                    .unwrap_or_else(|| vec![rule.clone()]);
                if !types.iter().any(|name| name == type_of(value)) {
                    faults.push(format!("{path} is {value}, not of type {rule}"));
                }
            }
            "minimum" => assert!(value.as_i64() >= rule.as_i64(), "{path}"),
            "required" => {
                let missing = rule.as_array().expect("names").iter();
                let missing =
                    missing.filter(|name| value.get(name.as_str().expect("a name")).is_none());
                faults.extend(missing.map(|name| format!("{path} has no {name}")));
            }
            "properties" => {
                for (name, inner) in rule.as_object().expect("properties") {
                    if let Some(found) = value.get(name) {
                        faults.extend(self::faults(whole, inner, found, &format!("{path}/{name}")));
                    }
                }
            }
            "additionalProperties" => {
                if rule == false {
                    let known = schema["properties"].as_object().expect("properties");
                    let fields = value
                        .as_object()
                        .into_iter()
                        .flat_map(|fields| fields.keys());
                    let unknown = fields.filter(|name| !known.contains_key(*name));
                    faults.extend(unknown.map(|name| format!("{path} has {name}")));
                }
            }
            "items" => {
                for (place, item) in value.as_array().into_iter().flatten().enumerate() {
                    faults.extend(self::faults(whole, rule, item, &format!("{path}/{place}")));
                }
            }
            "oneOf" => {
                let all: Vec<_> = rule
                    .as_array()
                    .expect("schemas")
                    .iter()
                    .map(|one| self::faults(whole, one, value, path))
                    .collect();
                if all.iter().filter(|faults| faults.is_empty()).count() != 1 {
                    faults.push(format!("{path} is not one of several: {all:?}"));
                }
            }
            other => panic!("{other} is not understood here"),
        }
    }
    faults
}

const fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[test]
fn the_schema_names_every_kind_of_event() {
    let schema = published();
    let words = schema["$defs"]["type"]["enum"].as_array().unwrap();
    let words: BTreeSet<_> = words
        .iter()
        .map(|word| word.as_str().unwrap().to_owned())
        .collect();
    let kinds: BTreeSet<_> = WebhookEvent::iter().map(|kind| kind.to_value()).collect();
    assert_eq!(words, kinds);
}

#[test]
fn what_is_wrong_is_found() {
    let schema = published();
    let good = json!({ "version": "v1", "type": "webhook.ping", "timestamp": "t", "data": { "endpointId": "whk_1" } });
    assert_eq!(faults(&schema, &schema, &good, ""), [""; 0]);
    for (pointer, wrong) in [
        ("/version", json!("v2")),
        ("/type", json!("ticket.exploded")),
        ("/timestamp", json!(5)),
        ("/data", json!({ "endpointId": 5 })),
        ("/data", json!({ "endpointId": "whk_1", "secret": "s" })),
        ("/data", json!({})),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).unwrap() = wrong;
        assert!(!faults(&schema, &schema, &bad, "").is_empty(), "{bad}");
    }
}

/// Changes of many kinds, each an event at least.
async fn change_much(server: &TestServer) {
    let (agent, admin) = (server.agent(), server.admin());
    let ticket = server
        .ticket()
        .tag("vpn")
        .team(server.team())
        .assigned_to(&agent)
        .create()
        .await;
    let other = server.ticket().create().await;
    let merged = server.ticket().create().await;
    let comment = server.comment(&ticket).internal().create().await;
    let of = |more: Value| {
        let mut input = more;
        input["ticketId"] = json!(global(ticket.id));
        input
    };
    for (who, mutation, input) in [
        (&agent, "editTicket", of(json!({ "subject": "Another" }))),
        (
            &agent,
            "editComment",
            json!({ "commentId": global(comment.id), "body": "b" }),
        ),
        (
            &agent,
            "setTicketPriority",
            of(json!({ "priority": "URGENT" })),
        ),
        (
            &agent,
            "tagTicket",
            of(json!({ "add": ["a"], "remove": ["vpn"] })),
        ),
        (
            &agent,
            "changeTicketLevel",
            of(json!({ "levelRank": 2, "reason": "r" })),
        ),
        (
            &agent,
            "waitTicket",
            of(json!({ "reason": "SCHEDULED", "until": "2026-12-01T00:00:00Z" })),
        ),
        (
            &agent,
            "linkTickets",
            of(json!({ "otherId": global(other.id), "kind": "RELATES_TO" })),
        ),
        (
            &agent,
            "mergeTicket",
            json!({ "ticketId": global(merged.id), "intoId": global(ticket.id) }),
        ),
        (&agent, "solveTicket", of(json!({}))),
        (&agent, "reopenTicket", of(json!({}))),
        (
            &agent,
            "createArticle",
            json!({ "title": "t", "body": "b", "locale": "en" }),
        ),
        (
            &agent,
            "setAvailability",
            json!({ "userId": agent.id(), "availability": "AWAY" }),
        ),
        (
            &admin,
            "createUser",
            json!({ "name": "New", "email": "new@desk.test" }),
        ),
        (&admin, "createOrganization", json!({ "name": "New" })),
        (&admin, "createTeam", json!({ "name": "New" })),
        (
            &admin,
            "setTeamAssignment",
            json!({ "teamId": global(server.team()), "assignment": "ROUND_ROBIN" }),
        ),
        (
            &admin,
            "createCustomField",
            json!({ "key": "floor", "labelEn": "Floor", "labelFr": "Étage", "type": "TEXT" }),
        ),
        (&admin, "editLevel", json!({ "rank": 1, "nameEn": "One" })),
        (
            &admin,
            "createCalendar",
            json!({ "name": "New", "timeZone": "Europe/Paris",
          "intervals": [{ "weekday": "MONDAY", "from": "09:00", "to": "17:00" }] }),
        ),
    ] {
        let answer = mutate(who, mutation, "__typename", input).await;
        assert_eq!(outcome(&answer), "ok", "{mutation}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn payloads_are_as_the_schema_says() {
    let server = desk().await;
    let receiver = Receiver::start().await;
    let told = endpoint(&server.admin(), &receiver, json!({})).await;
    change_much(&server).await;
    change(&server.admin(), "pingWebhookEndpoint", &told.id, json!({})).await;
    super::until(&server.admin(), &told.id, |state| {
        let counts = super::counts(state);
        !counts.contains_key("PENDING") && counts.get("DELIVERED") >= Some(&20)
    })
    .await;
    let schema = published();
    let mut kinds = BTreeSet::new();
    for one in receiver.received() {
        let body = one.json();
        let faults = faults(&schema, &schema, &body, "");
        assert!(faults.is_empty(), "{faults:#?} in {body:#}");
        kinds.insert(one.kind());
    }
    assert!(kinds.len() >= 20, "{kinds:?}");
}
