//! The tree of categories.

use harness::{Client, TestServer};
use serde_json::{Value, json};

use super::{create, draft, publish};
use crate::ask::{mutate, outcome};

const TREE: &str = "{ articleCategories { name position articleCount parent { name } } }";

async fn category(who: &Client, name: &str, parent: Option<&Value>) -> Value {
    let input = json!({ "nameEn": name, "nameFr": format!("{name} (fr)"), "parentId": parent });
    let made = mutate(who, "createArticleCategory", "category { id }", input).await;
    assert_eq!(outcome(&made), "ok", "{made}");
    made["data"]["createArticleCategory"]["category"]["id"].clone()
}

async fn edit(who: &Client, id: &Value, change: Value) -> String {
    let mut input = change;
    input["categoryId"] = id.clone();
    outcome(&mutate(who, "editArticleCategory", "category { id }", input).await)
}

/// Names with the numbers of articles, in their order.
async fn tree(who: &Client) -> Vec<String> {
    let answer = who.run(TREE, json!({})).await;
    let categories = answer["data"]["articleCategories"].as_array().cloned();
    let line = |category: &Value| {
        let name = category["name"].as_str().unwrap();
        let parent = category["parent"]["name"].as_str().unwrap_or("-");
        format!("{parent} > {name}: {}", category["articleCount"])
    };
    categories.unwrap().iter().map(line).collect()
}

