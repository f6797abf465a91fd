//! Opening tickets.

use entity::user::Role;
use harness::{Client, TestServer, global};
use insta::{assert_json_snapshot, assert_snapshot};
use serde_json::{Value, json};

use crate::ask::{Answers, mutate};

const EVERYTHING: &str = "ticket {
  id number reference externalId version subject description descriptionHtml status nextStatuses
  waitingReason waitingUntil priority level { rank name } channel
  requester { name email } organization { name } team { name } assignee { name }
  tags customFields { key value }
  context { url application version locale browser screen data }
  commentCount lastComment { body } knowledgeLinks { role } links { kind }
  mergedInto { number } followUpOf { number }
  isFollowing similarCount reopenCount satisfaction { score }
  createdAt updatedAt firstRepliedAt solvedAt closedAt
}";

async fn create(client: &Client, input: Value) -> Value {
    mutate(
        client,
        "createTicket",
        "ticket { reference requester { name } }",
        input,
    )
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_requester_opens_a_ticket() {
    let server = TestServer::start().await;
    let input = json!({
        "subject": "  The printer\u{202e} is on fire ",
        "description": "It **burns**. <script>alert(1)</script>",
        "levelRank": 2,
        "channel": "EMBEDDED",
        "tags": ["Printer", "on fire", "printer"],
        "context": {
            "url": "https://app.test/print", "application": "Paper", "version": "1.2", "locale": "fr",
            "browser": "Firefox", "screen": "1920x1080", "data": { "page": [1, null] },
        },
        "customFields": [{ "key": "floor", "value": 3 }],
    });
    let answer = mutate(&server.requester(), "createTicket", EVERYTHING, input).await;
    assert_json_snapshot!(answer, @r#"
    {
      "data": {
        "createTicket": {
          "ticket": {
            "assignee": null,
            "channel": "EMBEDDED",
            "closedAt": null,
            "commentCount": 0,
            "context": {
              "application": "Paper",
              "browser": "Firefox",
              "data": {
                "page": [
                  1,
                  null
                ]
              },
              "locale": "fr",
              "screen": "1920x1080",
              "url": "https://app.test/print",
              "version": "1.2"
            },
            "createdAt": "2026-11-23T09:00:00+00:00",
            "customFields": [
              {
                "key": "floor",
                "value": 3
              }
            ],
            "description": "It **burns**. <script>alert(1)</script>",
            "descriptionHtml": "<p>It <strong>burns</strong>. &lt;script&gt;alert(1)&lt;/script&gt;</p>\n",
            "externalId": null,
            "firstRepliedAt": null,
            "followUpOf": null,
            "id": "tic_01a207a2328070008000000000000004",
            "isFollowing": false,
            "knowledgeLinks": [],
            "lastComment": null,
            "level": {
              "name": "Blocking",
              "rank": 2
            },
            "links": [],
            "mergedInto": null,
            "nextStatuses": [
              "OPEN",
              "WAITING",
              "SOLVED"
            ],
            "number": 1001,
            "organization": {
              "name": "Harbour"
            },
            "priority": "HIGH",
            "reference": "GU-1001",
            "reopenCount": 0,
            "requester": {
              "email": "rosa@desk.test",
              "name": "Rosa Requester"
            },
            "satisfaction": null,
            "similarCount": 0,
            "solvedAt": null,
            "status": "NEW",
            "subject": "The printer is on fire",
            "tags": [
              "printer",
              "on-fire"
            ],
            "team": null,
            "updatedAt": "2026-11-23T09:00:00+00:00",
            "version": 1,
            "waitingReason": null,
            "waitingUntil": null
          },
          "userErrors": []
        }
      }
    }
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_opens_a_ticket_for_somebody() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let selection = "ticket { reference externalId channel priority requester { name email role } organization { name } team { name } }";
    let mut answers = Answers::default();
    for (name, input) in [
        (
            "by id",
            json!({ "requesterId": server.stranger().id(), "externalId": "A-1", "channel": "PHONE", "priority": "URGENT" }),
        ),
        ("by address", json!({ "requesterEmail": "Rosa@Desk.TEST" })),
        (
            "by a new address",
            json!({ "requesterEmail": "new@desk.test" }),
        ),
        (
            "to a team",
            json!({ "teamId": global(server.external_team()) }),
        ),
    ] {
        let mut input = input;
        input["subject"] = json!("Help");
        input["description"] = json!("Please");
        answers.add(
            name,
            &mutate(&agent, "createTicket", selection, input).await,
        );
    }
    assert_snapshot!(answers, @r#"
    by id: {"data":{"createTicket":{"ticket":{"channel":"PHONE","externalId":"A-1","organization":{"name":"Summit"},"priority":"URGENT","reference":"GU-1001","requester":{"email":"stella@desk.test","name":"Stella Stranger","role":"REQUESTER"},"team":null},"userErrors":[]}}}
    by address: {"data":{"createTicket":{"ticket":{"channel":"PORTAL","externalId":null,"organization":{"name":"Harbour"},"priority":"NORMAL","reference":"GU-1002","requester":{"email":"rosa@desk.test","name":"Rosa Requester","role":"REQUESTER"},"team":null},"userErrors":[]}}}
    by a new address: {"data":{"createTicket":{"ticket":{"channel":"PORTAL","externalId":null,"organization":null,"priority":"NORMAL","reference":"GU-1003","requester":{"email":"new@desk.test","name":"new","role":"REQUESTER"},"team":null},"userErrors":[]}}}
    to a team: {"data":{"createTicket":{"ticket":{"channel":"PORTAL","externalId":null,"organization":null,"priority":"NORMAL","reference":"GU-1004","requester":{"email":"agnes@desk.test","name":"Agnes Agent","role":"AGENT"},"team":{"name":"Vendor"}},"userErrors":[]}}}
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_new_ticket_is_told_at_once() {
    let server = TestServer::start().await;
    let agent = server.agent();
    server.ticket().external_id("A-1").create().await;
    let good = json!({ "subject": "Help", "description": "Please" });
    let many_tags: Vec<_> = (0..51).map(|count| format!("tag-{count}")).collect();
    let mut answers = Answers::default();
    for (name, bad) in [
        (
            "empty texts",
            json!({ "subject": " ", "description": "\n" }),
        ),
        (
            "long texts",
            json!({ "subject": "s".repeat(256), "description": "d".repeat(65_537) }),
        ),
        (
            "NUL",
            json!({ "subject": "a\u{0}b", "description": "a\u{0}b" }),
        ),
        ("tags", json!({ "tags": many_tags })),
        ("a long tag", json!({ "tags": ["t".repeat(65)] })),
        ("no such level", json!({ "levelRank": 9 })),
        ("no such team", json!({ "teamId": "tea_x" })),
        (
            "no such requester",
            json!({ "requesterId": agent.id().replace("usr_0", "usr_f") }),
        ),
        (
            "another kind of id",
            json!({ "requesterId": global(server.team()) }),
        ),
        ("no address", json!({ "requesterEmail": "nobody" })),
        ("taken", json!({ "externalId": "A-1" })),
        ("no help session", json!({ "helpSession": "x" })),
        (
            "large context",
            json!({ "context": { "data": "x".repeat(20_000) } }),
        ),
        (
            "large fields",
            json!({ "customFields": [{ "key": "k", "value": "x".repeat(20_000) }] }),
        ),
    ] {
        let mut input = good.clone();
        for (key, value) in bad.as_object().unwrap() {
            input[key] = value.clone();
        }
        answers.add(name, &create(&agent, input).await);
    }
    assert_snapshot!(answers, @r#"
    empty texts: {"data":{"createTicket":{"ticket":null,"userErrors":[{"allowed":null,"code":"REQUIRED","field":["subject"],"message":"This is required."},{"allowed":null,"code":"REQUIRED","field":["description"],"message":"This is required."}]}}}
    long texts: {"data":{"createTicket":{"ticket":null,"userErrors":[{"allowed":null,"code":"TOO_LONG","field":["subject"],"message":"At most 255 characters."},{"allowed":null,"code":"TOO_LONG","field":["description"],"message":"At most 65536 characters."}]}}}
    NUL: {"data":{"createTicket":{"ticket":null,"userErrors":[{"allowed":null,"code":"INVALID","field":["subject"],"message":"It contains a character that is not allowed."},{"allowed":null,"code":"INVALID","field":["description"],"message":"It contains a character that is not allowed."}]}}}
    tags: {"data":{"createTicket":{"ticket":null,"userErrors":[{"allowed":null,"code":"INVALID","field":["tags"],"message":"At most 50."}]}}}
    a long tag: {"data":{"createTicket":{"ticket":null,"userErrors":[{"allowed":null,"code":"TOO_LONG","field":["tags"],"message":"At most 64 characters."}]}}}
    no such level: {"data":{"createTicket":{"ticket":null,"userErrors":[{"allowed":null,"code":"INVALID","field":["levelRank"],"message":"There is no level of this rank."}]}}}
    no such team: {"data":{"createTicket":{"ticket":null,"userErrors":[{"allowed":null,"code":"NOT_FOUND","field":["teamId"],"message":"There is no such thing, or not for you."}]}}}
    no such requester: {"data":{"createTicket":{"ticket":null,"userErrors":[{"allowed":null,"code":"NOT_FOUND","field":["requesterId"],"message":"There is no such thing, or not for you."}]}}}
    another kind of id: {"data":{"createTicket":{"ticket":null,"userErrors":[{"allowed":null,"code":"NOT_FOUND","field":["requesterId"],"message":"There is no such thing, or not for you."}]}}}
    no address: {"data":{"createTicket":{"ticket":null,"userErrors":[{"allowed":null,"code":"INVALID","field":["requesterEmail"],"message":"This is not an e-mail address."}]}}}
    taken: {"data":{"createTicket":{"ticket":{"reference":"GU-1001","requester":{"name":"Rosa Requester"}},"userErrors":[{"allowed":null,"code":"TAKEN","field":["externalId"],"message":"This is in use already."}]}}}
    no help session: {"data":{"createTicket":{"ticket":null,"userErrors":[{"allowed":null,"code":"NOT_FOUND","field":["helpSession"],"message":"There is no such thing, or not for you."}]}}}
    large context: {"data":{"createTicket":{"ticket":null,"userErrors":[{"allowed":null,"code":"TOO_LONG","field":["context"],"message":"At most 16384 characters."}]}}}
    large fields: {"data":{"createTicket":{"ticket":null,"userErrors":[{"allowed":null,"code":"TOO_LONG","field":["customFields"],"message":"At most 16384 characters."}]}}}
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn requesters_open_tickets_for_themselves_only() {
    let server = TestServer::start().await;
    let requester = server.requester();
    let mut answers = Answers::default();
    for (name, bad) in [
        (
            "for a colleague",
            json!({ "requesterId": server.colleague().id() }),
        ),
        (
            "for a stranger",
            json!({ "requesterId": server.stranger().id() }),
        ),
        (
            "for a known address",
            json!({ "requesterEmail": "stella@desk.test" }),
        ),
        (
            "for an unknown address",
            json!({ "requesterEmail": "nobody@desk.test" }),
        ),
        ("named elsewhere", json!({ "externalId": "A-1" })),
        ("for a team", json!({ "teamId": global(server.team()) })),
    ] {
        let mut input = bad;
        input["subject"] = json!("Help");
        input["description"] = json!("Please");
        answers.add(name, &create(&requester, input).await);
    }
    let visitor = server.visitor();
    let input = json!({ "subject": "Help", "description": "Please" });
    answers.add("by nobody", &create(&visitor, input).await);
    assert_snapshot!(answers, @r#"
    for a colleague: {"data":{"createTicket":{"ticket":null,"userErrors":[{"allowed":null,"code":"FORBIDDEN","field":["requesterId"],"message":"You may not do this."}]}}}
    for a stranger: {"data":{"createTicket":{"ticket":null,"userErrors":[{"allowed":null,"code":"NOT_FOUND","field":["requesterId"],"message":"There is no such thing, or not for you."}]}}}
    for a known address: {"data":{"createTicket":{"ticket":null,"userErrors":[{"allowed":null,"code":"FORBIDDEN","field":["requesterEmail"],"message":"You may not do this."}]}}}
    for an unknown address: {"data":{"createTicket":{"ticket":null,"userErrors":[{"allowed":null,"code":"FORBIDDEN","field":["requesterEmail"],"message":"You may not do this."}]}}}
    named elsewhere: {"data":{"createTicket":{"ticket":null,"userErrors":[{"allowed":null,"code":"FORBIDDEN","field":["externalId"],"message":"You may not do this."}]}}}
    for a team: {"data":{"createTicket":{"ticket":null,"userErrors":[{"allowed":null,"code":"NOT_FOUND","field":["teamId"],"message":"There is no such thing, or not for you."}]}}}
    by nobody: {"data":null,"errors":[{"extensions":{"code":"UNAUTHENTICATED","requestId":"test"},"locations":[{"column":40,"line":1}],"message":"sign in first","path":["createTicket"]}]}
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn french_is_spoken() {
    let server = TestServer::start().await;
    let francophone = server.add_francophone(Role::Agent).await;
    let input = json!({
        "subject": "", "description": "d".repeat(65_537), "tags": ["t".repeat(65)], "teamId": "x", "helpSession": "x",
    });
    let refused = create(&francophone, input).await;
    assert_json_snapshot!(refused["data"]["createTicket"]["userErrors"], @r#"
    [
      {
        "allowed": null,
        "code": "REQUIRED",
        "field": [
          "subject"
        ],
        "message": "Ce champ est obligatoire."
      },
      {
        "allowed": null,
        "code": "TOO_LONG",
        "field": [
          "description"
        ],
        "message": "65536 caractères au plus."
      },
      {
        "allowed": null,
        "code": "TOO_LONG",
        "field": [
          "tags"
        ],
        "message": "64 caractères au plus."
      },
      {
        "allowed": null,
        "code": "NOT_FOUND",
        "field": [
          "helpSession"
        ],
        "message": "Cet élément n’existe pas, ou pas pour vous."
      },
      {
        "allowed": null,
        "code": "NOT_FOUND",
        "field": [
          "teamId"
        ],
        "message": "Cet élément n’existe pas, ou pas pour vous."
      }
    ]
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_external_agent_sees_again_what_they_open() {
    let server = TestServer::start().await;
    let external = server.external_agent();
    let input = json!({ "subject": "Help", "description": "Please", "externalId": "E-1" });
    let selection = "ticket { team { name } requester { name } }";
    let opened = mutate(&external, "createTicket", selection, input).await;
    assert_json_snapshot!(opened, @r#"
    {
      "data": {
        "createTicket": {
          "ticket": {
            "requester": {
              "name": "Emil External"
            },
            "team": {
              "name": "Vendor"
            }
          },
          "userErrors": []
        }
      }
    }
    "#);
    let found = external.run(
        "{ ticket(by: { externalId: \"E-1\" }) { reference externalId } }",
        json!({}),
    );
    assert_json_snapshot!(found.await, @r#"
    {
      "data": {
        "ticket": {
          "externalId": "E-1",
          "reference": "GU-1001"
        }
      }
    }
    "#);
}
