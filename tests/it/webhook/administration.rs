//! Endpoints as those see them who look after them.

use futures_util::future::join_all;
use serde_json::json;

use super::{ENDPOINT, change, desk, receiver::Receiver};
use crate::{
    ask::{mutate, outcome},
    token::token_of_machine,
};

const SHOWN: &str = "query($id: ID!) { webhookEndpoint(id: $id) { url description events filter isEnabled disabledAt
  disabledReason failingSince previousSecretUntil lostEventCount lostAt isReplaying createdAt owner { ... on User { name } } createdBy { ... on User { name } } } }";

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_is_made_changed_and_deleted() {
    let server = desk().await;
    let admin = server.admin();
    let receiver = Receiver::start().await;
    let filter = json!({ "priority": { "eq": "URGENT" }, "assignee": { "isMine": true } });
    let input = json!({ "url": "https://example.org/hook", "description": " Warehouse ",
      "events": ["TICKET_CREATED", "COMMENT_ADDED", "TICKET_CREATED"], "filter": filter });
    let made = mutate(&admin, "createWebhookEndpoint", ENDPOINT, input).await;
    let made = &made["data"]["createWebhookEndpoint"];
    let secret = made["secret"].as_str().unwrap();
    assert!(
        secret.starts_with("whsec_") && secret.len() == 50,
        "{secret}"
    );
    let id = made["endpoint"]["id"].as_str().unwrap();
    let shown = admin.run(SHOWN, json!({ "id": id })).await;
    let mut expected = json!({
        "url": "https://example.org/hook", "description": "Warehouse", "events": ["COMMENT_ADDED", "TICKET_CREATED"],
        "filter": filter, "isEnabled": true, "disabledAt": null, "disabledReason": null, "failingSince": null,
        "previousSecretUntil": null, "lostEventCount": 0, "lostAt": null, "isReplaying": false,
        "createdAt": "2026-11-23T09:00:00+00:00", "owner": { "name": "Ada Admin" }, "createdBy": { "name": "Ada Admin" },
    });
    assert_eq!(shown["data"]["webhookEndpoint"], expected);
    assert!(!shown.to_string().contains(&secret[6..]));

    let edit = json!({ "url": receiver.url(), "events": null, "filter": null });
    assert_eq!(
        outcome(&change(&admin, "editWebhookEndpoint", id, edit).await),
        "ok"
    );
    for mutation in [
        "disableWebhookEndpoint",
        "disableWebhookEndpoint",
        "rotateWebhookSecret",
    ] {
        assert_eq!(
            outcome(&change(&admin, mutation, id, json!({})).await),
            "ok"
        );
    }
    let shown = admin.run(SHOWN, json!({ "id": id })).await;
    for (name, value) in [
        ("url", json!(receiver.url())),
        ("events", json!(null)),
        ("filter", json!(null)),
        ("isEnabled", json!(false)),
        ("disabledAt", json!("2026-11-23T09:00:00+00:00")),
        ("disabledReason", json!("BY_HAND")),
        ("previousSecretUntil", json!("2026-11-24T09:00:00+00:00")),
    ] {
        expected[name] = value;
    }
    assert_eq!(shown["data"]["webhookEndpoint"], expected);
    assert_eq!(
        outcome(&change(&admin, "deleteWebhookEndpoint", id, json!({})).await),
        "ok"
    );
    for mutation in [
        "deleteWebhookEndpoint",
        "enableWebhookEndpoint",
        "pingWebhookEndpoint",
    ] {
        assert_eq!(
            outcome(&change(&admin, mutation, id, json!({})).await),
            "NOT_FOUND"
        );
    }
    let shown = admin.run(SHOWN, json!({ "id": id })).await;
    assert!(shown["data"]["webhookEndpoint"].is_null());
}

#[tokio::test(flavor = "multi_thread")]
async fn there_are_so_many_endpoints_and_no_more() {
    let server = desk().await;
    let admin = server.admin();
    let input = json!({ "url": "https://example.org/", "events": [] });
    for _ in 0..50 {
        let made = mutate(&admin, "createWebhookEndpoint", "__typename", input.clone()).await;
        assert_eq!(outcome(&made), "ok");
    }
    let refused = mutate(&admin, "createWebhookEndpoint", "__typename", input).await;
    let error = &refused["data"]["createWebhookEndpoint"]["userErrors"][0];
    assert_eq!(
        error["message"],
        "There are 50 endpoints at most: delete one first."
    );
}

/// Each is somebody else's: nothing but the desk's limit is theirs together.
#[tokio::test(flavor = "multi_thread")]
async fn endpoints_that_are_made_at_once_are_counted_one_by_one() {
    let server = desk().await;
    let admin = server.admin();
    let input = json!({ "url": "https://example.org/", "events": [] });
    for _ in 0..45 {
        let made = mutate(&admin, "createWebhookEndpoint", "__typename", input.clone()).await;
        assert_eq!(outcome(&made), "ok");
    }
    let mut machines = Vec::new();
    for _ in 0..12 {
        machines.push(token_of_machine(&server, &["WEBHOOKS_WRITE"]).await);
    }
    let made = machines.iter().map(|machine| {
        let input = input.clone();
        async move { outcome(&mutate(machine, "createWebhookEndpoint", "__typename", input).await) }
    });
    let made = join_all(made).await;
    let count = made.iter().filter(|outcome| *outcome == "ok").count();
    assert_eq!(count, 5, "{made:?}");
}

/// Queues and live streams cannot follow words; nor can what is told.
#[tokio::test(flavor = "multi_thread")]
async fn a_filter_that_cannot_be_followed_is_refused() {
    let server = desk().await;
    let filter = json!({ "text": "printer" });
    let input = json!({ "url": "https://example.org/", "filter": filter });
    let refused = mutate(
        &server.admin(),
        "createWebhookEndpoint",
        "__typename",
        input,
    )
    .await;
    let error = &refused["data"]["createWebhookEndpoint"]["userErrors"][0];
    assert_eq!(
        (error["code"].as_str(), error["field"][0].as_str()),
        (Some("INVALID"), Some("filter"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_is_counted() {
    let server = desk().await;
    let receiver = Receiver::start().await;
    let told = super::endpoint(&server.admin(), &receiver, json!({})).await;
    server.ticket().create().await;
    super::until(&server.admin(), &told.id, |state| {
        super::counts(state).contains_key("DELIVERED")
    })
    .await;
    let metrics = server.visitor().get("/metrics").await.send().await.unwrap();
    let metrics = metrics.text().await.unwrap();
    assert!(
        metrics.contains("guichet_webhook_deliveries_total{outcome=\"delivered\"} 1"),
        "{metrics}"
    );
    assert!(
        metrics.contains("guichet_webhook_outbox_age_seconds 0"),
        "{metrics}"
    );
}
