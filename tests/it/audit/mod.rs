//! The audit log: that nothing of administration is missing in it, and who reads it.

mod everything;
mod export;
mod steps;
mod webhooks;

use chrono::TimeDelta;
use harness::{Client, PASSWORD, TestServer};
use serde_json::{Value, json};

use crate::ask::{mutate, outcome};

const LOG: &str = "query($filter: AuditFilter, $first: Int, $after: String) { auditLog(filter: $filter, first: $first, after: $after) {
  totalCount pageInfo { hasNextPage endCursor } nodes { at actor { __typename ... on User { name } ... on Machine { name } }
    action outcome count subjectKind subjectId memberId tokenId address } } }";

/// The newest entries that pass a filter.
async fn log(who: &Client, filter: Value) -> Value {
    let mut answer = who
        .run(LOG, json!({ "filter": filter, "first": 100 }))
        .await;
    assert!(answer["errors"].is_null(), "{answer}");
    answer["data"]["auditLog"]["nodes"].take()
}

async fn sign_in(client: &Client, email: &str, password: &str) -> String {
    let input = json!({ "email": email, "password": password });
    outcome(&mutate(client, "signIn", "session { expiresAt }", input).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_ins_are_told_with_their_address() {
    let server = TestServer::start().await;
    let visitor = server
        .visitor()
        .with_header("x-forwarded-for", "198.51.100.7");
    assert_eq!(sign_in(&visitor, "agnes@desk.test", PASSWORD).await, "ok");
    let agnes = server.agent().id();
    let own = json!({ "actorId": agnes, "actions": ["SIGN_IN"] });
    let mut told = log(&server.admin(), own).await;
    assert_eq!(told[0]["subjectId"].take(), agnes);
    insta::assert_json_snapshot!(told, @r#"
    [
      {
        "action": "SIGN_IN",
        "actor": {
          "__typename": "User",
          "name": "Agnes Agent"
        },
        "address": "198.51.100.7",
        "at": "2026-11-23T09:00:00+00:00",
        "count": 1,
        "memberId": null,
        "outcome": "DONE",
        "subjectId": null,
        "subjectKind": "USER",
        "tokenId": null
      }
    ]
    "#);
}

/// What was typed as an address is nowhere: it may be a password in the wrong field.
#[tokio::test(flavor = "multi_thread")]
async fn failed_sign_ins_are_counted_together() {
    let server = TestServer::start().await;
    let admin = server.admin();
    for (address, email, times) in [
        ("198.51.100.7", "agnes@desk.test", 4),
        ("198.51.100.8", "agnes@desk.test", 1),
        ("198.51.100.8", "nobody-at-all@desk.test", 2),
    ] {
        let visitor = server.visitor().with_header("x-forwarded-for", address);
        for _attempt in 0..times {
            assert_eq!(
                sign_in(&visitor, email, "wrong password").await,
                "BAD_CREDENTIALS"
            );
        }
    }
    guichet::audit::write_failures(server.app()).await.unwrap();
    let found = log(&admin, json!({ "outcome": "REFUSED" })).await;
    let mut counts: Vec<_> = found
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            let is_of_agnes = entry["subjectId"] == server.agent().id();
            format!(
                "{} {} {is_of_agnes} {}",
                entry["address"], entry["count"], entry["actor"]
            )
        })
        .collect();
    counts.sort();
    insta::assert_snapshot!(counts.join("\n"), @r#"
    "198.51.100.7" 4 true null
    "198.51.100.8" 1 true null
    "198.51.100.8" 2 false null
    "#);
    assert!(!found.to_string().contains("nobody-at-all"), "{found}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_token_does_names_the_token_and_its_address() {
    let server = TestServer::start().await;
    let script = crate::token::token_of_machine(&server, &["PEOPLE_WRITE"]).await;
    let script = script.with_header("x-forwarded-for", "2001:db8::9");
    let input = json!({ "name": "Night shift" });
    assert_eq!(
        outcome(&mutate(&script, "createTeam", "team { id }", input).await),
        "ok"
    );
    let mut entry = log(&server.admin(), json!({ "actions": ["TEAM_CREATED"] })).await[0].take();
    assert!(
        entry["tokenId"]
            .take()
            .as_str()
            .is_some_and(|id| id.starts_with("tok_"))
    );
    assert!(
        entry["subjectId"]
            .take()
            .as_str()
            .is_some_and(|id| id.starts_with("tea_"))
    );
    insta::assert_json_snapshot!(entry, @r#"
    {
      "action": "TEAM_CREATED",
      "actor": {
        "__typename": "Machine",
        "name": "Script"
      },
      "address": "2001:db8::9",
      "at": "2026-11-23T09:00:00+00:00",
      "count": 1,
      "memberId": null,
      "outcome": "DONE",
      "subjectId": null,
      "subjectKind": "TEAM",
      "tokenId": null
    }
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_for_admins_and_is_paged_and_filtered() {
    let server = TestServer::start().await;
    let admin = server.admin();
    for name in ["One", "Two", "Three"] {
        server.advance(TimeDelta::seconds(1));
        mutate(&admin, "createTeam", "team { id }", json!({ "name": name })).await;
    }
    for who in [
        server.requester(),
        server.agent(),
        server.lead(),
        server.external_agent(),
    ] {
        let answer = who.run(LOG, json!({})).await;
        assert_eq!(
            answer["errors"][0]["extensions"]["code"], "FORBIDDEN",
            "{answer}"
        );
    }
    let teams = json!({ "actions": ["TEAM_CREATED", "TEAM_CREATED"], "from": server.now() - TimeDelta::hours(1) });
    let mut after = Value::Null;
    let mut times = Vec::new();
    loop {
        let answer = admin
            .run(LOG, json!({ "filter": teams, "first": 2, "after": after }))
            .await;
        let page = &answer["data"]["auditLog"];
        assert_eq!(page["totalCount"], 3, "{answer}");
        times.extend(
            page["nodes"]
                .as_array()
                .unwrap()
                .iter()
                .map(|entry| entry["at"].clone()),
        );
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
    let seconds: Vec<_> = times
        .iter()
        .map(|at| at.as_str().unwrap()[17..19].to_owned())
        .collect();
    assert_eq!(seconds, ["03", "02", "01"]);
    let to = json!({ "actions": ["TEAM_CREATED"], "from": server.now() - TimeDelta::hours(1), "to": server.now() });
    assert_eq!(log(&admin, to).await.as_array().map(Vec::len), Some(2));
    let nothing = admin
        .run(LOG, json!({ "filter": { "subjectId": "tic_1" } }))
        .await;
    assert_eq!(nothing["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
}

/// A refused change leaves no entry, nor does one that changed nothing.
#[tokio::test(flavor = "multi_thread")]
async fn only_what_was_done_is_told() {
    let server = TestServer::start().await;
    let admin = server.admin();
    let input = json!({ "name": "Support" });
    assert_eq!(
        outcome(&mutate(&admin, "createTeam", "team { id }", input).await),
        "TAKEN"
    );
    let same = json!({ "userId": server.agent().id(), "name": "Agnes Agent" });
    assert_eq!(
        outcome(&mutate(&admin, "editUser", "user { id }", same).await),
        "ok"
    );
    let found = log(
        &admin,
        json!({ "actorId": admin.id(), "actions": ["TEAM_CREATED", "USER_EDITED"] }),
    )
    .await;
    assert_eq!(found, json!([]));
}

/// However somebody came into a team and out of it.
#[tokio::test(flavor = "multi_thread")]
async fn who_joins_and_leaves_a_team_is_told_by_name() {
    let server = TestServer::start().await;
    let admin = server.admin();
    let mut teams = Vec::new();
    for (name, members) in [("Day", vec![server.agent().id()]), ("Night", vec![])] {
        let input = json!({ "name": name, "memberIds": members });
        let made = mutate(&admin, "createTeam", "team { id }", input).await;
        teams.push(made["data"]["createTeam"]["team"]["id"].clone());
    }
    let lina = server.lead().id();
    let moves = [
        json!({ "userId": lina, "teamIds": [teams[0]] }),
        json!({ "userId": lina, "teamIds": [teams[0], teams[1]] }),
        json!({ "userId": lina, "teamIds": [teams[1], teams[1]] }),
    ];
    for input in moves {
        let edited = mutate(&admin, "editUser", "user { id }", input).await;
        assert_eq!(outcome(&edited), "ok", "{edited}");
    }
    let actions = json!({ "actions": ["TEAM_MEMBER_ADDED", "TEAM_MEMBER_REMOVED"] });
    let entries = log(&admin, actions).await;
    let told = entries.as_array().unwrap().iter().rev();
    let told: Vec<_> = told
        .filter(|entry| entry["actor"]["__typename"] == "User")
        .collect();
    let of = |entry: &Value| {
        let of_day = entry["subjectId"] == teams[0];
        let of_lina = entry["memberId"] == lina;
        (entry["action"].clone(), of_day, of_lina)
    };
    let told: Vec<_> = told.into_iter().map(of).collect();
    let added = |of_day, of_lina| (json!("TEAM_MEMBER_ADDED"), of_day, of_lina);
    let removed = |of_day, of_lina| (json!("TEAM_MEMBER_REMOVED"), of_day, of_lina);
    let expected = [
        added(true, false),
        // Of the team that she was in before.
        removed(false, true),
        added(true, true),
        added(false, true),
        removed(true, true),
    ];
    assert_eq!(told, expected, "{entries}");
}
