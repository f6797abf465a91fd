//! Changing articles: what they have besides their texts, and the texts that they had before.

use chrono::TimeDelta;
use harness::TestServer;
use serde_json::{Value, json};

use super::{create, draft, found, publish};
use crate::ask::{mutate, outcome};

const SHOWN: &str = "article { version slug visibility category tags url categoryPath { name } }";
const REVISIONS: &str = "query($id: ID!) { article(by: { id: $id }) { title version viewerCan { edit publish review giveFeedback }
    revisions(first: 10) { totalCount nodes { id locale title body bodyHtml writtenAt replacedAt writtenBy { ... on User { name } } } } } }";

#[tokio::test(flavor = "multi_thread")]
async fn everything_besides_the_texts_is_changed_at_once_and_once() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let id = create(&agent, draft("VPN")).await;
    let input = json!({ "articleId": id, "expectedVersion": 1, "slug": "vpn-access", "visibility": "INTERNAL",
        "category": " Network ", "tags": ["Remote", "remote"] });
    let edited = mutate(&agent, "editArticle", SHOWN, input.clone()).await;
    let expected = json!({ "version": 2, "slug": "vpn-access", "visibility": "INTERNAL", "category": "Network",
        "tags": ["remote"], "url": null, "categoryPath": [] });
    assert_eq!(edited["data"]["editArticle"]["article"], expected);

    let mut again = input.clone();
    again["expectedVersion"] = json!(2);
    let same = mutate(&agent, "editArticle", SHOWN, again).await;
    assert_eq!(same, edited, "the same again changes nothing");

    // Who has not seen the change loses, and is shown the article as it is.
    let lost = mutate(&agent, "editArticle", SHOWN, input).await;
    assert_eq!(outcome(&lost), "CONFLICT");
    assert_eq!(lost["data"]["editArticle"]["article"], expected);

    let emptied = json!({ "articleId": id, "category": null, "tags": [] });
    let emptied = mutate(&agent, "editArticle", SHOWN, emptied).await;
    let article = &emptied["data"]["editArticle"]["article"];
    assert_eq!(
        (&article["category"], &article["tags"]),
        (&Value::Null, &json!([]))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_is_refused_by_field() {
    let server = TestServer::start().await;
    let (agent, lead) = (server.agent(), server.lead());
    let id = create(&agent, draft("VPN")).await;
    let mut link = draft("Page");
    link["body"] = Value::Null;
    link["url"] = json!("https://example.org/page");
    let link = create(&agent, link).await;
    for (of, edit, expected) in [
        (&id, json!({ "slug": "No Slug" }), "INVALID"),
        (&id, json!({ "slug": "" }), "INVALID"),
        (&id, json!({ "slug": "page" }), "TAKEN"),
        (&id, json!({ "url": "https://example.org/" }), "INVALID"),
        (&link, json!({ "url": "javascript:alert(1)" }), "INVALID"),
        (&link, json!({ "url": "" }), "REQUIRED"),
        (&id, json!({ "category": " " }), "REQUIRED"),
        (&id, json!({ "categoryId": "cat_unknown" }), "NOT_FOUND"),
        (
            &id,
            json!({ "category": "a", "categoryId": "cat_unknown" }),
            "INVALID",
        ),
        (&id, json!({ "expectedVersion": 7, "tags": [] }), "CONFLICT"),
        (&link, json!({ "url": "https://example.org/other" }), "ok"),
    ] {
        let mut input = edit.clone();
        input["articleId"] = of.clone();
        let answer = mutate(&agent, "editArticle", SHOWN, input).await;
        assert_eq!(outcome(&answer), expected, "{edit}");
    }

    publish(&server, &id).await;
    let input = json!({ "articleId": id, "tags": ["vpn"] });
    for (who, expected) in [
        (server.requester(), "FORBIDDEN"),
        (agent, "FORBIDDEN"),
        (server.external_agent(), "FORBIDDEN"),
        (lead, "ok"),
    ] {
        let answer = mutate(&who, "editArticle", SHOWN, input.clone()).await;
        assert_eq!(outcome(&answer), expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_earlier_text_is_kept_with_its_author_and_comes_back() {
    let server = TestServer::start().await;
    let (agent, lead) = (server.agent(), server.lead());
    let id = create(&agent, draft("First")).await;
    server.advance(TimeDelta::minutes(1));
    let text = json!({ "articleId": id, "locale": "en", "title": "Second", "body": "Turn it **off**.", "expectedVersion": 1 });
    let written = mutate(
        &lead,
        "translateArticle",
        "article { version }",
        text.clone(),
    )
    .await;
    assert_eq!(written["data"]["translateArticle"]["article"]["version"], 2);
    let late = mutate(&agent, "translateArticle", "article { title }", text).await;
    assert_eq!(outcome(&late), "CONFLICT");
    assert_eq!(
        late["data"]["translateArticle"]["article"]["title"],
        "Second"
    );

    let ask = json!({ "id": id });
    let shown = agent.run(REVISIONS, ask.clone()).await;
    let first = &shown["data"]["article"]["revisions"]["nodes"][0];
    assert_eq!(
        (
            &first["title"],
            &first["body"],
            &first["writtenBy"]["name"],
            &first["locale"]
        ),
        (
            &json!("First"),
            &json!("Press **reset**."),
            &json!("Agnes Agent"),
            &json!("en")
        )
    );
    assert_eq!(first["bodyHtml"], "<p>Press <strong>reset</strong>.</p>\n");
    assert_eq!(
        (&first["writtenAt"], &first["replacedAt"]),
        (
            &json!("2026-11-23T09:00:00+00:00"),
            &json!("2026-11-23T09:01:00+00:00")
        )
    );

    let restore = json!({ "revisionId": first["id"], "expectedVersion": 2 });
    let restored = mutate(
        &agent,
        "restoreArticleRevision",
        "article { title version }",
        restore.clone(),
    )
    .await;
    assert_eq!(
        restored["data"]["restoreArticleRevision"]["article"],
        json!({ "title": "First", "version": 3 })
    );
    let shown = agent.run(REVISIONS, ask.clone()).await;
    let revisions = &shown["data"]["article"]["revisions"];
    assert_eq!(revisions["totalCount"], 2);
    assert_eq!(revisions["nodes"][0]["title"], "Second");
    assert_eq!(revisions["nodes"][0]["writtenBy"]["name"], "Leo Lead");
    assert_eq!(found(&agent, "off").await, [""; 0], "search follows");
    assert_eq!(found(&agent, "reset").await, ["first"]);

    // Once it is published only leads edit it, and only they read what it said before.
    publish(&server, &id).await;
    for (who, sees, expected) in [
        (server.requester(), false, "NOT_FOUND"),
        (agent, false, "NOT_FOUND"),
        (lead, true, "ok"),
    ] {
        let shown = who.run(REVISIONS, ask.clone()).await;
        assert_eq!(shown["data"]["article"]["revisions"].is_object(), sees);
        assert_eq!(shown["data"]["article"]["viewerCan"]["edit"], sees);
        let restore = json!({ "revisionId": revisions["nodes"][0]["id"] });
        let restored = mutate(&who, "restoreArticleRevision", "article { title }", restore).await;
        assert_eq!(outcome(&restored), expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_visibility_reaches_search_and_suggestions_at_once() {
    let server = TestServer::start().await;
    let (agent, lead, requester) = (server.agent(), server.lead(), server.requester());
    let mut new = draft("Reset a forgotten password");
    new["visibility"] = json!("INTERNAL");
    let id = create(&agent, new).await;
    publish(&server, &id).await;
    let suggest = "{ helpSuggestions(input: { text: \"i forgot my password again\" }) { articles { article { slug } } } }";
    for (visibility, expected) in [("INTERNAL", 0), ("PUBLIC", 1), ("INTERNAL", 0)] {
        let input = json!({ "articleId": id, "visibility": visibility });
        let edited = mutate(&lead, "editArticle", SHOWN, input).await;
        assert_eq!(outcome(&edited), "ok");
        assert_eq!(
            found(&requester, "forgotten").await.len(),
            expected,
            "{visibility}"
        );
        server.settle().await;
        let suggested = requester.run(suggest, json!({})).await;
        let articles = suggested["data"]["helpSuggestions"]["articles"].as_array();
        assert_eq!(articles.map(Vec::len), Some(expected), "{visibility}");
    }
}
