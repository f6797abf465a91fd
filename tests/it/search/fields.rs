//! Custom fields are searched by whom they are for at that moment.

use entity::{ticket, ticket_detail};
use guichet::search::filling;
use harness::{Client, TestServer, global};
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, Statement};
use serde_json::{Value, json};

use super::{find, search};
use crate::{
    ask::{mutate, outcome},
    rows,
};

async fn field(server: &TestServer, key: &str, audience: &str, rest: Value) {
    let mut input =
        json!({ "key": key, "labelEn": key, "labelFr": key, "type": "TEXT", "audience": audience });
    for (name, value) in rest.as_object().into_iter().flatten() {
        input[name] = value.clone();
    }
    let made = mutate(
        &server.admin(),
        "createCustomField",
        "customField { key }",
        input,
    )
    .await;
    assert_eq!(outcome(&made), "ok", "{made}");
}

async fn set_audience(server: &TestServer, key: &str, audience: &str) {
    let input = json!({ "key": key, "audience": audience });
    let done = mutate(
        &server.admin(),
        "editCustomField",
        "customField { key }",
        input,
    )
    .await;
    assert_eq!(outcome(&done), "ok", "{done}");
}

async fn open(server: &TestServer, subject: &str, fields: Value) -> String {
    let id = global(server.ticket().subject(subject).create().await.id);
    set(&server.agent(), &id, fields).await;
    id
}

async fn set(agent: &Client, id: &str, fields: Value) {
    let input = json!({ "ticketId": id, "customFields": fields });
    let done = mutate(agent, "editTicket", "ticket { id }", input).await;
    assert_eq!(outcome(&done), "ok", "{done}");
}

/// Everything that tells how many tickets have a text.
async fn seen(who: &Client, text: &str) -> (Value, Value) {
    let found = search(who, json!({ "text": text, "kinds": ["TICKET"] })).await;
    let list = "query($text: String!) { tickets(filter: { text: $text }) { totalCount nodes { subject } } }";
    let listed = who.run(list, json!({ "text": text })).await;
    assert_eq!(
        found["totalCount"], listed["data"]["tickets"]["totalCount"],
        "{text}"
    );
    (found, listed)
}

