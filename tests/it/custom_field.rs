//! Custom fields: what they are, what tickets hold in them, and who knows of it.

mod definition;
mod filter;
mod known;
mod value;

use entity::ticket;
use harness::{Client, TestServer, global};
use serde_json::{Value, json};

use crate::ask::{mutate, outcome};

/// A field that the admin defines.
async fn define(server: &TestServer, input: Value) {
    let answer = mutate(
        &server.admin(),
        "createCustomField",
        "customField { key }",
        input,
    )
    .await;
    assert_eq!(outcome(&answer), "ok", "{answer}");
}

/// One of each type, filled by requesters too: `note`, `floor`, `urgent`, `since`, `site`, `parts`.
async fn define_all(server: &TestServer) {
    let choices = |keys: &[&str]| -> Value {
        let choice =
            |key: &&str| json!({ "key": key, "labelEn": key.to_uppercase(), "labelFr": key });
        keys.iter().map(choice).collect()
    };
    for (key, kind, keys) in [
        ("note", "TEXT", &[][..]),
        ("floor", "NUMBER", &[]),
        ("urgent", "BOOLEAN", &[]),
        ("since", "DATE", &[]),
        ("site", "CHOICE", &["lyon", "paris"]),
        ("parts", "CHOICES", &["fan", "disk", "screen"]),
    ] {
        let label = key.to_uppercase();
        let mut input = json!({ "key": key, "type": kind, "labelEn": label, "labelFr": key,
            "audience": "REQUESTERS_FILL" });
        if !keys.is_empty() {
            input["choices"] = choices(keys);
        }
        define(server, input).await;
    }
}

const SHOWN: &str = "ticket { version customFields { __typename key value field { label type }
    ... on TextFieldValue { text } ... on NumberFieldValue { number } ... on BooleanFieldValue { boolean }
    ... on DateFieldValue { date } ... on ChoiceFieldValue { choice { key label } }
    ... on ChoicesFieldValue { choices { key label } } } }";

fn fields(values: &[(&str, Value)]) -> Value {
    let field = |(key, value): &(&str, Value)| json!({ "key": key, "value": value });
    values.iter().map(field).collect()
}

/// Sets fields of a ticket.
async fn set(who: &Client, ticket: &ticket::Model, values: &[(&str, Value)]) -> Value {
    let input = json!({ "ticketId": global(ticket.id), "customFields": fields(values) });
    mutate(who, "editTicket", SHOWN, input).await
}

/// Code and path of each error.
fn errors(answer: &Value) -> Vec<String> {
    let payload = answer["data"].as_object().unwrap().values().next().unwrap();
    let errors = payload["userErrors"].as_array().unwrap().iter();
    let one = |error: &Value| {
        let path: Vec<_> = error["field"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(Value::as_str)
            .collect();
        format!("{} {}", error["code"].as_str().unwrap(), path.join("."))
    };
    errors.map(one).collect()
}
