//! A comment that goes on as a ticket of its own.

use chrono::TimeDelta;
use entity::{comment, ids::TicketId, ticket};
use harness::{Client, TestServer, global};
use insta::{assert_json_snapshot, assert_snapshot};
use sea_orm::EntityTrait;
use serde_json::{Value, json};

use super::{see, with_comments};
use crate::ask::{Answers, mutate, outcome};

const PARTS: &str = "ticket { reference version status commentCount lastComment { body } comments { nodes { body } } }
  newTicket { reference version status subject description priority level { rank } requester { name } organization { name } assignee { name }
    firstRepliedAt commentCount lastComment { body } comments { nodes { body visibility } } links { kind isOutward ticket { reference } }
    serviceLevel { firstReply { state } nextReply { state } resolution { state } } }";

async fn split(
    who: &Client,
    ticket: &ticket::Model,
    comment: &comment::Model,
    more: Value,
) -> Value {
    let mut input = json!({ "ticketId": global(ticket.id), "commentId": global(comment.id) });
    for (key, value) in more.as_object().unwrap() {
        input[key] = value.clone();
    }
    mutate(who, "splitTicket", PARTS, input).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_comment_starts_a_ticket_and_stays_where_it_was_said() {
    let server = TestServer::start().await;
    let (agent, colin) = (server.agent(), server.colleague());
    let ticket = server.ticket().level(2).open().create().await;
    server
        .comment(&ticket)
        .body("Which printer?")
        .create()
        .await;
    server.advance(TimeDelta::minutes(1));
    let other = server
        .comment(&ticket)
        .by(&colin)
        .body("My **screen** is dark, too.");
    let other = other.create().await;
    server.comment(&ticket).body("Later").create().await;
    let answer = split(&agent, &ticket, &other, json!({ "subject": "Dark screen" })).await;
    assert_json_snapshot!(answer["data"], @r#"
    {
      "splitTicket": {
        "newTicket": {
          "assignee": null,
          "commentCount": 0,
          "comments": {
            "nodes": []
          },
          "description": "My **screen** is dark, too.",
          "firstRepliedAt": null,
          "lastComment": null,
          "level": {
            "rank": 2
          },
          "links": [
            {
              "isOutward": true,
              "kind": "RELATES_TO",
              "ticket": {
                "reference": "GU-1001"
              }
            }
          ],
          "organization": {
            "name": "Harbour"
          },
          "priority": "HIGH",
          "reference": "GU-1002",
          "requester": {
            "name": "Colin Colleague"
          },
          "serviceLevel": {
            "firstReply": {
              "state": "RUNNING"
            },
            "nextReply": null,
            "resolution": {
              "state": "RUNNING"
            }
          },
          "status": "NEW",
          "subject": "Dark screen",
          "version": 1
        },
        "ticket": {
          "commentCount": 3,
          "comments": {
            "nodes": [
              {
                "body": "Which printer?"
              },
              {
                "body": "My **screen** is dark, too."
              },
              {
                "body": "Later"
              }
            ]
          },
          "lastComment": {
            "body": "Later"
          },
          "reference": "GU-1001",
          "status": "OPEN",
          "version": 5
        },
        "userErrors": []
      }
    }
    "#);
    let entries = "timeline(last: 1) { nodes { __typename ... on SplitEntry { movedCount ticket { reference } comment { body } } } }";
    assert_json_snapshot!(see(&agent, &ticket, entries).await, @r#"
    {
      "timeline": {
        "nodes": [
          {
            "__typename": "SplitEntry",
            "comment": {
              "body": "My **screen** is dark, too."
            },
            "movedCount": 0,
            "ticket": {
              "reference": "GU-1002"
            }
          }
        ]
      }
    }
    "#);
    // Its requester learns of it only what they may read anyway.
    let shown = see(
        &server.requester(),
        &ticket,
        "version commentCount timeline { nodes { __typename } }",
    )
    .await;
    assert!(!shown.to_string().contains("SplitEntry"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_later_moves_along() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let ticket = with_comments(&server, &server.requester(), &["First"]).await;
    let at = server
        .comment(&ticket)
        .body("And the door?")
        .by(&server.requester());
    let at = at.create().await;
    server.advance(TimeDelta::minutes(1));
    server.comment(&ticket).body("Which door?").create().await;
    server
        .comment(&ticket)
        .internal()
        .body("Odd")
        .create()
        .await;
    let last = server
        .comment(&ticket)
        .by(&server.requester())
        .body("The red one");
    let last = last.create().await;
    let edit = json!({ "commentId": global(last.id), "body": "The blue one" });
    assert_eq!(
        outcome(&mutate(&server.requester(), "editComment", "comment { id }", edit).await),
        "ok"
    );

    let answer = split(&agent, &ticket, &at, json!({ "movesLater": true })).await;
    assert_json_snapshot!(answer["data"], @r#"
    {
      "splitTicket": {
        "newTicket": {
          "assignee": null,
          "commentCount": 3,
          "comments": {
            "nodes": [
              {
                "body": "Which door?",
                "visibility": "PUBLIC"
              },
              {
                "body": "Odd",
                "visibility": "INTERNAL"
              },
              {
                "body": "The blue one",
                "visibility": "PUBLIC"
              }
            ]
          },
          "description": "And the door?",
          "firstRepliedAt": "2026-11-23T09:01:00+00:00",
          "lastComment": {
            "body": "The blue one"
          },
          "level": {
            "rank": 1
          },
          "links": [
            {
              "isOutward": true,
              "kind": "RELATES_TO",
              "ticket": {
                "reference": "GU-1001"
              }
            }
          ],
          "organization": {
            "name": "Harbour"
          },
          "priority": "NORMAL",
          "reference": "GU-1002",
          "requester": {
            "name": "Rosa Requester"
          },
          "serviceLevel": {
            "firstReply": {
              "state": "MET"
            },
            "nextReply": {
              "state": "RUNNING"
            },
            "resolution": {
              "state": "RUNNING"
            }
          },
          "status": "OPEN",
          "subject": "The printer is on fire",
          "version": 2
        },
        "ticket": {
          "commentCount": 2,
          "comments": {
            "nodes": [
              {
                "body": "First"
              },
              {
                "body": "And the door?"
              }
            ]
          },
          "lastComment": {
            "body": "And the door?"
          },
          "reference": "GU-1001",
          "status": "OPEN",
          "version": 7
        },
        "userErrors": []
      }
    }
    "#);
    // Nothing is lost or there twice.
    let db = &server.app().store.read;
    let stored = comment::Entity::find().all(db).await.unwrap();
    assert_eq!(stored.len(), 5);
    let revisions = entity::text_revision::Entity::find().all(db).await.unwrap();
    let owner = |id: TicketId| {
        stored
            .iter()
            .find(|comment| comment.ticket_id == id && comment.id == last.id)
    };
    assert_eq!(revisions.len(), 1);
    assert!(owner(revisions[0].ticket_id).is_some());
    // The old timeline still leads to what was said on it, as far as one may read that.
    let entries =
        "timeline { nodes { ... on CommentEntry { comment { body ticket { reference } } } } }";
    for who in [&agent, &server.requester()] {
        let shown = see(who, &ticket, entries).await.to_string();
        assert!(shown.contains("The blue one"), "{shown}");
    }
    assert_eq!(
        see(&server.requester(), &ticket, "commentCount").await["commentCount"],
        2
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_split() {
    let server = TestServer::start().await;
    let (agent, rosa, stella) = (server.agent(), server.requester(), server.stranger());
    let ticket = server.ticket().create().await;
    let comment = server.comment(&ticket).create().await;
    let internal = server.comment(&ticket).internal().create().await;
    let other = server.ticket().create().await;
    let elsewhere = server.comment(&other).create().await;
    let closed = server.ticket().create().await;
    let on_closed = server.comment(&closed).create().await;
    super::merged(&agent, &closed, &other).await;
    let mut answers = Answers::default();
    for (name, who, ticket, comment, more) in [
        ("internal", &agent, &ticket, &internal, json!({})),
        ("of another ticket", &agent, &ticket, &elsewhere, json!({})),
        ("of a merged ticket", &agent, &other, &on_closed, json!({})),
        ("on a closed ticket", &agent, &closed, &on_closed, json!({})),
        (
            "another version",
            &agent,
            &ticket,
            &comment,
            json!({ "expectedVersion": 1 }),
        ),
        (
            "a bad subject",
            &agent,
            &ticket,
            &comment,
            json!({ "subject": "a\u{0}" }),
        ),
        ("the requester's", &rosa, &ticket, &comment, json!({})),
        ("hidden", &stella, &ticket, &comment, json!({})),
    ] {
        let answer = split(who, ticket, comment, more).await;
        answers.add(name, &answer["data"]["splitTicket"]["userErrors"]);
    }
    assert_snapshot!(answers, @r#"
    internal: [{"allowed":null,"code":"INVALID","field":["commentId"],"message":"This comment is internal."}]
    of another ticket: [{"allowed":null,"code":"NOT_FOUND","field":["commentId"],"message":"There is no such thing, or not for you."}]
    of a merged ticket: [{"allowed":null,"code":"NOT_FOUND","field":["commentId"],"message":"There is no such thing, or not for you."}]
    on a closed ticket: [{"allowed":[],"code":"ILLEGAL_TRANSITION","field":null,"message":"A ticket that is closed does not allow this."}]
    another version: [{"allowed":null,"code":"CONFLICT","field":["expectedVersion"],"message":"Somebody changed it first: it is at version 2 now."}]
    a bad subject: [{"allowed":null,"code":"INVALID","field":["subject"],"message":"It contains a character that is not allowed."}]
    the requester's: [{"allowed":null,"code":"FORBIDDEN","field":null,"message":"You may not do this."}]
    hidden: [{"allowed":null,"code":"NOT_FOUND","field":["ticketId"],"message":"There is no such thing, or not for you."}]
    "#);
}

/// Colin wrote on a ticket when he was in an organization that could read it, and is in another now.
#[tokio::test(flavor = "multi_thread")]
async fn others_get_what_they_wrote_and_no_more() {
    let server = TestServer::start().await;
    let (agent, colin) = (server.agent(), server.colleague());
    let ticket = server.ticket().subject("Rosa's secret").create().await;
    let at = server
        .comment(&ticket)
        .by(&colin)
        .body("And mine?")
        .create()
        .await;
    server
        .comment(&ticket)
        .body("That is Rosa's")
        .create()
        .await;
    let moved =
        json!({ "userId": colin.id(), "organizationId": global(server.discreet_organization()) });
    let answer = mutate(&server.admin(), "editUser", "user { id }", moved).await;
    assert_eq!(outcome(&answer), "ok", "{answer}");

    assert_eq!(
        outcome(&split(&agent, &ticket, &at, json!({})).await),
        "REQUIRED"
    );
    let later = json!({ "subject": "Colin's", "movesLater": true });
    assert_eq!(
        outcome(&split(&agent, &ticket, &at, later).await),
        "INVALID"
    );
    let answer = split(&agent, &ticket, &at, json!({ "subject": "Colin's" })).await;
    let new = &answer["data"]["splitTicket"]["newTicket"];
    assert_eq!(new["organization"]["name"], "Summit", "{answer}");
    let seen = colin.run("{ tickets { nodes { subject description commentCount links { ticket { subject } } } } }", json!({})).await;
    assert_json_snapshot!(seen["data"], @r#"
    {
      "tickets": {
        "nodes": [
          {
            "commentCount": 0,
            "description": "And mine?",
            "links": [],
            "subject": "Colin's"
          }
        ]
      }
    }
    "#);
}
