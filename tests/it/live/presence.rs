//! Who is on a ticket: seen by staff, until they go or are not heard of.

use std::time::Duration;

use chrono::TimeDelta;
use entity::ticket;
use guichet::events::feed::Health;
use harness::{Client, TestServer, global};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use super::{Followed, change, follow, refused};

const PRESENCE: &str = "subscription ($id: ID!) { presence(ticketId: $id) {
  ticketId user { name } state expiresAt } }";
const SET: &str = "mutation ($id: ID!, $state: PresenceState!) {
  setPresence(input: { ticketId: $id, state: $state }) {
    presence { user { name } state expiresAt } userErrors { code field } } }";

async fn set(who: &Client, ticket: &ticket::Model, state: &str) -> Value {
    let variables = json!({ "id": global(ticket.id), "state": state });
    who.run(SET, variables).await["data"]["setPresence"].take()
}

async fn watch(who: &Client, ticket: &ticket::Model) -> Followed {
    follow(who, PRESENCE, json!({ "id": global(ticket.id) })).await
}

async fn seen(stream: &mut Followed) -> (String, String) {
    let item = stream.next().await;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&item["user"]["name"]), text(&item["state"]))
}

fn is(name: &str, state: &str) -> (String, String) {
    (name.to_owned(), state.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_see_who_is_on_a_ticket() {
    let server = TestServer::start().await;
    let (agnes, lea) = (server.agent(), server.lead());
    let ticket = server.ticket().create().await;
    let other = server.ticket().create().await;
    let set_by_agnes = set(&agnes, &ticket, "VIEWING").await;
    let expires_at = (server.now() + TimeDelta::seconds(45)).to_rfc3339();
    let name = set_by_agnes["presence"]["user"]["name"].as_str().unwrap();
    let shown = set_by_agnes["presence"]["expiresAt"].as_str().unwrap();
    assert_eq!(expires_at.get(..19), shown.get(..19));

    // Each is told who is there already, however many ask the same.
    let mut streams = [watch(&lea, &ticket).await, watch(&lea, &ticket).await];
    for stream in &mut streams {
        assert_eq!(seen(stream).await, is(name, "VIEWING"));
    }
    set(&agnes, &other, "TYPING").await;
    set(&agnes, &ticket, "TYPING").await;
    for stream in &mut streams {
        assert_eq!(seen(stream).await, is(name, "TYPING"));
    }
    set(&agnes, &ticket, "GONE").await;
    set(&agnes, &ticket, "VIEWING").await;
    server.advance(TimeDelta::seconds(44));
    set(&agnes, &ticket, "VIEWING").await;
    server.advance(TimeDelta::seconds(44));
    let [stream, _] = &mut streams;
    let mut last = seen(stream).await;
    while last.1 == "GONE" {
        last = seen(stream).await;
    }
    assert_eq!(last, is(name, "VIEWING"));
    server.advance(TimeDelta::seconds(1));
    while seen(stream).await != is(name, "GONE") {}
}

#[tokio::test(flavor = "multi_thread")]
async fn presence_is_the_staffs() {
    let server = TestServer::start().await;
    let (rosa, emil) = (server.requester(), server.external_agent());
    let ticket = server.ticket().create().await;
    let id = || json!({ "id": global(ticket.id) });
    assert_eq!(refused(&rosa, PRESENCE, id()).await, "FORBIDDEN");
    for stranger in [server.stranger(), emil.clone()] {
        assert_eq!(refused(&stranger, PRESENCE, id()).await, "NOT_FOUND");
    }
    for (who, code) in [(&rosa, "FORBIDDEN"), (&emil, "NOT_FOUND")] {
        let answer = set(who, &ticket, "TYPING").await;
        assert_eq!(answer["presence"], Value::Null);
        assert_eq!(answer["userErrors"][0]["code"], code);
    }

    // Who loses sight of the ticket is told nothing more.
    let agent = server.agent();
    let team = format!("teamId: \"{}\"", global(server.external_team()));
    change(&agent, "assignTicket", &ticket, &team).await;
    let mut stream = watch(&emil, &ticket).await;
    set(&agent, &ticket, "VIEWING").await;
    assert_eq!(seen(&mut stream).await.1, "VIEWING");
    let team = format!("teamId: \"{}\"", global(server.team()));
    change(&agent, "assignTicket", &ticket, &team).await;
    set(&agent, &ticket, "TYPING").await;
    let failed = stream.0.failed().await;
    assert_eq!(failed[0]["extensions"]["code"], "NOT_FOUND");
}

/// Waits until a server hears the others. Alone it never does: there is no Redis.
async fn hears_others(server: &TestServer) -> bool {
    let bell = || server.app().feed.report().bell;
    let heard = async {
        while bell() == Health::Down {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(10), heard)
        .await
        .expect("Redis answers");
    bell() == Health::Healthy
}

#[tokio::test(flavor = "multi_thread")]
async fn each_server_shows_who_is_on_another() {
    let server = TestServer::start().await;
    if !hears_others(&server).await {
        return;
    }
    let ticket = server.ticket().create().await;
    let other = server.beside().await;
    assert!(hears_others(&other).await);
    let (agnes, leo) = (server.agent(), other.lead());
    let name = &agnes.user().name;

    let mut there = watch(&leo, &ticket).await;
    set(&agnes, &ticket, "VIEWING").await;
    assert_eq!(seen(&mut there).await, is(name, "VIEWING"));
    set(&agnes, &ticket, "TYPING").await;
    assert_eq!(seen(&mut there).await, is(name, "TYPING"));
    let mut back = watch(&agnes, &ticket).await;
    assert_eq!(seen(&mut back).await, is(name, "TYPING"));
    set(&leo, &ticket, "VIEWING").await;
    assert_eq!(seen(&mut back).await, is(&leo.user().name, "VIEWING"));
    assert_eq!(seen(&mut there).await, is(&leo.user().name, "VIEWING"));

    set(&leo, &ticket, "GONE").await;
    assert_eq!(seen(&mut there).await, is(&leo.user().name, "GONE"));
    other.advance(TimeDelta::seconds(46));
    assert_eq!(seen(&mut there).await, is(name, "GONE"));
}
