//! Articles and the links that join them to tickets.

mod articles;
mod drafting;
mod links;

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
