//! What happens is told: all of it, once, signed, and in the same words to whoever may know of it.

use std::{collections::BTreeSet, time::Duration};

use chrono::TimeDelta;
use entity::{event, ids::TicketId};
use harness::{TestServer, global};
use sea_orm::{ColumnTrait, DbBackend, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::json;
use tokio::time::sleep;

use super::{
    QUIET, SETTINGS, change, counts, deliveries, desk, endpoint, receiver::Receiver, until,
};
use crate::ask::{mutate, outcome};

const TICKETS: usize = 25;

/// How many events there are of these tickets.
async fn count_events(server: &TestServer, tickets: &[TicketId]) -> usize {
    let of_tickets = event::Entity::find()
        .filter(event::Column::TicketId.is_in(tickets.iter().copied()))
        .count(&server.app().store.read);
    usize::try_from(of_tickets.await.unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_told_once_and_signed() {
    let server = desk().await;
    let receiver = Receiver::start().await;
    let before = server.ticket().create().await;
    let admin = server.admin();
    let told = endpoint(&admin, &receiver, json!({})).await;
    let mut tickets = Vec::new();
    for _ in 0..TICKETS {
        let ticket = server.ticket().create().await;
        server.comment(&ticket).create().await;
        tickets.push(ticket.id);
    }
    let events = count_events(&server, &tickets).await;
    assert!(events >= 2 * TICKETS, "{events}");
    receiver.wait_for(events).await;
    let state = until(&admin, &told.id, |state| {
        !counts(state).contains_key("PENDING")
    })
    .await;
    sleep(QUIET).await;

    let requests = receiver.received();
    let ids: BTreeSet<_> = requests.iter().map(|one| one.id().to_owned()).collect();
    assert_eq!(requests.len(), events);
    assert_eq!(ids.len(), events, "each has an id of its own");
    let mut sequence: Vec<_> = requests
        .iter()
        .map(|one| one.json()["sequence"].as_u64().unwrap())
        .collect();
    sequence.sort_unstable();
    let first = sequence[0];
    let all: Vec<_> = (first..first + events as u64).collect();
    assert_eq!(sequence, all, "none is missing in between");
    for one in &requests {
        assert!(one.is_signed_with(&told.secret), "{one:?}");
        assert!(!one.is_signed_with("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));
        assert_eq!(one.headers["content-type"], "application/json");
        assert!(!String::from_utf8_lossy(&one.body).contains(&global(before.id)));
    }
    assert!(receiver.open_max() <= 5, "{}", receiver.open_max());
    assert_eq!(state["deliveries"]["totalCount"], events);
    let shown: BTreeSet<_> = deliveries(&state)
        .iter()
        .map(|one| one["webhookId"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(shown, ids);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_says_what_changed() {
    let server = desk().await;
    let receiver = Receiver::start().await;
    let ticket = server.ticket().tag("vpn").create().await;
    let events = json!({ "events": ["TICKET_PRIORITY_SET", "COMMENT_ADDED"] });
    endpoint(&server.admin(), &receiver, events).await;
    crate::live::change(
        &server.agent(),
        "setTicketPriority",
        &ticket,
        "priority: URGENT",
    )
    .await;
    let told = &receiver.wait_for(1).await[0];
    assert_eq!(told.headers["webhook-timestamp"], "1795424400");
    let told = told.json();
    assert_eq!(told["version"], "v1");
    assert_eq!(told["type"], "ticket.priority_set");
    assert_eq!(told["timestamp"], "2026-11-23T09:00:00Z");
    let data = &told["data"];
    assert_eq!(
        data["subject"],
        json!({ "type": "Ticket", "id": global(ticket.id) })
    );
    assert_eq!(
        data["actor"],
        json!({ "type": "PERSON", "id": server.agent().id() })
    );
    assert_eq!(data["details"], json!({ "from": "NORMAL", "to": "URGENT" }));
    assert_eq!(
        data["before"],
        json!({ "priority": "NORMAL", "version": 1 })
    );
    assert_eq!(data["ticket"]["priority"], "URGENT");
    assert_eq!(data["ticket"]["version"], 2);
    assert_eq!(data["ticket"]["tags"], json!(["vpn"]));
    assert_eq!(data["ticket"]["subject"], ticket.subject);

    let comment = server.comment(&ticket).internal().body("Look **here**");
    let comment = comment.create().await;
    let told = receiver.wait_for(2).await[1].json();
    assert_eq!(told["type"], "comment.added");
    let expected = json!({
        "id": global(comment.id), "authorId": server.agent().id(), "visibility": "INTERNAL", "body": "Look **here**",
        "isBodyOmitted": false, "isSolution": false, "createdAt": "2026-11-23T09:00:00Z", "editedAt": null,
    });
    assert_eq!(told["data"]["comment"], expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_was_asked_for_is_told() {
    let server = desk().await;
    let admin = server.admin();
    let [by_kind, by_filter, all] = [
        Receiver::start().await,
        Receiver::start().await,
        Receiver::start().await,
    ];
    let kinds = json!({ "events": ["TICKET_CREATED", "USER_CREATED"] });
    endpoint(&admin, &by_kind, kinds).await;
    let urgent = json!({ "and": [{ "priority": { "eq": "URGENT" } }, { "subject": { "containsIgnoreCase": "fire" } }] });
    endpoint(&admin, &by_filter, json!({ "filter": urgent })).await;
    endpoint(&admin, &all, json!({})).await;

    let calm = server.ticket().create().await;
    let lost = server.ticket().subject("A lost badge").create().await;
    for ticket in [&calm, &lost] {
        crate::live::change(
            &server.agent(),
            "setTicketPriority",
            ticket,
            "priority: URGENT",
        )
        .await;
        crate::live::change(&server.agent(), "tagTicket", ticket, "add: [\"hot\"]").await;
    }
    let input = json!({ "name": "New", "email": "new@desk.test" });
    let created = mutate(&admin, "createUser", "__typename", input).await;
    assert_eq!(outcome(&created), "ok");
    all.wait_for(7).await;
    sleep(QUIET).await;

    let kinds = |receiver: &Receiver| {
        let mut kinds: Vec<_> = receiver
            .received()
            .iter()
            .map(super::receiver::Received::kind)
            .collect();
        kinds.sort_unstable();
        kinds
    };
    assert_eq!(
        kinds(&by_kind),
        ["ticket.created", "ticket.created", "user.created"]
    );
    // By what the ticket was just after each.
    assert_eq!(kinds(&by_filter), ["ticket.priority_set", "ticket.tagged"]);
    let about = by_filter.received();
    assert!(
        about
            .iter()
            .all(|one| one.json()["data"]["subject"]["id"] == global(calm.id))
    );
    assert_eq!(kinds(&all).len(), 7);
}

/// Both servers look at both endpoints; whoever comes first does it.
#[tokio::test(flavor = "multi_thread")]
async fn of_several_servers_one_tells_it() {
    let server = desk().await;
    let admin = server.admin();
    let receiver = Receiver::start().await;
    // SQLite serves one process; two of those who send are as much as it can have.
    let others: Vec<_> = (0..2)
        .map(|_| guichet::webhook::start(server.app().clone()))
        .collect();
    // Each lets go at its start of what a process before it may have claimed, of which there is none here.
    sleep(QUIET).await;
    let beside = if server.app().store.backend() == DbBackend::Postgres {
        Some(server.beside_with(&SETTINGS).await)
    } else {
        None
    };
    let told = endpoint(&admin, &receiver, json!({})).await;
    receiver.take(Duration::from_millis(30));
    for place in 0..TICKETS {
        let at = beside
            .as_ref()
            .filter(|_| place % 2 == 0)
            .unwrap_or(&server);
        at.ticket().create().await;
    }
    receiver.wait_for(TICKETS).await;
    until(&admin, &told.id, |state| {
        counts(state).get("DELIVERED") == Some(&TICKETS)
    })
    .await;
    sleep(QUIET).await;
    let requests = receiver.received();
    let ids: BTreeSet<_> = requests.iter().map(super::receiver::Received::id).collect();
    assert_eq!((requests.len(), ids.len()), (TICKETS, TICKETS));
    assert!(receiver.open_max() <= 5, "{}", receiver.open_max());
    for other in others {
        other.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_was_replaced_signs_for_a_while() {
    let server = desk().await;
    let admin = server.admin();
    let receiver = Receiver::start().await;
    let told = endpoint(&admin, &receiver, json!({ "events": [] })).await;
    let input = json!({ "endpointId": told.id, "overlapHours": 2 });
    let rotated = mutate(&admin, "rotateWebhookSecret", "secret", input).await;
    let secret = rotated["data"]["rotateWebhookSecret"]["secret"]
        .as_str()
        .unwrap();
    assert_ne!(secret, told.secret);
    for (hours, are_good) in [(0, [true, true]), (2, [false, true])] {
        server.advance(TimeDelta::hours(hours));
        let before = receiver.received().len();
        let pinged = change(&admin, "pingWebhookEndpoint", &told.id, json!({})).await;
        assert_eq!(outcome(&pinged), "ok");
        let requests = receiver.wait_for(before + 1).await;
        let test = requests.last().unwrap();
        assert_eq!(test.kind(), "webhook.ping");
        let signed = [told.secret.as_str(), secret].map(|secret| test.is_signed_with(secret));
        assert_eq!(signed, are_good);
        let count = test.headers["webhook-signature"].split(' ').count();
        assert_eq!(count, are_good.into_iter().filter(|is| *is).count());
    }
    for wrong in [-1, 169] {
        let more = json!({ "overlapHours": wrong });
        let refused = change(&admin, "rotateWebhookSecret", &told.id, more).await;
        assert_eq!(outcome(&refused), "INVALID");
    }
}
