//! The change feed: what mirrors and warehouses follow.

mod sight;

use std::collections::BTreeMap;

use chrono::TimeDelta;
use guichet::actor::Actor;
use harness::{Client, TestServer, global};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use crate::ask::mutate;

const PAGE: &str = "query($after: String, $first: Int) { changes(after: $after, first: $first) { endCursor hasNextPage nodes {
  cursor at type thingId isTombstone movedIds actor { __typename } thing { __typename
    ... on Ticket { id version subject status } ... on Comment { id body } ... on Article { id title }
    ... on User { id name } ... on Organization { id name } ... on Team { id name } ... on ArticleCategory { id } } } } }";

pub(crate) async fn page(client: &Client, after: Option<&str>, first: i32) -> Value {
    let variables = json!({ "after": after, "first": first });
    client.run(PAGE, variables).await
}

/// Where a mirror that begins now goes on from.
pub(crate) async fn start(client: &Client) -> String {
    let answer = page(client, None, 100).await;
    assert_eq!(answer["data"]["changes"]["nodes"], json!([]), "{answer}");
    let cursor = &answer["data"]["changes"]["endCursor"];
    cursor.as_str().unwrap().to_owned()
}

/// Everything after a cursor, `first` at a time, and the last cursor.
pub(crate) async fn follow(client: &Client, after: &str, first: i32) -> (Vec<Value>, String) {
    let (mut nodes, mut after) = (Vec::new(), after.to_owned());
    for _ in 0..200 {
        let answer = page(client, Some(&after), first).await;
        assert!(answer["errors"].is_null(), "{answer}");
        let changes = &answer["data"]["changes"];
        nodes.extend(changes["nodes"].as_array().unwrap().iter().cloned());
        changes["endCursor"]
            .as_str()
            .unwrap()
            .clone_into(&mut after);
        if changes["hasNextPage"] == false {
            return (nodes, after);
        }
    }
    panic!("the feed has no end");
}

/// Waits until the server has read all of the log.
pub(crate) async fn read_all(server: &TestServer) {
    crate::live::settle(server).await;
}

