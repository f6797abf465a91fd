//! From making a token to its end, and everything that is no token.

use chrono::TimeDelta;
use harness::TestServer;
use serde_json::{Value, json};

use super::{MADE, code, machine, made, token};
use crate::ask::{Answers, mutate, outcome};

const TICKETS: &str = "{ tickets(first: 1) { totalCount } }";
const STATE: &str = "apiToken { name scopes isActive expiresAt revokedAt }";

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_made_used_and_listed() {
    let server = TestServer::start().await;
    let admin = server.admin();
    let machine = machine(&server, "Warehouse", "AGENT").await;
    let input = json!({ "name": " Nightly ", "scopes": ["TICKETS_WRITE"], "machineId": machine });
    let made_now = mutate(&admin, "createApiToken", MADE, input).await;
    let (_, script) = made(&admin, &made_now["data"]["createApiToken"]);
    assert_eq!(code(&script.run(TICKETS, json!({})).await), "ok");
    server
        .app()
        .api_token_uses
        .write(server.app())
        .await
        .unwrap();

    let list = "{ apiTokens(first: 5) { totalCount nodes { name hint scopes isActive createdAt expiresAt lastUsedAt revokedAt
      owner { __typename ... on Machine { name role isActive } } createdBy { ... on User { name } } } }
      machines { totalCount nodes { name role isActive } } }";
    let mut listed = admin.run(list, json!({})).await;
    let hint = listed["data"]["apiTokens"]["nodes"][0]["hint"].take();
    let secret = script.token().await.unwrap();
    assert_eq!(hint, secret[..8]);
    insta::assert_json_snapshot!(listed["data"], @r#"
    {
      "apiTokens": {
        "nodes": [
          {
            "createdAt": "2026-11-23T09:00:00+00:00",
            "createdBy": {
              "name": "Ada Admin"
            },
            "expiresAt": "2027-02-21T09:00:00+00:00",
            "hint": null,
            "isActive": true,
            "lastUsedAt": "2026-11-23T09:00:00+00:00",
            "name": "Nightly",
            "owner": {
              "__typename": "Machine",
              "isActive": true,
              "name": "Warehouse",
              "role": "AGENT"
            },
            "revokedAt": null,
            "scopes": [
              "TICKETS_READ",
              "TICKETS_WRITE"
            ]
          }
        ],
        "totalCount": 1
      },
      "machines": {
        "nodes": [
          {
            "isActive": true,
            "name": "Warehouse",
            "role": "AGENT"
          }
        ],
        "totalCount": 1
      }
    }
    "#);
    // Nobody sees others' tokens, and nobody sees the text of one again.
    let own = "{ apiTokens { totalCount } }";
    let of_lead = server.lead().run(own, json!({})).await;
    assert_eq!(of_lead["data"]["apiTokens"]["totalCount"], 0);
    let by_script = script.run(own, json!({})).await;
    assert_eq!(code(&by_script), "FORBIDDEN");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_made_is_told() {
    let server = TestServer::start().await;
    let machine = machine(&server, "Script", "AGENT").await;
    let now = server.now();
    let input = |more: Value| {
        let mut input = json!({ "name": "n", "scopes": ["TICKETS_READ"], "machineId": machine });
        input
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        input
    };
    let mut answers = Answers::default();
    for (name, input) in [
        (
            "no name, no scope",
            input(json!({ "name": " ", "scopes": [] })),
        ),
        ("over already", input(json!({ "expiresAt": now }))),
        (
            "for too long",
            input(json!({ "expiresAt": now + TimeDelta::days(366) })),
        ),
        ("no machine", input(json!({ "machineId": "tea_1" }))),
        (
            "a person",
            input(json!({ "machineId": server.agent().id() })),
        ),
    ] {
        let answer = mutate(&server.admin(), "createApiToken", "secret", input).await;
        answers.add(name, &answer["data"]["createApiToken"]);
    }
    for (name, who) in [
        ("a requester", server.requester()),
        ("an agent for a machine", server.agent()),
    ] {
        let machine = (name != "a requester").then_some(&machine);
        let input = json!({ "name": "n", "scopes": ["TICKETS_READ"], "machineId": machine });
        let answer = mutate(&who, "createApiToken", "secret", input).await;
        answers.add(name, &answer["data"]["createApiToken"]);
    }
    let requester = json!({ "name": "n", "role": "REQUESTER" });
    let answer = mutate(
        &server.admin(),
        "createMachine",
        "machine { id }",
        requester,
    )
    .await;
    answers.add(
        "a machine that asks for help",
        &answer["data"]["createMachine"],
    );
    insta::assert_snapshot!(answers, @r#"
    no name, no scope: {"secret":null,"userErrors":[{"allowed":null,"code":"REQUIRED","field":["name"],"message":"This is required."},{"allowed":null,"code":"REQUIRED","field":["scopes"],"message":"This is required."}]}
    over already: {"secret":null,"userErrors":[{"allowed":null,"code":"INVALID","field":["expiresAt"],"message":"This time is over already."}]}
    for too long: {"secret":null,"userErrors":[{"allowed":null,"code":"INVALID","field":["expiresAt"],"message":"This time is too far away."}]}
    no machine: {"secret":null,"userErrors":[{"allowed":null,"code":"NOT_FOUND","field":["machineId"],"message":"There is no such thing, or not for you."}]}
    a person: {"secret":null,"userErrors":[{"allowed":null,"code":"FORBIDDEN","field":null,"message":"You may not do this."}]}
    a requester: {"secret":null,"userErrors":[{"allowed":null,"code":"FORBIDDEN","field":null,"message":"You may not do this."}]}
    an agent for a machine: {"secret":null,"userErrors":[{"allowed":null,"code":"FORBIDDEN","field":null,"message":"You may not do this."}]}
    a machine that asks for help: {"machine":null,"userErrors":[{"allowed":null,"code":"INVALID","field":["role"],"message":"A machine is no requester."}]}
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_has_fifty_good_tokens_at_most() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let (first, _) = token(&agent, None, &["TICKETS_READ"]).await;
    for _more in 1..50 {
        token(&agent, None, &["TICKETS_READ"]).await;
    }
    let input = json!({ "name": "n", "scopes": ["TICKETS_READ"] });
    let one_more = mutate(&agent, "createApiToken", MADE, input.clone()).await;
    assert_eq!(outcome(&one_more), "INVALID");
    // Who has as many can replace each.
    let rotate = json!({ "tokenId": first, "overlapHours": 0 });
    let rotated = mutate(&agent, "rotateApiToken", MADE, rotate).await;
    assert_eq!(outcome(&rotated), "ok");
    let one_more = mutate(&agent, "createApiToken", MADE, input.clone()).await;
    assert_eq!(outcome(&one_more), "INVALID");
    let second = &rotated["data"]["rotateApiToken"]["apiToken"]["id"];
    mutate(
        &agent,
        "revokeApiToken",
        STATE,
        json!({ "tokenId": second }),
    )
    .await;
    let one_more = mutate(&agent, "createApiToken", MADE, input).await;
    assert_eq!(outcome(&one_more), "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_ends_with_its_time() {
    let server = TestServer::start().await;
    let (id, script) = token(&server.agent(), None, &["TICKETS_READ"]).await;
    server.advance(TimeDelta::days(90) - TimeDelta::seconds(1));
    assert_eq!(code(&script.run(TICKETS, json!({})).await), "ok");
    server.advance(TimeDelta::seconds(1));
    assert_eq!(
        code(&script.run(TICKETS, json!({})).await),
        "UNAUTHENTICATED"
    );
    // Over is over.
    let agent = server.agent();
    let longer = json!({ "tokenId": id, "expiresAt": server.now() + TimeDelta::days(1) });
    assert_eq!(
        outcome(&mutate(&agent, "editApiToken", STATE, longer).await),
        "INVALID"
    );
    let rotated = mutate(&agent, "rotateApiToken", MADE, json!({ "tokenId": id })).await;
    assert_eq!(outcome(&rotated), "INVALID");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotated_token_stays_good_for_the_overlap() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let (id, old) = token(&agent, None, &["TICKETS_WRITE"]).await;
    for (hours, expected) in [(-1, "INVALID"), (169, "INVALID"), (2, "ok")] {
        let input = json!({ "tokenId": id, "overlapHours": hours });
        let rotated = mutate(&agent, "rotateApiToken", MADE, input).await;
        assert_eq!(outcome(&rotated), expected, "{hours}");
        if expected != "ok" {
            continue;
        }
        let rotated = &rotated["data"]["rotateApiToken"];
        assert_eq!(
            rotated["apiToken"]["scopes"],
            json!(["TICKETS_READ", "TICKETS_WRITE"])
        );
        let (_, new) = made(&agent, rotated);
        for script in [&old, &new] {
            assert_eq!(code(&script.run(TICKETS, json!({})).await), "ok");
        }
        server.advance(TimeDelta::hours(2));
        assert_eq!(code(&old.run(TICKETS, json!({})).await), "UNAUTHENTICATED");
        assert_eq!(code(&new.run(TICKETS, json!({})).await), "ok");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn revoking_and_narrowing_act_at_once() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let (id, script) = token(&agent, None, &["TICKETS_READ", "ARTICLES_READ"]).await;
    assert_eq!(code(&script.run(TICKETS, json!({})).await), "ok");
    let narrowed = json!({ "tokenId": id, "name": "Narrow", "scopes": ["ARTICLES_READ"] });
    let edited = mutate(&agent, "editApiToken", STATE, narrowed).await;
    insta::assert_json_snapshot!(edited["data"]["editApiToken"]["apiToken"], @r#"
    {
      "expiresAt": "2027-02-21T09:00:00+00:00",
      "isActive": true,
      "name": "Narrow",
      "revokedAt": null,
      "scopes": [
        "ARTICLES_READ"
      ]
    }
    "#);
    assert_eq!(code(&script.run(TICKETS, json!({})).await), "FORBIDDEN");
    // Others end it only where they are admins, and nobody else changes it.
    let edit = json!({ "tokenId": id, "name": "Mine" });
    let by_admin = mutate(&server.admin(), "editApiToken", STATE, edit).await;
    assert_eq!(outcome(&by_admin), "FORBIDDEN");
    let by_lead = mutate(
        &server.lead(),
        "revokeApiToken",
        STATE,
        json!({ "tokenId": id }),
    )
    .await;
    assert_eq!(outcome(&by_lead), "NOT_FOUND");
    for _twice in 0..2 {
        let revoked = mutate(
            &server.admin(),
            "revokeApiToken",
            STATE,
            json!({ "tokenId": id }),
        )
        .await;
        assert_eq!(
            revoked["data"]["revokeApiToken"]["apiToken"]["isActive"], false,
            "{revoked}"
        );
    }
    let answer = script.run("{ articles { totalCount } }", json!({})).await;
    assert_eq!(code(&answer), "UNAUTHENTICATED");
}

/// Forged, mangled, over, revoked and cut off: one answer for all.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_good_token_is_refused_alike() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let (id, script) = token(&agent, None, &["TICKETS_READ"]).await;
    let secret = script.token().await.unwrap();
    let (revoked, gone) = token(&agent, None, &["TICKETS_READ"]).await;
    mutate(
        &agent,
        "revokeApiToken",
        STATE,
        json!({ "tokenId": revoked }),
    )
    .await;
    let mangled = format!("{}x", &secret[..39]);
    let session = agent.token().await.unwrap();
    let wrong = [
        // The form and the checksum are right, but nobody made it.
        "gut_0000000000000000000000000000001ojOGD".to_owned(),
        mangled,
        secret[..39].to_owned(),
        format!("{secret}0"),
        secret.replacen("gut_", "GUT_", 1),
        format!("gut_{session}"),
        format!("gut_{}", "é".repeat(18)),
        "gut_".to_owned(),
        id,
        gone.token().await.unwrap(),
    ];
    let mut answers: Vec<Value> = Vec::new();
    for wrong in &wrong {
        // Letters beyond ASCII are no header of an HTTP client.
        if wrong.is_ascii() {
            answers.push(agent.with_token(wrong).run(TICKETS, json!({})).await);
        }
        let mut socket = server.visitor().socket().await;
        let payload = json!({ "Authorization": format!("Bearer {wrong}") });
        socket
            .send(json!({ "type": "connection_init", "payload": payload }))
            .await;
        assert_eq!(socket.closed().await, 4401, "{wrong}");
    }
    answers.dedup();
    insta::assert_json_snapshot!(answers, @r#"
    [
      {
        "errors": [
          {
            "extensions": {
              "code": "UNAUTHENTICATED",
              "requestId": "test"
            },
            "message": "sign in first"
          }
        ]
      }
    ]
    "#);
    assert_eq!(agent.gauge("panics_total").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_in_an_address_is_refused() {
    let server = TestServer::start().await;
    let (_, script) = token(&server.agent(), None, &["TICKETS_READ"]).await;
    let secret = script.token().await.unwrap();
    for path in [
        format!("/graphql?query=%7B__typename%7D&access_token={secret}"),
        format!("/graphql?query=%7B__typename%7D&variables=%7B%22t%22:%22{secret}%22%7D"),
        format!("/audit.jsonl?token={secret}"),
    ] {
        for client in [&server.visitor(), &script] {
            let response = client.get(&path).await.send().await.unwrap();
            assert_eq!(response.status(), 400, "{path}");
            let text = response.text().await.unwrap();
            assert!(
                text.contains("address") && !text.contains(&secret),
                "{text}"
            );
        }
    }
}

/// Of the owner, and of their account: what is changed there counts for the token.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_has_the_rights_of_its_owner_of_now() {
    let server = TestServer::start().await;
    let admin = server.admin();
    let (_, script) = token(&server.lead(), None, &["TICKETS_READ", "PEOPLE_WRITE"]).await;
    let member =
        json!({ "teamId": harness::global(server.team()), "userId": server.external_agent().id() });
    let tickets = harness::global(server.ticket().create().await.id);
    let ticket = "query($id: ID!) { ticket(by: { id: $id }) { subject } }";
    assert_ne!(
        script.run(ticket, json!({ "id": tickets })).await["data"]["ticket"],
        Value::Null
    );
    let demoted = json!({ "userId": server.lead().id(), "role": "AGENT", "teamIds": [harness::global(server.external_team())] });
    assert_eq!(
        outcome(&mutate(&admin, "editUser", "user { id }", demoted).await),
        "ok"
    );
    let hidden = script.run(ticket, json!({ "id": tickets })).await;
    assert_eq!(hidden["data"]["ticket"], Value::Null, "{hidden}");
    let refused = mutate(&script, "addTeamMember", "team { id }", member).await;
    assert_ne!(outcome(&refused), "ok", "{refused}");
    let out = json!({ "userId": server.lead().id() });
    assert_eq!(
        outcome(&mutate(&admin, "disableUser", "user { id }", out).await),
        "ok"
    );
    assert_eq!(
        code(&script.run(TICKETS, json!({})).await),
        "UNAUTHENTICATED"
    );
}
