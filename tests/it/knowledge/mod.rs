//! Articles and the links that join them to tickets.

mod articles;
mod drafting;
mod categories;
mod editing;
mod links;
mod pages;
mod readers;
mod report;
mod schedule;
mod slugs;

use std::time::Duration;

use harness::{Client, TestServer};
use serde_json::{Value, json};

const CREATE: &str = "mutation($input: CreateArticleInput!) { createArticle(input: $input) {
    article { id slug title summary body bodyHtml url locale status visibility category tags }
    userErrors { code field } } }";
const PUBLISH: &str = "mutation($input: PublishArticleInput!) { publishArticle(input: $input) {
    article { status } userErrors { code field } } }";

async fn mutate(who: &Client, mutation: &str, input: Value) -> Value {
    let mut answer = who.run(mutation, json!({ "input": input })).await;
    assert_eq!(answer.get("errors"), None);
    let payloads = answer["data"].as_object_mut();
    let payload = payloads.and_then(|payloads| payloads.values_mut().next());
    payload.map(Value::take).unwrap_or_default()
}

/// A payload that changed nothing, for these reasons.
fn refused(thing: &str, errors: &[(&str, Option<&str>)]) -> Value {
    let error = |(code, field): &(&str, Option<&str>)| {
        let field = field.map(|field| vec![field]);
        json!({ "code": code, "field": field })
    };
    let errors: Vec<_> = errors.iter().map(error).collect();
    json!({ thing: null, "userErrors": errors })
}

fn draft(title: &str) -> Value {
    json!({ "title": title, "body": "Press **reset**.", "locale": "en" })
}

async fn create(who: &Client, input: Value) -> Value {
    mutate(who, CREATE, input).await["article"]["id"].take()
}

async fn publish(server: &TestServer, id: &Value) {
    let published = mutate(&server.lead(), PUBLISH, json!({ "articleId": id })).await;
    assert_eq!(published["article"]["status"], "PUBLISHED");
}

/// Waits for what happens by itself; not longer than others may wait for it.
async fn until<F: Future<Output = bool>>(what: &str, is_so: impl Fn() -> F) {
    let started_at = tokio::time::Instant::now();
    while !is_so().await {
        let waited = started_at.elapsed();
        assert!(waited < LATE_MAX, "{what}, after {waited:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// How late what happens by itself may be.
const LATE_MAX: Duration = Duration::from_secs(2);

/// The slugs of the articles that somebody finds by their words.
async fn found(who: &Client, text: &str) -> Vec<String> {
    let search = "query($text: String!) { search(text: $text, kinds: [ARTICLE], first: 10) { nodes { item { ... on Article { slug } } } } }";
    let answer = who.run(search, json!({ "text": text })).await;
    let nodes = answer["data"]["search"]["nodes"].as_array().cloned();
    let slug = |node: Value| Some(node.pointer("/item/slug")?.as_str()?.to_owned());
    nodes
        .unwrap_or_default()
        .into_iter()
        .filter_map(slug)
        .collect()
}
