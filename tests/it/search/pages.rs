//! Pages of what is found.

use entity::{ids::TicketId, ticket};
use guichet::search::filling;
use harness::TestServer;
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
use serde_json::{Value, json};

use super::{SEARCH, name, search};
use crate::{ask::mutate, rows};

#[tokio::test(flavor = "multi_thread")]
async fn pages_meet_everything_once_in_one_order() {
    let server = TestServer::start().await;
    let agent = server.agent();
    for n in 0..7 {
        let subject = format!("{} badgeuse {n}", "mot ".repeat(n));
        let ticket = server.ticket().subject(&subject).create().await;
        server.comment(&ticket).body("la badgeuse").create().await;
    }
    let whole = search(&agent, json!({ "text": "badgeuse", "first": 100 })).await;
    assert_eq!(whole["totalCount"], 14);
    assert_eq!(whole["pageInfo"]["hasNextPage"], false);
    let scores: Vec<f64> = nodes(&whole)
        .map(|node| node["score"].as_f64().unwrap())
        .collect();
    assert!(scores.is_sorted_by(|one, next| one >= next), "{scores:?}");
    let mut met: Vec<Value> = Vec::new();
    let mut after = Value::Null;
    loop {
        let page = search(
            &agent,
            json!({ "text": "badgeuse", "first": 3, "after": after }),
        )
        .await;
        assert_eq!(page["totalCount"], 14);
        met.extend(nodes(&page).cloned());
        after = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    assert!(nodes(&whole).eq(met.iter()));
    let empty = search(&agent, json!({ "text": "badgeuse", "first": 0 })).await;
    assert_eq!(empty["totalCount"], 14);
    for (first, after) in [(101, None), (-1, None), (1, Some("x")), (1, Some("Y3Q"))] {
        let variables = json!({ "text": "badgeuse", "first": first, "after": after });
        let refused = agent.run(SEARCH, variables).await;
        assert_eq!(refused["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
    }
}

/// Older hits than are ranked follow, and all are met once.
#[tokio::test(flavor = "multi_thread")]
async fn very_many_hits_are_paged_through_to_a_bound() {
    const TICKETS: usize = 1_050;
    let server = TestServer::start().await;
    let first = server.ticket().subject("badgeuse").create().await;
    copy(&server, first.id, TICKETS - 1).await;
    filling::reindex(server.app()).await.unwrap();
    let (mut met, mut after) = (0, Value::Null);
    let agent = server.agent();
    loop {
        let variables =
            json!({ "text": "badgeuse", "kinds": ["TICKET"], "first": 100, "after": after });
        let page = search(&agent, variables).await;
        assert_eq!(page["totalCount"], 1_000);
        assert!(nodes(&page).all(|node| name(node) == "badgeuse"));
        met += nodes(&page).count();
        after = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    assert_eq!(met, 1_000);
}

/// Tickets like this one, written as rows.
async fn copy(server: &TestServer, id: TicketId, count: usize) {
    let db = &server.app().store.read;
    let ticket = ticket::Entity::find_by_id(id)
        .one(db)
        .await
        .unwrap()
        .unwrap();
    let details = entity::ticket_detail::Entity::find_by_id(id)
        .one(db)
        .await
        .unwrap()
        .unwrap();
    rows::commit(server, async |tx| {
        let ids: Vec<_> = (0..count).map(|_| TicketId(tx.new_id())).collect();
        for (number, some) in ids.chunks(500).enumerate() {
            let copies = some.iter().enumerate().map(|(index, id)| {
                let number = i32::try_from(10_000 + number * 500 + index).unwrap();
                ticket::Model {
                    id: *id,
                    number,
                    ..ticket.clone()
                }
                .into_active_model()
                .reset_all()
            });
            ticket::Entity::insert_many(copies)
                .exec_without_returning(&**tx)
                .await
                .unwrap();
            let copies = some.iter().map(|id| {
                entity::ticket_detail::Model {
                    ticket_id: *id,
                    ..details.clone()
                }
                .into_active_model()
                .reset_all()
            });
            entity::ticket_detail::Entity::insert_many(copies)
                .exec_without_returning(&**tx)
                .await
                .unwrap();
        }
    })
    .await;
}

fn nodes(page: &Value) -> impl Iterator<Item = &Value> {
    page["nodes"].as_array().unwrap().iter()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_costs_the_same_however_many_are_found() {
    /// For each of the four kinds what has the words, what is shown of it, and the texts; then who asked and wrote.
    const STATEMENTS: usize = 20;
    const DOCUMENT: &str = "{ search(text: \"badgeuse\", first: 100) { totalCount nodes { kind titleHtml excerptHtml score item {
        ... on Ticket { reference subject requester { name } level { name } assignee { name } }
        ... on Comment { excerpt ticket { reference } author { ... on User { name } } }
        ... on Article { title category } ... on User { name email } } } } }";
    for rows in [2, 20] {
        let server = TestServer::start().await;
        let agent = server.agent();
        for n in 0..rows {
            let ticket = server.ticket().subject("badgeuse").create().await;
            server.comment(&ticket).body("badgeuse").create().await;
            let article = json!({ "title": format!("badgeuse {n}"), "body": "b", "locale": "fr" });
            mutate(&agent, "createArticle", "article { id }", article).await;
        }
        agent.run("{ viewer { id } }", json!({})).await;
        let (answer, statements) = server
            .count_statements(Box::pin(agent.run(DOCUMENT, json!({}))))
            .await;
        assert_eq!(answer["data"]["search"]["totalCount"], json!(3 * rows));
        assert!(
            statements.len() <= STATEMENTS,
            "{rows} rows:\n{}",
            statements.join("\n")
        );
    }
}
