//! Tickets follow the terms in force: at once, once, and with what it means for their deadlines.

use chrono::TimeDelta;
use entity::ticket::TimerKind;
use futures_util::future::join_all;
use guichet::{events::Event, ticket};
use harness::{Client, TestServer, global};
use serde_json::{Value, json};

use super::{clock, create_calendar, office};
use crate::{
    ask::{mutate, outcome},
    deadline::{caught_up, events, stored, warnings},
    live::{QUEUE, follow, settle, step},
};

const FIRST: TimerKind = TimerKind::FirstReply;

/// Promises a first reply on level 1 within so long.
async fn promise(admin: &Client, first_reply: &str) -> Value {
    let input = json!({ "name": "Quick", "levelRank": 1, "firstReply": first_reply, "resolution": "PT200H" });
    let made = mutate(admin, "createServiceLevelPolicy", "policy { id }", input).await;
    assert_eq!(outcome(&made), "ok", "{made}");
    made["data"]["createServiceLevelPolicy"]["policy"]["id"].clone()
}

async fn promise_instead(admin: &Client, policy: &Value, first_reply: &str) {
    let input = json!({ "policyId": policy, "firstReply": first_reply });
    let edited = mutate(admin, "editServiceLevelPolicy", "policy { id }", input).await;
    assert_eq!(outcome(&edited), "ok", "{edited}");
}

