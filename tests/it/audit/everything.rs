//! Every mutation that administers leaves an entry; which those are is read from the schema.

use std::collections::{BTreeMap, BTreeSet};

use async_graphql::parser::{
    parse_schema,
    types::{TypeKind, TypeSystemDefinition},
};
use entity::{api_token::ApiScope, user::Role};
use guichet::policy::{self, Need};
use harness::{Client, PASSWORD, TestServer, newcomer};
use serde_json::{Value, json};

use super::{
    log,
    steps::{OTHER, steps},
    webhooks,
};
use crate::{
    ask::{mutate, outcome},
    totp::code_at,
};

/// The mutations that no token may, or only one for people, queues or administration.
fn administering() -> BTreeSet<String> {
    let mut found = BTreeSet::from(["signIn".to_owned()]);
    for definition in parse_schema(guichet::schema::sdl()).unwrap().definitions {
        let TypeSystemDefinition::Type(ty) = definition else {
            continue;
        };
        let TypeKind::Object(object) = &ty.node.kind else {
            continue;
        };
        if ty.node.name.node != "Mutation" {
            continue;
        }
        for field in &object.fields {
            let name = field.node.name.node.to_string();
            let is_administering = match policy::root_need(&name) {
                Some(Need::SignIn) | None => true,
                Some(Need::Scope(scope)) => matches!(
                    scope[0],
                    ApiScope::PeopleWrite
                        | ApiScope::AdministrationWrite
                        | ApiScope::QueuesWrite
                        | ApiScope::WebhooksWrite
                ),
                Some(Need::Either(_) | Need::Nothing) => false,
            };
            if is_administering {
                found.insert(name);
            }
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn every_mutation_that_administers_leaves_an_entry() {
    let server = TestServer::start().await;
    let mut steps = webhooks::steps();
    // What the admin does last ends their sign-in.
    steps.extend(self::steps(&server));
    let told: BTreeSet<String> = steps.iter().map(|(name, ..)| (*name).to_owned()).collect();
    assert_eq!(
        told,
        administering(),
        "each needs a step here, and an entry in the log"
    );

    let admin = server.admin();
    let reader = newcomer("Rita Reader", Role::Admin);
    let reader = server.add_person(reader).await;
    let mut ids = BTreeMap::new();
    for (mutation, selection, input, action) in steps {
        let by = if mutation == "signIn" {
            server.visitor()
        } else {
            admin.clone()
        };
        let before = count(&reader, action).await;
        let answer = mutate(&by, mutation, selection, filled(input, &ids)).await;
        assert_eq!(outcome(&answer), "ok", "{mutation}: {answer}");
        let payload = &answer["data"][mutation];
        if let Some(id) = find_id(payload).or_else(|| code_in(&server, payload)) {
            ids.insert(format!("${mutation}"), id);
        }
        // The first thing that the admin does signs in too; nothing else does.
        assert_eq!(
            count(&reader, action).await,
            before + 1,
            "{mutation}: {action}"
        );
    }
    // Nothing of what was said is in it.
    let whole = log(&reader, json!({})).await.to_string();
    for words in [OTHER, PASSWORD, "Newer", "new@desk.test", "gut_"] {
        assert!(!whole.contains(words), "{words} in {whole}");
    }
}

/// How often an action stands in the log.
async fn count(reader: &Client, action: &str) -> u64 {
    let document = "query($actions: [AuditAction!]) { auditLog(filter: { actions: $actions }, first: 1) { totalCount } }";
    let answer = reader.run(document, json!({ "actions": [action] })).await;
    answer["data"]["auditLog"]["totalCount"].as_u64().unwrap()
}

/// What an authenticator shows, or the first recovery code.
fn code_in(server: &TestServer, payload: &Value) -> Option<String> {
    let secret = payload["secret"].as_str();
    let code = secret.map(|secret| code_at(secret, server.now()));
    code.or_else(|| payload["recoveryCodes"][0].as_str().map(str::to_owned))
}

fn find_id(payload: &Value) -> Option<String> {
    match payload {
        Value::Object(fields) => fields.iter().find_map(|(name, value)| match value {
            Value::String(id) if name == "id" => Some(id.clone()),
            _ => find_id(value),
        }),
        _ => None,
    }
}

fn filled(mut input: Value, ids: &BTreeMap<String, String>) -> Value {
    for value in input.as_object_mut().unwrap().values_mut() {
        if let Some(id) = value.as_str().and_then(|name| ids.get(name)) {
            *value = json!(id);
        }
    }
    input
}
