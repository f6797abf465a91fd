//! Levels: the three of the start, and moving a ticket between them.

use chrono::TimeDelta;
use entity::user::Role;
use harness::{TestServer, global};
use insta::{assert_json_snapshot, assert_snapshot};
use serde_json::json;

use crate::ask::{Answers, mutate};

const LEVELS: &str = "{ levels { id rank name description defaultPriority defaultTeam { name } firstReply nextReply resolution } }";

#[tokio::test(flavor = "multi_thread")]
async fn three_levels_are_there_in_two_languages() {
    let server = TestServer::start().await;
    let francophone = server.add_francophone(Role::Requester).await;
    let mut answers = Answers::default();
    answers.add("fr", &francophone.run(LEVELS, json!({})).await);
    answers.add("en", &server.requester().run(LEVELS, json!({})).await);
    answers.add("visitor", &server.visitor().run(LEVELS, json!({})).await);
    assert_snapshot!(answers, @r#"
    fr: {"data":{"levels":[{"defaultPriority":"NORMAL","defaultTeam":null,"description":"Un problème ponctuel, vite réglé.","firstReply":"PT4H","id":"lvl_1","name":"Ponctuel","nextReply":"PT8H","rank":1,"resolution":"PT8H"},{"defaultPriority":"HIGH","defaultTeam":null,"description":"Un problème courant qui bloque les personnes dans leur usage de l’outil.","firstReply":"PT2H","id":"lvl_2","name":"Bloquant","nextReply":"PT4H","rank":2,"resolution":"PT16H"},{"defaultPriority":"URGENT","defaultTeam":null,"description":"Un problème urgent, long à résoudre.","firstReply":"PT30M","id":"lvl_3","name":"Critique","nextReply":"PT2H","rank":3,"resolution":"PT24H"}]}}
    en: {"data":{"levels":[{"defaultPriority":"NORMAL","defaultTeam":null,"description":"A one-off problem, quickly dealt with.","firstReply":"PT4H","id":"lvl_1","name":"One-off","nextReply":"PT8H","rank":1,"resolution":"PT8H"},{"defaultPriority":"HIGH","defaultTeam":null,"description":"A common problem that blocks people in their use of the tool.","firstReply":"PT2H","id":"lvl_2","name":"Blocking","nextReply":"PT4H","rank":2,"resolution":"PT16H"},{"defaultPriority":"URGENT","defaultTeam":null,"description":"An urgent problem that takes longer to solve.","firstReply":"PT30M","id":"lvl_3","name":"Critical","nextReply":"PT2H","rank":3,"resolution":"PT24H"}]}}
    visitor: {"data":null,"errors":[{"extensions":{"code":"UNAUTHENTICATED","requestId":"test"},"locations":[{"column":3,"line":1}],"message":"sign in first","path":["levels"]}]}
    "#);
    let agent = server.agent();
    let node = agent.run(
        "{ node(id: \"lvl_2\") { id ... on Level { rank } } }",
        json!({}),
    );
    assert_json_snapshot!(node.await, @r#"
    {
      "data": {
        "node": {
          "id": "lvl_2",
          "rank": 2
        }
      }
    }
    "#);
}

const MOVED: &str = "ticket { version level { rank } priority team { name } assignee { name }
  serviceLevel { state nextDueAt firstReply { target dueAt state elapsed } resolution { target dueAt state elapsed } } }";

#[tokio::test(flavor = "multi_thread")]
async fn a_move_to_another_level_keeps_what_has_passed() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let ticket = server.ticket().create().await;
    let mut answers = Answers::default();
    for (rank, reason) in [
        (3, "It spreads"),
        (3, "It spreads"),
        (1, "Put out"),
        (2, " "),
        (9, "Where?"),
        (-40_000, "Where?"),
    ] {
        server.advance(TimeDelta::minutes(20));
        let input = json!({ "ticketId": global(ticket.id), "levelRank": rank, "reason": reason });
        answers.add(
            reason,
            &mutate(&agent, "changeTicketLevel", MOVED, input).await,
        );
    }
    let long =
        json!({ "ticketId": global(ticket.id), "levelRank": 2, "reason": "r".repeat(2_001) });
    answers.add(
        "long",
        &mutate(&agent, "changeTicketLevel", MOVED, long).await,
    );
    assert_snapshot!(answers, @r#"
    It spreads: {"data":{"changeTicketLevel":{"ticket":{"assignee":null,"level":{"rank":3},"priority":"NORMAL","serviceLevel":{"firstReply":{"dueAt":"2026-11-23T09:30:00+00:00","elapsed":"PT20M","state":"RUNNING","target":"PT30M"},"nextDueAt":"2026-11-23T09:30:00+00:00","resolution":{"dueAt":"2026-11-24T09:00:00+00:00","elapsed":"PT20M","state":"RUNNING","target":"PT24H"},"state":"RUNNING"},"team":null,"version":2},"userErrors":[]}}}
    It spreads: {"data":{"changeTicketLevel":{"ticket":{"assignee":null,"level":{"rank":3},"priority":"NORMAL","serviceLevel":{"firstReply":{"dueAt":"2026-11-23T09:30:00+00:00","elapsed":"PT40M","state":"BREACHED","target":"PT30M"},"nextDueAt":"2026-11-23T09:30:00+00:00","resolution":{"dueAt":"2026-11-24T09:00:00+00:00","elapsed":"PT40M","state":"RUNNING","target":"PT24H"},"state":"BREACHED"},"team":null,"version":2},"userErrors":[]}}}
    Put out: {"data":{"changeTicketLevel":{"ticket":{"assignee":null,"level":{"rank":1},"priority":"NORMAL","serviceLevel":{"firstReply":{"dueAt":"2026-11-23T13:00:00+00:00","elapsed":"PT1H","state":"RUNNING","target":"PT4H"},"nextDueAt":"2026-11-23T13:00:00+00:00","resolution":{"dueAt":"2026-11-23T17:00:00+00:00","elapsed":"PT1H","state":"RUNNING","target":"PT8H"},"state":"RUNNING"},"team":null,"version":3},"userErrors":[]}}}
     : {"data":{"changeTicketLevel":{"ticket":null,"userErrors":[{"allowed":null,"code":"REQUIRED","field":["reason"],"message":"This is required."}]}}}
    Where?: {"data":{"changeTicketLevel":{"ticket":null,"userErrors":[{"allowed":null,"code":"INVALID","field":["levelRank"],"message":"There is no level of this rank."}]}}}
    Where?: {"data":{"changeTicketLevel":{"ticket":null,"userErrors":[{"allowed":null,"code":"INVALID","field":["levelRank"],"message":"There is no level of this rank."}]}}}
    long: {"data":{"changeTicketLevel":{"ticket":null,"userErrors":[{"allowed":null,"code":"TOO_LONG","field":["reason"],"message":"At most 2000 characters."}]}}}
    "#);
}
