//! One key, one change.

use chrono::TimeDelta;
use entity::{kept_answer, ticket};
use futures_util::future::join_all;
use guichet::actor::Actor;
use harness::{TestServer, global};
use sea_orm::{EntityTrait, PaginatorTrait, QuerySelect};
use serde_json::{Value, json};

use super::{CREATE, count, create, input, send};
use crate::{ask::mutate, token::token_of_machine};

#[tokio::test(flavor = "multi_thread")]
async fn a_repetition_gets_the_same_answer_and_changes_nothing() {
    let server = TestServer::start().await;
    let rosa = server.requester();
    let first = create(&rosa, "k-1", "The screen is black").await;
    assert_eq!((first.status, first.is_replayed), (200, false));
    insta::assert_snapshot!(first.body["data"], @r#"{"createTicket":{"ticket":{"id":"tic_01a207a2328070008000000000000004","level":{"name":"One-off"},"number":1001,"requester":{"name":"Rosa Requester"},"subject":"The screen is black","tags":["screen"],"timeline":{"nodes":[{"__typename":"TicketOpenedEntry"}]}},"userErrors":[]}}"#);
    let again = create(&rosa, "k-1", "The screen is black").await;
    assert!(again.is_replayed);
    assert_eq!(again.body, first.body);
    assert_eq!(count(&rosa).await, 1);

    // It tells of then, not of now.
    let id = &first.body["data"]["createTicket"]["ticket"]["id"];
    let edit = json!({ "ticketId": id, "subject": "The screen is blue" });
    mutate(&rosa, "editTicket", "ticket { subject }", edit).await;
    assert_eq!(
        create(&rosa, "k-1", "The screen is black").await.body,
        first.body
    );

    let other = create(&rosa, "k-2", "The screen is black").await;
    assert!(!other.is_replayed);
    assert_eq!(count(&rosa).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_otherwise_is_the_same_where_it_means_the_same() {
    let server = TestServer::start().await;
    let rosa = server.requester();
    let first = create(&rosa, "k", "Paper jam").await;
    let keyed = rosa.with_header("idempotency-key", "k");
    let ask = |body: String| {
        let keyed = &keyed;
        async move {
            let request = keyed
                .raw()
                .await
                .header("content-type", "application/json")
                .body(body);
            let answer: Value = request.send().await.unwrap().json().await.unwrap();
            answer
        }
    };
    // Members in another order, an empty name, extensions.
    let document = serde_json::to_string(CREATE).unwrap();
    let other = format!(
        r#"{{"operationName":"","extensions":{{}},"variables":{{"input":{{"tags":["screen"],"description":"It does not turn on.","subject":"Paper jam"}}}},"query":{document}}}"#
    );
    assert_eq!(ask(other).await, first.body);
    // The order of a list means something.
    let tags =
        |tags: Value| json!({ "input": { "subject": "A", "description": "B", "tags": tags } });
    send(&rosa, "l", CREATE, tags(json!(["a", "b"]))).await;
    let swapped = send(&rosa, "l", CREATE, tags(json!(["b", "a"]))).await;
    assert_eq!(swapped.code(), "IDEMPOTENCY_MISMATCH");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_request_under_the_key_is_a_mismatch() {
    let server = TestServer::start().await;
    let rosa = server.requester();
    create(&rosa, "k", "Paper jam").await;
    let wrong = create(&rosa, "k", "No paper").await;
    assert_eq!(wrong.status, 422);
    insta::assert_snapshot!(wrong.body, @r#"{"errors":[{"extensions":{"code":"IDEMPOTENCY_MISMATCH","requestId":"test"},"message":"this Idempotency-Key was used for another request"}]}"#);
    let shorter = CREATE.replace("tags", "");
    let wrong = send(&rosa, "k", &shorter, input("Paper jam")).await;
    assert_eq!(wrong.code(), "IDEMPOTENCY_MISMATCH");
    assert_eq!(count(&rosa).await, 1);
    assert!(create(&rosa, "k", "Paper jam").await.is_replayed);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_their_owners_own() {
    let server = TestServer::start().await;
    let rosa = create(&server.requester(), "k", "Paper jam").await;
    let colin = create(&server.colleague(), "k", "No paper").await;
    assert_ne!(rosa.number(), colin.number());

    // A token with other scopes may be shown less of the same: neither done twice nor answered.
    let script = token_of_machine(&server, &["TICKETS_WRITE"]).await;
    let document = CREATE.replace("requester { name }", "");
    let first = send(&script, "k", &document, input("Paper jam")).await;
    assert_eq!(first.code(), "ok");
    assert!(
        send(&script, "k", &document, input("Paper jam"))
            .await
            .is_replayed
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_at_once_are_one() {
    let server = TestServer::start().await;
    let rosa = server.requester();
    rosa.token().await;
    for round in 0..5 {
        let key = format!("k-{round}");
        let all = (0..16).map(|_| create(&rosa, &key, "Paper jam"));
        let all = join_all(all).await;
        // Who waits in vain for the first is told so, and when to ask again.
        let answered: Vec<_> = all.iter().filter(|answer| answer.status == 200).collect();
        let refused = all.iter().filter(|answer| answer.status != 200);
        assert!(
            refused.clone().all(|answer| answer.code() == "UNAVAILABLE"),
            "{all:?}"
        );
        assert!(!answered.is_empty());
        assert!(
            answered
                .iter()
                .all(|answer| answer.body == answered[0].body)
        );
        let first = answered.iter().filter(|answer| !answer.is_replayed);
        assert_eq!(first.count(), 1);
        assert_eq!(count(&rosa).await, round + 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_kept_for_two_days() {
    let server = TestServer::start().await;
    let rosa = server.requester();
    let first = create(&rosa, "k", "Paper jam").await;
    server.advance(TimeDelta::hours(48) - TimeDelta::seconds(1));
    assert_eq!(create(&rosa, "k", "Paper jam").await.body, first.body);
    server.advance(TimeDelta::seconds(1));
    // Nobody has deleted it yet, and still it counts for nothing: not even as another request.
    let later = create(&rosa, "k", "No paper").await;
    assert!(!later.is_replayed);
    assert_eq!(count(&rosa).await, 2);
    assert!(create(&rosa, "k", "No paper").await.is_replayed);
    let rows = kept_answer::Entity::find().count(&server.app().store.read);
    assert_eq!(rows.await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_can_put_right_is_kept_and_what_did_not_run_is_not() {
    let server = TestServer::start().await;
    let rosa = server.requester();
    let empty = create(&rosa, "k", "").await;
    assert_eq!(
        empty.body["data"]["createTicket"]["userErrors"][0]["code"],
        "REQUIRED"
    );
    let again = create(&rosa, "k", "").await;
    assert_eq!((again.is_replayed, &again.body), (true, &empty.body));
    assert_eq!(
        create(&rosa, "k", "Paper jam").await.code(),
        "IDEMPOTENCY_MISMATCH"
    );

    // Not valid for the schema, and then put right under the same key.
    let wrong = send(
        &rosa,
        "l",
        "mutation { createTicket { nothing } }",
        json!({}),
    )
    .await;
    assert_eq!(wrong.code(), "GRAPHQL_VALIDATION_FAILED");
    assert!(!create(&rosa, "l", "Paper jam").await.is_replayed);

    // Refused as a whole.
    let document = "mutation { createTeam(input: { name: \"A\", kind: INTERNAL }) { team { id } userErrors { code } } }";
    let refused = send(&rosa, "m", document, json!({})).await;
    let again = send(&rosa, "m", document, json!({})).await;
    assert_eq!(refused.body, again.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waited_in_vain_is_undone_and_tried_again() {
    let server = TestServer::start().await;
    let agnes = server.agent();
    let ticket = server.ticket().create().await;
    let document = "mutation($input: TagTicketInput!) { tagTicket(input: $input) { ticket { tags version } userErrors { code } } }";
    let input = json!({ "input": { "ticketId": global(ticket.id), "add": ["late"] } });
    agnes.token().await;
    let holder = server.app().begin(&Actor::System).await.unwrap();
    let held = ticket::Entity::find_by_id(ticket.id).lock_exclusive();
    held.one(&*holder).await.unwrap();
    let waited = send(&agnes, "k", document, input.clone()).await;
    assert_eq!(waited.code(), "UNAVAILABLE");
    assert!(waited.body["data"].is_null());
    drop(holder);
    let done = send(&agnes, "k", document, input.clone()).await;
    assert_eq!((done.code(), done.is_replayed), ("ok", false));
    assert_eq!(
        done.body["data"]["tagTicket"]["ticket"]["tags"],
        json!(["late"])
    );
    assert!(send(&agnes, "k", document, input).await.is_replayed);
}