async fn article(server: &TestServer, title: &str, category: &Value, visibility: &str) -> Value {
    let mut new = draft(title);
    new["categoryId"] = category.clone();
    new["visibility"] = json!(visibility);
    let id = create(&server.agent(), new).await;
    publish(server, &id).await;
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tree_is_counted_and_filtered_under_the_policy() {
    let server = TestServer::start().await;
    let (lead, agent, requester) = (server.lead(), server.agent(), server.requester());
    let network = category(&lead, "Network", None).await;
    let vpn = category(&lead, "VPN", Some(&network)).await;
    let secret = category(&lead, "Secret", Some(&network)).await;
    let empty = category(&lead, "Empty", None).await;
    article(&server, "Client", &vpn, "PUBLIC").await;
    article(&server, "Keys", &secret, "INTERNAL").await;
    let mut draft = draft("Draft");
    draft["categoryId"] = network.clone();
    create(&agent, draft).await;

    let all = [
        "- > Network: 3",
        "Network > VPN: 1",
        "Network > Secret: 1",
        "- > Empty: 0",
    ];
    assert_eq!(tree(&agent).await, all);
    assert_eq!(tree(&server.external_agent()).await, all);
    // What only hidden articles stand in does not exist.
    assert_eq!(
        tree(&requester).await,
        ["- > Network: 1", "Network > VPN: 1"]
    );
    let look = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on ArticleCategory { name } } }";
    let ids = json!({ "ids": [vpn, secret, empty, "cat_ffffffffffff7fff8fffffffffffffff"] });
    let seen = requester.run(look, ids).await;
    assert_eq!(
        seen["data"]["nodes"],
        json!([{ "name": "VPN" }, null, null, null])
    );

    let list = "query($filter: ArticleFilter) { articles(filter: $filter) { totalCount nodes { slug category categoryPath { name } } } }";
    let count = |who: Client, filter: Value| async move {
        let answer = who.run(list, json!({ "filter": filter })).await;
        answer["data"]["articles"]["totalCount"].clone()
    };
    for (who, filter, expected) in [
        (&agent, json!({ "categoryId": network }), 3),
        (&agent, json!({ "categoryId": vpn }), 1),
        (&agent, json!({ "categoryId": "cat_unknown" }), 0),
        (&agent, json!({ "category": "VPN (fr)" }), 1),
        (&requester, json!({ "categoryId": network }), 1),
        (&requester, json!({ "categoryId": secret }), 0),
        (&requester, json!({ "category": "Secret" }), 0),
    ] {
        assert_eq!(
            count(who.clone(), filter.clone()).await,
            expected,
            "{filter}"
        );
    }
    let answer = requester
        .run(list, json!({ "filter": { "categoryId": vpn } }))
        .await;
    let path = json!([{ "name": "Network" }, { "name": "VPN" }]);
    let expected = json!([{ "slug": "client", "category": "VPN", "categoryPath": path }]);
    assert_eq!(answer["data"]["articles"]["nodes"], expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn categories_move_with_what_stands_in_them() {
    let server = TestServer::start().await;
    let lead = server.lead();
    let a = category(&lead, "A", None).await;
    let b = category(&lead, "B", Some(&a)).await;
    let c = category(&lead, "C", Some(&b)).await;
    let d = category(&lead, "D", None).await;
    assert_eq!(edit(&lead, &a, json!({ "parentId": c })).await, "INVALID");
    assert_eq!(edit(&lead, &a, json!({ "parentId": a })).await, "INVALID");
    assert_eq!(
        edit(&lead, &a, json!({ "parentId": "cat_unknown" })).await,
        "NOT_FOUND"
    );
    assert_eq!(edit(&lead, &a, json!({ "position": -1 })).await, "INVALID");
    assert_eq!(edit(&lead, &a, json!({ "nameFr": " " })).await, "REQUIRED");
    assert_eq!(
        edit(&lead, &b, json!({ "parentId": d, "nameEn": "Bee" })).await,
        "ok"
    );
    assert_eq!(edit(&lead, &d, json!({ "position": 0 })).await, "ok");
    assert_eq!(edit(&lead, &a, json!({ "position": 5 })).await, "ok");
    assert_eq!(
        tree(&lead).await,
        ["- > D: 0", "D > Bee: 0", "Bee > C: 0", "- > A: 0"]
    );
    assert_eq!(edit(&lead, &c, json!({ "parentId": null })).await, "ok");

    let mut deep = c.clone();
    for name in ["2", "3", "4", "5", "6"] {
        deep = category(&lead, name, Some(&deep)).await;
    }
    let input = json!({ "nameEn": "7", "nameFr": "7", "parentId": deep });
    let refused = mutate(&lead, "createArticleCategory", "category { id }", input).await;
    assert_eq!(outcome(&refused), "INVALID");
    assert_eq!(
        edit(&lead, &c, json!({ "parentId": a })).await,
        "INVALID",
        "it is six levels high"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn two_moves_at_once_make_no_circle() {
    let server = TestServer::start().await;
    let (lead, admin) = (server.lead(), server.admin());
    let a = category(&lead, "A", None).await;
    let b = category(&lead, "B", None).await;
    let (one, other) = tokio::join!(
        edit(&lead, &a, json!({ "parentId": b })),
        edit(&admin, &b, json!({ "parentId": a })),
    );
    let mut outcomes = [one, other];
    outcomes.sort_unstable();
    assert_eq!(outcomes, ["INVALID", "ok"]);
    assert_eq!(tree(&lead).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_category_goes_when_nothing_stands_in_it() {
    let server = TestServer::start().await;
    let (lead, agent) = (server.lead(), server.agent());
    let a = category(&lead, "A", None).await;
    let b = category(&lead, "B", Some(&a)).await;
    let id = article(&server, "Client", &b, "PUBLIC").await;
    let delete = |who: Client, id: Value| async move {
        let input = json!({ "categoryId": id });
        outcome(&mutate(&who, "deleteArticleCategory", "deletedCategoryId", input).await)
    };
    for who in [agent.clone(), server.requester(), server.external_agent()] {
        assert_eq!(delete(who.clone(), b.clone()).await, "FORBIDDEN");
        assert_eq!(edit(&who, &b, json!({ "nameEn": "x" })).await, "FORBIDDEN");
    }
    assert_eq!(delete(lead.clone(), a.clone()).await, "INVALID");
    assert_eq!(delete(lead.clone(), b.clone()).await, "INVALID");
    let input = json!({ "articleId": id, "category": "Loose" });
    let shown = "article { category categoryPath { name } }";
    let moved = mutate(&lead, "editArticle", shown, input).await;
    assert_eq!(
        moved["data"]["editArticle"]["article"],
        json!({ "category": "Loose", "categoryPath": [] })
    );
    assert_eq!(delete(lead.clone(), b.clone()).await, "ok");
    assert_eq!(delete(lead.clone(), b).await, "NOT_FOUND");
    assert_eq!(delete(lead.clone(), a).await, "ok");
    assert_eq!(tree(&lead).await, [""; 0]);
}
