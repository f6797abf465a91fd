//! A problem and what it caused.

use chrono::TimeDelta;
use entity::ticket;
use harness::{Client, TestServer, global};
use insta::assert_json_snapshot;
use serde_json::{Value, json};

use super::see;
use crate::ask::{mutate, outcome};

const DONE: &str = "ticket { status } incidents { solved { reference status lastComment { body isSolution } knowledgeLinks { role } }
  refused { ticket { reference } userErrors { code } } moreAfter }";

async fn cause(who: &Client, incident: &ticket::Model, problem: &ticket::Model) {
    let input = json!({ "ticketId": global(incident.id), "otherId": global(problem.id), "kind": "CAUSED_BY" });
    let answer = mutate(who, "linkTickets", "ticket { id }", input).await;
    assert_eq!(outcome(&answer), "ok", "{answer}");
}

async fn solve(who: &Client, problem: &ticket::Model, more: Value) -> Value {
    let mut input = json!({ "ticketId": global(problem.id), "solveIncidents": true });
    for (key, value) in more.as_object().unwrap() {
        input[key] = value.clone();
    }
    mutate(who, "solveTicket", DONE, input).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_problem_is_solved_with_its_incidents() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let problem = server
        .ticket()
        .subject("The server room is on fire")
        .create()
        .await;
    let make = async |ticket: harness::TicketBuilder<'_>| {
        let ticket = Box::pin(ticket.create()).await;
        cause(&agent, &ticket, &problem).await;
        ticket
    };
    let new = make(server.ticket()).await;
    let waiting = make(server.ticket().by(&server.stranger()).waiting()).await;
    make(server.ticket().solved()).await;
    let article = json!({ "title": "Fires", "body": "Water.", "locale": "en" });
    let article = mutate(&agent, "createArticle", "article { id }", article).await;
    let article = &article["data"]["createArticle"]["article"]["id"];
    // Another relation is no cause.
    let related = server.ticket().create().await;
    let input = json!({ "ticketId": global(related.id), "otherId": global(problem.id), "kind": "RELATES_TO" });
    mutate(&agent, "linkTickets", "ticket { id }", input).await;

    let fields =
        "incidents { totalCount nodes { reference problem { reference } } } problem { id }";
    assert_json_snapshot!(see(&agent, &problem, fields).await, @r#"
    {
      "incidents": {
        "nodes": [
          {
            "problem": {
              "reference": "GU-1001"
            },
            "reference": "GU-1002"
          },
          {
            "problem": {
              "reference": "GU-1001"
            },
            "reference": "GU-1003"
          },
          {
            "problem": {
              "reference": "GU-1001"
            },
            "reference": "GU-1004"
          }
        ],
        "totalCount": 3
      },
      "problem": null
    }
    "#);
    server.advance(TimeDelta::minutes(1));
    let input = json!({ "comment": "Internal cause", "incidentComment": "It is out.", "articleId": article });
    assert_json_snapshot!(solve(&agent, &problem, input).await["data"], @r#"
    {
      "solveTicket": {
        "incidents": {
          "moreAfter": null,
          "refused": [],
          "solved": [
            {
              "knowledgeLinks": [
                {
                  "role": "SOLUTION"
                }
              ],
              "lastComment": {
                "body": "It is out.",
                "isSolution": true
              },
              "reference": "GU-1002",
              "status": "SOLVED"
            },
            {
              "knowledgeLinks": [
                {
                  "role": "SOLUTION"
                }
              ],
              "lastComment": {
                "body": "It is out.",
                "isSolution": true
              },
              "reference": "GU-1003",
              "status": "SOLVED"
            }
          ]
        },
        "ticket": {
          "status": "SOLVED"
        },
        "userErrors": []
      }
    }
    "#);
    let entries = "timeline(last: 3) { nodes { __typename actor { ... on User { name } } } }";
    let of_new = see(&agent, &new, entries).await;
    assert_json_snapshot!(of_new, @r#"
    {
      "timeline": {
        "nodes": [
          {
            "__typename": "CommentEntry",
            "actor": {
              "name": "Agnes Agent"
            }
          },
          {
            "__typename": "KnowledgeEntry",
            "actor": {
              "name": "Agnes Agent"
            }
          },
          {
            "__typename": "StatusEntry",
            "actor": {
              "name": "Agnes Agent"
            }
          }
        ]
      }
    }
    "#);
    assert_eq!(see(&agent, &waiting, entries).await, of_new);
    assert_eq!(see(&agent, &related, "status").await["status"], "NEW");
    assert_eq!(
        see(&agent, &problem, "lastComment { body }").await["lastComment"]["body"],
        "Internal cause"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn many_incidents_are_solved_in_batches() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let problem = server.ticket().create().await;
    for _ in 0..60 {
        let incident = server.ticket().create().await;
        cause(&agent, &incident, &problem).await;
    }
    let page = "query($id: ID!, $after: String) { ticket(by: { id: $id }) { incidents(first: 40, after: $after) {
        totalCount nodes { number } pageInfo { hasNextPage endCursor } } } }";
    let answer = agent.run(page, json!({ "id": global(problem.id) })).await;
    let incidents = &answer["data"]["ticket"]["incidents"];
    assert_eq!(incidents["totalCount"], 60);
    let after = &incidents["pageInfo"]["endCursor"];
    let rest = agent
        .run(page, json!({ "id": global(problem.id), "after": after }))
        .await;
    let rest = &rest["data"]["ticket"]["incidents"];
    assert_eq!(rest["nodes"].as_array().map(Vec::len), Some(20));
    assert_eq!(rest["pageInfo"]["hasNextPage"], false);

    let answer = solve(&agent, &problem, json!({ "comment": "Out." })).await;
    let incidents = &answer["data"]["solveTicket"]["incidents"];
    assert_eq!(
        incidents["solved"].as_array().map(Vec::len),
        Some(50),
        "{answer}"
    );
    let shown = "incidents { solved { lastComment { body } } moreAfter }";
    let more = json!({ "ticketId": global(problem.id), "comment": "Out, too.", "after": incidents["moreAfter"] });
    let answer = mutate(&agent, "solveIncidents", shown, more).await;
    let incidents = &answer["data"]["solveIncidents"]["incidents"];
    let solved = incidents["solved"].as_array().unwrap();
    assert_eq!(solved.len(), 10);
    assert!(
        solved
            .iter()
            .all(|ticket| ticket["lastComment"]["body"] == "Out, too.")
    );
    assert_eq!(incidents["moreAfter"], Value::Null);
    // Again there is nothing left to do.
    let again = json!({ "ticketId": global(problem.id) });
    let answer = mutate(&agent, "solveIncidents", shown, again).await;
    assert_json_snapshot!(answer["data"]["solveIncidents"]["incidents"], @r#"
    {
      "moreAfter": null,
      "solved": []
    }
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_may_not_see_or_do_stays() {
    let server = TestServer::start().await;
    let (agent, external, rosa) = (server.agent(), server.external_agent(), server.requester());
    let problem = server.ticket().team(server.external_team()).create().await;
    let routed = server.ticket().team(server.external_team()).create().await;
    let hidden = server
        .ticket()
        .by(&server.stranger())
        .subject("zebrafish")
        .create()
        .await;
    for incident in [&routed, &hidden] {
        cause(&agent, incident, &problem).await;
    }
    // A requester solves their own ticket, and nothing with it; then nothing is done at all.
    let answer = solve(&rosa, &problem, json!({})).await;
    assert_json_snapshot!(answer["data"]["solveTicket"], @r#"
    {
      "incidents": null,
      "ticket": null,
      "userErrors": [
        {
          "allowed": null,
          "code": "FORBIDDEN",
          "field": [
            "solveIncidents"
          ],
          "message": "You may not do this."
        }
      ]
    }
    "#);
    let input = json!({ "ticketId": global(problem.id) });
    let answer = mutate(
        &rosa,
        "solveIncidents",
        "incidents { moreAfter }",
        input.clone(),
    )
    .await;
    assert_eq!(outcome(&answer), "FORBIDDEN");
    let answer = mutate(
        &server.stranger(),
        "solveIncidents",
        "incidents { moreAfter }",
        input,
    )
    .await;
    assert_eq!(outcome(&answer), "NOT_FOUND");
    let bad = json!({ "incidentComment": "a\u{0}" });
    assert_eq!(outcome(&solve(&agent, &problem, bad).await), "INVALID");
    assert_eq!(see(&agent, &problem, "status").await["status"], "NEW");

    let fields = "incidents { totalCount nodes { subject } }";
    for who in [&external, &rosa] {
        let shown = see(who, &problem, fields).await;
        assert_eq!(shown["incidents"]["totalCount"], 1, "{shown}");
        assert!(!shown.to_string().contains("zebrafish"));
    }
    assert_eq!(
        see(&server.stranger(), &hidden, "problem { id }").await["problem"],
        Value::Null
    );
    let answer = solve(&external, &problem, json!({})).await;
    let solved = &answer["data"]["solveTicket"]["incidents"]["solved"];
    assert_eq!(solved.as_array().map(Vec::len), Some(1), "{answer}");
    assert_eq!(see(&agent, &hidden, "status").await["status"], "NEW");

    // What an incident refuses is said, and the others are solved.
    let problem = server.ticket().create().await;
    for incident in [&hidden, &server.ticket().create().await] {
        cause(&agent, incident, &problem).await;
    }
    let answer = solve(&agent, &problem, json!({ "articleId": "art_x" })).await;
    assert_eq!(
        outcome(&answer),
        "NOT_FOUND",
        "the problem is refused as well"
    );
}

/// Two agents, and somebody who solves an incident alone: each is solved once.
#[tokio::test(flavor = "multi_thread")]
async fn each_incident_is_solved_once() {
    let server = TestServer::start().await;
    let (agent, lead) = (server.agent(), server.lead());
    let problem = server.ticket().create().await;
    let mut incidents = Vec::new();
    for _ in 0..20 {
        let incident = server.ticket().create().await;
        cause(&agent, &incident, &problem).await;
        incidents.push(incident);
    }
    let input = json!({ "ticketId": global(problem.id), "comment": "Out." });
    let shown = "incidents { solved { id } refused { ticket { id } userErrors { code } } }";
    let (one, other) = tokio::join!(
        mutate(&agent, "solveIncidents", shown, input.clone()),
        mutate(&lead, "solveIncidents", shown, input)
    );
    let count = |answer: &Value, list: &str| {
        let list = &answer["data"]["solveIncidents"]["incidents"][list];
        list.as_array().unwrap_or_else(|| panic!("{answer}")).len()
    };
    assert_eq!(count(&one, "solved") + count(&other, "solved"), 20);
    for incident in &incidents {
        let shown = see(&agent, incident, "status commentCount version").await;
        let expected = json!({ "status": "SOLVED", "commentCount": 1, "version": 2 });
        assert_eq!(shown, expected);
    }
}
