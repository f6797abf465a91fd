//! Addresses that nothing is sent to.

use harness::TestServer;
use serde_json::json;
use tokio::time::sleep;

use super::{ENDPOINT, QUIET, change, counts, deliveries, desk, receiver::Receiver, until};
use crate::ask::{mutate, outcome};

/// Spelled out, each leads inside.
const HOSTILE: [&str; 22] = [
    "127.0.0.1",
    "127.1",
    "2130706433",
    "017700000001",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "①②⑦.⓪.⓪.①",
    "%31%32%37.0.0.1",
    "0",
    "0.0.0.0",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.0.1",
    "100.64.0.1",
    "169.254.169.254",
    "2852039166",
    "[::1]",
    "[fd00::1]",
    "[fe80::1]",
    "[::ffff:127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
];

#[tokio::test(flavor = "multi_thread")]
async fn addresses_inside_are_refused() {
    let server = TestServer::start().await;
    let admin = server.admin();
    for host in HOSTILE {
        for scheme in ["https", "http"] {
            let input = json!({ "url": format!("{scheme}://{host}:8443/hook") });
            let answer = mutate(&admin, "createWebhookEndpoint", ENDPOINT, input).await;
            assert_eq!(outcome(&answer), "INVALID", "{host}: {answer}");
        }
    }
    for url in [
        "http://example.org/",
        "https://me:word@example.org/",
        "ftp://example.org/",
        "",
        "https://",
    ] {
        let input = json!({ "url": url });
        let answer = mutate(&admin, "createWebhookEndpoint", ENDPOINT, input).await;
        assert_eq!(outcome(&answer), "INVALID", "{url}");
    }
}

/// What operators allowed is open, and nothing beside it; unencrypted it stays inside.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_allowed_is_open_and_nothing_beside_it() {
    let server = desk().await;
    let admin = server.admin();
    for (url, expected) in [
        ("http://127.0.0.1:9/", "ok"),
        ("https://127.0.0.1:9/", "ok"),
        ("http://10.0.0.1/", "INVALID"),
        ("http://[::ffff:127.0.0.1]/", "INVALID"),
        ("http://1.1.1.1/", "INVALID"),
        ("https://1.1.1.1/", "ok"),
    ] {
        let input = json!({ "url": url, "events": [] });
        let answer = mutate(&admin, "createWebhookEndpoint", ENDPOINT, input).await;
        assert_eq!(outcome(&answer), expected, "{url}");
    }
}

/// A name is looked at when it is connected to, whatever it meant before.
#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_leads_inside_is_not_connected_to() {
    let server = TestServer::start_with(&[("GUICHET_WEBHOOKS_ALLOW_CIDRS", "10.9.8.0/24")]).await;
    let admin = server.admin();
    let receiver = Receiver::start().await;
    for scheme in ["http", "https"] {
        let url = format!("{scheme}://localhost:{}/hooks", receiver.port());
        let input = json!({ "url": url });
        let made = mutate(&admin, "createWebhookEndpoint", ENDPOINT, input).await;
        let id = made["data"]["createWebhookEndpoint"]["endpoint"]["id"]
            .as_str()
            .unwrap();
        change(&admin, "pingWebhookEndpoint", id, json!({})).await;
        let failed = until(&admin, id, |state| counts(state).get("FAILED") == Some(&1)).await;
        assert_eq!(
            deliveries(&failed)[0]["attempts"][0]["problem"],
            "NOT_ALLOWED"
        );
    }
    sleep(QUIET).await;
    assert!(receiver.received().is_empty());
}

/// What links of articles may lead to is another setting.
#[tokio::test(flavor = "multi_thread")]
async fn what_links_may_lead_to_says_nothing_of_webhooks() {
    let server = TestServer::start_with(&[("GUICHET_ALLOW_CIDRS", "127.0.0.0/8")]).await;
    let input = json!({ "url": "https://127.0.0.1/" });
    let answer = mutate(&server.admin(), "createWebhookEndpoint", ENDPOINT, input).await;
    assert_eq!(outcome(&answer), "INVALID");
}
