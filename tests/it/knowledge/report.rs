//! Which articles need a look.

use chrono::TimeDelta;
use harness::{Client, TestServer};
use serde_json::{Value, json};

use super::{create, draft, publish};
use crate::ask::{mutate, outcome};

const STALE: &str = "query($filter: StaleArticleFilter, $order: StaleArticleOrder!, $first: Int, $after: String) {
    staleArticles(filter: $filter, orderBy: $order, first: $first, after: $after) {
        totalCount pageInfo { hasNextPage endCursor } nodes { slug reviewedAt reviewedBy { ... on User { name } } } } }";

async fn stale(who: &Client, order: &str, filter: Value) -> Vec<String> {
    let (mut slugs, mut after) = (Vec::new(), Value::Null);
    loop {
        let asked = json!({ "filter": filter, "order": order, "first": 2, "after": after });
        let answer = who.run(STALE, asked).await;
        let page = &answer["data"]["staleArticles"];
        let nodes = page["nodes"]
            .as_array()
            .unwrap_or_else(|| panic!("{answer}"));
        slugs.extend(
            nodes
                .iter()
                .map(|node| node["slug"].as_str().unwrap().to_owned()),
        );
        after = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == false {
            assert_eq!(page["totalCount"], slugs.len());
            return slugs;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_looked_at_for_long_comes_first() {
    let server = TestServer::start().await;
    let (agent, rosa) = (server.agent(), server.requester());
    let mut ids = Vec::new();
    for title in ["a", "b", "c"] {
        let id = create(&agent, draft(title)).await;
        publish(&server, &id).await;
        ids.push(id);
        server.advance(TimeDelta::days(1));
    }
    create(&agent, draft("a draft is nobody's to read")).await;
    assert_eq!(
        stale(&agent, "LAST_CHECKED", json!({})).await,
        ["a", "b", "c"]
    );

    let reviewed = mutate(
        &agent,
        "reviewArticle",
        "article { reviewedAt version reviewedBy { ... on User { name } } }",
        json!({ "articleId": ids[0] }),
    )
    .await;
    assert_eq!(
        reviewed["data"]["reviewArticle"]["article"],
        json!({ "reviewedAt": "2026-11-26T09:00:00+00:00", "version": 2, "reviewedBy": { "name": "Agnes Agent" } })
    );
    assert_eq!(
        stale(&agent, "LAST_CHECKED", json!({})).await,
        ["b", "c", "a"]
    );
    assert_eq!(
        stale(&agent, "LAST_EDITED", json!({})).await,
        ["a", "b", "c"]
    );
    let since = json!({ "notCheckedSince": "2026-11-25T00:00:00Z" });
    assert_eq!(stale(&agent, "LAST_CHECKED", since).await, ["b"]);

    let input = json!({ "articleId": ids[1], "isHelpful": false });
    for who in [&rosa, &server.colleague()] {
        assert_eq!(
            outcome(&mutate(who, "giveArticleFeedback", "article { id }", input.clone()).await),
            "ok"
        );
    }
    assert_eq!(stale(&agent, "NOT_HELPFUL", json!({})).await[0], "b");
    let two = json!({ "notHelpfulMin": 2 });
    assert_eq!(stale(&agent, "VIEWS", two).await, ["b"]);
    let dead = json!({ "hasDeadLink": true });
    assert_eq!(stale(&agent, "VIEWS", dead).await, [""; 0]);

    // A requester hears neither that there is a report nor who looked.
    for who in [rosa.clone(), server.external_agent()] {
        let refused = who.run(STALE, json!({ "order": "VIEWS" })).await;
        assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN");
    }
    let look =
        "query($id: ID!) { article(by: { id: $id }) { reviewedAt reviewedBy { __typename } } }";
    let shown = rosa.run(look, json!({ "id": ids[0] })).await;
    assert_eq!(
        shown["data"]["article"],
        json!({ "reviewedAt": null, "reviewedBy": null })
    );
    let refused = mutate(
        &rosa,
        "reviewArticle",
        "article { id }",
        json!({ "articleId": ids[0] }),
    )
    .await;
    assert_eq!(outcome(&refused), "FORBIDDEN");
}
