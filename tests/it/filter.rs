//! One filter, three readings: whatever the filter and the ticket, the SQL condition, the yes or no in
//! memory, and that of the ticket as the log tells of it agree.

mod any;

use std::collections::BTreeSet;

use async_graphql::{InputType, Value as GraphqlValue};
use entity::{
    custom_field,
    json::Choices,
    ticket::{self, Priority},
};
use guichet::{
    actor::Actor,
    events::facts::Facts,
    ticket::{Filter, graphql::TicketFilter},
};
use harness::{TestServer, global};
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, TestRunner},
};
use sea_orm::{EntityTrait, QueryFilter};
use serde_json::{Value, json};
use tokio::{runtime::Handle, task::block_in_place};

use crate::rows;

/// Tickets that stand in the database while all filters are tried.
const TICKETS: usize = 60;
const FILTERS: u32 = 128;

#[tokio::test(flavor = "multi_thread")]
async fn sql_and_memory_agree_on_every_ticket() {
    let server = TestServer::start().await;
    let actor = server.agent().actor().await;
    let mut runner = TestRunner::new(Config {
        cases: FILTERS,
        failure_persistence: None,
        ..Config::default()
    });
    insert_fields(&server).await;
    insert_tickets(&server, &mut runner).await;
    let db = &server.app().store.read;
    let tickets = ticket::Entity::find().all(db).await.unwrap();

    let result = runner.run(&any::filter(&server), |filter| {
        let compiled = compile(&filter, &actor);
        let in_memory: BTreeSet<i32> = tickets
            .iter()
            .filter(|ticket| compiled.matches(ticket))
            .map(|ticket| ticket.number)
            .collect();
        let from_facts: BTreeSet<i32> = tickets
            .iter()
            .filter(|ticket| compiled.matches(&told(ticket)))
            .map(|ticket| ticket.number)
            .collect();
        prop_assert_eq!(&in_memory, &from_facts, "{}", filter);
        let query = ticket::Entity::find().filter(compiled.condition()).all(db);
        let found = block_in_place(|| Handle::current().block_on(query)).unwrap();
        let in_sql: BTreeSet<i32> = found.iter().map(|ticket| ticket.number).collect();
        let told_apart: Vec<_> = tickets
            .iter()
            .filter(|ticket| in_memory.contains(&ticket.number) != in_sql.contains(&ticket.number))
            .collect();
        prop_assert!(
            told_apart.is_empty(),
            "{filter}\nSQL finds {in_sql:?}\nmemory {in_memory:?}\n{told_apart:#?}"
        );
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

/// A ticket as the log tells of it: by its facts, with its words from elsewhere.
fn told(ticket: &ticket::Model) -> ticket::Model {
    ticket::Model {
        external_id: ticket.external_id.clone(),
        subject: ticket.subject.clone(),
        subject_folded: ticket.subject_folded.clone(),
        ..Facts::from(ticket).row(ticket.id)
    }
}

/// The property above says little where a test matches nothing; each must tell some tickets apart.
#[tokio::test(flavor = "multi_thread")]
async fn each_comparator_finds_what_it_says() {
    let server = TestServer::start().await;
    let rosa = server.requester();
    let printer = server
        .ticket()
        .subject("Imprimante ÉTEINTE")
        .tag("Été")
        .priority(Priority::High)
        .create()
        .await;
    let vpn = server
        .ticket()
        .subject(r"100%_\")
        .by(&server.stranger())
        .external_id("OPS-É1")
        .team(server.team())
        .assigned_to(&server.agent())
        .create()
        .await;
    for (filter, printer_passes, vpn_passes) in [
        (json!({}), true, true),
        (json!({ "or": [] }), false, false),
        (json!({ "and": [] }), true, true),
        (json!({ "not": {} }), false, false),
        (json!({ "status": { "in": [] } }), false, false),
        (
            json!({ "subject": { "containsIgnoreCase": "eteinte" } }),
            true,
            false,
        ),
        (
            json!({ "subject": { "containsIgnoreCase": "%_\\" } }),
            false,
            true,
        ),
        (
            json!({ "subject": { "containsIgnoreCase": "0%\\" } }),
            false,
            false,
        ),
        (
            json!({ "externalId": { "containsIgnoreCase": "ops-É" } }),
            false,
            true,
        ),
        // Only A to Z have two cases there, on every database.
        (
            json!({ "externalId": { "containsIgnoreCase": "ops-é" } }),
            false,
            false,
        ),
        (json!({ "externalId": { "isNull": true } }), true, false),
        (json!({ "tags": { "hasAny": ["ÉTÉ", "x"] } }), true, false),
        (json!({ "tags": { "hasAll": ["été", "x"] } }), false, false),
        (json!({ "tags": { "hasNone": ["été"] } }), false, true),
        (json!({ "requester": { "eq": rosa.id() } }), true, false),
        (json!({ "requester": { "eq": "nonsense" } }), false, false),
        (json!({ "assignee": { "isMine": true } }), false, true),
        (json!({ "team": { "isMine": false } }), true, false),
        (
            json!({ "team": { "isNull": true, "isMine": true } }),
            false,
            false,
        ),
        (
            json!({ "organization": { "eq": global(server.organization()) } }),
            true,
            false,
        ),
        (
            json!({ "priority": { "eq": "HIGH", "in": ["HIGH", "LOW"] } }),
            true,
            false,
        ),
        (json!({ "status": { "eq": "NEW" } }), true, false),
        (json!({ "level": { "gte": 1, "lte": 3 } }), true, true),
        (json!({ "solvedAt": { "isNull": false } }), false, false),
        (
            json!({ "createdAt": { "gte": server.now(), "lte": server.now() } }),
            true,
            true,
        ),
        (json!({ "createdAt": { "lt": server.now() } }), false, false),
        (json!({ "serviceLevel": { "eq": "RUNNING" } }), true, true),
        (
            json!({ "nextDueAt": { "lt": "9999-12-30T00:00:00Z" } }),
            true,
            true,
        ),
    ] {
        let numbers = numbers(&server, &filter).await;
        let found = (
            numbers.contains(&printer.number),
            numbers.contains(&vpn.number),
        );
        assert_eq!(found, (printer_passes, vpn_passes), "{filter}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_has_bounds() {
    let server = TestServer::start().await;
    server.ticket().external_id("OPS-1").create().await;
    let filters = |count: usize| json!({ "and": vec![json!({ "not": {} }); count] });
    let deep = |depth: usize| (0..depth).fold(json!({}), |inner, _| json!({ "not": inner }));
    let values = |count: usize| json!({ "tags": { "hasAny": vec!["vpn"; count] } });
    let long = json!({ "subject": { "containsIgnoreCase": "x".repeat(100_000) } });
    for (filter, expected) in [
        (filters(49), None),
        (filters(50), Some("BAD_USER_INPUT")),
        (values(1_000), None),
        (values(1_001), Some("BAD_USER_INPUT")),
        (deep(12), None),
        (long, None),
        (
            json!({ "subject": { "eq": "a\u{0}b", "in": ["\u{0}"] } }),
            None,
        ),
        (
            json!({ "externalId": { "containsIgnoreCase": "\u{0}" } }),
            None,
        ),
        (
            json!({ "level": { "in": [i32::MAX, i32::MIN, 40_000], "gte": -1 } }),
            None,
        ),
        (
            json!({ "createdAt": { "gt": "not a time" } }),
            Some("BAD_USER_INPUT"),
        ),
        (
            json!({ "status": { "eq": "LOST" } }),
            Some("GRAPHQL_VALIDATION_FAILED"),
        ),
    ] {
        let answer = server
            .agent()
            .run(TICKETS_QUERY, json!({ "filter": filter }))
            .await;
        let code = answer["errors"][0]["extensions"]["code"].as_str();
        assert_eq!(code, expected, "{answer}");
    }
}

const TICKETS_QUERY: &str = "query($filter: TicketFilter) { tickets(filter: $filter, first: 100) { totalCount nodes { number } } }";

async fn numbers(server: &TestServer, filter: &Value) -> BTreeSet<i32> {
    let answer = server
        .agent()
        .run(TICKETS_QUERY, json!({ "filter": filter }))
        .await;
    let nodes = answer["data"]["tickets"]["nodes"]
        .as_array()
        .unwrap_or_else(|| panic!("{answer}"));
    let numbers: BTreeSet<i32> = nodes
        .iter()
        .map(|node| i32::try_from(node["number"].as_i64().unwrap()).unwrap())
        .collect();
    assert_eq!(answer["data"]["tickets"]["totalCount"], numbers.len());
    numbers
}

fn compile(filter: &Value, actor: &Actor) -> Filter {
    let value = GraphqlValue::from_json(filter.clone()).unwrap();
    let parsed =
        TicketFilter::parse(Some(value)).unwrap_or_else(|_| panic!("{filter} is no filter"));
    parsed.compile(actor).unwrap()
}

/// Filters do not look at what a field is; its rows must name one.
async fn insert_fields(server: &TestServer) {
    rows::commit(server, async |tx| {
        for key in any::FIELDS {
            let field = custom_field::Model {
                key: key.to_owned(),
                kind: custom_field::Kind::Text,
                label_en: key.to_owned(),
                label_fr: key.to_owned(),
                choices: Choices::default(),
                is_required: false,
                audience: custom_field::Audience::Agents,
                archived_at: None,
                created_at: server.now(),
                updated_at: server.now(),
            };
            rows::insert(tx, field).await;
        }
    })
    .await;
}

async fn insert_tickets(server: &TestServer, runner: &mut TestRunner) {
    let strategy = any::ticket_like(server);
    rows::commit(server, async |tx| {
        for _ in 0..TICKETS {
            let like = strategy.new_tree(runner).unwrap().current();
            let own = rows::ticket(server);
            let ticket = ticket::Model {
                id: own.id,
                number: own.number,
                integration_id: own.integration_id,
                ..like
            };
            rows::insert_ticket(tx, ticket).await;
        }
    })
    .await;
}