/// Canary: as words, begun, in a phrase, mistyped, with words of the ticket, in lists and in their negation.
#[tokio::test(flavor = "multi_thread")]
async fn what_only_agents_see_is_only_found_for_agents() {
    let server = TestServer::start().await;
    let (requester, agent) = (server.requester(), server.agent());
    field(&server, "site", "REQUESTERS_SEE", json!({})).await;
    let id = open(
        &server,
        "The badge reader beeps",
        json!([{ "key": "site", "value": "zebrafish harbour" }]),
    )
    .await;
    let texts = [
        "zebrafish",
        "zebraf",
        "\"zebrafish harbour\"",
        "zebrafish badge",
        "reader zebrafish harbour",
    ];
    for text in texts {
        assert_eq!(find(&requester, "TICKET", text).await.len(), 1, "{text}");
    }
    // From the moment of the change on, and back.
    set_audience(&server, "site", "AGENTS").await;
    for text in texts.into_iter().chain(["zebarfish"]) {
        let made_up = text.replace("zeb", "zzz").replace("harbour", "hxrbour");
        let strip = |(found, listed): (Value, Value)| (found["nodes"].clone(), listed);
        assert_eq!(
            strip(seen(&requester, text).await),
            strip(seen(&requester, &made_up).await),
            "{text}"
        );
    }
    let not = "{ tickets(filter: { not: { text: \"zebrafish\" } }) { totalCount } }";
    assert_eq!(
        requester.run(not, json!({})).await["data"]["tickets"]["totalCount"],
        1
    );
    for text in texts {
        assert_eq!(find(&agent, "TICKET", text).await.len(), 1, "{text}");
    }
    assert_eq!(
        agent.run(not, json!({})).await["data"]["tickets"]["totalCount"],
        0
    );
    set_audience(&server, "site", "REQUESTERS_FILL").await;
    assert_eq!(find(&requester, "TICKET", "zebrafish").await.len(), 1);
    // Nobody finds what somebody else's ticket has.
    assert_eq!(
        find(&server.stranger(), "TICKET", "zebrafish").await,
        [""; 0]
    );
    // What is no more is not found.
    set(&agent, &id, json!([{ "key": "site", "value": "axolotl" }])).await;
    assert_eq!(find(&agent, "TICKET", "zebrafish").await, [""; 0]);
    assert_eq!(find(&requester, "TICKET", "axolotl").await.len(), 1);
    set(&agent, &id, json!([{ "key": "site", "value": null }])).await;
    assert_eq!(find(&agent, "TICKET", "axolotl").await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn choices_are_found_by_what_they_are_called() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let choices = json!([
        { "key": "hr", "labelEn": "Human resources", "labelFr": "Ressources humaines" },
        { "key": "it", "labelEn": "Computing", "labelFr": "Informatique" },
    ]);
    field(
        &server,
        "service",
        "REQUESTERS_FILL",
        json!({ "type": "CHOICES", "choices": choices }),
    )
    .await;
    field(&server, "note", "AGENTS", json!({})).await;
    field(&server, "cost", "AGENTS", json!({ "type": "NUMBER" })).await;
    open(
        &server,
        "First",
        json!([
            { "key": "service", "value": ["hr", "it"] },
            { "key": "note", "value": "L'imprimante redémarrée" },
            { "key": "cost", "value": 4711 },
        ]),
    )
    .await;
    open(
        &server,
        "Second",
        json!([{ "key": "service", "value": ["it"] }]),
    )
    .await;
    for (text, found) in [
        ("humaine", vec!["First"]),
        ("informatique", vec!["Second", "First"]),
        ("human informatique", vec!["First"]),
        ("imprimantes", vec!["First"]),
        ("4711", vec![]),
        ("first resources", vec!["First"]),
        ("second resources", vec![]),
    ] {
        assert_eq!(find(&agent, "TICKET", text).await, found, "{text}");
    }
}

/// `createTicket`, and what is filled in again, have the same words.
#[tokio::test(flavor = "multi_thread")]
async fn fields_are_indexed_with_the_ticket_and_again() {
    let server = TestServer::start().await;
    let requester = server.requester();
    field(&server, "room", "REQUESTERS_FILL", json!({})).await;
    let input = json!({ "subject": "Cold", "description": "d",
        "customFields": [{ "key": "room", "value": "quokka" }] });
    let made = mutate(&requester, "createTicket", "ticket { id }", input).await;
    assert_eq!(outcome(&made), "ok", "{made}");
    assert_eq!(find(&requester, "TICKET", "quokka").await, ["Cold"]);
    rows::commit(&server, async |tx| {
        tx.execute_unprepared(&format!("DELETE FROM {}", table(&server)))
            .await
            .unwrap();
    })
    .await;
    assert_eq!(find(&requester, "TICKET", "quokka").await, [""; 0]);
    filling::reindex(server.app()).await.unwrap();
    assert_eq!(find(&requester, "TICKET", "quokka").await, ["Cold"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn words_of_fields_go_with_their_ticket() {
    let server = TestServer::start().await;
    let values = match server.app().store.backend() {
        DbBackend::Postgres => "(id, key, words) SELECT id, 'room', 'quokka' FROM tickets",
        _ => "(id, key) SELECT id, 'room' FROM tickets",
    };
    rows::commit(&server, async |tx| {
        rows::insert_ticket(tx, rows::ticket(&server)).await;
        let insert = format!("INSERT INTO {} {values}", table(&server));
        tx.execute_unprepared(&insert).await.unwrap();
    })
    .await;
    assert_eq!(count(&server).await, 1);
    rows::commit(&server, async |tx| {
        let details = ticket_detail::Entity::delete_many().exec(&**tx).await;
        let tickets = ticket::Entity::delete_many().exec(&**tx).await;
        details.and(tickets).unwrap();
    })
    .await;
    assert_eq!(count(&server).await, 0);
}

/// Where the rows are.
fn table(server: &TestServer) -> &'static str {
    match server.app().store.backend() {
        DbBackend::Postgres => "ticket_field_words",
        _ => "ticket_field_words_ids",
    }
}

async fn count(server: &TestServer) -> i64 {
    let (db, sql) = (
        &server.app().store.read,
        format!("SELECT count(*) FROM {}", table(server)),
    );
    let statement = Statement::from_string(db.get_database_backend(), sql);
    let row = db.query_one_raw(statement).await.unwrap().unwrap();
    row.try_get_by_index(0).unwrap()
}
