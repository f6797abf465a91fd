//! What is nothing for an endpoint.

use harness::global;
use serde_json::json;
use tokio::time::sleep;

use super::{QUIET, change, desk, endpoint, receiver::Receiver};
use crate::ask::outcome;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_nothing_for_an_endpoint_is_not_written_down() {
    let server = desk().await;
    let receiver = Receiver::start().await;
    let articles = json!({ "events": ["ARTICLE_CREATED"] });
    endpoint(&server.admin(), &receiver, articles).await;
    let work = async {
        for _ in 0..5 {
            server.ticket().create().await;
            sleep(QUIET / 5).await;
        }
    };
    let ((), statements) = server.count_all_statements(work).await;
    let of_endpoints = |word: &str| {
        let statements = statements.iter();
        let mut of_word = statements.filter(|sql| sql.starts_with(word));
        of_word.any(|sql| sql.contains("webhook_endpoints"))
    };
    assert!(of_endpoints("SELECT"), "nobody looked: {statements:?}");
    assert!(!of_endpoints("UPDATE"), "{statements:?}");
    assert!(receiver.received().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_what_is_told_is_for_what_happens_after_it() {
    let server = desk().await;
    let admin = server.admin();
    let receiver = Receiver::start().await;
    let articles = json!({ "events": ["ARTICLE_CREATED"] });
    let told = endpoint(&admin, &receiver, articles).await;
    server.ticket().create().await;
    sleep(QUIET).await;
    for subject in ["One", "Two"] {
        let events = json!({ "events": ["TICKET_CREATED"], "description": subject });
        let edited = change(&admin, "editWebhookEndpoint", &told.id, events).await;
        assert_eq!(outcome(&edited), "ok");
        let before = receiver.received().len();
        let id = server.ticket().subject(subject).create().await.id;
        let all = receiver.wait_for(before + 1).await;
        let body = all[before].json();
        assert_eq!(body["data"]["subject"]["id"], global(id));
        let none = json!({ "events": [] });
        let edited = change(&admin, "editWebhookEndpoint", &told.id, none).await;
        assert_eq!(outcome(&edited), "ok");
    }
    sleep(QUIET).await;
    assert_eq!(receiver.received().len(), 2);
}