#[tokio::test(flavor = "multi_thread")]
async fn deadlines_come_in_working_hours() {
    let server = TestServer::start().await;
    create_calendar(&server.admin(), office()).await;
    // Four hours from Monday, 10:00 in Paris: 80 % are used at 15:12, all at 16:00.
    let ticket = server.ticket().create().await;
    let near = server.now() + TimeDelta::minutes(5 * 60 + 12);
    assert_eq!(ticket.next_deadline_at, Some(near));
    server.advance(TimeDelta::minutes(5 * 60 + 12));
    caught_up(&server).await;
    assert_eq!(warnings(&server, ticket.id).await, [("at risk", FIRST)]);
    server.advance(TimeDelta::minutes(48));
    caught_up(&server).await;
    let told = [("at risk", FIRST), ("breached", FIRST)];
    assert_eq!(warnings(&server, ticket.id).await, told);

    // In the evening four hours are far away.
    server.advance(TimeDelta::hours(4));
    let late = server.ticket().create().await;
    server.advance(TimeDelta::hours(12));
    caught_up(&server).await;
    assert_eq!(warnings(&server, late.id).await, []);
    server.advance(TimeDelta::hours(7));
    caught_up(&server).await;
    assert_eq!(warnings(&server, late.id).await, told);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_terms_moves_deadlines_and_takes_back_what_no_longer_holds() {
    let server = TestServer::start().await;
    let (admin, agent) = (server.admin(), server.agent());
    let policy = promise(&admin, "PT4H").await;
    let ticket = server.ticket().level(1).create().await;
    let id = global(ticket.id);
    server.advance(TimeDelta::hours(2));
    // Two hours are used, of one: missed at once.
    promise_instead(&admin, &policy, "PT1H").await;
    caught_up(&server).await;
    let told = [("at risk", FIRST), ("breached", FIRST)];
    assert_eq!(warnings(&server, ticket.id).await, told);
    let breached = json!({ "serviceLevel": { "eq": "BREACHED" } });
    let count = async |filter: &Value| {
        let list = "query($filter: TicketFilter) { tickets(filter: $filter) { totalCount } }";
        let answer = agent.run(list, json!({ "filter": filter })).await;
        answer["data"]["tickets"]["totalCount"].clone()
    };
    assert_eq!(count(&breached).await, 1);

    // And not missed any more, until that time comes.
    promise_instead(&admin, &policy, "PT10H").await;
    assert_eq!(count(&breached).await, 0);
    assert_eq!(
        clock(&agent, &id).await["serviceLevel"]["firstReply"]["remaining"],
        "PT8H"
    );
    server.advance(TimeDelta::hours(8));
    caught_up(&server).await;
    assert_eq!(warnings(&server, ticket.id).await, [told, told].concat());
}

#[tokio::test(flavor = "multi_thread")]
async fn live_streams_and_timelines_hear_of_other_terms() {
    let server = TestServer::start().await;
    let (admin, rosa) = (server.admin(), server.requester());
    let ticket = server.ticket().level(1).create().await;
    settle(&server).await;
    let mut queue = follow(&server.agent(), QUEUE, json!({ "filter": {} })).await;
    let changes = "subscription($id: ID!) { ticketChanges(ticketId: $id) { ticket { version serviceLevel { nextDueAt } }
        entry { __typename actor { __typename } } } }";
    let mut own = follow(&rosa, changes, json!({ "id": global(ticket.id) })).await;
    promise(&admin, "PT2H").await;
    assert_eq!(queue.step().await, step("UPDATED", &ticket, 1));
    assert_eq!(
        own.next().await,
        json!({
            "ticket": { "version": 2, "serviceLevel": { "nextDueAt": "2026-11-23T11:00:00+00:00" } },
            "entry": { "__typename": "ServiceLevelChangedEntry", "actor": { "__typename": "System" } },
        })
    );
    // Terms that are for others say nothing about this one.
    let input = json!({ "name": "Others", "levelRank": 2, "firstReply": "PT1H" });
    mutate(&admin, "createServiceLevelPolicy", "policy { id }", input).await;
    assert!(queue.is_silent().await);
    assert_eq!(stored(&server, ticket.id).await.version, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_closed_or_solved_is_left_as_it_is() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let solved = server.ticket().level(1).solved().create().await;
    let closed = server.ticket().level(1).solved().create().await;
    let close = json!({ "ticketId": global(closed.id) });
    let answer = mutate(&agent, "closeTicket", "ticket { id }", close).await;
    assert_eq!(outcome(&answer), "ok");
    let before = [
        stored(&server, solved.id).await,
        stored(&server, closed.id).await,
    ];
    server.advance(TimeDelta::hours(3));
    promise(&server.admin(), "PT1H").await;
    let followed = json!({ "ticketId": global(closed.id), "follow": true });
    let answer = mutate(&agent, "followTicket", "ticket { version }", followed).await;
    assert_eq!(outcome(&answer), "ok", "{answer}");
    let after = [
        stored(&server, solved.id).await,
        stored(&server, closed.id).await,
    ];
    assert_eq!(after, before);
    // Once it is open again it follows what is promised now.
    let reopen = json!({ "ticketId": global(solved.id) });
    mutate(&agent, "reopenTicket", "ticket { id }", reopen).await;
    let timers = clock(&agent, &global(solved.id)).await["serviceLevel"].take();
    assert_eq!(timers["resolution"]["target"], "PT200H", "{timers}");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_tickets_follow_once_each_whoever_brings_them_up_to_date() {
    const TICKETS: usize = 350;
    let server = TestServer::start().await;
    let mut tickets = Vec::new();
    for _ in 0..TICKETS {
        tickets.push(server.ticket().level(1).create().await);
    }
    promise(&server.admin(), "PT3H").await;
    // The rest is brought up to date by several at once, as each server does by itself.
    let several = [(); 3].map(|()| ticket::follow_terms_now(server.app()));
    for result in join_all(several).await {
        result.unwrap();
    }
    for found in &tickets {
        let rows = events(&server, found.id).await;
        let is_change = |row: &&entity::event::Model| {
            let event = guichet::events::log::entry(row).unwrap().event;
            matches!(event, Event::ServiceLevelChanged { .. })
        };
        assert_eq!(rows.iter().filter(is_change).count(), 1);
        let due = Some(found.created_at + TimeDelta::hours(3));
        assert_eq!(Some(stored(&server, found.id).await.next_due_at), due);
    }
}
