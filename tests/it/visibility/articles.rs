//! Articles with secret words in every cell.

use harness::{Client, TestServer};
use serde_json::{Value, json};

use super::world::done;

/// A draft, an internal one and an archived one.
pub(super) async fn add_articles(server: &TestServer) -> Vec<String> {
    let agent = server.agent();
    let draft = json!({
        "title": "narwhal-draft", "body": "narwhal-body", "summary": "narwhal-summary", "category": "narwhal-category",
        "tags": ["narwhal-tag"], "slug": "narwhal-slug",
    });
    let draft = add_article(&agent, draft).await;
    let translation =
        json!({ "articleId": draft, "locale": "fr", "title": "narwhal-translation", "body": "b" });
    done(&agent, "translateArticle", "article { id }", translation).await;
    let internal = json!({ "title": "narwhal-internal", "body": "b", "visibility": "INTERNAL" });
    let internal = add_article(&agent, internal).await;
    publish(server, &internal).await;
    let archived = json!({ "title": "narwhal-archived", "url": "https://narwhal-page.test/" });
    let archived = add_article(&agent, archived).await;
    publish(server, &archived).await;
    let id = json!({ "articleId": archived });
    done(&server.lead(), "archiveArticle", "article { id }", id).await;
    vec![draft, internal, archived]
}

/// A category of hidden articles alone, and a draft with a former text and a former name.
pub(super) async fn rewrite(server: &TestServer, articles: &[String]) -> (String, String) {
    let (agent, lead) = (server.agent(), server.lead());
    let new = json!({ "nameEn": "narwhal-branch", "nameFr": "narwhal-branche" });
    let category = done(&lead, "createArticleCategory", "category { id }", new).await;
    for article in articles {
        let edit = json!({ "articleId": article, "categoryId": category });
        // What the draft has for a category is a mere name, and one of the cells.
        if *article != articles[0] {
            done(&lead, "editArticle", "article { id }", edit).await;
        }
    }
    for slug in ["narwhal-former", "narwhal-slug"] {
        let edit = json!({ "articleId": articles[0], "slug": slug });
        done(&agent, "editArticle", "article { id }", edit).await;
    }
    for (title, body) in [
        ("narwhal-earlier", "narwhal-body"),
        ("narwhal-draft", "narwhal-body"),
    ] {
        let text = json!({ "articleId": articles[0], "locale": "en", "title": title, "body": body,
            "summary": "narwhal-summary" });
        done(&agent, "translateArticle", "article { id }", text).await;
    }
    let look =
        "query($id: ID!) { article(by: { id: $id }) { revisions(first: 1) { nodes { id } } } }";
    let shown = agent.run(look, json!({ "id": articles[0] })).await;
    let revision = shown.pointer("/data/article/revisions/nodes/0/id");
    let revision = revision.and_then(Value::as_str).expect("an id");
    (category, revision.to_owned())
}

pub(super) async fn add_article(agent: &Client, new: Value) -> String {
    let mut new = new;
    new["locale"] = json!("en");
    done(agent, "createArticle", "article { id }", new).await
}

pub(super) async fn publish(server: &TestServer, article: &str) {
    let id = json!({ "articleId": article });
    done(&server.lead(), "publishArticle", "article { id }", id).await;
}
