//! Suggestions before a ticket, what came of them, and what they learn.

mod canary;
mod embeddings;
mod gaps;
mod learning;
mod outcomes;
mod servers;

use harness::{Client, TestServer, global};
use serde_json::{Value, json};

use crate::ask::{mutate, outcome};

const SUGGEST: &str = "query($input: HelpSuggestionsInput!) { helpSuggestions(input: $input) {
    session confidence articles { score excerptHtml article { id slug } }
    similarTickets { score ticket { subject } } level { rank } levelConfidence } }";

async fn suggest(who: &Client, text: &str) -> Value {
    let mut answer = who.run(SUGGEST, json!({ "input": { "text": text } })).await;
    assert_eq!(answer.get("errors"), None, "{answer}");
    answer["data"]["helpSuggestions"].take()
}

/// The suggested articles' names in addresses, best first.
fn slugs(suggestions: &Value) -> Vec<&str> {
    let articles = suggestions["articles"].as_array();
    let articles = articles.unwrap_or_else(|| panic!("{suggestions}"));
    articles
        .iter()
        .filter_map(|article| article.pointer("/article/slug").and_then(Value::as_str))
        .collect()
}

/// A published article with this title, which becomes its slug, and its global id.
async fn article(server: &TestServer, title: &str, body: &str, visibility: &str) -> String {
    let input = json!({ "title": title, "body": body, "locale": "en", "visibility": visibility });
    let made = mutate(&server.agent(), "createArticle", "article { id }", input).await;
    let id = made["data"]["createArticle"]["article"]["id"].as_str();
    let id = id.unwrap_or_else(|| panic!("{made}")).to_owned();
    let input = json!({ "articleId": id });
    let published = mutate(&server.lead(), "publishArticle", "article { id }", input).await;
    assert_eq!(outcome(&published), "ok");
    id
}

/// A solved ticket of somebody, with what solved it.
async fn solved(server: &TestServer, by: &Client, text: &str, article: &str) -> String {
    let ticket = server
        .ticket()
        .by(by)
        .subject(text)
        .description(text)
        .solved();
    let id = global(ticket.create().await.id);
    let input = json!({ "ticketId": id, "articleId": article, "role": "SOLUTION" });
    let linked = mutate(
        &server.agent(),
        "linkKnowledge",
        "knowledgeLink { id }",
        input,
    )
    .await;
    assert_eq!(outcome(&linked), "ok");
    id
}
