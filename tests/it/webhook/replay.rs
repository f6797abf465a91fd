//! Telling again, and what is too old to be told.

use std::time::Duration;

use chrono::TimeDelta;
use entity::{log_head, webhook_attempt, webhook_delivery};
use guichet::actor::Actor;
use harness::TestServer;
use sea_orm::{EntityTrait, PaginatorTrait, sea_query::Expr};
use serde_json::json;
use tokio::time::sleep;

use super::{
    QUIET, change, counts, deliveries, desk, endpoint,
    receiver::{Received, Receiver},
    state, until,
};
use crate::ask::{mutate, outcome};

#[tokio::test(flavor = "multi_thread")]
async fn one_event_is_told_again_under_its_id() {
    let server = desk().await;
    let admin = server.admin();
    let receiver = Receiver::start().await;
    let told = endpoint(&admin, &receiver, json!({})).await;
    let ticket = server.ticket().create().await;
    let done = until(&admin, &told.id, |state| {
        counts(state).contains_key("DELIVERED")
    })
    .await;
    let input = json!({ "ticketId": harness::global(ticket.id), "subject": "It is out" });
    let edited = mutate(&server.agent(), "editTicket", "__typename", input).await;
    assert_eq!(outcome(&edited), "ok");
    receiver.wait_for(2).await;
    let input = json!({ "deliveryId": deliveries(&done)[0]["id"] });
    let again = mutate(&admin, "replayWebhookDelivery", "delivery { state }", input).await;
    assert_eq!(
        again["data"]["replayWebhookDelivery"]["delivery"]["state"],
        "PENDING"
    );
    let requests = receiver.wait_for(3).await;
    assert_eq!(requests[0].id(), requests[2].id());
    assert_ne!(requests[0].id(), requests[1].id());
    // The event is the same; the ticket is as it is now.
    let [first, last] = [&requests[0], &requests[2]].map(Received::json);
    assert_eq!(first["sequence"], last["sequence"]);
    assert_eq!(first["data"]["ticket"]["subject"], "The printer is on fire");
    assert_eq!(last["data"]["ticket"]["subject"], "It is out");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_of_the_log_is_told_again() {
    let server = desk().await;
    let admin = server.admin();
    let receiver = Receiver::start().await;
    // Before there was an endpoint.
    server.ticket().create().await;
    server.advance(TimeDelta::minutes(1));
    let cursor = "{ tickets(first: 0) { syncCursor } }";
    let cursor = admin.run(cursor, json!({})).await;
    let cursor = cursor["data"]["tickets"]["syncCursor"]
        .as_str()
        .unwrap()
        .to_owned();
    let second = server.ticket().create().await;
    server.advance(TimeDelta::minutes(1));
    server.ticket().create().await;
    let told = endpoint(&admin, &receiver, json!({ "events": ["TICKET_CREATED"] })).await;
    sleep(QUIET).await;
    assert!(receiver.received().is_empty());

    let mut count = 0;
    for (more, expected) in [
        (json!({ "after": { "time": "2026-11-23T00:00:00Z" } }), 3),
        (json!({ "after": { "cursor": cursor } }), 2),
        (
            json!({ "after": { "cursor": cursor }, "until": { "time": "2026-11-23T09:01:30Z" } }),
            1,
        ),
        (json!({ "after": { "time": "2026-11-24T00:00:00Z" } }), 0),
    ] {
        let replayed = change(&admin, "replayWebhookEvents", &told.id, more.clone()).await;
        assert_eq!(outcome(&replayed), "ok", "{replayed}");
        count += expected;
        receiver.wait_for(count).await;
        until(&admin, &told.id, |state| {
            state["isReplaying"] == false && !counts(state).contains_key("PENDING")
        })
        .await;
        assert_eq!(receiver.received().len(), count, "{more}");
    }
    let requests = receiver.received();
    assert_eq!(
        requests[5].json()["data"]["subject"]["id"],
        harness::global(second.id)
    );
    assert_eq!(state(&admin, &told.id).await["deliveries"]["totalCount"], 3);

    for (more, field) in [
        (json!({ "after": { "cursor": "no cursor" } }), "after"),
        (
            json!({ "after": { "time": "2026-11-24T00:00:00Z" }, "until": { "time": "2026-11-22T00:00:00Z" } }),
            "until",
        ),
    ] {
        let refused = change(&admin, "replayWebhookEvents", &told.id, more).await;
        let error = &refused["data"]["replayWebhookEvents"]["userErrors"][0];
        assert_eq!(
            (error["code"].as_str(), error["field"][0].as_str()),
            (Some("INVALID"), Some(field))
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_old_goes_and_what_was_never_told_is_counted() {
    let server = desk().await;
    let admin = server.admin();
    let receiver = Receiver::start().await;
    let told = endpoint(&admin, &receiver, json!({})).await;
    server.ticket().create().await;
    until(&admin, &told.id, |state| {
        counts(state).contains_key("DELIVERED")
    })
    .await;
    receiver.answer(500);
    server.ticket().create().await;
    until(&admin, &told.id, |state| !state["failingSince"].is_null()).await;
    change(&admin, "disableWebhookEndpoint", &told.id, json!({})).await;
    assert_eq!(rows(&server).await, (2, 2));
    guichet::webhook::remove_old(server.app()).await.unwrap();
    assert_eq!(rows(&server).await, (2, 2), "not yet");
    server.advance(TimeDelta::days(15));
    while guichet::webhook::remove_old(server.app()).await.unwrap() {}
    assert_eq!(rows(&server).await, (0, 0));
    assert_eq!(state(&admin, &told.id).await["lostEventCount"], 1);

    let deleted = change(&admin, "deleteWebhookEndpoint", &told.id, json!({})).await;
    assert_eq!(outcome(&deleted), "ok");
    assert!(state(&admin, &told.id).await.is_null());
    while guichet::webhook::remove_old(server.app()).await.unwrap() {}
    let left = entity::webhook_endpoint::Entity::find();
    assert_eq!(left.count(&server.app().store.read).await.unwrap(), 0);
}

/// Deliveries and attempts.
async fn rows(server: &TestServer) -> (u64, u64) {
    let db = &server.app().store.read;
    let deliveries = webhook_delivery::Entity::find().count(db).await.unwrap();
    let attempts = webhook_attempt::Entity::find().count(db).await.unwrap();
    (deliveries, attempts)
}

/// What the log cannot tell any more is counted, and what it can is told.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_too_old_when_its_turn_came_is_counted() {
    const TICKETS: u64 = 4;
    let server = desk().await;
    let admin = server.admin();
    let receiver = Receiver::start().await;
    let told = endpoint(&admin, &receiver, json!({})).await;
    change(&admin, "disableWebhookEndpoint", &told.id, json!({})).await;
    for _ in 0..TICKETS {
        server.ticket().create().await;
    }
    let end = server.app().feed.end().await.unwrap();
    // As when the log has grown long: all but the last of them can be followed no more.
    let tx = server.app().begin(&Actor::System).await.unwrap();
    let oldest = i64::try_from(end.0).unwrap() - 1;
    log_head::Entity::update_many()
        .col_expr(log_head::Column::Oldest, Expr::val(oldest))
        .exec(&*tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    // The feed looks at the log again.
    let last = server.ticket().create().await;
    while server.app().feed.span().0.0 != end.0 - 1 {
        sleep(Duration::from_millis(10)).await;
    }
    let enabled = change(&admin, "enableWebhookEndpoint", &told.id, json!({})).await;
    assert_eq!(outcome(&enabled), "ok");
    let state = until(&admin, &told.id, |state| {
        counts(state).get("DELIVERED") == Some(&2)
    })
    .await;
    assert_eq!(state["lostEventCount"], TICKETS - 1);
    let last = harness::global(last.id);
    let ids = receiver.received();
    assert!(
        ids.iter()
            .any(|one| one.json()["data"]["subject"]["id"] == last)
    );
    let more = json!({ "after": { "time": "2026-11-22T00:00:00Z" } });
    let replayed = change(&admin, "replayWebhookEvents", &told.id, more).await;
    assert_eq!(outcome(&replayed), "ok", "from where the log begins");
    receiver.wait_for(4).await;
}
