//! Targets that get near and are missed.

use chrono::TimeDelta;
use entity::{
    event::ActorKind,
    ticket::{ServicePhase, TimerKind, Warning},
};
use harness::{Client, TestServer, global};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{LATE_MAX, caught_up, events, stored, warnings};
use crate::live::{QUEUE, change, follow, left, settle, step};

const FIRST: TimerKind = TimerKind::FirstReply;
const NEXT: TimerKind = TimerKind::NextReply;
const WHOLE: TimerKind = TimerKind::Resolution;

#[tokio::test(flavor = "multi_thread")]
async fn each_target_is_told_once() {
    let server = TestServer::start().await;
    // Level 1: first reply in 4 h, resolution in 8 h.
    let ticket = server.ticket().level(1).create().await;
    assert_eq!(
        ticket.next_deadline_at,
        Some(server.now() + TimeDelta::minutes(192))
    );
    server.advance(TimeDelta::minutes(192) - TimeDelta::microseconds(1));
    sleep(LATE_MAX).await;
    assert_eq!(warnings(&server, ticket.id).await, []);
    server.advance(TimeDelta::microseconds(1));
    caught_up(&server).await;
    assert_eq!(warnings(&server, ticket.id).await, [("at risk", FIRST)]);
    server.advance(TimeDelta::minutes(48));
    caught_up(&server).await;
    let first = [("at risk", FIRST), ("breached", FIRST)];
    assert_eq!(warnings(&server, ticket.id).await, first);
    // The rest of a long night at once.
    server.advance(TimeDelta::hours(10));
    caught_up(&server).await;
    let all = [
        ("at risk", FIRST),
        ("breached", FIRST),
        ("at risk", WHOLE),
        ("breached", WHOLE),
    ];
    assert_eq!(warnings(&server, ticket.id).await, all);

    let told = stored(&server, ticket.id).await;
    assert_eq!(
        (told.warning, told.next_deadline_at),
        (Warning::Breached, None)
    );
    // Its requester sees nothing of it.
    assert_eq!(told.version, ticket.version);
    assert_eq!(told.updated_at, ticket.updated_at);
    for row in events(&server, ticket.id).await.iter().skip(1) {
        assert!(row.is_internal);
        assert_eq!((row.actor_kind, row.actor_id), (ActorKind::System, None));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_paused_or_answered_in_time_is_not_told() {
    let server = TestServer::start().await;
    let waiting = server.ticket().waiting().create().await;
    let solved = server.ticket().solved().create().await;
    let answered = server.ticket().create().await;
    server.comment(&answered).create().await;
    assert_eq!(waiting.service_phase, ServicePhase::Paused);
    assert_eq!(waiting.next_deadline_at, None);
    server.advance(TimeDelta::hours(8));
    caught_up(&server).await;
    assert_eq!(warnings(&server, waiting.id).await, []);
    assert_eq!(warnings(&server, solved.id).await, []);
    let whole = [("at risk", WHOLE), ("breached", WHOLE)];
    assert_eq!(warnings(&server, answered.id).await, whole);
    // The pause is over, and then most of the time is left.
    server
        .comment(&waiting)
        .by(&server.requester())
        .create()
        .await;
    server.advance(TimeDelta::hours(4));
    caught_up(&server).await;
    let first = [("at risk", FIRST), ("breached", FIRST)];
    assert_eq!(warnings(&server, waiting.id).await, first);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_target_is_told_again() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let ticket = server.ticket().level(1).create().await;
    server.comment(&ticket).create().await;
    server.advance(TimeDelta::hours(8));
    caught_up(&server).await;
    let whole = [("at risk", WHOLE), ("breached", WHOLE)];
    assert_eq!(warnings(&server, ticket.id).await, whole);
    // 16 h for a solution there: neither near nor missed any more.
    let up = "levelRank: 2, reason: \"It blocks\"";
    change(&agent, "changeTicketLevel", &ticket, up).await;
    assert_eq!(stored(&server, ticket.id).await.warning, Warning::None);
    server.advance(TimeDelta::hours(8));
    caught_up(&server).await;
    let twice = [whole, whole].concat();
    assert_eq!(warnings(&server, ticket.id).await, twice);
    // Back at level 1 it stays missed, and is not told a third time.
    let down = "levelRank: 1, reason: \"It does not\"";
    change(&agent, "changeTicketLevel", &ticket, down).await;
    caught_up(&server).await;
    assert_eq!(warnings(&server, ticket.id).await, twice);
    // The next reply is another promise each time.
    for _ in 0..2 {
        server
            .comment(&ticket)
            .by(&server.requester())
            .create()
            .await;
        server.advance(TimeDelta::hours(8));
        caught_up(&server).await;
        server.comment(&ticket).create().await;
    }
    let next = [("at risk", NEXT), ("breached", NEXT)];
    let all = [&twice[..], &next, &next].concat();
    assert_eq!(warnings(&server, ticket.id).await, all);
}

/// Whoever comes between the deadline and the look at it finds it in the log before what they do.
#[tokio::test(flavor = "multi_thread")]
async fn a_reply_that_is_just_too_late_is_late_in_the_log() {
    let server = TestServer::start().await;
    for hours in [4, 8] {
        let ticket = server.ticket().create().await;
        server.advance(TimeDelta::hours(hours));
        server.comment(&ticket).create().await;
        caught_up(&server).await;
        let told = warnings(&server, ticket.id).await;
        assert_eq!(
            told.iter()
                .filter(|told| **told == ("at risk", FIRST))
                .count(),
            1
        );
        assert_eq!(
            told.iter()
                .filter(|told| **told == ("breached", FIRST))
                .count(),
            1
        );
        let whole = if hours == 8 { 2 } else { 0 };
        assert_eq!(told.iter().filter(|told| told.1 == WHOLE).count(), whole);
        let rows = events(&server, ticket.id).await;
        let place = |kind: &str| rows.iter().position(|row| row.data["type"] == kind);
        assert!(place("TicketBreached") < place("CommentAdded"), "{rows:#?}");
        assert_eq!(stored(&server, ticket.id).await.version, ticket.version + 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_of_tickets_at_risk_fills_by_itself() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let first = server.ticket().level(1).create().await;
    let second = server.ticket().level(2).create().await;
    settle(&server).await;
    let at_risk = || json!({ "filter": { "serviceLevel": { "eq": "AT_RISK" } } });
    let breached = || json!({ "filter": { "serviceLevel": { "in": ["BREACHED"] } } });
    let minute = TimeDelta::minutes(1);

    // A stream ends with its access token, so each look at one begins shortly before.
    server.advance(TimeDelta::minutes(95));
    let mut near = follow(&agent, QUEUE, at_risk()).await;
    server.advance(minute);
    assert_eq!(near.step().await, step("ENTERED", &second, 1));
    server.advance(TimeDelta::minutes(23));
    let mut near = follow(&agent, QUEUE, at_risk()).await;
    let mut missed = follow(&agent, QUEUE, breached()).await;
    server.advance(minute);
    assert_eq!(near.step().await, left(0));
    assert_eq!(missed.step().await, step("ENTERED", &second, 1));
    server.advance(TimeDelta::minutes(71));
    let mut near = follow(&agent, QUEUE, at_risk()).await;
    let mut missed = follow(&agent, QUEUE, breached()).await;
    server.advance(minute);
    assert_eq!(near.step().await, step("ENTERED", &first, 1));
    change(&agent, "addComment", &first, "body: \"One moment\"").await;
    assert_eq!(near.step().await, left(0));
    change(&agent, "tagTicket", &second, "add: [\"late\"]").await;
    assert_eq!(missed.step().await, step("UPDATED", &second, 1));
    change(&agent, "addComment", &second, "body: \"And you\"").await;
    assert_eq!(missed.step().await, left(0));
}

const ENTRIES: &str = "query ($id: ID!) { ticket(by: { id: $id }) { version timeline(first: 50) {
  totalCount nodes { __typename actor { __typename } ... on ServiceLevelEntry { timer state } } } } }";

async fn entries(who: &Client, id: &str) -> Value {
    let mut answer = who.run(ENTRIES, json!({ "id": id })).await;
    answer["data"]["ticket"]["timeline"].take()
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_see_it_in_the_timeline_and_requesters_do_not() {
    let server = TestServer::start().await;
    let ticket = server.ticket().create().await;
    let id = global(ticket.id);
    server.advance(TimeDelta::hours(4));
    caught_up(&server).await;
    let told = |state: &str| json!({ "__typename": "ServiceLevelEntry", "actor": { "__typename": "System" }, "timer": "FIRST_REPLY", "state": state });
    let staff = entries(&server.agent(), &id).await;
    let all = staff["nodes"].as_array().unwrap();
    assert_eq!(all[1..], [told("AT_RISK"), told("BREACHED")]);
    for requester in [server.requester(), server.colleague()] {
        let own = entries(&requester, &id).await;
        assert_eq!(own["totalCount"], 1, "{own}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_answers_for_it_is_notified() {
    const NOTIFICATIONS: &str = "subscription { notifications { kind ticket { number }
      entry { __typename actor { __typename } } } }";
    let server = TestServer::start().await;
    let (agnes, leo) = (server.agent(), server.lead());
    let ticket = server
        .ticket()
        .team(server.team())
        .assigned_to(&agnes)
        .create()
        .await;
    server.ticket().by(&server.stranger()).create().await;
    settle(&server).await;
    server.advance(TimeDelta::minutes(191));
    for (kind, wait) in [("AT_RISK", 47), ("BREACHED", 0)] {
        let mut streams = Vec::new();
        for who in [&agnes, &leo] {
            streams.push(follow(who, NOTIFICATIONS, json!({})).await);
        }
        let mut others = Vec::new();
        for who in [server.requester(), server.external_agent(), server.admin()] {
            others.push(follow(&who, NOTIFICATIONS, json!({})).await);
        }
        server.advance(TimeDelta::minutes(1));
        for stream in &mut streams {
            let item = stream.next().await;
            assert_eq!(item["kind"], kind, "{item}");
            assert_eq!(item["ticket"]["number"], ticket.number);
            assert_eq!(item["entry"]["actor"]["__typename"], "System");
            assert!(stream.is_silent().await);
        }
        for stream in &mut others {
            assert!(stream.is_silent().await);
        }
        server.advance(TimeDelta::minutes(wait));
    }
}
