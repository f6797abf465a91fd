//! The state machine from end to end.

use chrono::TimeDelta;
use entity::{
    ticket::{self, Status},
    user::Role,
};
use harness::{Client, TestServer, global, newcomer};
use insta::{assert_json_snapshot, assert_snapshot};
use sea_orm::Iterable;
use serde_json::{Value, json};

use crate::ask::{Answers, mutate, outcome};

const MOVED: &str = "ticket { status version waitingReason waitingUntil reopenCount solvedAt closedAt nextStatuses serviceLevel { state } }";

async fn run_move(client: &Client, mutation: &str, ticket: &ticket::Model) -> Value {
    let mut input = json!({ "ticketId": global(ticket.id) });
    if mutation == "waitTicket" {
        input["reason"] = json!("THIRD_PARTY");
    }
    mutate(client, mutation, MOVED, input).await
}

const MOVES: [&str; 4] = ["reopenTicket", "waitTicket", "solveTicket", "closeTicket"];

/// Every status by every move: the new status, or the moves that are legal.
async fn machine_of(server: &TestServer, mover: &Client) -> String {
    let mut rows = Vec::new();
    for from in Status::iter() {
        for mutation in MOVES {
            let ticket = server.ticket().moved_to(from).create().await;
            let answer = run_move(mover, mutation, &ticket).await;
            let payload = &answer["data"][mutation];
            let result = match outcome(&answer).as_str() {
                "ok" => payload["ticket"]["status"].to_string(),
                "ILLEGAL_TRANSITION" => {
                    assert!(payload["ticket"].is_null(), "{answer}");
                    format!("illegal, allowed {}", payload["userErrors"][0]["allowed"])
                }
                other => other.to_owned(),
            };
            rows.push(format!("{from:?} {mutation}: {result}"));
        }
    }
    rows.join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_make_every_legal_move_and_no_other() {
    let server = TestServer::start().await;
    assert_snapshot!(machine_of(&server, &server.agent()).await, @r#"
    New reopenTicket: "OPEN"
    New waitTicket: "WAITING"
    New solveTicket: "SOLVED"
    New closeTicket: illegal, allowed ["OPEN","WAITING","SOLVED"]
    Open reopenTicket: illegal, allowed ["WAITING","SOLVED"]
    Open waitTicket: "WAITING"
    Open solveTicket: "SOLVED"
    Open closeTicket: illegal, allowed ["WAITING","SOLVED"]
    Waiting reopenTicket: "OPEN"
    Waiting waitTicket: illegal, allowed ["OPEN","SOLVED"]
    Waiting solveTicket: "SOLVED"
    Waiting closeTicket: illegal, allowed ["OPEN","SOLVED"]
    Solved reopenTicket: "OPEN"
    Solved waitTicket: "WAITING"
    Solved solveTicket: illegal, allowed ["OPEN","WAITING","CLOSED"]
    Solved closeTicket: "CLOSED"
    Closed reopenTicket: illegal, allowed []
    Closed waitTicket: illegal, allowed []
    Closed solveTicket: illegal, allowed []
    Closed closeTicket: illegal, allowed []
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn requesters_only_solve_and_reopen_their_own() {
    let server = TestServer::start().await;
    assert_snapshot!(machine_of(&server, &server.requester()).await, @r#"
    New reopenTicket: illegal, allowed ["SOLVED"]
    New waitTicket: FORBIDDEN
    New solveTicket: "SOLVED"
    New closeTicket: FORBIDDEN
    Open reopenTicket: illegal, allowed ["SOLVED"]
    Open waitTicket: FORBIDDEN
    Open solveTicket: "SOLVED"
    Open closeTicket: FORBIDDEN
    Waiting reopenTicket: illegal, allowed ["SOLVED"]
    Waiting waitTicket: FORBIDDEN
    Waiting solveTicket: "SOLVED"
    Waiting closeTicket: FORBIDDEN
    Solved reopenTicket: "OPEN"
    Solved waitTicket: FORBIDDEN
    Solved solveTicket: illegal, allowed ["OPEN"]
    Solved closeTicket: FORBIDDEN
    Closed reopenTicket: illegal, allowed []
    Closed waitTicket: illegal, allowed []
    Closed solveTicket: illegal, allowed []
    Closed closeTicket: illegal, allowed []
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_life_with_everything() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let ticket = server.ticket().create().await;
    let mut answers = Answers::default();
    for mutation in [
        "claimTicket",
        "waitTicket",
        "reopenTicket",
        "solveTicket",
        "reopenTicket",
        "solveTicket",
        "waitTicket",
        "solveTicket",
        "closeTicket",
        "closeTicket",
    ] {
        server.advance(TimeDelta::minutes(10));
        answers.add(mutation, &run_move(&agent, mutation, &ticket).await);
    }
    assert_snapshot!(answers, @r#"
    claimTicket: {"data":{"claimTicket":{"ticket":{"closedAt":null,"nextStatuses":["WAITING","SOLVED"],"reopenCount":0,"serviceLevel":{"state":"RUNNING"},"solvedAt":null,"status":"OPEN","version":2,"waitingReason":null,"waitingUntil":null},"userErrors":[]}}}
    waitTicket: {"data":{"waitTicket":{"ticket":{"closedAt":null,"nextStatuses":["OPEN","SOLVED"],"reopenCount":0,"serviceLevel":{"state":"RUNNING"},"solvedAt":null,"status":"WAITING","version":3,"waitingReason":"THIRD_PARTY","waitingUntil":null},"userErrors":[]}}}
    reopenTicket: {"data":{"reopenTicket":{"ticket":{"closedAt":null,"nextStatuses":["WAITING","SOLVED"],"reopenCount":0,"serviceLevel":{"state":"RUNNING"},"solvedAt":null,"status":"OPEN","version":4,"waitingReason":null,"waitingUntil":null},"userErrors":[]}}}
    solveTicket: {"data":{"solveTicket":{"ticket":{"closedAt":null,"nextStatuses":["OPEN","WAITING","CLOSED"],"reopenCount":0,"serviceLevel":{"state":"MET"},"solvedAt":"2026-11-23T09:40:00+00:00","status":"SOLVED","version":5,"waitingReason":null,"waitingUntil":null},"userErrors":[]}}}
    reopenTicket: {"data":{"reopenTicket":{"ticket":{"closedAt":null,"nextStatuses":["WAITING","SOLVED"],"reopenCount":1,"serviceLevel":{"state":"RUNNING"},"solvedAt":null,"status":"OPEN","version":6,"waitingReason":null,"waitingUntil":null},"userErrors":[]}}}
    solveTicket: {"data":{"solveTicket":{"ticket":{"closedAt":null,"nextStatuses":["OPEN","WAITING","CLOSED"],"reopenCount":1,"serviceLevel":{"state":"MET"},"solvedAt":"2026-11-23T10:00:00+00:00","status":"SOLVED","version":7,"waitingReason":null,"waitingUntil":null},"userErrors":[]}}}
    waitTicket: {"data":{"waitTicket":{"ticket":{"closedAt":null,"nextStatuses":["OPEN","SOLVED"],"reopenCount":1,"serviceLevel":{"state":"RUNNING"},"solvedAt":null,"status":"WAITING","version":8,"waitingReason":"THIRD_PARTY","waitingUntil":null},"userErrors":[]}}}
    solveTicket: {"data":{"solveTicket":{"ticket":{"closedAt":null,"nextStatuses":["OPEN","WAITING","CLOSED"],"reopenCount":1,"serviceLevel":{"state":"MET"},"solvedAt":"2026-11-23T10:20:00+00:00","status":"SOLVED","version":9,"waitingReason":null,"waitingUntil":null},"userErrors":[]}}}
    closeTicket: {"data":{"closeTicket":{"ticket":{"closedAt":"2026-11-23T10:30:00+00:00","nextStatuses":[],"reopenCount":1,"serviceLevel":{"state":"MET"},"solvedAt":"2026-11-23T10:20:00+00:00","status":"CLOSED","version":10,"waitingReason":null,"waitingUntil":null},"userErrors":[]}}}
    closeTicket: {"data":{"closeTicket":{"ticket":null,"userErrors":[{"allowed":[],"code":"ILLEGAL_TRANSITION","field":null,"message":"A ticket that is closed does not allow this."}]}}}
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_illegal_move_is_told_in_french() {
    let server = TestServer::start().await;
    let francophone = server.add_francophone(Role::Agent).await;
    let ticket = server.ticket().open().create().await;
    assert_json_snapshot!(run_move(&francophone, "closeTicket", &ticket).await, @r#"
    {
      "data": {
        "closeTicket": {
          "ticket": null,
          "userErrors": [
            {
              "allowed": [
                "WAITING",
                "SOLVED"
              ],
              "code": "ILLEGAL_TRANSITION",
              "field": null,
              "message": "Un ticket ouvert ne permet pas cela."
            }
          ]
        }
      }
    }
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_has_a_reason_and_perhaps_an_end() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let mut answers = Answers::default();
    for (name, wait) in [
        ("for the requester", json!({ "reason": "REQUESTER" })),
        ("for a third party", json!({ "reason": "THIRD_PARTY" })),
        (
            "until",
            json!({ "reason": "SCHEDULED", "until": "2026-11-24T08:00:00+01:00" }),
        ),
        ("no end", json!({ "reason": "SCHEDULED" })),
        (
            "over",
            json!({ "reason": "SCHEDULED", "until": "2026-11-23T09:00:00Z" }),
        ),
        (
            "an end too many",
            json!({ "reason": "REQUESTER", "until": "2026-11-24T08:00:00Z" }),
        ),
    ] {
        let ticket = server.ticket().open().create().await;
        let mut input = wait;
        input["ticketId"] = json!(global(ticket.id));
        answers.add(name, &mutate(&agent, "waitTicket", MOVED, input).await);
    }
    assert_snapshot!(answers, @r#"
    for the requester: {"data":{"waitTicket":{"ticket":{"closedAt":null,"nextStatuses":["OPEN","SOLVED"],"reopenCount":0,"serviceLevel":{"state":"PAUSED"},"solvedAt":null,"status":"WAITING","version":3,"waitingReason":"REQUESTER","waitingUntil":null},"userErrors":[]}}}
    for a third party: {"data":{"waitTicket":{"ticket":{"closedAt":null,"nextStatuses":["OPEN","SOLVED"],"reopenCount":0,"serviceLevel":{"state":"RUNNING"},"solvedAt":null,"status":"WAITING","version":3,"waitingReason":"THIRD_PARTY","waitingUntil":null},"userErrors":[]}}}
    until: {"data":{"waitTicket":{"ticket":{"closedAt":null,"nextStatuses":["OPEN","SOLVED"],"reopenCount":0,"serviceLevel":{"state":"RUNNING"},"solvedAt":null,"status":"WAITING","version":3,"waitingReason":"SCHEDULED","waitingUntil":"2026-11-24T07:00:00+00:00"},"userErrors":[]}}}
    no end: {"data":{"waitTicket":{"ticket":null,"userErrors":[{"allowed":null,"code":"REQUIRED","field":["until"],"message":"This is required."}]}}}
    over: {"data":{"waitTicket":{"ticket":null,"userErrors":[{"allowed":null,"code":"INVALID","field":["until"],"message":"This time is over already."}]}}}
    an end too many: {"data":{"waitTicket":{"ticket":null,"userErrors":[{"allowed":null,"code":"INVALID","field":["until"],"message":"A time goes with the reason SCHEDULED, and only with it."}]}}}
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_solution_can_say_how() {
    let server = TestServer::start().await;
    let ticket = server.ticket().create().await;
    let selection = "ticket { status firstRepliedAt comments(first: 5) { nodes { body visibility isSolution author { ... on User { name } } } } knowledgeLinks { role article { title } } }";
    let agent = server.agent();
    let new = json!({ "title": "Fire", "body": "Use water.", "locale": "en" });
    let created = mutate(&agent, "createArticle", "article { id }", new).await;
    let article = created["data"]["createArticle"]["article"]["id"].clone();
    let id = global(ticket.id);
    let input = json!({ "ticketId": id, "comment": "Use *water*.", "articleId": article });
    let solved = mutate(&agent, "solveTicket", selection, input).await;
    assert_json_snapshot!(solved, @r#"
    {
      "data": {
        "solveTicket": {
          "ticket": {
            "comments": {
              "nodes": [
                {
                  "author": {
                    "name": "Agnes Agent"
                  },
                  "body": "Use *water*.",
                  "isSolution": true,
                  "visibility": "PUBLIC"
                }
              ]
            },
            "firstRepliedAt": "2026-11-23T09:00:00+00:00",
            "knowledgeLinks": [
              {
                "article": {
                  "title": "Fire"
                },
                "role": "SOLUTION"
              }
            ],
            "status": "SOLVED"
          },
          "userErrors": []
        }
      }
    }
    "#);

    let again = json!({ "ticketId": id, "comment": "It **smokes**." });
    let reopened = mutate(&server.requester(), "reopenTicket", selection, again).await;
    assert_json_snapshot!(reopened, @r#"
    {
      "data": {
        "reopenTicket": {
          "ticket": {
            "comments": {
              "nodes": [
                {
                  "author": {
                    "name": "Agnes Agent"
                  },
                  "body": "Use *water*.",
                  "isSolution": true,
                  "visibility": "PUBLIC"
                },
                {
                  "author": {
                    "name": "Rosa Requester"
                  },
                  "body": "It **smokes**.",
                  "isSolution": false,
                  "visibility": "PUBLIC"
                }
              ]
            },
            "firstRepliedAt": "2026-11-23T09:00:00+00:00",
            "knowledgeLinks": [],
            "status": "OPEN"
          },
          "userErrors": []
        }
      }
    }
    "#);
    let works = json!({ "ticketId": id, "comment": "It works now." });
    let solved = mutate(&server.requester(), "solveTicket", selection, works).await;
    assert_json_snapshot!(solved, @r#"
    {
      "data": {
        "solveTicket": {
          "ticket": {
            "comments": {
              "nodes": [
                {
                  "author": {
                    "name": "Agnes Agent"
                  },
                  "body": "Use *water*.",
                  "isSolution": true,
                  "visibility": "PUBLIC"
                },
                {
                  "author": {
                    "name": "Rosa Requester"
                  },
                  "body": "It **smokes**.",
                  "isSolution": false,
                  "visibility": "PUBLIC"
                },
                {
                  "author": {
                    "name": "Rosa Requester"
                  },
                  "body": "It works now.",
                  "isSolution": false,
                  "visibility": "PUBLIC"
                }
              ]
            },
            "firstRepliedAt": "2026-11-23T09:00:00+00:00",
            "knowledgeLinks": [],
            "status": "SOLVED"
          },
          "userErrors": []
        }
      }
    }
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_comment_or_article_moves_nothing() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let mut answers = Answers::default();
    for (mutation, bad) in [
        ("solveTicket", json!({ "comment": " " })),
        ("solveTicket", json!({ "comment": "c".repeat(65_537) })),
        ("solveTicket", json!({ "articleId": "art_x" })),
        ("reopenTicket", json!({ "comment": "" })),
    ] {
        let ticket = server.ticket().create().await;
        let mut input = bad;
        input["ticketId"] = json!(global(ticket.id));
        answers.add(
            mutation,
            &mutate(&agent, mutation, "ticket { status }", input).await,
        );
    }
    assert_snapshot!(answers, @r#"
    solveTicket: {"data":{"solveTicket":{"ticket":null,"userErrors":[{"allowed":null,"code":"REQUIRED","field":["comment"],"message":"This is required."}]}}}
    solveTicket: {"data":{"solveTicket":{"ticket":null,"userErrors":[{"allowed":null,"code":"TOO_LONG","field":["comment"],"message":"At most 65536 characters."}]}}}
    solveTicket: {"data":{"solveTicket":{"ticket":null,"userErrors":[{"allowed":null,"code":"NOT_FOUND","field":["articleId"],"message":"There is no such thing, or not for you."}]}}}
    reopenTicket: {"data":{"reopenTicket":{"ticket":null,"userErrors":[{"allowed":null,"code":"REQUIRED","field":["comment"],"message":"This is required."}]}}}
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_who_claim_at_once_one_gets_it() {
    let server = TestServer::start().await;
    let ticket = server.ticket().create().await;
    let mut agents = Vec::new();
    for count in 0..20 {
        let agent = server
            .add_person(newcomer(&format!("Agent{count} Twenty"), Role::Agent))
            .await;
        agent.token().await;
        agents.push(agent);
    }
    let claims: Vec<_> = agents
        .into_iter()
        .map(|agent| {
            let id = global(ticket.id);
            tokio::spawn(async move {
                let selection = "ticket { version status assignee { name } }";
                mutate(&agent, "claimTicket", selection, json!({ "ticketId": id })).await
            })
        })
        .collect();
    let mut answers = Vec::new();
    for claim in claims {
        answers.push(claim.await.expect("an answer")["data"]["claimTicket"].clone());
    }
    let (won, lost): (Vec<_>, Vec<_>) = answers
        .into_iter()
        .partition(|answer| answer["userErrors"] == json!([]));
    assert_eq!((won.len(), lost.len()), (1, 19));
    let winner = won[0]["ticket"].clone();
    let name = winner["assignee"]["name"].as_str().unwrap();
    assert_eq!(
        winner,
        json!({ "version": 2, "status": "OPEN", "assignee": { "name": name } })
    );
    for answer in lost {
        let error = json!({
            "code": "ALREADY_CLAIMED", "message": format!("{name} has taken this ticket already."), "field": null, "allowed": null,
        });
        assert_eq!(answer, json!({ "ticket": winner, "userErrors": [error] }));
    }
}
