//! What readers make of articles: whether they help, and how often they are opened.

use harness::{Client, TestServer};
use serde_json::{Value, json};

use super::{create, draft, publish};
use crate::ask::{mutate, outcome};

const FIGURES: &str = "query($id: ID!) { node(id: $id) { ... on Article { viewCount viewerFeedback feedback { helpfulCount notHelpfulCount } linkCheck { status } } } }";

async fn figures(who: &Client, id: &Value) -> Value {
    let mut answer = who.run(FIGURES, json!({ "id": id })).await;
    answer["data"]["node"].take()
}

async fn say(who: &Client, id: &Value, is_helpful: Option<bool>) -> String {
    let input = json!({ "articleId": id, "isHelpful": is_helpful });
    let said = mutate(
        who,
        "giveArticleFeedback",
        "article { viewerFeedback }",
        input,
    )
    .await;
    if outcome(&said) == "ok" {
        let shown = &said["data"]["giveArticleFeedback"]["article"]["viewerFeedback"];
        assert_eq!(*shown, json!(is_helpful));
    }
    outcome(&said)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_reader_says_one_thing_of_an_article() {
    let server = TestServer::start().await;
    let (agent, rosa, colin) = (server.agent(), server.requester(), server.colleague());
    let id = create(&agent, draft("VPN")).await;
    assert_eq!(
        say(&agent, &id, Some(true)).await,
        "FORBIDDEN",
        "nobody reads a draft"
    );
    assert_eq!(say(&rosa, &id, Some(true)).await, "NOT_FOUND");
    publish(&server, &id).await;
    for (who, said, counts) in [
        (&rosa, Some(true), [1, 0]),
        (&rosa, Some(true), [1, 0]),
        (&colin, Some(false), [1, 1]),
        (&rosa, Some(false), [0, 2]),
        (&colin, None, [0, 1]),
        (&agent, Some(true), [1, 1]),
    ] {
        assert_eq!(say(who, &id, said).await, "ok");
        let shown = figures(&agent, &id).await;
        let expected = json!({ "helpfulCount": counts[0], "notHelpfulCount": counts[1] });
        assert_eq!(shown["feedback"], expected, "{said:?}");
    }
    // Readers know what they said themselves, and nothing of the others.
    let hidden =
        json!({ "viewCount": null, "viewerFeedback": false, "feedback": null, "linkCheck": null });
    assert_eq!(figures(&rosa, &id).await, hidden);
    let external = figures(&server.external_agent(), &id).await;
    assert_eq!(
        (&external["feedback"], &external["viewCount"]),
        (&Value::Null, &Value::Null)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_who_says_two_things_at_once_is_counted_once() {
    let server = TestServer::start().await;
    let (agent, rosa) = (server.agent(), server.requester());
    let id = create(&agent, draft("VPN")).await;
    publish(&server, &id).await;
    let (yes, no) = tokio::join!(say_only(&rosa, &id, true), say_only(&rosa, &id, false));
    assert_eq!((yes.as_str(), no.as_str()), ("ok", "ok"));
    let feedback = figures(&agent, &id).await["feedback"].take();
    let counts = ["helpfulCount", "notHelpfulCount"].map(|name| feedback[name].as_i64().unwrap());
    assert_eq!(counts.iter().sum::<i64>(), 1);
}

async fn say_only(who: &Client, id: &Value, is_helpful: bool) -> String {
    let input = json!({ "articleId": id, "isHelpful": is_helpful });
    outcome(&mutate(who, "giveArticleFeedback", "article { id }", input).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn opening_an_article_is_counted_without_a_write() {
    const OPEN: &str = "query($id: ID!) { article(by: { id: $id }) { title bodyHtml } }";
    const GLANCE: &str =
        "query($id: ID!) { article(by: { id: $id }) { title } articles { nodes { body } } }";
    let server = TestServer::start().await;
    let (agent, rosa) = (server.agent(), server.requester());
    let id = create(&agent, draft("VPN")).await;
    agent.run(OPEN, json!({ "id": id })).await;
    publish(&server, &id).await;
    let ask = json!({ "id": id });
    rosa.run(GLANCE, ask.clone()).await;
    let opened = async {
        for _ in 0..20 {
            let answer = rosa.run(OPEN, ask.clone()).await;
            assert_eq!(answer["data"]["article"]["title"], "VPN");
        }
        server.colleague().run(OPEN, ask.clone()).await;
    };
    let ((), statements) = server.count_all_statements(Box::pin(opened)).await;
    let writes = statements
        .iter()
        .filter(|sql| sql.contains("article_views"));
    // Only the flush, which runs beside: far fewer than there were readers.
    assert!(writes.count() <= 3, "{statements:#?}");
    let started_at = tokio::time::Instant::now();
    while figures(&agent, &id).await["viewCount"] != 21 {
        assert!(
            started_at.elapsed().as_secs() < 10,
            "{}",
            figures(&agent, &id).await
        );
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}
