//! What the feed tells whom, and where it is silent.

use harness::{Client, TestServer, global};
use serde_json::{Value, json};

use super::{follow, read_all, start, types};
use crate::{ask::mutate, visibility::world::World};

async fn route(server: &TestServer, ticket: &str, team: Value) {
    let input = json!({ "ticketId": ticket, "teamId": team, "assigneeId": null });
    let answer = mutate(&server.lead(), "assignTicket", "ticket { id }", input).await;
    assert_eq!(crate::ask::outcome(&answer), "ok", "{answer}");
}

async fn told(server: &TestServer, client: &Client, after: &str) -> Vec<Value> {
    read_all(server).await;
    follow(client, after, 100).await.0
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_out_of_sight_is_a_tombstone_and_what_was_never_seen_is_nothing() {
    let server = TestServer::start().await;
    let partner = server.external_agent();
    let cursor = start(&partner).await;
    let hidden = server.ticket().team(server.team()).create().await;
    server.comment(&hidden).by(&server.agent()).create().await;
    let tags = json!({ "ticketId": global(hidden.id), "add": ["secret"] });
    mutate(&server.agent(), "tagTicket", "ticket { id }", tags).await;
    assert_eq!(told(&server, &partner, &cursor).await, Vec::<Value>::new());

    let routed = server.ticket().team(server.external_team()).create().await;
    let comment = server.comment(&routed).by(&server.agent()).create().await;
    let before = told(&server, &partner, &cursor).await;
    assert_eq!(
        types(&before),
        [
            "TICKET_CREATED",
            "TICKET_ASSIGNED",
            "COMMENT_ADDED",
            "TICKET_OPENED"
        ]
    );
    assert!(before.iter().all(|node| node["isTombstone"] == false));

    let id = global(routed.id);
    route(&server, &id, json!(global(server.team()))).await;
    // What happens to it elsewhere is nothing of theirs.
    server.comment(&routed).by(&server.agent()).create().await;
    let after = told(&server, &partner, &cursor).await;
    assert!(
        after.iter().all(|node| node["isTombstone"] == true),
        "{after:?}"
    );
    assert!(
        after
            .iter()
            .all(|node| node["thing"].is_null() && node["actor"].is_null())
    );
    let theirs = [json!(id), json!(global(comment.id))];
    assert!(
        after.iter().all(|node| theirs.contains(&node["thingId"])),
        "{after:?}"
    );
    let last = after.last().unwrap();
    assert_eq!(last["type"], "TICKET_ASSIGNED");

    // It comes back as any other, and with it what was told before.
    route(&server, &id, json!(global(server.external_team()))).await;
    let back = told(&server, &partner, last["cursor"].as_str().unwrap()).await;
    assert!(
        back.iter().all(|node| node["isTombstone"] == false),
        "{back:?}"
    );
    assert!(back.iter().any(|node| node["thing"]["id"] == id));
}

#[tokio::test(flavor = "multi_thread")]
async fn internal_sides_need_their_scope() {
    let server = TestServer::start().await;
    let scopes: [&[&str]; 4] = [
        &["TICKETS_READ"],
        &["TICKETS_READ", "COMMENTS_INTERNAL_READ"],
        &["ARTICLES_READ"],
        &["METRICS_READ", "PEOPLE_READ"],
    ];
    let mut readers = Vec::new();
    for scopes in scopes {
        let client = crate::token::token_of_machine(&server, scopes).await;
        let cursor = start(&client).await;
        readers.push((client, cursor));
    }
    let ticket = server.ticket().create().await;
    let id = global(ticket.id);
    let note = json!({ "ticketId": id, "body": "Between us.", "visibility": "INTERNAL" });
    mutate(&server.agent(), "addComment", "comment { id }", note).await;
    let tags = json!({ "ticketId": id, "add": ["vip"] });
    mutate(&server.agent(), "tagTicket", "ticket { id }", tags).await;
    let mut seen = Vec::new();
    for (client, cursor) in &readers {
        let nodes = told(&server, client, cursor).await;
        seen.push(types(&nodes).join(" "));
    }
    assert_eq!(
        seen,
        [
            "TICKET_CREATED",
            "TICKET_CREATED COMMENT_ADDED TICKET_TAGGED",
            "",
            "TICKET_CREATED"
        ]
    );
}

/// No secret word, and no id of what was never theirs.
#[tokio::test(flavor = "multi_thread")]
async fn a_partner_hears_of_nothing_that_is_hidden() {
    let world = World::make().await;
    let server = &world.server;
    read_all(server).await;
    let partner = server.external_agent();
    // From the beginning of the log on.
    let beginning = start(&partner).await;
    let (_, rights) = beginning.split_once('.').unwrap();
    let first = server.app().feed.cursor(guichet::events::Pos(0));
    let (nodes, _) = follow(&partner, &format!("{first}.{rights}"), 100).await;
    assert!(!nodes.is_empty());
    let text = json!(nodes).to_string().to_lowercase();
    for word in [
        crate::visibility::world::ELSEWHERE,
        crate::visibility::world::PERSONAL,
    ] {
        assert!(!text.contains(word), "{word}");
    }
    for id in [
        &world.hidden_ticket,
        &world.hidden_comment,
        &world.hidden_person,
        &world.hidden_organization,
        &world.hidden_team,
    ] {
        assert!(!text.contains(id.as_str()), "{id}");
    }
}
