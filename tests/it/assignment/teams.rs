//! Teams that give out their tickets by themselves.

use futures_util::future::join_all;
use guichet::ticket::commands::status;
use harness::{TestServer, global};
use insta::assert_json_snapshot;
use serde_json::json;

use super::{add_agents, be, give_out, holder, loads, open_ticket, read, set_capacity, timeline};
use crate::ask::{mutate, outcome};

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_at_once_are_shared_out_evenly() {
    for assignment in ["ROUND_ROBIN", "LEAST_LOADED"] {
        let server = TestServer::start().await;
        let mut agents = add_agents(&server, 3).await;
        agents.push(server.agent());
        for agent in &agents {
            be(agent, "ONLINE").await;
        }
        be(&server.lead(), "BUSY").await;
        give_out(&server, assignment, false).await;
        let tickets = join_all((0..16).map(|_| open_ticket(&server))).await;
        for ticket in &tickets {
            assert_eq!(ticket.status, entity::ticket::Status::Open, "{assignment}");
        }
        let all: Vec<_> = agents.iter().collect();
        assert_eq!(loads(&server, &all).await, [4, 4, 4, 4], "{assignment}");
        assert_eq!(loads(&server, &[&server.lead()]).await, [0]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn turns_go_round_and_the_timeline_says_why() {
    let server = TestServer::start().await;
    let (agent, lead) = (server.agent(), server.lead());
    give_out(&server, "ROUND_ROBIN", false).await;
    let waiting = open_ticket(&server).await;
    assert_eq!(waiting.assignee_id, None);
    // Who comes is given what waits.
    be(&agent, "ONLINE").await;
    assert_eq!(holder(&server, &waiting).await, Some(agent.user_id()));
    be(&lead, "ONLINE").await;
    let mut turns = Vec::new();
    for _ in 0..5 {
        turns.push(open_ticket(&server).await.assignee_id.unwrap());
    }
    let (one, other) = (agent.user_id(), lead.user_id());
    assert_eq!(turns, [other, one, other, one, other]);
    // A ticket that is routed only later goes round as well, and what is put back goes to another.
    let routed = server.ticket().team(server.team()).create().await;
    assert_eq!(routed.assignee_id, Some(one));
    let input = json!({ "ticketId": global(routed.id), "assigneeId": null });
    mutate(&agent, "assignTicket", "ticket { id }", input).await;
    assert_eq!(holder(&server, &routed).await, Some(other));
    assert_json_snapshot!(timeline(&agent, &routed).await, @r#"
    {
      "status": "OPEN",
      "timeline": {
        "nodes": [
          {
            "__typename": "TicketOpenedEntry",
            "actor": {
              "name": "Rosa Requester"
            }
          },
          {
            "__typename": "AssignmentEntry",
            "actor": {
              "name": "Agnes Agent"
            },
            "assigneeAfter": null,
            "assigneeBefore": null,
            "rule": null
          },
          {
            "__typename": "AssignmentEntry",
            "actor": {
              "name": "Guichet"
            },
            "assigneeAfter": {
              "name": "Agnes Agent"
            },
            "assigneeBefore": null,
            "rule": "ROUND_ROBIN"
          },
          {
            "__typename": "StatusEntry",
            "actor": {
              "name": "Guichet"
            },
            "to": "OPEN"
          },
          {
            "__typename": "AssignmentEntry",
            "actor": {
              "name": "Agnes Agent"
            },
            "assigneeAfter": null,
            "assigneeBefore": {
              "name": "Agnes Agent"
            },
            "rule": null
          },
          {
            "__typename": "AssignmentEntry",
            "actor": {
              "name": "Guichet"
            },
            "assigneeAfter": {
              "name": "Leo Lead"
            },
            "assigneeBefore": null,
            "rule": "ROUND_ROBIN"
          }
        ]
      }
    }
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_more_than_they_can_take_until_they_have_room() {
    let server = TestServer::start().await;
    let agent = server.agent();
    set_capacity(&server, &agent, 2).await;
    be(&agent, "ONLINE").await;
    let before: Vec<_> = join_all((0..4).map(|_| open_ticket(&server))).await;
    assert_eq!(
        loads(&server, &[&agent]).await,
        [0],
        "manual teams give nothing"
    );
    give_out(&server, "LEAST_LOADED", false).await;
    assert_eq!(loads(&server, &[&agent]).await, [2]);
    // Each way to have room again gives the next.
    let held = server.app();
    let mut own = Vec::new();
    for ticket in &before {
        let ticket = read(&server, ticket).await;
        own.extend((ticket.assignee_id == Some(agent.user_id())).then_some(ticket));
    }
    let actor = agent.actor().await;
    let solved = status::solve(
        held,
        &actor,
        Some(own[0].id),
        None,
        None,
        guichet::input::Named::Absent,
    );
    solved.await.unwrap();
    assert_eq!(loads(&server, &[&agent]).await, [3]);
    set_capacity(&server, &agent, 3).await;
    assert_eq!(loads(&server, &[&agent]).await, [4]);
}

#[tokio::test(flavor = "multi_thread")]
async fn leads_and_admins_say_how_a_team_gives_out() {
    let server = TestServer::start().await;
    for (who, team, expected) in [
        (server.requester(), server.team(), "NOT_FOUND"),
        (server.agent(), server.team(), "FORBIDDEN"),
        (server.external_agent(), server.external_team(), "FORBIDDEN"),
        (server.external_agent(), server.team(), "NOT_FOUND"),
        (server.lead(), server.external_team(), "FORBIDDEN"),
        (server.lead(), server.team(), "ok"),
        (server.admin(), server.external_team(), "ok"),
        (server.visitor(), server.team(), "UNAUTHENTICATED"),
    ] {
        let input = json!({ "teamId": global(team), "assignment": "ROUND_ROBIN" });
        let shown = "team { assignment returnsWhenAway }";
        let answer = mutate(&who, "setTeamAssignment", shown, input).await;
        assert_eq!(outcome(&answer), expected, "{answer}");
    }
}