pub(crate) fn types(nodes: &[Value]) -> Vec<&str> {
    let types = nodes.iter().map(|node| node["type"].as_str().unwrap());
    types.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mirror_that_follows_is_equal_to_the_desk() {
    let server = TestServer::start().await;
    let script = crate::token::token_of_machine(&server, &["TICKETS_READ", "PEOPLE_READ"]).await;
    let cursor = start(&script).await;
    let agent = server.agent();
    let mut ids = Vec::new();
    for number in 0..7 {
        let ticket = server
            .ticket()
            .subject(&format!("Mirror {number}"))
            .create()
            .await;
        ids.push(global(ticket.id));
        server
            .comment(&ticket)
            .by(&agent)
            .body("Looked at.")
            .create()
            .await;
    }
    for id in &ids[..3] {
        let input = json!({ "ticketId": id, "comment": "Done." });
        mutate(&agent, "solveTicket", "ticket { id }", input).await;
    }
    read_all(&server).await;
    for first in [1, 3, 100] {
        let (nodes, end) = follow(&script, &cursor, first).await;
        let mut mirror = BTreeMap::new();
        for node in &nodes {
            assert_eq!(node["isTombstone"], false, "{node}");
            if node["thing"]["__typename"] == "Ticket" {
                mirror.insert(node["thingId"].as_str().unwrap(), node["thing"].clone());
            }
        }
        assert_eq!(mirror.len(), ids.len());
        let fresh = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename ... on Ticket { id version subject status } } }";
        let fresh = script.run(fresh, json!({ "ids": ids })).await;
        let mirrored: Vec<_> = ids.iter().map(|id| mirror[id.as_str()].clone()).collect();
        assert_eq!(fresh["data"]["nodes"], json!(mirrored));
        // Comments come as things of their own, and nothing comes twice.
        let mut cursors: Vec<_> = nodes
            .iter()
            .map(|node| node["cursor"].as_str().unwrap())
            .collect();
        let count = cursors.len();
        cursors.dedup();
        assert_eq!(cursors.len(), count);
        assert_eq!(
            types(&nodes)
                .iter()
                .filter(|word| **word == "COMMENT_ADDED")
                .count(),
            10
        );
        assert_eq!(follow(&script, &end, first).await.0, Vec::<Value>::new());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_and_articles_come_as_well_and_settings_do_not() {
    let server = TestServer::start().await;
    let admin = server.admin();
    let cursor = start(&admin).await;
    mutate(
        &admin,
        "createTeam",
        "team { id }",
        json!({ "name": "Night shift" }),
    )
    .await;
    mutate(
        &admin,
        "createOrganization",
        "organization { id }",
        json!({ "name": "Acme" }),
    )
    .await;
    let field = json!({ "key": "floor", "labelEn": "Floor", "labelFr": "Étage", "type": "TEXT" });
    mutate(&admin, "createCustomField", "customField { id }", field).await;
    let queue = json!({ "name": "Mine", "filter": { "status": { "eq": "NEW" } } });
    mutate(&admin, "createQueue", "queue { id }", queue).await;
    let article =
        json!({ "title": "Reset", "body": "Press.", "locale": "en", "visibility": "PUBLIC" });
    mutate(&admin, "createArticle", "article { id }", article).await;
    let user =
        json!({ "name": "Zoë", "email": "zoe@acme.test", "role": "REQUESTER", "locale": "en" });
    mutate(&admin, "createUser", "user { id }", user).await;
    read_all(&server).await;
    let (nodes, _) = follow(&admin, &cursor, 100).await;
    assert_eq!(
        types(&nodes),
        [
            "TEAM_CREATED",
            "ORGANIZATION_CREATED",
            "ARTICLE_CREATED",
            "USER_CREATED"
        ],
        "{nodes:?}"
    );
    assert!(
        nodes
            .iter()
            .all(|node| node["thing"]["id"] == node["thingId"])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_gone_on_with_says_so() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let cursor = start(&agent).await;
    let code = |answer: &Value| answer["errors"][0]["extensions"]["code"].clone();
    for forged in ["", "x", "x.y", cursor.split('.').next().unwrap()] {
        assert_eq!(
            code(&page(&agent, Some(forged), 5).await),
            "RESYNC",
            "{forged}"
        );
    }
    assert_eq!(
        code(&page(&agent, Some(&cursor), 101).await),
        "BAD_USER_INPUT"
    );
    // Others have other rights, and so has the agent once they are in another team.
    assert_eq!(
        code(&page(&server.external_agent(), Some(&cursor), 5).await),
        "RESYNC"
    );
    let admin = server.admin();
    let role = json!({ "userId": agent.id(), "role": "LEAD" });
    let edited = mutate(&admin, "editUser", "user { id }", role).await;
    assert_eq!(crate::ask::outcome(&edited), "ok", "{edited}");
    server.advance(TimeDelta::seconds(3));
    assert_eq!(code(&page(&agent, Some(&cursor), 5).await), "RESYNC");
    assert_eq!(code(&page(&server.requester(), None, 5).await), "FORBIDDEN");
    assert_eq!(
        code(&page(&server.visitor(), None, 5).await),
        "UNAUTHENTICATED"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_older_than_the_log_says_so() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let cursor = start(&agent).await;
    server.ticket().create().await;
    read_all(&server).await;
    let (nodes, end) = follow(&agent, &cursor, 5).await;
    assert_eq!(nodes.len(), 1);
    // As the feed does after fourteen days and a million events.
    let tx = server.app().begin(&Actor::System).await.unwrap();
    let sql = "UPDATE log_head SET oldest = 1000000";
    tx.execute_unprepared(sql).await.unwrap();
    tx.commit().await.unwrap();
    server.ticket().create().await;
    read_all(&server).await;
    for cursor in [cursor, end] {
        let answer = page(&agent, Some(&cursor), 5).await;
        assert_eq!(
            answer["errors"][0]["extensions"]["code"], "RESYNC",
            "{answer}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_takes_as_many_statements_as_another() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let cursor = start(&agent).await;
    for _ in 0..3 {
        let ticket = server.ticket().create().await;
        server.comment(&ticket).by(&agent).create().await;
    }
    read_all(&server).await;
    // Who is named is remembered.
    page(&agent, Some(&cursor), 100).await;
    let few = server
        .count_statements(Box::pin(page(&agent, Some(&cursor), 100)))
        .await
        .1;
    for _ in 0..12 {
        let ticket = server.ticket().create().await;
        server.comment(&ticket).by(&agent).create().await;
    }
    read_all(&server).await;
    let (answer, many) = server
        .count_statements(Box::pin(page(&agent, Some(&cursor), 100)))
        .await;
    assert!(
        answer["data"]["changes"]["nodes"].as_array().unwrap().len() >= 30,
        "{answer}"
    );
    assert_eq!(few.len(), many.len(), "{few:#?}\n{many:#?}");
}
