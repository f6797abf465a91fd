//! Writing, publishing and finding articles.

use harness::{Client, TestServer};
use serde_json::{Value, json};

use super::{CREATE, PUBLISH, create, draft, mutate, publish, refused};

const TRANSLATE: &str =
    "mutation($input: TranslateArticleInput!) { translateArticle(input: $input) {
    article { translations { locale title } } userErrors { code field } } }";
const ARCHIVE: &str = "mutation($input: ArchiveArticleInput!) { archiveArticle(input: $input) {
    article { status } userErrors { code field } } }";
const LIST: &str = "query($filter: ArticleFilter) { articles(filter: $filter) {
    totalCount nodes { slug } } }";
const PAGE: &str = "query($after: String) { articles(first: 2, after: $after) {
    nodes { slug } pageInfo { hasNextPage endCursor } } }";

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_writes_a_draft() {
    let server = TestServer::start().await;
    let input = json!({
        "title": " Reset  a password ",
        "body": "Press **reset**.",
        "locale": "en",
        "category": "Accounts",
        "tags": ["Mot de passe", "mot de passe"],
    });
    let mut created = mutate(&server.agent(), CREATE, input).await;
    assert!(created["article"]["id"].take().is_string());
    assert_eq!(
        created,
        json!({
            "article": {
                "id": null,
                "slug": "reset-a-password",
                "title": "Reset a password",
                "summary": "Press reset.",
                "body": "Press **reset**.",
                "bodyHtml": "<p>Press <strong>reset</strong>.</p>\n",
                "url": null,
                "locale": "en",
                "status": "DRAFT",
                "visibility": "PUBLIC",
                "category": "Accounts",
                "tags": ["mot-de-passe"],
            },
            "userErrors": [],
        })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_article_can_be_a_link_to_a_page_elsewhere() {
    let server = TestServer::start().await;
    let input = json!({ "title": "Manual", "url": "HTTPS://Example.org/a b", "locale": "fr" });
    let created = mutate(&server.agent(), CREATE, input).await;
    let article = &created["article"];
    assert_eq!(article["url"], "https://example.org/a%20b");
    assert_eq!(article["body"], Value::Null);
    assert_eq!(article["bodyHtml"], Value::Null);
    assert_eq!(article["summary"], "");
}

#[tokio::test(flavor = "multi_thread")]
async fn slugs_are_unique() {
    let server = TestServer::start().await;
    let agent = server.agent();
    for slug in ["vpn", "vpn-2", "vpn-3"] {
        let created = mutate(&agent, CREATE, draft("VPN")).await;
        assert_eq!(created["article"]["slug"], slug);
    }
    let mut given = draft("Another");
    given["slug"] = json!("vpn-2");
    let taken = refused("article", &[("TAKEN", Some("slug"))]);
    assert_eq!(mutate(&agent, CREATE, given).await, taken);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_articles_of_one_title_can_be_created_at_once() {
    let server = TestServer::start().await;
    let (agent, lead) = (server.agent(), server.lead());
    let (one, other) = tokio::join!(
        mutate(&agent, CREATE, draft("VPN")),
        mutate(&lead, CREATE, draft("VPN")),
    );
    let mut slugs = [&one, &other].map(|created| created["article"]["slug"].as_str().unwrap());
    slugs.sort_unstable();
    assert_eq!(slugs, ["vpn", "vpn-2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_an_article_is_said_at_once() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let both = json!({ "title": "T", "body": "b", "url": "https://x.fr", "locale": "en" });
    let neither = json!({ "title": "T", "locale": "en" });
    for input in [both, neither] {
        let expected = refused("article", &[("INVALID", Some("body"))]);
        assert_eq!(mutate(&agent, CREATE, input).await, expected);
    }
    let input = json!({
        "title": " ",
        "url": "javascript:alert(1)",
        "summary": "s".repeat(501),
        "locale": "de",
        "category": "c\u{0}",
        "tags": vec!["t"; 51],
        "slug": "No slug",
    });
    let expected = refused(
        "article",
        &[
            ("INVALID", Some("url")),
            ("INVALID", Some("category")),
            ("INVALID", Some("slug")),
            ("INVALID", Some("tags")),
            ("INVALID", Some("locale")),
            ("REQUIRED", Some("title")),
            ("TOO_LONG", Some("summary")),
        ],
    );
    assert_eq!(mutate(&agent, CREATE, input).await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn requesters_find_what_is_published_and_public_and_nothing_else() {
    let server = TestServer::start().await;
    let (agent, requester) = (server.agent(), server.requester());
    let public = create(&agent, draft("Public")).await;
    let mut internal = draft("Internal");
    internal["visibility"] = json!("INTERNAL");
    let internal = create(&agent, internal).await;

    let look = "query($id: ID!, $slug: String!) {
        byId: article(by: { id: $id }) { slug } bySlug: article(by: { slug: $slug }) { slug }
        node(id: $id) { __typename } }";
    let nothing = json!({ "data": { "byId": null, "bySlug": null, "node": null } });
    let look_for = |id: &Value, slug| {
        let variables = json!({ "id": id, "slug": slug });
        requester.run(look, variables)
    };
    assert_eq!(look_for(&public, "public").await, nothing);
    assert_eq!(list(&requester, json!({})).await, listed(&[]));

    publish(&server, &public).await;
    publish(&server, &internal).await;
    let found = json!({ "slug": "public" });
    assert_eq!(
        look_for(&public, "public").await,
        json!({ "data": { "byId": found, "bySlug": found, "node": { "__typename": "Article" } } })
    );
    assert_eq!(look_for(&internal, "internal").await, nothing);
    assert_eq!(list(&requester, json!({})).await, listed(&["public"]));
    let internal_only = json!({ "visibility": "INTERNAL" });
    assert_eq!(list(&requester, internal_only).await, listed(&[]));

    let archived = mutate(&server.lead(), ARCHIVE, json!({ "articleId": public })).await;
    assert_eq!(archived["article"]["status"], "ARCHIVED");
    assert_eq!(look_for(&public, "public").await, nothing);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_role_does_its_part() {
    let server = TestServer::start().await;
    let (requester, agent, lead) = (server.requester(), server.agent(), server.lead());
    let forbidden = refused("article", &[("FORBIDDEN", None)]);
    let missing = refused("article", &[("NOT_FOUND", Some("articleId"))]);
    assert_eq!(mutate(&requester, CREATE, draft("VPN")).await, forbidden);

    let id = create(&agent, draft("VPN")).await;
    let named = json!({ "articleId": id });
    let in_french =
        json!({ "articleId": id, "locale": "fr", "title": "Accès VPN", "body": "Bonjour" });
    for who in [&requester, &agent] {
        assert_eq!(mutate(who, PUBLISH, named.clone()).await, forbidden);
        assert_eq!(mutate(who, ARCHIVE, named.clone()).await, forbidden);
    }
    // A draft does not exist for requesters; once it is published they may not change it.
    let translated = mutate(&requester, TRANSLATE, in_french.clone()).await;
    assert_eq!(translated, missing);
    let translated = mutate(&agent, TRANSLATE, in_french.clone()).await;
    assert_eq!(translated["userErrors"], json!([]));
    publish(&server, &id).await;
    for who in [&requester, &agent] {
        let translated = mutate(who, TRANSLATE, in_french.clone()).await;
        assert_eq!(translated, forbidden);
    }
    let translated = mutate(&lead, TRANSLATE, in_french.clone()).await;
    assert_eq!(translated["userErrors"], json!([]));
    let unknown = json!({ "articleId": "art_unknown" });
    assert_eq!(mutate(&lead, PUBLISH, unknown).await, missing);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_translation_is_added_and_replaced() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let id = create(&agent, draft("VPN access")).await;
    for title in ["Accès", "Accès VPN"] {
        let input = json!({ "articleId": id, "locale": "fr", "title": title, "body": "Bonjour" });
        let translated = mutate(&agent, TRANSLATE, input).await;
        assert_eq!(
            translated["article"]["translations"],
            json!([
                { "locale": "en", "title": "VPN access" },
                { "locale": "fr", "title": title },
            ])
        );
    }
    let without_body = json!({ "articleId": id, "locale": "fr", "title": "Accès" });
    let required = refused("article", &[("REQUIRED", Some("body"))]);
    assert_eq!(mutate(&agent, TRANSLATE, without_body).await, required);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_translates_twice_answers_with_each() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let id = create(&agent, draft("VPN")).await;
    let twice = "mutation($id: ID!) {
        one: translateArticle(input: { articleId: $id, locale: \"en\", title: \"One\", body: \"1\" })
            { article { title body } }
        two: translateArticle(input: { articleId: $id, locale: \"en\", title: \"Two\", body: \"2\" })
            { article { title body } } }";
    assert_eq!(
        agent.run(twice, json!({ "id": id })).await,
        json!({ "data": {
            "one": { "article": { "title": "One", "body": "1" } },
            "two": { "article": { "title": "Two", "body": "2" } },
        } })
    );
}

async fn list(who: &Client, filter: Value) -> Value {
    let mut answer = who.run(LIST, json!({ "filter": filter })).await;
    answer["data"]["articles"].take()
}

fn listed(slugs: &[&str]) -> Value {
    let nodes: Vec<_> = slugs.iter().map(|slug| json!({ "slug": slug })).collect();
    json!({ "totalCount": slugs.len(), "nodes": nodes })
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_filtered() {
    const VPN: &str = "acces-100-vpn";
    let server = TestServer::start().await;
    let agent = server.agent();
    let mut vpn = draft("Accès 100 % VPN");
    vpn["locale"] = json!("fr");
    vpn["tags"] = json!(["Réseau", "50%"]);
    vpn["category"] = json!("Network");
    create(&agent, vpn).await;
    let mut printer = draft("Printer");
    printer["visibility"] = json!("INTERNAL");
    create(&agent, printer).await;

    let (both, vpn, none): (&[_], &[_], &[_]) = (&["printer", VPN], &[VPN], &[]);
    let cases = [
        (json!({}), both),
        (json!({ "text": "ACCES" }), vpn),
        (json!({ "text": "100 vp" }), vpn),
        (json!({ "text": "press RESETTING" }), both),
        (json!({ "text": "\"acces vpn\"" }), none),
        (json!({ "text": "%" }), none),
        (json!({ "text": "_" }), none),
        (json!({ "text": "acces", "locale": "en" }), none),
        (json!({ "text": "\u{0}" }), none),
        (json!({ "locale": "fr" }), vpn),
        (json!({ "locale": "de" }), none),
        (json!({ "tag": "réseau" }), vpn),
        (json!({ "tag": "50%" }), vpn),
        (json!({ "tag": "50" }), none),
        (json!({ "category": "Network" }), vpn),
        (json!({ "category": "network" }), none),
        (json!({ "visibility": "INTERNAL" }), &["printer"]),
        (json!({ "status": "PUBLISHED" }), none),
        (json!({ "status": "DRAFT", "tag": "50%" }), vpn),
    ];
    for (filter, expected) in cases {
        let found = list(&agent, filter.clone()).await;
        assert_eq!(found, listed(expected), "{filter}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_meet_every_article_once_the_newest_change_first() {
    let server = TestServer::start().await;
    let agent = server.agent();
    for title in ["a", "b", "c"] {
        create(&agent, draft(title)).await;
    }
    let mut met = Vec::new();
    let mut after = Value::Null;
    loop {
        let answer = agent.run(PAGE, json!({ "after": after })).await;
        let articles = &answer["data"]["articles"];
        met.extend(articles["nodes"].as_array().unwrap().iter().cloned());
        after = articles["pageInfo"]["endCursor"].clone();
        if articles["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    assert_eq!(met, ["c", "b", "a"].map(|slug| json!({ "slug": slug })));
}
