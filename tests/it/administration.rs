//! Administering people: what they are, whether they may come in, their passwords.

use std::time::{Duration, Instant};

use entity::user::Role;
use harness::{Client, PASSWORD, TestServer, global, newcomer};
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::ask::{Answers, mutate, outcome};

const USER: &str =
    "user { name role locale timeZone isActive organization { name } teams { name } }";
const LIVE: &str = "subscription { queueChanges(filter: {}) { kind } }";
const OTHER: &str = "another long password";
/// What `safety.md` promises, and a little for a busy machine.
const SOON: Duration = Duration::from_millis(2_500);

async fn sign_in(server: &TestServer, email: &str, password: &str) -> String {
    let input = json!({ "email": email, "password": password });
    let answer = mutate(&server.visitor(), "signIn", "session { expiresAt }", input).await;
    outcome(&answer)
}

async fn viewer(who: &Client) -> Value {
    let answer = who.run("{ viewer { name } }", json!({})).await;
    answer.pointer("/data/viewer").cloned().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_edits_people() {
    let server = TestServer::start().await;
    let (admin, agent) = (server.admin(), server.agent());
    let (organization, vendor) = (
        global(server.organization()),
        global(server.external_team()),
    );
    let mut answers = Answers::default();
    for (name, who, change) in [
        (
            "name and language",
            &agent,
            json!({ "name": " Agathe  Agent ", "locale": "fr" }),
        ),
        ("nothing", &agent, json!({})),
        (
            "teams and time zone",
            &agent,
            json!({ "teamIds": [vendor], "timeZone": "Europe/Paris" }),
        ),
        (
            "requesters have no teams",
            &agent,
            json!({ "role": "REQUESTER", "teamIds": [vendor] }),
        ),
        (
            "to requester",
            &agent,
            json!({ "role": "REQUESTER", "organizationId": organization }),
        ),
        (
            "out of the organization",
            &agent,
            json!({ "organizationId": null }),
        ),
        (
            "all wrong",
            &agent,
            json!({ "name": "", "locale": "de", "timeZone": "Paris" }),
        ),
        ("nowhere", &agent, json!({ "organizationId": "org_x" })),
        (
            "no team",
            &agent,
            json!({ "role": "AGENT", "teamIds": ["tea_x"] }),
        ),
        ("the last admin", &admin, json!({ "role": "LEAD" })),
    ] {
        let mut input = change;
        input["userId"] = json!(who.id());
        answers.add(
            name,
            &mutate(&admin, "editUser", USER, input).await["data"]["editUser"],
        );
    }
    let nobody = json!({ "userId": "usr_x", "name": "Nobody" });
    answers.add(
        "nobody",
        &mutate(&admin, "editUser", USER, nobody).await["data"]["editUser"],
    );
    assert_snapshot!(answers, @r#"
    name and language: {"user":{"isActive":true,"locale":"fr","name":"Agathe Agent","organization":null,"role":"AGENT","teams":[{"name":"Support"}],"timeZone":"UTC"},"userErrors":[]}
    nothing: {"user":{"isActive":true,"locale":"fr","name":"Agathe Agent","organization":null,"role":"AGENT","teams":[{"name":"Support"}],"timeZone":"UTC"},"userErrors":[]}
    teams and time zone: {"user":{"isActive":true,"locale":"fr","name":"Agathe Agent","organization":null,"role":"AGENT","teams":[{"name":"Vendor"}],"timeZone":"Europe/Paris"},"userErrors":[]}
    requesters have no teams: {"user":null,"userErrors":[{"allowed":null,"code":"INVALID","field":["teamIds"],"message":"Requesters cannot be members of a team."}]}
    to requester: {"user":{"isActive":true,"locale":"fr","name":"Agathe Agent","organization":{"name":"Harbour"},"role":"REQUESTER","teams":[],"timeZone":"Europe/Paris"},"userErrors":[]}
    out of the organization: {"user":{"isActive":true,"locale":"fr","name":"Agathe Agent","organization":null,"role":"REQUESTER","teams":[],"timeZone":"Europe/Paris"},"userErrors":[]}
    all wrong: {"user":null,"userErrors":[{"allowed":null,"code":"REQUIRED","field":["name"],"message":"This is required."},{"allowed":null,"code":"INVALID","field":["locale"],"message":"Only fr and en."},{"allowed":null,"code":"INVALID","field":["timeZone"],"message":"This is no time zone, such as Europe/Paris."}]}
    nowhere: {"user":null,"userErrors":[{"allowed":null,"code":"NOT_FOUND","field":["organizationId"],"message":"There is no such thing, or not for you."}]}
    no team: {"user":null,"userErrors":[{"allowed":null,"code":"NOT_FOUND","field":["teamIds"],"message":"There is no such thing, or not for you."}]}
    the last admin: {"user":null,"userErrors":[{"allowed":null,"code":"INVALID","field":["role"],"message":"There must be one admin at least."}]}
    nobody: {"user":null,"userErrors":[{"allowed":null,"code":"NOT_FOUND","field":["userId"],"message":"There is no such thing, or not for you."}]}
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_admins_administer_and_everybody_edits_themselves() {
    let server = TestServer::start().await;
    let victim = server.stranger().id();
    for who in [
        server.requester(),
        server.agent(),
        server.external_agent(),
        server.lead(),
    ] {
        for (mutation, input) in [
            ("editUser", json!({ "userId": victim, "name": "Changed" })),
            ("disableUser", json!({ "userId": victim })),
            ("enableUser", json!({ "userId": victim })),
            (
                "setPassword",
                json!({ "userId": victim, "password": OTHER }),
            ),
        ] {
            let answer = mutate(&who, mutation, "user { id }", input).await;
            assert_eq!(outcome(&answer), "FORBIDDEN", "{mutation}");
        }
        let input = json!({ "name": "Somebody Else", "locale": "fr" });
        let edited = mutate(&who, "editProfile", "user { name locale }", input).await;
        assert_eq!(
            edited["data"]["editProfile"]["user"],
            json!({ "name": "Somebody Else", "locale": "fr" })
        );
        assert_eq!(viewer(&who).await["name"], "Somebody Else");
    }
    let answer = mutate(&server.visitor(), "editProfile", "user { id }", json!({})).await;
    assert_eq!(outcome(&answer), "UNAUTHENTICATED");
    assert_eq!(viewer(&server.stranger()).await["name"], "Stella Stranger");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_disabled_is_out_until_enabled() {
    let server = TestServer::start().await;
    let (admin, agent) = (server.admin(), server.agent());
    let mut live = agent.subscribe(LIVE, json!({})).await;
    let input = json!({ "userId": agent.id() });
    for _twice in 0..2 {
        let answer = mutate(&admin, "disableUser", "user { isActive }", input.clone()).await;
        assert_eq!(answer["data"]["disableUser"]["user"]["isActive"], false);
    }
    let start = Instant::now();
    assert_eq!(live.socket().closed().await, 4401);
    assert!(start.elapsed() < SOON);
    assert_eq!(viewer(&agent).await, Value::Null);
    assert_eq!(
        sign_in(&server, "agnes@desk.test", PASSWORD).await,
        "BAD_CREDENTIALS"
    );

    for _twice in 0..2 {
        let answer = mutate(&admin, "enableUser", "user { isActive }", input.clone()).await;
        assert_eq!(answer["data"]["enableUser"]["user"]["isActive"], true);
    }
    assert_eq!(sign_in(&server, "agnes@desk.test", PASSWORD).await, "ok");
    // The old session stays ended.
    assert_eq!(viewer(&agent).await, Value::Null);
    let oneself = json!({ "userId": admin.id() });
    let answer = mutate(&admin, "disableUser", "user { id }", oneself).await;
    assert_eq!(outcome(&answer), "INVALID");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_admins_who_dismiss_each_other_one_stays() {
    let server = TestServer::start().await;
    let second = server.add_person(newcomer("Otto Other", Role::Admin)).await;
    let first = server.admin();
    let by = |who: &Client, whom: &Client| {
        let (who, input) = (who.clone(), json!({ "userId": whom.id(), "role": "AGENT" }));
        async move { outcome(&mutate(&who, "editUser", "user { id }", input).await) }
    };
    let (one, other) = tokio::join!(by(&first, &second), by(&second, &first));
    let dismissed = [&one, &other].iter().filter(|word| **word == "ok").count();
    assert!(dismissed >= 1, "{one} {other}");
    let admins = "{ users(filter: { role: { eq: ADMIN }, isActive: true }) { totalCount } }";
    let seen = server.lead().run(admins, json!({})).await;
    assert_ne!(seen["data"]["users"]["totalCount"], 0, "{one} {other}");
}

#[tokio::test(flavor = "multi_thread")]
async fn rights_that_change_begin_streams_anew() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let mut live = agent.subscribe(LIVE, json!({})).await;
    let input = json!({ "userId": agent.id(), "teamIds": [global(server.external_team())] });
    let answer = mutate(&server.admin(), "editUser", USER, input).await;
    assert_eq!(outcome(&answer), "ok");
    let start = Instant::now();
    let told = live.socket().next().await;
    assert!(told.to_string().contains("RESYNC"), "{told}");
    assert!(start.elapsed() < SOON);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_changed_by_its_owner_or_an_admin() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let elsewhere = agent.on_another_device();
    assert_ne!(viewer(&elsewhere).await, Value::Null);
    let change = |current: &str, new: &str| {
        let input = json!({ "currentPassword": current, "newPassword": new });
        let agent = agent.clone();
        async move { outcome(&mutate(&agent, "changePassword", "user { id }", input).await) }
    };
    assert_eq!(change(OTHER, OTHER).await, "BAD_CREDENTIALS");
    assert_eq!(change(PASSWORD, "short").await, "INVALID");
    assert_eq!(change(PASSWORD, OTHER).await, "ok");
    assert_ne!(viewer(&agent).await, Value::Null);
    assert_eq!(viewer(&elsewhere).await, Value::Null);
    assert_eq!(
        sign_in(&server, "agnes@desk.test", PASSWORD).await,
        "BAD_CREDENTIALS"
    );
    assert_eq!(sign_in(&server, "agnes@desk.test", OTHER).await, "ok");

    let input = json!({ "userId": agent.id(), "password": PASSWORD });
    let set = mutate(&server.admin(), "setPassword", "user { id }", input).await;
    assert_eq!(outcome(&set), "ok");
    assert_eq!(viewer(&agent).await, Value::Null);
    assert_eq!(sign_in(&server, "agnes@desk.test", PASSWORD).await, "ok");
    let own = json!({ "userId": server.admin().id(), "password": PASSWORD });
    let set = mutate(&server.admin(), "setPassword", "user { id }", own).await;
    assert_eq!(outcome(&set), "INVALID");
}

#[tokio::test(flavor = "multi_thread")]
async fn passwords_are_not_found_by_changing_them() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let input = json!({ "currentPassword": OTHER, "newPassword": OTHER });
    let mut outcomes = Vec::new();
    for _attempt in 0..6 {
        let answer = mutate(&agent, "changePassword", "user { id }", input.clone()).await;
        outcomes.push(outcome(&answer));
    }
    assert_eq!(outcomes[..5], ["BAD_CREDENTIALS"; 5]);
    assert_eq!(outcomes[5], "RATE_LIMITED");
}
