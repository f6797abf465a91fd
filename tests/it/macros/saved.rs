//! What can be saved as a macro, by whom, and who sees it.

use chrono::TimeDelta;
use entity::{ids::MacroId, ticket_macro};
use guichet::actor::Actor;
use harness::{Client, TestServer, global};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{errors, save};
use crate::ask::{mutate, outcome};

const SHOWN: &str = "macro { id name steps isPersonal team { name } viewerCan { edit delete } }";

async fn create(who: &Client, input: Value) -> Value {
    mutate(who, "createMacro", SHOWN, input).await
}

async fn names(who: &Client) -> Value {
    let answer = who.run("{ macros { name } }", json!({})).await;
    answer["data"]["macros"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn steps_are_kept_as_they_were_given() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let steps = json!([
        { "comment": { "body": "Hello\nagain", "visibility": "INTERNAL", "isSolution": false } },
        { "claim": "VIEWER" },
        { "assign": { "teamId": global(server.team()) } },
        { "assign": { "assigneeId": null } },
        { "changeLevel": { "levelRank": 2, "reason": "It spreads" } },
        { "setPriority": "URGENT" },
        { "tag": { "add": ["printer"] } },
        { "wait": { "reason": "SCHEDULED", "forHours": 24 } },
        { "reopen": {} },
        { "setCustomFields": [{ "key": "site", "value": { "a": null } }, { "key": "floor", "value": null }] },
        { "linkKnowledge": { "articleId": "art_unknown", "role": "SHARED" } },
        { "solve": { "comment": "Done" } },
    ]);
    let input = json!({ "name": " Whole ", "steps": steps });
    let answer = create(&agent, input).await;
    let made = &answer["data"]["createMacro"]["macro"];
    assert_eq!(made["name"], "Whole", "{answer}");
    assert_eq!(made["steps"], steps);
    assert_eq!(made["viewerCan"], json!({ "edit": true, "delete": true }));
    let look = "query($id: ID!) { node(id: $id) { id ... on Macro { steps isPersonal } } macros { steps } }";
    let seen = agent.run(look, json!({ "id": made["id"] })).await;
    let expected = json!({ "node": { "id": made["id"], "steps": steps, "isPersonal": true },
        "macros": [{ "steps": steps }] });
    assert_eq!(seen["data"], expected);

    let edited = json!({ "macroId": made["id"], "name": "Half", "steps": [{ "reopen": {} }] });
    let answer = mutate(&agent, "editMacro", SHOWN, edited).await;
    let shown = &answer["data"]["editMacro"]["macro"];
    assert_eq!(
        (&shown["name"], &shown["steps"]),
        (&json!("Half"), &json!([{ "reopen": {} }]))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_run_on_any_ticket_is_not_saved() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let kept = save(&agent, json!([{ "reopen": {} }])).await;
    let many: Value = (0..21).map(|_| json!({ "reopen": {} })).collect();
    let long = json!([{ "comment": { "body": "x".repeat(40_000) } }, { "reopen": { "comment": "y".repeat(40_000) } }]);
    for (steps, expected) in [
        (json!([]), "REQUIRED steps"),
        (many, "INVALID steps"),
        (long, "TOO_LONG steps"),
        (
            json!([{ "reopen": {} }, { "comment": { "body": " " } }]),
            "REQUIRED steps.1.body",
        ),
        (
            json!([{ "comment": { "body": "\u{0}" } }]),
            "INVALID steps.0.body",
        ),
        (
            json!([{ "changeLevel": { "levelRank": 1, "reason": "" } }]),
            "REQUIRED steps.0.reason",
        ),
        (
            json!([{ "tag": { "add": ["x".repeat(65)] } }]),
            "TOO_LONG steps.0.add",
        ),
        (
            json!([{ "wait": { "reason": "SCHEDULED" } }]),
            "REQUIRED steps.0.forHours",
        ),
        (
            json!([{ "wait": { "reason": "SCHEDULED", "forHours": 0 } }]),
            "INVALID steps.0.forHours",
        ),
        (
            json!([{ "wait": { "reason": "REQUESTER", "forHours": 1 } }]),
            "INVALID steps.0.forHours",
        ),
        (
            json!([{ "solve": { "comment": "" } }]),
            "REQUIRED steps.0.comment",
        ),
    ] {
        let input = json!({ "name": "Bad", "steps": steps });
        let answer = create(&agent, input).await;
        let found = errors(&answer["data"]["createMacro"]["userErrors"]);
        assert_eq!(found, [expected], "{answer}");
        let input = json!({ "macroId": kept, "steps": steps });
        let answer = mutate(&agent, "editMacro", SHOWN, input).await;
        assert_eq!(
            errors(&answer["data"]["editMacro"]["userErrors"]),
            [expected]
        );
    }
    // One step does one thing.
    for step in [
        json!({}),
        json!({ "claim": "VIEWER", "reopen": {} }),
        json!({ "closeTicket": {} }),
    ] {
        let answer = create(&agent, json!({ "name": "Bad", "steps": [step] })).await;
        assert!(!answer["errors"].is_null(), "{answer}");
    }
    assert_eq!(names(&agent).await, json!([{ "name": "Reply" }]));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_role_has_the_macros_it_may() {
    let server = TestServer::start().await;
    let (agent, lead, admin) = (server.agent(), server.lead(), server.admin());
    let steps = json!([{ "setPriority": "LOW" }]);
    let own = json!({ "name": "Own", "steps": steps });
    let ours = json!({ "name": "Ours", "steps": steps, "teamId": global(server.team()) });
    for (who, input, expected) in [
        (&server.requester(), &own, "FORBIDDEN"),
        (&server.requester(), &ours, "NOT_FOUND"),
        (&agent, &ours, "FORBIDDEN"),
        (&server.external_agent(), &ours, "NOT_FOUND"),
    ] {
        assert_eq!(outcome(&create(who, input.clone()).await), expected);
    }
    let personal = create(&agent, own).await["data"]["createMacro"]["macro"]["id"].take();
    let shared = create(&lead, ours).await["data"]["createMacro"]["macro"]["id"].take();
    let both = json!([{ "name": "Own" }, { "name": "Ours" }]);
    let team = json!([{ "name": "Ours" }]);
    for (who, expected) in [
        (&agent, &both),
        (&lead, &team),
        (&admin, &team),
        (&server.external_agent(), &json!([])),
        (&server.requester(), &json!([])),
    ] {
        assert_eq!(names(who).await, *expected);
    }
    let ticket = server.ticket().create().await;
    for (who, id, expected) in [
        (&lead, &personal, "NOT_FOUND"),
        (&admin, &personal, "NOT_FOUND"),
        (&agent, &shared, "FORBIDDEN"),
        (&server.external_agent(), &shared, "NOT_FOUND"),
        (&server.requester(), &shared, "NOT_FOUND"),
        (&server.requester(), &json!("mac_unknown"), "NOT_FOUND"),
    ] {
        let answer = mutate(
            who,
            "editMacro",
            SHOWN,
            json!({ "macroId": id, "name": "X" }),
        )
        .await;
        assert_eq!(outcome(&answer), expected, "{answer}");
        let answer = mutate(
            who,
            "deleteMacro",
            "deletedMacroId",
            json!({ "macroId": id }),
        )
        .await;
        assert_eq!(outcome(&answer), expected);
        let look = "query($id: ID!) { node(id: $id) { __typename } }";
        let seen = who.run(look, json!({ "id": id })).await;
        assert_eq!(seen["data"]["node"].is_null(), expected == "NOT_FOUND");
        let ran = outcome(&super::run(who, id, &ticket, None).await);
        let expected = if expected == "FORBIDDEN" {
            "ok"
        } else {
            expected
        };
        assert_eq!(ran, expected);
    }
    let to_team = json!({ "macroId": personal, "teamId": global(server.team()) });
    let answer = mutate(&agent, "editMacro", SHOWN, to_team).await;
    assert_eq!(outcome(&answer), "FORBIDDEN");
    for (who, id) in [(&agent, &personal), (&admin, &shared)] {
        let input = json!({ "macroId": id });
        let answer = mutate(who, "deleteMacro", "deletedMacroId", input.clone()).await;
        assert_eq!(&answer["data"]["deleteMacro"]["deletedMacroId"], id);
        let again = mutate(who, "deleteMacro", "deletedMacroId", input).await;
        assert_eq!(outcome(&again), "NOT_FOUND");
    }
}

/// More than are listed: the newest are, in the order in which they came.
#[tokio::test(flavor = "multi_thread")]
async fn of_too_many_the_newest_are_listed() {
    let server = TestServer::start().await;
    let agent = server.agent();
    save(&agent, json!([{ "reopen": {} }])).await;
    let app = server.app();
    let first = ticket_macro::Entity::find().one(&app.store.read).await;
    let first = first.unwrap().unwrap();
    let copies = (1..=200).map(|number| {
        let id = MacroId(Uuid::from_u128(number));
        let created_at = first.created_at + TimeDelta::seconds(i64::try_from(number).unwrap());
        let copy = ticket_macro::Model {
            id,
            name: number.to_string(),
            created_at,
            ..first.clone()
        };
        copy.into_active_model().reset_all()
    });
    let tx = app.begin(&Actor::System).await.unwrap();
    let insert = ticket_macro::Entity::insert_many(copies);
    insert.exec_without_returning(&*tx).await.unwrap();
    tx.commit().await.unwrap();
    let listed = names(&agent).await;
    let listed = listed.as_array().unwrap();
    assert_eq!(listed.len(), 200);
    assert_eq!(listed[0]["name"], "1");
    assert_eq!(listed[199]["name"], "200");
}
