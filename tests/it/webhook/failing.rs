//! Receivers that are down, slow, gone or elsewhere.

use std::{collections::BTreeMap, time::Duration};

use chrono::TimeDelta;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::{QUIET, change, counts, deliveries, desk, endpoint, receiver::Receiver, state, until};
use crate::ask::outcome;

const TICKETS: usize = 12;

#[tokio::test(flavor = "multi_thread")]
async fn one_that_was_down_gets_all_of_it() {
    let server = desk().await;
    let admin = server.admin();
    let receiver = Receiver::start().await;
    let told = endpoint(&admin, &receiver, json!({})).await;
    receiver.answer(503);
    for _ in 0..TICKETS {
        server.ticket().create().await;
    }
    let failing = until(&admin, &told.id, |state| {
        // Deliveries are read before their attempts, which may be noted in between.
        let is_tried = |one: &&Value| {
            one["attempts"][0]["httpStatus"] == 503 && one["nextAttemptAt"].is_string()
        };
        deliveries(state).iter().filter(is_tried).count() == TICKETS
    })
    .await;
    assert_eq!(failing["failingSince"], "2026-11-23T09:00:00+00:00");
    let next = &deliveries(&failing)[0]["nextAttemptAt"];
    let next = next.as_str().unwrap();
    assert!(
        ("2026-11-23T09:00:04.5"..="2026-11-23T09:00:05.5").contains(&&next[..21]),
        "{next}"
    );
    sleep(QUIET).await;
    assert_eq!(receiver.received().len(), TICKETS, "it is given time");

    receiver.answer(200);
    server.advance(TimeDelta::seconds(6));
    let done = until(&admin, &told.id, |state| {
        counts(state).get("DELIVERED") == Some(&TICKETS)
    })
    .await;
    assert_eq!(done["failingSince"], Value::Null);
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for one in receiver.received() {
        assert!(one.is_signed_with(&told.secret));
        *times.entry(one.id().to_owned()).or_default() += 1;
    }
    assert_eq!(times.len(), TICKETS);
    assert!(times.values().all(|times| *times == 2), "{times:?}");
}

