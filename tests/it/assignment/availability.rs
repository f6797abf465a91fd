//! Who can take tickets, and what becomes of those of who cannot any more.

use std::time::Duration;

use entity::{event, returns};
use harness::{Client, TestServer};
use insta::{assert_json_snapshot, assert_snapshot};
use sea_orm::{EntityTrait, PaginatorTrait, QueryOrder};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{be, give_out, held_by, holder, loads, open_ticket, timeline};
use crate::{
    ask::{mutate, outcome},
    rows,
};

async fn set(who: &Client, mutation: &str, input: Value) -> String {
    let answer = mutate(who, mutation, "user { availability capacity }", input).await;
    outcome(&answer)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_role_says_it_of_whom_it_may() {
    let server = TestServer::start().await;
    let people = [
        ("requester", server.requester()),
        ("agent", server.agent()),
        ("external", server.external_agent()),
        ("lead", server.lead()),
        ("admin", server.admin()),
    ];
    let mut lines = Vec::new();
    for (name, who) in &people {
        let own = set(who, "setAvailability", json!({ "availability": "BUSY" })).await;
        lines.push(format!("{name}, own availability: {own}"));
        for (of, whom) in &people {
            let input = json!({ "userId": whom.id(), "availability": "AWAY" });
            let availability = set(who, "setAvailability", input).await;
            let input = json!({ "userId": whom.id(), "capacity": 5 });
            let capacity = set(who, "setCapacity", input).await;
            lines.push(format!(
                "{name} of {of}: {availability}, capacity {capacity}"
            ));
        }
    }
    assert_snapshot!(lines.join("\n"), @r"
    requester, own availability: FORBIDDEN
    requester of requester: FORBIDDEN, capacity FORBIDDEN
    requester of agent: NOT_FOUND, capacity NOT_FOUND
    requester of external: NOT_FOUND, capacity NOT_FOUND
    requester of lead: NOT_FOUND, capacity NOT_FOUND
    requester of admin: NOT_FOUND, capacity NOT_FOUND
    agent, own availability: ok
    agent of requester: FORBIDDEN, capacity FORBIDDEN
    agent of agent: ok, capacity FORBIDDEN
    agent of external: FORBIDDEN, capacity FORBIDDEN
    agent of lead: FORBIDDEN, capacity FORBIDDEN
    agent of admin: FORBIDDEN, capacity FORBIDDEN
    external, own availability: ok
    external of requester: NOT_FOUND, capacity NOT_FOUND
    external of agent: NOT_FOUND, capacity NOT_FOUND
    external of external: ok, capacity FORBIDDEN
    external of lead: NOT_FOUND, capacity NOT_FOUND
    external of admin: NOT_FOUND, capacity NOT_FOUND
    lead, own availability: ok
    lead of requester: FORBIDDEN, capacity FORBIDDEN
    lead of agent: ok, capacity ok
    lead of external: FORBIDDEN, capacity FORBIDDEN
    lead of lead: ok, capacity ok
    lead of admin: FORBIDDEN, capacity FORBIDDEN
    admin, own availability: ok
    admin of requester: INVALID, capacity INVALID
    admin of agent: ok, capacity ok
    admin of external: ok, capacity ok
    admin of lead: ok, capacity ok
    admin of admin: ok, capacity ok
    ");
    let admin = server.admin();
    for capacity in [-1, 101] {
        let input = json!({ "userId": server.agent().id(), "capacity": capacity });
        assert_eq!(set(&admin, "setCapacity", input).await, "INVALID");
    }
    let unknown = json!({ "userId": "usr_nobody", "availability": "AWAY" });
    assert_eq!(set(&admin, "setAvailability", unknown).await, "NOT_FOUND");
    let visitor = server.visitor();
    let input = json!({ "availability": "AWAY" });
    assert_eq!(
        set(&visitor, "setAvailability", input).await,
        "UNAUTHENTICATED"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_are_in_the_log_once() {
    let server = TestServer::start().await;
    let agent = server.agent();
    be(&agent, "ONLINE").await;
    be(&agent, "ONLINE").await;
    be(&agent, "AWAY").await;
    let events = event::Entity::find().order_by_asc(event::Column::Id);
    let events = events.all(&server.app().store.read).await.unwrap();
    let moves: Vec<_> = events
        .iter()
        .filter(|event| event.data["type"] == "AvailabilitySet")
        .map(|event| (&event.data["from"], &event.data["to"]))
        .collect();
    let expected = [
        (json!("OFFLINE"), json!("ONLINE")),
        (json!("ONLINE"), json!("AWAY")),
    ];
    assert_eq!(moves, expected.each_ref().map(|(from, to)| (from, to)));
    assert!(
        events
            .iter()
            .all(|event| event.is_internal || event.ticket_id.is_some())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_goes_away_gives_back_where_the_team_wants_it() {
    let server = TestServer::start().await;
    let (agent, lead) = (server.agent(), server.lead());
    be(&agent, "ONLINE").await;
    let make = || held_by(&server, &agent);
    let kept = make().create().await;
    be(&agent, "OFFLINE").await;
    assert_eq!(holder(&server, &kept).await, Some(agent.user_id()));

    // Off by default; then only what is NEW or OPEN comes back, and stays where nobody is there.
    give_out(&server, "MANUAL", true).await;
    let (waiting, solved) = (
        make().waiting().create().await,
        make().solved().create().await,
    );
    let other = server.ticket().assigned_to(&agent).create().await;
    be(&agent, "BUSY").await;
    assert_eq!(holder(&server, &kept).await, Some(agent.user_id()));
    be(&agent, "AWAY").await;
    assert_eq!(holder(&server, &kept).await, None);
    for held in [&waiting, &solved, &other] {
        assert_eq!(holder(&server, held).await, Some(agent.user_id()));
    }

    // In a team that gives out by itself the next one gets it.
    give_out(&server, "ROUND_ROBIN", true).await;
    be(&agent, "ONLINE").await;
    assert_eq!(holder(&server, &kept).await, Some(agent.user_id()));
    be(&lead, "ONLINE").await;
    be(&agent, "OFFLINE").await;
    assert_eq!(holder(&server, &kept).await, Some(lead.user_id()));
    assert_json_snapshot!(timeline(&lead, &kept).await, @r#"
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
            "assigneeAfter": {
              "name": "Agnes Agent"
            },
            "assigneeBefore": null,
            "rule": null
          },
          {
            "__typename": "StatusEntry",
            "actor": {
              "name": "Agnes Agent"
            },
            "to": "OPEN"
          },
          {
            "__typename": "AssignmentEntry",
            "actor": {
              "name": "Guichet"
            },
            "assigneeAfter": null,
            "assigneeBefore": {
              "name": "Agnes Agent"
            },
            "rule": "HOLDER_AWAY"
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
            "__typename": "AssignmentEntry",
            "actor": {
              "name": "Guichet"
            },
            "assigneeAfter": null,
            "assigneeBefore": {
              "name": "Agnes Agent"
            },
            "rule": "HOLDER_AWAY"
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
async fn all_of_many_come_back() {
    const COUNT: usize = 230;
    let server = TestServer::start().await;
    let agent = server.agent();
    for _ in 0..COUNT {
        held_by(&server, &agent).create().await;
    }
    give_out(&server, "MANUAL", true).await;
    assert_eq!(loads(&server, &[&agent]).await, [COUNT]);
    be(&agent, "AWAY").await;
    assert_eq!(loads(&server, &[&agent]).await, [0]);
    let left = returns::Entity::find().count(&server.app().store.read);
    assert_eq!(left.await.unwrap(), 0);
}

/// A server that ends between two batches leaves what is written with each: that there are more.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_left_another_gives_back() {
    let server = TestServer::start().await;
    let (agent, lead) = (server.agent(), server.lead());
    give_out(&server, "MANUAL", true).await;
    for who in [&agent, &lead] {
        be(who, "AWAY").await;
        held_by(&server, who).create().await;
    }
    let user_id = agent.user_id();
    rows::commit(&server, async |tx| {
        rows::insert(tx, returns::Model { user_id }).await;
    })
    .await;
    while loads(&server, &[&agent]).await != [0] {
        sleep(Duration::from_millis(50)).await;
    }
    // That they are away is no reason to take back what they are given since.
    assert_eq!(loads(&server, &[&lead]).await, [1]);
    let left = returns::Entity::find();
    while left.clone().count(&server.app().store.read).await.unwrap() > 0 {
        sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_hears_of_what_the_desk_gives() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let stream = "subscription { queueChanges(filter: { assignee: { isMine: true } }) {
        kind count ticket { status assignee { name } } } }";
    let mut mine = agent.subscribe(stream, json!({})).await;
    let concerns = "subscription { notifications { kind } }";
    let mut concerns = agent.subscribe(concerns, json!({})).await;
    be(&agent, "ONLINE").await;
    give_out(&server, "ROUND_ROBIN", true).await;
    open_ticket(&server).await;
    assert_json_snapshot!(mine.next().await["data"]["queueChanges"], @r#"
    {
      "count": 1,
      "kind": "ENTERED",
      "ticket": {
        "assignee": {
          "name": "Agnes Agent"
        },
        "status": "OPEN"
      }
    }
    "#);
    let told = concerns.next().await;
    assert_eq!(told["data"]["notifications"]["kind"], "ASSIGNED");
    be(&agent, "AWAY").await;
    assert_eq!(mine.next().await["data"]["queueChanges"]["kind"], "LEFT");
}
