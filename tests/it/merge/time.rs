//! Times that come while a ticket is merged, or came before.

use std::time::Duration;

use chrono::TimeDelta;
use entity::ticket;
use harness::{TestServer, global};
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::{merged, see, unmerged};
use crate::ask::mutate;

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_that_ended_meanwhile_ends_when_the_merge_is_undone() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let into = server.ticket().create().await;
    let ticket = server.ticket().open().create().await;
    let until = server.now() + TimeDelta::hours(1);
    let input = json!({ "ticketId": global(ticket.id), "reason": "SCHEDULED", "until": until });
    mutate(&agent, "waitTicket", "ticket { id }", input).await;
    merged(&agent, &ticket, &into).await;
    server.advance(TimeDelta::hours(2));
    unmerged(&agent, &ticket).await;
    let started_at = Instant::now();
    while see(&agent, &ticket, "status").await["status"] != "OPEN" {
        assert!(started_at.elapsed().as_secs() < 5, "it waits still");
        sleep(Duration::from_millis(20)).await;
    }
}

/// What was told of a target before the merge is not told again after it.
#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_was_missed_is_told_of_once() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let into = server.ticket().create().await;
    let (running, waiting) = (
        server.ticket().create().await,
        server.ticket().create().await,
    );
    server.advance(TimeDelta::hours(5));
    let told = async |ticket: &ticket::Model| {
        let entries = "timeline { nodes { ... on ServiceLevelEntry { timer state } } }";
        let seen = see(&agent, ticket, entries).await["timeline"]["nodes"].take();
        let mut entries = seen.as_array().unwrap().clone();
        entries.retain(|entry| entry["timer"].is_string());
        entries
    };
    // The first reply was near and is missed.
    let started_at = Instant::now();
    while told(&running).await.len() + told(&waiting).await.len() < 4 {
        assert!(started_at.elapsed().as_secs() < 5, "not told");
        sleep(Duration::from_millis(20)).await;
    }
    let wait = json!({ "ticketId": global(waiting.id), "reason": "REQUESTER" });
    mutate(&agent, "waitTicket", "ticket { id }", wait).await;
    let before = [told(&running).await, told(&waiting).await];
    for ticket in [&running, &waiting] {
        merged(&agent, ticket, &into).await;
    }
    server.advance(TimeDelta::minutes(1));
    for ticket in [&running, &waiting] {
        unmerged(&agent, ticket).await;
    }
    let resume = json!({ "ticketId": global(waiting.id) });
    mutate(&agent, "reopenTicket", "ticket { id }", resume).await;
    // The keeper looks once a second.
    sleep(Duration::from_millis(1_500)).await;
    assert_eq!([told(&running).await, told(&waiting).await], before);
    for ticket in [&running, &waiting] {
        let seen = see(&agent, ticket, "serviceLevel { state }").await;
        assert_eq!(seen["serviceLevel"]["state"], "BREACHED");
    }
}