/// Once one comes through, the others are not made to wait for their turn.
#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_back_is_told_at_once() {
    let server = desk().await;
    let admin = server.admin();
    let receiver = Receiver::start().await;
    let told = endpoint(&admin, &receiver, json!({})).await;
    receiver.answer(500);
    server.ticket().create().await;
    receiver.wait_for(1).await;
    until(&admin, &told.id, |state| !state["failingSince"].is_null()).await;
    server.advance(TimeDelta::seconds(6));
    receiver.wait_for(2).await;
    // The next attempt is five minutes away.
    until(&admin, &told.id, |state| {
        deliveries(state)[0]["attempts"].as_array().unwrap().len() == 2
    })
    .await;
    receiver.answer(200);
    server.ticket().create().await;
    until(&admin, &told.id, |state| {
        counts(state).get("DELIVERED") == Some(&2)
    })
    .await;
    assert_eq!(receiver.received().len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_gone_is_told_nothing_any_more() {
    let server = desk().await;
    let admin = server.admin();
    let receiver = Receiver::start().await;
    let told = endpoint(&admin, &receiver, json!({})).await;
    receiver.answer(410);
    server.ticket().create().await;
    let gone = until(&admin, &told.id, |state| state["isEnabled"] == false).await;
    assert_eq!(gone["disabledReason"], "GONE");
    let log = "{ auditLog(first: 1, filter: { actions: [WEBHOOK_ENDPOINT_DISABLED] }) { nodes { subjectId actor { __typename } } } }";
    let log = admin.run(log, json!({})).await;
    let entry = &log["data"]["auditLog"]["nodes"][0];
    assert_eq!(entry["subjectId"], told.id);
    assert_eq!(entry["actor"]["__typename"], "System");

    server.ticket().create().await;
    server.advance(TimeDelta::hours(1));
    sleep(QUIET).await;
    assert_eq!(receiver.received().len(), 1);
    for (mutation, more) in [
        ("pingWebhookEndpoint", json!({})),
        (
            "replayWebhookEvents",
            json!({ "after": { "time": "2026-11-23T00:00:00Z" } }),
        ),
    ] {
        let refused = change(&admin, mutation, &told.id, more).await;
        assert_eq!(outcome(&refused), "INVALID", "{mutation}");
    }
    // What happened meanwhile waits for it.
    receiver.answer(200);
    let enabled = change(&admin, "enableWebhookEndpoint", &told.id, json!({})).await;
    assert_eq!(outcome(&enabled), "ok");
    until(&admin, &told.id, |state| {
        counts(state).get("DELIVERED") == Some(&2)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_fails_for_days_is_told_nothing_any_more() {
    let server = desk().await;
    let admin = server.admin();
    let receiver = Receiver::start().await;
    // Time brings other events about.
    let events = json!({ "events": ["TICKET_CREATED"] });
    let told = endpoint(&admin, &receiver, events).await;
    receiver.answer(500);
    server.ticket().create().await;
    // Three days and some hours in all.
    let pauses_s = [
        6, 360, 2_000, 8_000, 20_000, 40_000, 56_000, 80_000, 96_000, 0,
    ];
    for (attempt, pause_s) in (1..).zip(pauses_s) {
        until(&admin, &told.id, |state| {
            deliveries(state).first().is_some_and(|one| {
                one["attempts"]
                    .as_array()
                    .is_some_and(|all| all.len() == attempt)
            })
        })
        .await;
        server.advance(TimeDelta::seconds(pause_s));
    }
    let given_up = until(&admin, &told.id, |state| {
        !counts(state).contains_key("PENDING")
    })
    .await;
    assert_eq!(counts(&given_up).get("FAILED"), Some(&1));
    assert_eq!(given_up["isEnabled"], true);
    assert_eq!(receiver.received().len(), 10);

    server.advance(TimeDelta::days(2));
    server.ticket().create().await;
    let disabled = until(&admin, &told.id, |state| state["isEnabled"] == false).await;
    assert_eq!(disabled["disabledReason"], "FAILING");
    assert_eq!(receiver.received().len(), 11);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_a_failure() {
    let server = desk().await;
    let admin = server.admin();
    let [receiver, elsewhere] = [Receiver::start().await, Receiver::start().await];
    let told = endpoint(&admin, &receiver, json!({})).await;
    receiver.redirect_to(&elsewhere.url());
    receiver.answer(307);
    server.ticket().create().await;
    let failed = until(&admin, &told.id, |state| {
        deliveries(state)
            .first()
            .is_some_and(|one| one["attempts"][0]["httpStatus"] == 307)
    })
    .await;
    assert_eq!(
        deliveries(&failed)[0]["attempts"][0]["problem"],
        "HTTP_STATUS"
    );
    assert_eq!(deliveries(&failed)[0]["state"], "PENDING");
    sleep(QUIET).await;
    assert!(elsewhere.received().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_one_does_not_keep_others_waiting() {
    const SOON: Duration = Duration::from_secs(5);
    let server = desk().await;
    let admin = server.admin();
    let [slow, quick] = [Receiver::start().await, Receiver::start().await];
    let stuck = endpoint(&admin, &slow, json!({})).await;
    endpoint(&admin, &quick, json!({})).await;
    slow.take(Duration::from_secs(12));
    let begun = Instant::now();
    for _ in 0..TICKETS {
        server.ticket().create().await;
    }
    quick.wait_for(TICKETS).await;
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    slow.wait_for(5).await;
    sleep(QUIET).await;
    assert_eq!((slow.received().len(), slow.open_max()), (5, 5));
    let state = state(&admin, &stuck.id).await;
    assert_eq!(counts(&state).get("PENDING"), Some(&TICKETS));
    // The server does not wait for it when it stops, either.
}

/// Nobody listens: that is found out, and said.
#[tokio::test(flavor = "multi_thread")]
async fn what_goes_wrong_is_named() {
    let server = desk().await;
    let admin = server.admin();
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    for (url, problem) in [
        (format!("http://127.0.0.1:{port}/"), "NO_CONNECTION"),
        ("https://no-such-host.invalid/".to_owned(), "UNKNOWN_HOST"),
    ] {
        let input = json!({ "url": url, "events": ["TICKET_CREATED"] });
        let made =
            crate::ask::mutate(&admin, "createWebhookEndpoint", super::ENDPOINT, input).await;
        let id = made["data"]["createWebhookEndpoint"]["endpoint"]["id"]
            .as_str()
            .unwrap();
        change(&admin, "pingWebhookEndpoint", id, json!({})).await;
        let failed = until(&admin, id, |state| counts(state).get("FAILED") == Some(&1)).await;
        assert_eq!(deliveries(&failed)[0]["attempts"][0]["problem"], problem);
        assert_eq!(
            failed["failingSince"],
            Value::Null,
            "a test counts for nothing"
        );
    }
}
