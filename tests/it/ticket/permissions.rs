//! Who may do what to a ticket: what is offered, and what happens.

use harness::{Client, TestServer, global};
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::ask::{mutate, outcome};

/// Each change that can be made to an open ticket of Rosa's, and under which name it is offered.
fn changes() -> [(&'static str, &'static str, Value); 13] {
    [
        ("edit", "editTicket", json!({ "subject": "Changed" })),
        ("comment", "addComment", json!({ "body": "Hello" })),
        (
            "commentInternally",
            "addComment",
            json!({ "body": "Hello", "visibility": "INTERNAL" }),
        ),
        ("claim", "claimTicket", json!({})),
        ("assign", "assignTicket", json!({ "teamId": null })),
        (
            "changeLevel",
            "changeTicketLevel",
            json!({ "levelRank": 2, "reason": "Fire" }),
        ),
        (
            "setPriority",
            "setTicketPriority",
            json!({ "priority": "URGENT" }),
        ),
        ("tag", "tagTicket", json!({ "add": ["fire"] })),
        ("wait", "waitTicket", json!({ "reason": "REQUESTER" })),
        ("solve", "solveTicket", json!({})),
        ("reopen", "reopenTicket", json!({})),
        ("close", "closeTicket", json!({})),
        ("follow", "followTicket", json!({})),
    ]
}

async fn try_all(server: &TestServer, name: &str, client: &Client, is_routed: bool) -> String {
    let mut cells = Vec::new();
    for (offer, mutation, input) in changes() {
        let ticket = server.ticket();
        let ticket = if is_routed {
            ticket.team(server.external_team())
        } else {
            ticket
        };
        let ticket = match offer {
            "reopen" | "close" => ticket.solved().create().await,
            _ => ticket.create().await,
        };
        let id = global(ticket.id);
        let document = format!(
            "query($id: ID!) {{ ticket(by: {{ id: $id }}) {{ viewerCan {{ {offer} }} }} }}"
        );
        let offered = client.run(&document, json!({ "id": id })).await;
        let mut input = input;
        input["ticketId"] = json!(id);
        let outcome = outcome(&mutate(client, mutation, "ticket { number }", input).await);
        let is_offered = offered["data"]["ticket"]["viewerCan"][offer] == json!(true);
        assert_eq!(
            is_offered,
            outcome == "ok",
            "{name} {offer}: {offered} but {outcome}"
        );
        cells.push(format!("{offer}={outcome}"));
    }
    format!("{name}: {}", cells.join(" "))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_offered_is_what_can_be_done() {
    let server = TestServer::start().await;
    let mut rows = Vec::new();
    for (name, client) in [
        ("visitor", server.visitor()),
        ("requester", server.requester()),
        ("colleague", server.colleague()),
        ("stranger", server.stranger()),
        ("external agent", server.external_agent()),
        ("agent", server.agent()),
        ("lead", server.lead()),
        ("admin", server.admin()),
    ] {
        rows.push(Box::pin(try_all(&server, name, &client, false)).await);
    }
    let external = server.external_agent();
    rows.push(Box::pin(try_all(&server, "external agent, routed", &external, true)).await);
    assert_snapshot!(rows.join("\n"), @"
    visitor: edit=UNAUTHENTICATED comment=UNAUTHENTICATED commentInternally=UNAUTHENTICATED claim=UNAUTHENTICATED assign=UNAUTHENTICATED changeLevel=UNAUTHENTICATED setPriority=UNAUTHENTICATED tag=UNAUTHENTICATED wait=UNAUTHENTICATED solve=UNAUTHENTICATED reopen=UNAUTHENTICATED close=UNAUTHENTICATED follow=UNAUTHENTICATED
    requester: edit=ok comment=ok commentInternally=FORBIDDEN claim=FORBIDDEN assign=FORBIDDEN changeLevel=FORBIDDEN setPriority=FORBIDDEN tag=FORBIDDEN wait=FORBIDDEN solve=ok reopen=ok close=FORBIDDEN follow=ok
    colleague: edit=FORBIDDEN comment=ok commentInternally=FORBIDDEN claim=FORBIDDEN assign=FORBIDDEN changeLevel=FORBIDDEN setPriority=FORBIDDEN tag=FORBIDDEN wait=FORBIDDEN solve=FORBIDDEN reopen=FORBIDDEN close=FORBIDDEN follow=ok
    stranger: edit=NOT_FOUND comment=NOT_FOUND commentInternally=NOT_FOUND claim=NOT_FOUND assign=NOT_FOUND changeLevel=NOT_FOUND setPriority=NOT_FOUND tag=NOT_FOUND wait=NOT_FOUND solve=NOT_FOUND reopen=NOT_FOUND close=NOT_FOUND follow=NOT_FOUND
    external agent: edit=NOT_FOUND comment=NOT_FOUND commentInternally=NOT_FOUND claim=NOT_FOUND assign=NOT_FOUND changeLevel=NOT_FOUND setPriority=NOT_FOUND tag=NOT_FOUND wait=NOT_FOUND solve=NOT_FOUND reopen=NOT_FOUND close=NOT_FOUND follow=NOT_FOUND
    agent: edit=ok comment=ok commentInternally=ok claim=ok assign=ok changeLevel=ok setPriority=ok tag=ok wait=ok solve=ok reopen=ok close=ok follow=ok
    lead: edit=ok comment=ok commentInternally=ok claim=ok assign=ok changeLevel=ok setPriority=ok tag=ok wait=ok solve=ok reopen=ok close=ok follow=ok
    admin: edit=ok comment=ok commentInternally=ok claim=ok assign=ok changeLevel=ok setPriority=ok tag=ok wait=ok solve=ok reopen=ok close=ok follow=ok
    external agent, routed: edit=ok comment=ok commentInternally=ok claim=ok assign=ok changeLevel=ok setPriority=ok tag=ok wait=ok solve=ok reopen=ok close=ok follow=ok
    ");
}
