//! Every mutation that administers leaves an entry; which those are is read from the schema.

use std::collections::{BTreeMap, BTreeSet};

use async_graphql::parser::{
    parse_schema,
    types::{TypeKind, TypeSystemDefinition},
};
use entity::{api_token::ApiScope, user::Role};
use guichet::policy::{self, Need};
use harness::{Client, PASSWORD, TestServer, global, newcomer};
use serde_json::{Value, json};

use super::log;
use crate::ask::{mutate, outcome};

const OTHER: &str = "another long password";

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
                    ApiScope::PeopleWrite | ApiScope::AdministrationWrite | ApiScope::QueuesWrite
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

/// What is done, in this order: the mutation, what of its payload has the id, its input, and what the log says. `$name`
/// stands for the id that the mutation of that name gave.
fn steps(server: &TestServer) -> Vec<(&'static str, &'static str, Value, &'static str)> {
    let (agent, team) = (server.agent().id(), global(server.team()));
    let always = json!([{ "weekday": "MONDAY", "from": "09:00", "to": "17:00" }]);
    let holiday = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20270714\r\nSUMMARY:Day\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    let texts = json!({ "nameEn": "Four", "nameFr": "Quatre", "descriptionEn": "d", "descriptionFr": "d", "rank": 4 });
    vec![
        (
            "signIn",
            "session { user { id } }",
            json!({ "email": "leo@desk.test", "password": PASSWORD }),
            "SIGN_IN",
        ),
        (
            "createUser",
            "user { id }",
            json!({ "name": "New", "email": "new@desk.test" }),
            "USER_CREATED",
        ),
        (
            "editUser",
            "user { id }",
            json!({ "userId": "$createUser", "name": "Newer" }),
            "USER_EDITED",
        ),
        (
            "setPassword",
            "user { id }",
            json!({ "userId": "$createUser", "password": OTHER }),
            "PASSWORD_CHANGED",
        ),
        (
            "disableUser",
            "user { id }",
            json!({ "userId": "$createUser" }),
            "USER_DISABLED",
        ),
        (
            "enableUser",
            "user { id }",
            json!({ "userId": "$createUser" }),
            "USER_ENABLED",
        ),
        (
            "editProfile",
            "user { id }",
            json!({ "name": "Ada A." }),
            "USER_EDITED",
        ),
        (
            "createOrganization",
            "organization { id }",
            json!({ "name": "New" }),
            "ORGANIZATION_CREATED",
        ),
        (
            "editOrganization",
            "organization { id }",
            json!({ "organizationId": "$createOrganization", "name": "Newer" }),
            "ORGANIZATION_EDITED",
        ),
        (
            "createTeam",
            "team { id }",
            json!({ "name": "New" }),
            "TEAM_CREATED",
        ),
        (
            "editTeam",
            "team { id }",
            json!({ "teamId": "$createTeam", "name": "Newer" }),
            "TEAM_EDITED",
        ),
        (
            "addTeamMember",
            "team { id }",
            json!({ "teamId": "$createTeam", "userId": agent }),
            "TEAM_MEMBER_ADDED",
        ),
        (
            "removeTeamMember",
            "team { id }",
            json!({ "teamId": "$createTeam", "userId": agent }),
            "TEAM_MEMBER_REMOVED",
        ),
        (
            "setTeamAssignment",
            "team { id }",
            json!({ "teamId": team, "assignment": "ROUND_ROBIN" }),
            "TEAM_ASSIGNMENT_SET",
        ),
        (
            "setAvailability",
            "user { id }",
            json!({ "userId": agent, "availability": "AWAY" }),
            "AVAILABILITY_SET",
        ),
        (
            "setCapacity",
            "user { id }",
            json!({ "userId": agent, "capacity": 3 }),
            "CAPACITY_SET",
        ),
        (
            "createQueue",
            "queue { id }",
            json!({ "name": "New", "filter": {}, "teamId": team }),
            "QUEUE_CREATED",
        ),
        (
            "editQueue",
            "queue { id }",
            json!({ "queueId": "$createQueue", "name": "Newer" }),
            "QUEUE_EDITED",
        ),
        (
            "deleteQueue",
            "__typename",
            json!({ "queueId": "$createQueue" }),
            "QUEUE_DELETED",
        ),
        (
            "createMacro",
            "macro { id }",
            json!({ "name": "New", "steps": [{ "reopen": {} }], "teamId": team }),
            "MACRO_CREATED",
        ),
        (
            "editMacro",
            "macro { id }",
            json!({ "macroId": "$createMacro", "name": "Newer" }),
            "MACRO_EDITED",
        ),
        (
            "deleteMacro",
            "__typename",
            json!({ "macroId": "$createMacro" }),
            "MACRO_DELETED",
        ),
        (
            "createCustomField",
            "customField { id }",
            json!({ "key": "floor", "labelEn": "Floor", "labelFr": "Étage", "type": "TEXT" }),
            "CUSTOM_FIELD_CREATED",
        ),
        (
            "editCustomField",
            "customField { id }",
            json!({ "key": "floor", "labelEn": "Storey" }),
            "CUSTOM_FIELD_EDITED",
        ),
        ("createLevel", "level { id }", texts, "LEVEL_CREATED"),
        (
            "editLevel",
            "level { id }",
            json!({ "rank": 4, "nameEn": "Quad" }),
            "LEVEL_EDITED",
        ),
        (
            "setLevelEscalation",
            "level { id }",
            json!({ "levelRank": 1, "onBreached": { "raiseToRank": 2 } }),
            "LEVEL_ESCALATION_SET",
        ),
        (
            "createCalendar",
            "calendar { id }",
            json!({ "name": "New", "timeZone": "Europe/Paris", "intervals": always }),
            "CALENDAR_CREATED",
        ),
        (
            "editCalendar",
            "calendar { id }",
            json!({ "calendarId": "$createCalendar", "name": "Newer" }),
            "CALENDAR_EDITED",
        ),
        (
            "importHolidays",
            "calendar { id }",
            json!({ "calendarId": "$createCalendar", "icalendar": holiday }),
            "CALENDAR_EDITED",
        ),
        (
            "createServiceLevelPolicy",
            "policy { id }",
            json!({ "name": "New", "levelRank": 1, "firstReply": "PT1H" }),
            "SERVICE_LEVEL_POLICY_CREATED",
        ),
        (
            "editServiceLevelPolicy",
            "policy { id }",
            json!({ "policyId": "$createServiceLevelPolicy", "name": "Newer" }),
            "SERVICE_LEVEL_POLICY_EDITED",
        ),
        (
            "deleteServiceLevelPolicy",
            "__typename",
            json!({ "policyId": "$createServiceLevelPolicy" }),
            "SERVICE_LEVEL_POLICY_DELETED",
        ),
        (
            "deleteCalendar",
            "__typename",
            json!({ "calendarId": "$createCalendar" }),
            "CALENDAR_DELETED",
        ),
        (
            "createMachine",
            "machine { id }",
            json!({ "name": "New" }),
            "USER_CREATED",
        ),
        (
            "editMachine",
            "machine { id }",
            json!({ "machineId": "$createMachine", "name": "Newer" }),
            "USER_EDITED",
        ),
        (
            "createApiToken",
            "apiToken { id }",
            json!({ "name": "n", "scopes": ["TICKETS_READ"], "machineId": "$createMachine" }),
            "API_TOKEN_CREATED",
        ),
        (
            "editApiToken",
            "apiToken { id }",
            json!({ "tokenId": "$createApiToken", "name": "m" }),
            "API_TOKEN_EDITED",
        ),
        (
            "rotateApiToken",
            "apiToken { id }",
            json!({ "tokenId": "$createApiToken" }),
            "API_TOKEN_ROTATED",
        ),
        (
            "revokeApiToken",
            "apiToken { id }",
            json!({ "tokenId": "$createApiToken" }),
            "API_TOKEN_REVOKED",
        ),
        (
            "changePassword",
            "user { id }",
            json!({ "currentPassword": PASSWORD, "newPassword": OTHER }),
            "PASSWORD_CHANGED",
        ),
        (
            "signOut",
            "endedSessions",
            json!({ "everywhere": true }),
            "SIGN_OUT_EVERYWHERE",
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_mutation_that_administers_leaves_an_entry() {
    let server = TestServer::start().await;
    let steps = steps(&server);
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
        if let Some(id) = find_id(&answer["data"][mutation]) {
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
