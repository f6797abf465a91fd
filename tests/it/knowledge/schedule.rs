//! Articles that publish and archive themselves.

use chrono::TimeDelta;
use entity::event;
use guichet::{deadlines, events::Event, events::log};
use harness::{Client, TestServer};
use sea_orm::EntityTrait;
use serde_json::{Value, json};

use super::{create, draft, found, until};
use crate::ask::{mutate, outcome};

const TIMES: &str = "article { status publishAt archiveAt version }";
const STATUS: &str = "query($id: ID!) { article(by: { id: $id }) { status publishAt archiveAt } }";

async fn schedule(who: &Client, id: &Value, times: Value) -> Value {
    let mut input = times;
    input["articleId"] = id.clone();
    mutate(who, "scheduleArticle", TIMES, input).await
}

async fn status(who: &Client, id: &Value) -> Value {
    let mut answer = who.run(STATUS, json!({ "id": id })).await;
    answer["data"]["article"].take()
}

/// What the log says happened to articles by itself.
async fn told(server: &TestServer) -> Vec<&'static str> {
    let rows = event::Entity::find().all(&server.app().store.read).await;
    let rows = rows.unwrap().into_iter();
    let rows = rows.filter(|row| row.actor_kind == event::ActorKind::System);
    let events = rows.map(|row| log::entry(&row).unwrap().event);
    let name = |event| match event {
        Event::ArticlePublished { .. } => Some("published"),
        Event::ArticleArchived { .. } => Some("archived"),
        _ => None,
    };
    events.filter_map(name).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_article_publishes_and_archives_itself_once_and_on_time() {
    let server = TestServer::start().await;
    // More of those that look.
    let keepers: Vec<_> = (0..3)
        .map(|_| deadlines::start_for_articles(server.app().clone()))
        .collect();
    let (agent, lead, requester) = (server.agent(), server.lead(), server.requester());
    let id = create(&agent, draft("Reset a forgotten password")).await;
    let (publish_at, archive_at) = ("2026-11-23T10:00:00+00:00", "2026-11-23T12:00:00+00:00");
    let times = json!({ "publishAt": publish_at, "archiveAt": archive_at });
    let scheduled = schedule(&lead, &id, times).await;
    assert_eq!(outcome(&scheduled), "ok");
    let expected = json!({ "status": "DRAFT", "publishAt": publish_at, "archiveAt": archive_at });
    assert_eq!(status(&agent, &id).await, expected);
    server.advance(TimeDelta::minutes(59));
    assert_eq!(status(&requester, &id).await, Value::Null);
    assert_eq!(found(&requester, "forgotten").await, [""; 0]);

    server.advance(TimeDelta::minutes(1));
    let is_published = || async { status(&requester, &id).await["status"] == "PUBLISHED" };
    until("it is published", is_published).await;
    assert_eq!(
        found(&requester, "forgotten").await,
        ["reset-a-forgotten-password"]
    );
    server.settle().await;
    let suggest = "{ helpSuggestions(input: { text: \"i forgot my password again\" }) { articles { article { slug } } } }";
    let suggested = requester.run(suggest, json!({})).await;
    assert_eq!(
        suggested["data"]["helpSuggestions"]["articles"][0]["article"]["slug"],
        "reset-a-forgotten-password"
    );
    let expected = json!({ "status": "PUBLISHED", "publishAt": null, "archiveAt": archive_at });
    assert_eq!(status(&agent, &id).await, expected);
    // When it ends is the desk's to know.
    assert_eq!(status(&requester, &id).await["archiveAt"], Value::Null);

    server.advance(TimeDelta::hours(2));
    let is_archived = || async { status(&agent, &id).await["status"] == "ARCHIVED" };
    until("it is archived", is_archived).await;
    assert_eq!(found(&requester, "forgotten").await, [""; 0]);
    for keeper in keepers {
        keeper.stop().await;
    }
    assert_eq!(told(&server).await, ["published", "archived"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_missed_for_long_happens_in_order() {
    let server = TestServer::start().await;
    let id = create(&server.agent(), draft("Holidays")).await;
    let times = json!({ "publishAt": "2026-11-24T00:00:00Z", "archiveAt": "2026-11-25T00:00:00Z" });
    assert_eq!(outcome(&schedule(&server.lead(), &id, times).await), "ok");
    server.advance(TimeDelta::days(9));
    let agent = server.agent();
    let is_archived = || async { status(&agent, &id).await["status"] == "ARCHIVED" };
    until("it is archived", is_archived).await;
    assert_eq!(told(&server).await, ["published", "archived"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_or_a_hand_ends_what_was_to_happen_by_itself() {
    let server = TestServer::start().await;
    let (agent, lead) = (server.agent(), server.lead());
    let at = json!({ "publishAt": "2026-11-23T10:00:00Z" });
    let ends = [
        ("editArticle", json!({ "tags": ["new"] })),
        (
            "translateArticle",
            json!({ "locale": "en", "title": "Other", "body": "Other" }),
        ),
        ("scheduleArticle", json!({ "publishAt": null })),
        ("archiveArticle", json!({})),
    ];
    let mut ids = Vec::new();
    for (mutation, input) in ends {
        let id = create(&agent, draft("News")).await;
        assert_eq!(outcome(&schedule(&lead, &id, at.clone()).await), "ok");
        let mut input = input;
        input["articleId"] = id.clone();
        let ended = mutate(&lead, mutation, TIMES, input).await;
        assert_eq!(outcome(&ended), "ok", "{mutation}");
        assert_eq!(
            ended["data"][mutation]["article"]["publishAt"],
            Value::Null,
            "{mutation}"
        );
        ids.push(id);
    }
    let last = create(&agent, draft("Last")).await;
    assert_eq!(outcome(&schedule(&lead, &last, at).await), "ok");
    server.advance(TimeDelta::hours(2));
    let is_published = || async { status(&agent, &last).await["status"] == "PUBLISHED" };
    until("the last is published", is_published).await;
    for id in ids {
        assert_ne!(status(&agent, &id).await["status"], "PUBLISHED");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn times_that_cannot_be_met_are_refused() {
    let server = TestServer::start().await;
    let (agent, lead) = (server.agent(), server.lead());
    let id = create(&agent, draft("News")).await;
    let (past, soon, later) = (
        "2026-11-23T08:59:59Z",
        "2026-11-23T10:00:00Z",
        "2026-11-23T11:00:00Z",
    );
    for (times, expected) in [
        (json!({ "publishAt": past }), "INVALID publishAt"),
        (
            json!({ "publishAt": "2036-01-01T00:00:00Z" }),
            "INVALID publishAt",
        ),
        (json!({ "archiveAt": later }), "INVALID archiveAt"),
        (
            json!({ "publishAt": later, "archiveAt": soon }),
            "INVALID archiveAt",
        ),
        (
            json!({ "publishAt": soon, "archiveAt": soon }),
            "INVALID archiveAt",
        ),
        (
            json!({ "publishAt": soon, "expectedVersion": 9 }),
            "CONFLICT expectedVersion",
        ),
    ] {
        let refused = schedule(&lead, &id, times.clone()).await;
        let error = &refused["data"]["scheduleArticle"]["userErrors"][0];
        let got = format!("{} {}", error["code"], error["field"][0]).replace('"', "");
        assert_eq!(got, expected, "{times}");
    }
    let in_french = "mutation($input: ScheduleArticleInput!) { scheduleArticle(input: $input) { userErrors { message } } }";
    let input = json!({ "input": { "articleId": id, "publishAt": later, "archiveAt": soon } });
    let refused = lead.run(in_french, input).await;
    assert_eq!(
        refused["data"]["scheduleArticle"]["userErrors"][0]["message"],
        "It must be after it is published."
    );
    for who in [&agent, &server.requester(), &server.external_agent()] {
        let refused = schedule(who, &id, json!({ "publishAt": soon })).await;
        assert_eq!(outcome(&refused), "FORBIDDEN");
    }
    super::publish(&server, &id).await;
    let published = schedule(&lead, &id, json!({ "publishAt": soon })).await;
    assert_eq!(outcome(&published), "INVALID");
    let ends = schedule(&lead, &id, json!({ "archiveAt": soon })).await;
    assert_eq!(outcome(&ends), "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn looking_for_what_is_next_reads_one_index() {
    let server = TestServer::start().await;
    let (next, statements) = server
        .count_statements(guichet::knowledge::next_scheduled(server.app(), &[]))
        .await;
    assert_eq!(next.unwrap(), None);
    let sql = statements.iter().find(|sql| sql.contains("scheduled_at"));
    let plan = crate::deadline::plan(&server, sql.unwrap()).await;
    assert!(plan.contains("articles_scheduled"), "{plan}");
}
