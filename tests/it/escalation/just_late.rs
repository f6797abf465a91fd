//! Somebody changes a ticket between the moment when a target is due and the look at it: the level's rules act as if the
//! look had come first.

use chrono::TimeDelta;
use entity::ticket::{self, Status};
use harness::{TestServer, global};
use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{raised, set, timeline};
use crate::{
    ask::{mutate, outcome},
    deadline::{caught_up, events, stored},
};

/// From level 1 to level 2 and the vendor's team once a target is missed; the first reply is owed in 4 h there.
async fn to_the_vendor(server: &TestServer) {
    let team = global(server.external_team());
    let rule = json!({ "raiseToRank": 2, "teamId": team, "notifyTeamId": team });
    set(server, json!({ "levelRank": 1, "onBreached": rule })).await;
}

/// A ticket of level 1 whose first reply has just been missed, while nobody has looked yet.
async fn just_missed(server: &TestServer) -> ticket::Model {
    let ticket = server.ticket().level(1).create().await;
    server.advance(TimeDelta::hours(4));
    ticket
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ends_a_target_comes_after_its_rule() {
    for (name, input, status) in [
        ("addComment", json!({ "body": "One moment" }), Status::Open),
        ("solveTicket", json!({ "comment": "Done" }), Status::Solved),
        (
            "waitTicket",
            json!({ "reason": "REQUESTER" }),
            Status::Waiting,
        ),
        (
            "setTicketPriority",
            json!({ "priority": "LOW" }),
            Status::New,
        ),
    ] {
        let server = TestServer::start().await;
        to_the_vendor(&server).await;
        let ticket = just_missed(&server).await;
        let mut input = input;
        input["ticketId"] = json!(global(ticket.id));
        let answer = mutate(&server.agent(), name, "ticket { level { rank } }", input).await;
        assert_eq!(outcome(&answer), "ok", "{name}: {answer}");
        let shown = &answer["data"][name]["ticket"]["level"]["rank"];
        assert_eq!(*shown, 2, "{name}");
        caught_up(&server).await;
        let after = stored(&server, ticket.id).await;
        assert_eq!(
            (after.level_rank, after.team_id, after.status),
            (2, Some(server.external_team()), status),
            "{name}"
        );
        assert_eq!(raised(&server, &ticket).await, 1, "{name}");
        // It happened by itself, and before what the agent did.
        let rows = events(&server, ticket.id).await;
        let place = |kind: &str| rows.iter().position(|row| row.data["type"] == kind);
        let own = rows
            .iter()
            .position(|row| row.actor_id == Some(server.agent().user_id()));
        assert!(
            place("TicketBreached") < place("TicketLevelChanged"),
            "{name}"
        );
        assert!(
            own.is_none_or(|own| place("TicketHanded") < Some(own)),
            "{name}"
        );
        let told = &rows[place("TicketBreached").unwrap()].data["notifyTeamId"];
        assert!(!told.is_null(), "{name}: {rows:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn its_timeline_reads_as_with_a_look_in_time() {
    let server = TestServer::start().await;
    to_the_vendor(&server).await;
    let ticket = just_missed(&server).await;
    server.comment(&ticket).create().await;
    assert_snapshot!(timeline(&server.agent(), &ticket).await, @r#"
    {"__typename":"ServiceLevelEntry","actor":{"name":"Guichet"},"state":"AT_RISK","timer":"FIRST_REPLY"}
    {"__typename":"ServiceLevelEntry","actor":{"name":"Guichet"},"state":"BREACHED","timer":"FIRST_REPLY"}
    {"__typename":"LevelEntry","actor":{"name":"Guichet"},"from":{"rank":1},"reason":null,"rule":{"on":"BREACHED","timer":"FIRST_REPLY"},"to":{"rank":2}}
    {"__typename":"AssignmentEntry","actor":{"name":"Guichet"},"rule":"ESCALATION","teamAfter":{"name":"Vendor"}}
    {"__typename":"CommentEntry","actor":{"name":"Agnes Agent"}}
    {"__typename":"StatusEntry","actor":{"name":"Agnes Agent"}}
    "#);
}

/// Who brings it back in that moment has decided, as who does so later.
#[tokio::test(flavor = "multi_thread")]
async fn who_moves_it_then_has_the_last_word() {
    let server = TestServer::start().await;
    to_the_vendor(&server).await;
    let ticket = just_missed(&server).await;
    let input = json!({ "ticketId": global(ticket.id), "levelRank": 3, "reason": "It burns" });
    let answer = mutate(&server.agent(), "changeTicketLevel", "ticket { id }", input).await;
    assert_eq!(outcome(&answer), "ok", "{answer}");
    caught_up(&server).await;
    assert_eq!(stored(&server, ticket.id).await.level_rank, 3);
    assert_eq!(raised(&server, &ticket).await, 1);
}

/// What a rule takes out of somebody's sight is missing for them, in this moment too.
#[tokio::test(flavor = "multi_thread")]
async fn who_sees_it_no_longer_changes_nothing() {
    let server = TestServer::start().await;
    let rule = json!({ "teamId": global(server.team()) });
    set(&server, json!({ "levelRank": 1, "onBreached": rule })).await;
    let ticket = server.ticket().level(1).team(server.external_team());
    let ticket = ticket.create().await;
    let external = server.external_agent();
    server.advance(TimeDelta::hours(4));
    let input = json!({ "ticketId": global(ticket.id), "body": "Late" });
    let answer = mutate(&external, "addComment", "comment { body }", input).await;
    assert_eq!(outcome(&answer), "NOT_FOUND", "{answer}");
    assert_eq!(answer["data"]["addComment"]["comment"], Value::Null);
    caught_up(&server).await;
    let after = stored(&server, ticket.id).await;
    assert_eq!(
        (after.team_id, after.public_comment_count),
        (Some(server.team()), 0)
    );
}

/// A change that moves a due time into the past is followed by the rule of the level that it leads to.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_change_makes_late_is_raised_too() {
    let server = TestServer::start().await;
    to_the_vendor(&server).await;
    let ticket = server.ticket().level(3).create().await;
    server.comment(&ticket).create().await;
    // The solution is owed in 24 h there, in 8 h at level 1.
    server.advance(TimeDelta::hours(9));
    caught_up(&server).await;
    assert_eq!(stored(&server, ticket.id).await.level_rank, 3);
    let down =
        json!({ "ticketId": global(ticket.id), "levelRank": 1, "reason": "It does not burn" });
    let answer = mutate(&server.agent(), "changeTicketLevel", "ticket { id }", down).await;
    assert_eq!(outcome(&answer), "ok", "{answer}");
    caught_up(&server).await;
    let after = stored(&server, ticket.id).await;
    assert_eq!(
        (after.level_rank, after.team_id),
        (2, Some(server.external_team()))
    );
    assert_eq!(raised(&server, &ticket).await, 1);
}
