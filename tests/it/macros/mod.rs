//! Macros: saved, previewed, and run as one change.

mod preview;
mod runs;
mod saved;

use entity::{event, ticket};
use harness::{Client, TestServer, global};
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, PaginatorTrait, Statement};
use serde_json::{Value, json};

use crate::ask::mutate;

/// Saves a macro of these steps, and gives its id.
async fn save(who: &Client, steps: Value) -> Value {
    let input = json!({ "name": "Reply", "steps": steps });
    let mut answer = mutate(who, "createMacro", "macro { id }", input).await;
    let id = answer["data"]["createMacro"]["macro"]["id"].take();
    assert!(id.is_string(), "{answer}");
    id
}

async fn run(who: &Client, id: &Value, ticket: &ticket::Model, version: Option<i32>) -> Value {
    let input = json!({ "macroId": id, "ticketId": global(ticket.id), "expectedVersion": version });
    let selection = "ticket { version status priority tags assignee { name } }";
    mutate(who, "runMacro", selection, input).await
}

const PREVIEW: &str = "query($macro: ID!, $ticket: ID!) { previewMacro(macroId: $macro, ticketId: $ticket) {
  steps { step ticket { status priority level { rank } team { name } assignee { name } tags waitingReason waitingUntil
    publicCommentCount internalCommentCount } userErrors { code field } }
  userErrors { code field } } }";

async fn preview(who: &Client, id: &Value, ticket: &ticket::Model) -> Value {
    let variables = json!({ "macro": id, "ticket": global(ticket.id) });
    let mut answer = who.run(PREVIEW, variables).await;
    assert_eq!(answer.get("errors"), None, "{answer}");
    answer["data"]["previewMacro"].take()
}

/// Code and path of each error of an answer.
fn errors(errors: &Value) -> Vec<String> {
    let one = |error: &Value| {
        let path = error["field"].as_array().into_iter().flatten();
        let path: Vec<_> = path.filter_map(Value::as_str).collect();
        format!("{} {}", error["code"].as_str().unwrap(), path.join("."))
    };
    errors.as_array().unwrap().iter().map(one).collect()
}

async fn reread(server: &TestServer, ticket: &ticket::Model) -> ticket::Model {
    let found = ticket::Entity::find_by_id(ticket.id);
    let found = found.one(&server.app().store.read).await.unwrap();
    found.unwrap()
}

async fn event_count(server: &TestServer) -> u64 {
    let events = event::Entity::find();
    events.count(&server.app().store.read).await.unwrap()
}

/// How many rows each table has.
async fn row_counts(server: &TestServer) -> Vec<(String, i64)> {
    let db = &server.app().store.read;
    let backend = db.get_database_backend();
    let tables = match backend {
        DbBackend::Postgres => "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
        _ => "SELECT name FROM sqlite_master WHERE type = 'table'",
    };
    let ask = |sql: String| db.query_all_raw(Statement::from_string(backend, sql));
    let mut counts = Vec::new();
    for table in ask(tables.to_owned()).await.unwrap() {
        let table: String = table.try_get_by_index(0).unwrap();
        let rows = ask(format!("SELECT count(*) FROM \"{table}\"")).await;
        let count = rows.unwrap()[0].try_get_by_index(0).unwrap();
        counts.push((table, count));
    }
    counts.sort();
    assert!(counts.len() > 25, "{counts:?}");
    counts
}
