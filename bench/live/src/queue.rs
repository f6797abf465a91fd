//! Queues as lists show them.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::{api::text_at, person::Person};

const LIST: &str = "query List($filter: TicketFilter, $after: String) {
  tickets(filter: $filter, first: 100, after: $after, orderBy: { field: NUMBER, direction: ASC }) {
    nodes { id version } pageInfo { hasNextPage endCursor } totalCount syncCursor
  }
}";
/// All tickets of a filter with their versions, how many they are, and where a stream goes on from.
pub async fn fresh(
    person: &Person,
    filter: &Value,
) -> Result<(BTreeMap<String, i64>, i64, String)> {
    let mut tickets = BTreeMap::new();
    let mut first = None;
    let mut after = Value::Null;
    loop {
        let variables = json!({ "filter": filter, "after": after });
        let answer = person.read(LIST, &variables).await?;
        let page = &answer["tickets"];
        for node in page["nodes"].as_array().context("no nodes")? {
            let version = node["version"].as_i64().context("no version")?;
            tickets.insert(text_at(node, "/id")?, version);
        }
        if first.is_none() {
            let count = page["totalCount"].as_i64().context("no totalCount")?;
            first = Some((count, text_at(page, "/syncCursor")?));
        }
        if page["pageInfo"]["hasNextPage"] != true {
            break;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
    let (count, cursor) = first.context("no page")?;
    Ok((tickets, count, cursor))
}
