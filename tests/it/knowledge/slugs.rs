//! An article's names in addresses: the one it has, and those that it had.

use harness::{Client, TestServer};
use serde_json::{Value, json};

use super::{create, draft, publish};
use crate::ask::{mutate, outcome};

async fn rename(who: &Client, id: &Value, slug: &str) -> String {
    let input = json!({ "articleId": id, "slug": slug });
    outcome(&mutate(who, "editArticle", "article { slug }", input).await)
}

/// How the article is called now that answers to a slug.
async fn called(who: &Client, slug: &str) -> Value {
    let look = "query($slug: String!) { article(by: { slug: $slug }) { slug } }";
    let mut answer = who.run(look, json!({ "slug": slug })).await;
    answer["data"]["article"]["slug"].take()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_former_slug_leads_to_its_article_and_to_no_other() {
    let server = TestServer::start().await;
    let (agent, requester) = (server.agent(), server.requester());
    let id = create(&agent, draft("VPN")).await;
    assert_eq!(rename(&agent, &id, "vpn-access").await, "ok");
    assert_eq!(rename(&agent, &id, "remote-access").await, "ok");
    for slug in ["vpn", "vpn-access", "remote-access"] {
        assert_eq!(called(&agent, slug).await, "remote-access", "{slug}");
        assert_eq!(
            called(&requester, slug).await,
            Value::Null,
            "a draft is hidden by all its names"
        );
    }

    // Another article gets none of them, neither by title nor by wish.
    let mut wish = draft("Other");
    wish["slug"] = json!("vpn");
    let refused = mutate(&agent, "createArticle", "article { slug }", wish).await;
    assert_eq!(outcome(&refused), "TAKEN");
    let other = create(&agent, draft("VPN")).await;
    assert_eq!(called(&agent, "vpn-2").await, "vpn-2");
    assert_eq!(rename(&agent, &other, "vpn-access").await, "TAKEN");
    assert_eq!(rename(&agent, &other, "remote-access").await, "TAKEN");
    assert_eq!(called(&agent, "vpn-2").await, "vpn-2");

    // Its own it can have back; the other then leads to it.
    assert_eq!(rename(&agent, &id, "vpn").await, "ok");
    publish(&server, &id).await;
    for slug in ["vpn", "vpn-access", "remote-access"] {
        assert_eq!(called(&requester, slug).await, "vpn", "{slug}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_given_up_at_the_same_moment_is_not_taken() {
    let server = TestServer::start().await;
    let (agent, lead) = (server.agent(), server.lead());
    for round in 0..8 {
        let slug = format!("name-{round}");
        let mut new = draft("Article");
        new["slug"] = json!(slug);
        let id = create(&agent, new.clone()).await;
        let other = format!("other-{round}");
        let (renamed, created) = tokio::join!(
            rename(&agent, &id, &other),
            mutate(&lead, "createArticle", "article { slug }", new),
        );
        assert_eq!(
            (renamed.as_str(), outcome(&created).as_str()),
            ("ok", "TAKEN")
        );
        assert_eq!(called(&agent, &slug).await, other);
    }
}
