//! What is told is what the endpoint's owner may read when it is told.

use harness::{TestServer, global};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{QUIET, change, desk, endpoint, receiver::Receiver, until};
use crate::{
    ask::{mutate, outcome},
    token::token,
};

/// Stands in internal comments, and nowhere else.
const CANARY: &str = "zebrafish-internal";
const HOOKS: &str = "WEBHOOKS_WRITE";

/// A machine of this role and these teams, by its id.
async fn machine(server: &TestServer, role: &str, teams: &[String]) -> String {
    let input = json!({ "name": "Hooks", "role": role, "teamIds": teams });
    let made = mutate(&server.admin(), "createMachine", "machine { id }", input).await;
    let id = &made["data"]["createMachine"]["machine"]["id"];
    id.as_str().expect("a machine").to_owned()
}

fn text(receiver: &Receiver) -> String {
    let requests = receiver.received();
    let bodies = requests
        .iter()
        .map(|one| String::from_utf8_lossy(&one.body).into_owned());
    bodies.collect::<Vec<_>>().join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn one_from_outside_is_told_of_its_own_tickets_only() {
    let server = desk().await;
    let admin = server.admin();
    let receiver = Receiver::start().await;
    let vendor = machine(&server, "AGENT", &[global(server.external_team())]).await;
    endpoint(&admin, &receiver, json!({ "machineId": vendor })).await;
    let hidden = server.ticket().subject("A hidden one").create().await;
    server.comment(&hidden).create().await;
    let input = json!({ "name": "Nobody", "email": "nobody@desk.test" });
    mutate(&admin, "createUser", "__typename", input).await;
    let routed = server
        .ticket()
        .subject("A routed one")
        .team(server.external_team())
        .create()
        .await;
    server
        .comment(&routed)
        .internal()
        .body(CANARY)
        .create()
        .await;
    // Its creation was nothing for them; that it came to them is.
    receiver.wait_for(2).await;
    sleep(QUIET).await;
    let told = text(&receiver);
    let routed = json!({ "type": "Ticket", "id": global(routed.id) });
    for one in receiver.received() {
        assert_eq!(one.json()["data"]["subject"], routed, "{told}");
    }
    assert!(
        !told.contains("A hidden one") && !told.contains(&global(hidden.id)),
        "{told}"
    );
    assert!(
        told.contains("A routed one") && told.contains(CANARY),
        "{told}"
    );
    assert!(!told.contains(&global(server.organization())), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_internal_is_told_to_nobody_who_may_not_read_it() {
    let server = desk().await;
    let admin = server.admin();
    let [narrow, wide, blind] = [
        Receiver::start().await,
        Receiver::start().await,
        Receiver::start().await,
    ];
    let owner = machine(&server, "ADMIN", &[]).await;
    let (_, reader) = token(&admin, Some(&owner), &["TICKETS_READ", HOOKS]).await;
    endpoint(&reader, &narrow, json!({})).await;
    let (_, staff) = token(&admin, Some(&owner), &["COMMENTS_INTERNAL_READ", HOOKS]).await;
    endpoint(&staff, &wide, json!({})).await;
    let (_, hooks) = token(&admin, Some(&owner), &[HOOKS]).await;
    endpoint(&hooks, &blind, json!({})).await;

    let ticket = server.ticket().create().await;
    server
        .comment(&ticket)
        .internal()
        .body(CANARY)
        .create()
        .await;
    crate::live::change(&server.agent(), "tagTicket", &ticket, "add: [\"vip\"]").await;
    server.comment(&ticket).body("In public").create().await;
    wide.wait_for(4).await;
    narrow.wait_for(2).await;
    sleep(QUIET).await;
    assert!(text(&wide).contains(CANARY));
    let told = text(&narrow);
    assert!(!told.contains(CANARY), "{told}");
    assert!(
        told.contains("In public") && told.contains("ticket.created"),
        "{told}"
    );
    assert!(
        !told.contains("ticket.tagged") && !told.contains("INTERNAL"),
        "{told}"
    );
    assert_eq!(blind.received().len(), 0, "{}", text(&blind));
}

/// What was public when it happened may be gone when it is told.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_lost_from_sight_meanwhile_is_not_told() {
    let server = desk().await;
    let admin = server.admin();
    let receiver = Receiver::start().await;
    let vendor = machine(&server, "AGENT", &[global(server.external_team())]).await;
    let told = endpoint(&admin, &receiver, json!({ "machineId": vendor })).await;
    let ticket = server.ticket().team(server.external_team()).create().await;
    receiver.wait_for(1).await;
    // The next attempts come after the ticket has gone elsewhere.
    receiver.answer(503);
    server
        .comment(&ticket)
        .internal()
        .body(CANARY)
        .create()
        .await;
    receiver.wait_for(2).await;
    // What came of an attempt is noted with the time of then.
    until(&admin, &told.id, |state| {
        let told = super::deliveries(state);
        let is_noted =
            |delivery: &Value| delivery["state"] != "PENDING" || delivery["attempts"] != json!([]);
        told.iter()
            .any(|delivery| delivery["event"] == "COMMENT_ADDED")
            && told.iter().all(is_noted)
    })
    .await;
    let input = json!({ "ticketId": global(ticket.id), "teamId": global(server.team()) });
    let moved = mutate(&server.agent(), "assignTicket", "__typename", input).await;
    assert_eq!(outcome(&moved), "ok", "{moved}");
    receiver.answer(200);
    let before = receiver.received().len();
    server.advance(chrono::TimeDelta::minutes(10));
    until(&admin, &told.id, |state| {
        !super::counts(state).contains_key("PENDING")
    })
    .await;
    assert_eq!(receiver.received().len(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_who_is_kept_out_is_told_nothing() {
    let server = desk().await;
    let admin = server.admin();
    let receiver = Receiver::start().await;
    let owner = machine(&server, "AGENT", &[]).await;
    let told = endpoint(&admin, &receiver, json!({ "machineId": owner })).await;
    server.ticket().create().await;
    receiver.wait_for(1).await;
    let input = json!({ "machineId": owner, "isActive": false });
    mutate(&admin, "editMachine", "__typename", input).await;
    server.ticket().create().await;
    let state = until(&admin, &told.id, |state| state["isEnabled"] == false).await;
    assert_eq!(state["disabledReason"], "OWNER");
    sleep(QUIET).await;
    assert_eq!(receiver.received().len(), 1);
    // Let in again, it is told what happened meanwhile.
    let input = json!({ "machineId": owner, "isActive": true });
    mutate(&admin, "editMachine", "__typename", input).await;
    assert_eq!(
        outcome(&change(&admin, "enableWebhookEndpoint", &told.id, json!({})).await),
        "ok"
    );
    receiver.wait_for(2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_have_endpoints() {
    let server = desk().await;
    let admin = server.admin();
    let receiver = Receiver::start().await;
    let input = json!({ "url": receiver.url() });
    for who in [
        server.requester(),
        server.agent(),
        server.lead(),
        server.external_agent(),
    ] {
        let answer = mutate(&who, "createWebhookEndpoint", "__typename", input.clone()).await;
        assert_eq!(outcome(&answer), "FORBIDDEN");
        let list = who
            .run("{ webhookEndpoints { totalCount } }", json!({}))
            .await;
        assert_eq!(list["data"]["webhookEndpoints"]["totalCount"], 0, "{list}");
    }
    let of_admin = endpoint(&admin, &receiver, json!({})).await;
    // Nobody's, but their own.
    let input = json!({ "url": receiver.url(), "machineId": server.agent().id() });
    let answer = mutate(&admin, "createWebhookEndpoint", "__typename", input).await;
    assert_eq!(outcome(&answer), "FORBIDDEN");

    let owner = machine(&server, "AGENT", &[]).await;
    let (_, script) = token(&admin, Some(&owner), &["TICKETS_READ", HOOKS]).await;
    let own = endpoint(&script, &receiver, json!({})).await;
    let (_, narrow) = token(&admin, Some(&owner), &[HOOKS]).await;
    // What goes further than the token is not its to change.
    let edit = json!({ "url": "https://example.org/" });
    for (who, id, expected) in [
        (&script, &own.id, "ok"),
        (&script, &of_admin.id, "NOT_FOUND"),
        (&narrow, &own.id, "FORBIDDEN"),
        (&admin, &own.id, "ok"),
    ] {
        let answer = change(who, "editWebhookEndpoint", id, edit.clone()).await;
        assert_eq!(outcome(&answer), expected, "{answer}");
    }
    let list = "{ webhookEndpoints { totalCount nodes { owner { ... on Machine { name } ... on User { name } } url } } }";
    let count = |answer: &Value| answer["data"]["webhookEndpoints"]["totalCount"].clone();
    assert_eq!(count(&script.run(list, json!({})).await), 1);
    assert_eq!(count(&admin.run(list, json!({})).await), 2);
    let made = token(&admin, Some(&owner), &["TICKETS_READ"]).await.1;
    let refused = made.run(list, json!({})).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN");
}
