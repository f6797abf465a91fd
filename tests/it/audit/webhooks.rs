//! What is done to webhooks that leaves an entry.

use serde_json::json;

use super::steps::Step;

/// In this order.
pub(super) fn steps() -> Vec<Step> {
    vec![
        (
            "createWebhookEndpoint",
            "endpoint { id }",
            json!({ "url": "https://no-such-host.invalid/", "events": [] }),
            "WEBHOOK_ENDPOINT_CREATED",
        ),
        (
            "editWebhookEndpoint",
            "endpoint { id }",
            json!({ "endpointId": "$createWebhookEndpoint", "description": "Newer" }),
            "WEBHOOK_ENDPOINT_EDITED",
        ),
        (
            "rotateWebhookSecret",
            "endpoint { id }",
            json!({ "endpointId": "$createWebhookEndpoint" }),
            "WEBHOOK_SECRET_ROTATED",
        ),
        (
            "pingWebhookEndpoint",
            "delivery { id }",
            json!({ "endpointId": "$createWebhookEndpoint" }),
            "WEBHOOK_ENDPOINT_PINGED",
        ),
        (
            "replayWebhookDelivery",
            "delivery { id }",
            json!({ "deliveryId": "$pingWebhookEndpoint" }),
            "WEBHOOK_DELIVERY_REPLAYED",
        ),
        (
            "replayWebhookEvents",
            "endpoint { id }",
            json!({ "endpointId": "$createWebhookEndpoint", "after": { "time": "2027-01-01T00:00:00Z" } }),
            "WEBHOOK_EVENTS_REPLAYED",
        ),
        (
            "disableWebhookEndpoint",
            "endpoint { id }",
            json!({ "endpointId": "$createWebhookEndpoint" }),
            "WEBHOOK_ENDPOINT_DISABLED",
        ),
        (
            "enableWebhookEndpoint",
            "endpoint { id }",
            json!({ "endpointId": "$createWebhookEndpoint" }),
            "WEBHOOK_ENDPOINT_ENABLED",
        ),
        (
            "deleteWebhookEndpoint",
            "__typename",
            json!({ "endpointId": "$createWebhookEndpoint" }),
            "WEBHOOK_ENDPOINT_DELETED",
        ),
    ]
}
