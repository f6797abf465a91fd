//! Tickets that are raised, sent to teams and told of.

use std::time::Duration;

use chrono::TimeDelta;
use entity::ticket::Status;
use guichet::deadlines;
use harness::{Client, TestServer, global};
use insta::assert_snapshot;
use sea_orm::DbBackend;
use serde_json::json;
use tokio::time::sleep;

use super::{raised, set, timeline};
use crate::{
    ask::mutate,
    deadline::{caught_up, stored},
    live::{QUEUE, change, follow, left, settle, step},
};

/// Near at level 1, and by then long missed at level 2: both rules in one transaction.
async fn up_to_three(server: &TestServer) {
    set(
        server,
        json!({ "levelRank": 1, "onAtRisk": { "raiseToRank": 2 } }),
    )
    .await;
    set(
        server,
        json!({ "levelRank": 2, "onBreached": { "raiseToRank": 3, "teamId": global(server.external_team()) } }),
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn from_level_to_level_at_once() {
    let server = TestServer::start().await;
    up_to_three(&server).await;
    let ticket = server.ticket().level(1).create().await;
    server.advance(TimeDelta::minutes(191));
    sleep(Duration::from_secs(1)).await;
    assert_eq!(stored(&server, ticket.id).await.level_rank, 1);
    server.advance(TimeDelta::minutes(1));
    caught_up(&server).await;
    let after = stored(&server, ticket.id).await;
    assert_eq!(
        (after.level_rank, after.team_id),
        (3, Some(server.external_team()))
    );
    assert_eq!(after.version, ticket.version + 1);
    // The next target is that of level 3: 24 h for the solution.
    assert_eq!(
        after.next_deadline_at,
        Some(ticket.created_at + TimeDelta::minutes(24 * 60 * 4 / 5))
    );
    assert_snapshot!(timeline(&server.agent(), &ticket).await, @r#"
    {"__typename":"ServiceLevelEntry","actor":{"name":"Guichet"},"state":"AT_RISK","timer":"FIRST_REPLY"}
    {"__typename":"ServiceLevelEntry","actor":{"name":"Guichet"},"state":"BREACHED","timer":"FIRST_REPLY"}
    {"__typename":"LevelEntry","actor":{"name":"Guichet"},"from":{"rank":1},"reason":null,"rule":{"on":"AT_RISK","timer":"FIRST_REPLY"},"to":{"rank":2}}
    {"__typename":"LevelEntry","actor":{"name":"Guichet"},"from":{"rank":2},"reason":null,"rule":{"on":"BREACHED","timer":"FIRST_REPLY"},"to":{"rank":3}}
    {"__typename":"AssignmentEntry","actor":{"name":"Guichet"},"rule":"ESCALATION","teamAfter":{"name":"Vendor"}}
    "#);
    // Requesters learn what they learn of every move, and nothing of rules and targets.
    assert_snapshot!(timeline(&server.requester(), &ticket).await, @r#"
    {"__typename":"LevelEntry","actor":{"name":"Guichet"},"from":{"rank":1},"reason":null,"rule":null,"to":{"rank":2}}
    {"__typename":"LevelEntry","actor":{"name":"Guichet"},"from":{"rank":2},"reason":null,"rule":null,"to":{"rank":3}}
    {"__typename":"AssignmentEntry","actor":{"name":"Guichet"},"rule":null,"teamAfter":{"name":"Vendor"}}
    "#);
    // Level 3 does nothing more.
    server.advance(TimeDelta::hours(24));
    caught_up(&server).await;
    assert_eq!(raised(&server, &ticket).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_servers_one_raises() {
    let server = TestServer::start().await;
    // SQLite serves one process.
    let beside = match server.app().store.backend() {
        DbBackend::Postgres => Some(server.beside().await),
        _ => None,
    };
    let keeper = deadlines::start(server.app().clone());
    up_to_three(&server).await;
    let mut tickets = Vec::new();
    for _ in 0..40 {
        tickets.push(server.ticket().level(1).create().await);
    }
    // The other server has forgotten what the levels did before.
    sleep(Duration::from_millis(1_100)).await;
    for one in beside.iter().chain([&server]) {
        one.advance(TimeDelta::minutes(192));
    }
    for _ in 0..200 {
        if stored(&server, tickets[39].id).await.level_rank == 3 {
            break;
        }
        sleep(Duration::from_millis(10)).await;
    }
    caught_up(&server).await;
    for ticket in &tickets {
        assert_eq!(stored(&server, ticket.id).await.level_rank, 3);
        assert_eq!(raised(&server, ticket).await, 2);
    }
    keeper.stop().await;
}

/// Who brings a ticket back has decided: a level raises it once.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_brought_back_stays() {
    let server = TestServer::start().await;
    let up = json!({ "raiseToRank": 2 });
    set(
        &server,
        json!({ "levelRank": 1, "onAtRisk": up, "onBreached": up }),
    )
    .await;
    let ticket = server.ticket().level(1).create().await;
    server.comment(&ticket).create().await;
    // 8 h for a solution, of which 80 % are used.
    server.advance(TimeDelta::minutes(384));
    caught_up(&server).await;
    assert_eq!(stored(&server, ticket.id).await.level_rank, 2);
    let down = "levelRank: 1, reason: \"It does not block\"";
    change(&server.agent(), "changeTicketLevel", &ticket, down).await;
    server.advance(TimeDelta::hours(8));
    caught_up(&server).await;
    assert_eq!(stored(&server, ticket.id).await.level_rank, 1);
    assert_eq!(raised(&server, &ticket).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_answered_in_time_is_not_raised() {
    let server = TestServer::start().await;
    up_to_three(&server).await;
    let ticket = server.ticket().level(1).create().await;
    server.comment(&ticket).create().await;
    server.advance(TimeDelta::hours(4));
    caught_up(&server).await;
    assert_eq!(stored(&server, ticket.id).await.level_rank, 1);
}

/// A team that gives out its tickets gives out this one, and queues see it come and go.
#[tokio::test(flavor = "multi_thread")]
async fn a_team_gets_it_and_gives_it_out() {
    let server = TestServer::start().await;
    let (agent, lead) = (server.agent(), server.lead());
    let online = json!({ "availability": "ONLINE" });
    mutate(&agent, "setAvailability", "user { id }", online).await;
    let turns = json!({ "teamId": global(server.team()), "assignment": "ROUND_ROBIN" });
    mutate(&lead, "setTeamAssignment", "team { id }", turns).await;
    set(
        &server,
        json!({ "levelRank": 1, "onBreached": { "raiseToRank": 2, "teamId": global(server.team()) } }),
    )
    .await;
    let ticket = server.ticket().level(1).create().await;
    server.advance(TimeDelta::minutes(239));
    caught_up(&server).await;
    settle(&server).await;
    let of = |rank: i32| json!({ "filter": { "level": { "in": [rank] } } });
    let mut first = follow(&lead, QUEUE, of(1)).await;
    let mut second = follow(&lead, QUEUE, of(2)).await;
    server.advance(TimeDelta::minutes(1));
    assert_eq!(first.step().await, left(0));
    assert_eq!(second.step().await, step("ENTERED", &ticket, 1));
    let after = stored(&server, ticket.id).await;
    assert_eq!(
        (after.team_id, after.assignee_id, after.status),
        (Some(server.team()), Some(agent.user_id()), Status::Open)
    );
    assert_snapshot!(timeline(&agent, &ticket).await, @r#"
    {"__typename":"ServiceLevelEntry","actor":{"name":"Guichet"},"state":"AT_RISK","timer":"FIRST_REPLY"}
    {"__typename":"ServiceLevelEntry","actor":{"name":"Guichet"},"state":"BREACHED","timer":"FIRST_REPLY"}
    {"__typename":"LevelEntry","actor":{"name":"Guichet"},"from":{"rank":1},"reason":null,"rule":{"on":"BREACHED","timer":"FIRST_REPLY"},"to":{"rank":2}}
    {"__typename":"AssignmentEntry","actor":{"name":"Guichet"},"rule":"ESCALATION","teamAfter":{"name":"Support"}}
    {"__typename":"AssignmentEntry","actor":{"name":"Guichet"},"rule":"ROUND_ROBIN","teamAfter":{"name":"Support"}}
    {"__typename":"StatusEntry","actor":{"name":"Guichet"}}
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_team_is_told() {
    const NOTIFICATIONS: &str = "subscription { notifications { kind ticket { number } } }";
    let server = TestServer::start().await;
    set(
        &server,
        json!({ "levelRank": 1, "onAtRisk": { "notifyTeamId": global(server.team()) },
            "onBreached": { "notifyTeamId": global(server.external_team()) } }),
    )
    .await;
    let ticket = server.ticket().level(1).create().await;
    settle(&server).await;
    let listen = async |who: &Client| follow(who, NOTIFICATIONS, json!({})).await;
    // The vendor's team does not see the ticket, whatever the rule says.
    for (kind, wait, told_count) in [("AT_RISK", 191, 2), ("BREACHED", 47, 0)] {
        server.advance(TimeDelta::minutes(wait));
        let mut told = Vec::new();
        for who in [server.agent(), server.lead()] {
            told.push(listen(&who).await);
        }
        let mut others = told.split_off(told_count);
        for who in [server.external_agent(), server.admin(), server.requester()] {
            others.push(listen(&who).await);
        }
        server.advance(TimeDelta::minutes(1));
        for stream in &mut told {
            let item = stream.next().await;
            assert_eq!(item["kind"], kind, "{item}");
            assert_eq!(item["ticket"]["number"], ticket.number);
        }
        caught_up(&server).await;
        settle(&server).await;
        for stream in told.iter_mut().chain(&mut others) {
            assert!(stream.is_silent().await);
        }
    }
}
