//! Search: what is found, by whom, in which order, and how soon.

mod fields;
mod filling;
mod filters;
mod finding;
mod hostile;
mod pages;
mod rights;
mod staleness;

use harness::Client;
use serde_json::{Value, json};

const SEARCH: &str = "query($text: String!, $kinds: [SearchKind!], $first: Int, $after: String) {
  search(text: $text, kinds: $kinds, first: $first, after: $after) { totalCount pageInfo { hasNextPage endCursor }
    edges { cursor } nodes { kind score titleHtml excerptHtml item { __typename
      ... on Ticket { subject } ... on Comment { body } ... on Article { title } ... on User { name } } } } }";

/// The whole answer, which has no errors.
async fn search(who: &Client, variables: Value) -> Value {
    let mut answer = who.run(SEARCH, variables).await;
    assert_eq!(answer.get("errors"), None, "{answer}");
    answer["data"]["search"].take()
}

/// What is found of one kind, by its title or text, best first.
async fn find(who: &Client, kind: &str, text: &str) -> Vec<String> {
    let found = search(who, json!({ "text": text, "kinds": [kind] })).await;
    let nodes = found["nodes"].as_array().unwrap();
    assert_eq!(found["totalCount"], json!(nodes.len()), "{text}");
    nodes.iter().map(name).collect()
}

fn name(node: &Value) -> String {
    let item = &node["item"];
    let names = ["subject", "body", "title", "name"];
    let name = names.iter().find_map(|field| item[field].as_str());
    name.unwrap_or_else(|| panic!("{node}")).to_owned()
}

fn strings(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}
