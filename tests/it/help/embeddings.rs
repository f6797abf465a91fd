//! What texts mean, where the operator has a model that says so; and that nothing depends on it.

use std::time::{Duration, Instant};

use entity::article_vector;
use harness::{Behaviour, Model, TestServer};
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value, json};

use super::{article, slugs, suggest};
use crate::ask::mutate;

/// How long vectors may take that are made in the background.
const MADE_WITHIN: Duration = Duration::from_secs(20);
/// Most of its words are the chess clock's; what it is about is the tunnel, which the model knows by another name.
const TYPED: &str = "reset the chess clock, install the réseau";

async fn start(model: &Model) -> TestServer {
    TestServer::start_with(&[
        ("GUICHET_EMBEDDINGS_URL", model.url()),
        ("GUICHET_EMBEDDINGS_MODEL", "small"),
        ("GUICHET_EMBEDDINGS_KEY", "s3cret"),
    ])
    .await
}

async fn add_articles(server: &TestServer) {
    article(
        server,
        "Reset the chess clock",
        "Press the button.",
        "PUBLIC",
    )
    .await;
    article(
        server,
        "Connect to the VPN",
        "Install the client.",
        "PUBLIC",
    )
    .await;
    article(
        server,
        "Order a laptop",
        "Ask your manager first.",
        "PUBLIC",
    )
    .await;
    server.settle().await;
}

async fn vectors(server: &TestServer) -> u64 {
    let rows = article_vector::Entity::find().count(&server.app().store.read);
    rows.await.unwrap()
}

/// Waits until there are so many, and the server has them in memory too.
async fn until_made(server: &TestServer, count: u64, slug: &str) {
    let begin = Instant::now();
    while vectors(server).await != count
        || slugs(&suggest(&server.requester(), TYPED).await).first() != Some(&slug)
    {
        assert!(
            begin.elapsed() < MADE_WITHIN,
            "{} vectors",
            vectors(server).await
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn without_session(mut answer: Value) -> Value {
    answer["session"].take();
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_meant_counts_beside_what_is_said() {
    let model = Model::start().await;
    let server = start(&model).await;
    add_articles(&server).await;
    until_made(&server, 3, "connect-to-the-vpn").await;
    let head = model.head().to_lowercase();
    assert!(head.starts_with("post /v1/embeddings http/1.1"), "{head}");
    assert!(head.contains("authorization: bearer s3cret"), "{head}");

    // Another text is another vector.
    let app = server.app();
    let found = article_vector::Entity::find()
        .all(&app.store.read)
        .await
        .unwrap();
    let vpn = suggest(&server.requester(), TYPED).await["articles"][0]["article"]["id"].clone();
    let input =
        json!({ "articleId": vpn, "locale": "en", "title": "Chess club", "body": "Mondays." });
    mutate(&server.lead(), "translateArticle", "article { id }", input).await;
    let begin = Instant::now();
    loop {
        let now = article_vector::Entity::find()
            .all(&app.store.read)
            .await
            .unwrap();
        if now != found {
            assert_eq!(now.len(), 3);
            break;
        }
        assert!(begin.elapsed() < MADE_WITHIN);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Down, slow, failing or foolish: the answer is the one of words alone, and who types does not wait for it.
#[tokio::test(flavor = "multi_thread")]
async fn without_the_model_suggestions_are_as_without_it() {
    let plain = TestServer::start().await;
    add_articles(&plain).await;
    let expected: Vec<Value> = slugs_and_scores(&plain).await;

    let model = Model::start().await;
    let server = start(&model).await;
    add_articles(&server).await;
    until_made(&server, 3, "connect-to-the-vpn").await;
    for behaviour in [Behaviour::Failing, Behaviour::Nonsense, Behaviour::Slow] {
        model.behave(behaviour);
        let begin = Instant::now();
        assert_eq!(slugs_and_scores(&server).await, expected, "{behaviour:?}");
        assert!(begin.elapsed() < Duration::from_secs(5), "{behaviour:?}");
    }
    // After a few failures it is left alone.
    let asked = model.requests();
    for _ in 0..3 {
        assert_eq!(slugs_and_scores(&server).await, expected);
    }
    assert_eq!(model.requests(), asked);
    drop(model);
    assert_eq!(slugs_and_scores(&server).await, expected);
}

/// Everything but ids and sessions, which name their desk.
async fn slugs_and_scores(server: &TestServer) -> Vec<Value> {
    let answer = without_session(suggest(&server.requester(), TYPED).await);
    let articles = answer["articles"].as_array().unwrap();
    let scores = articles
        .iter()
        .map(|article| json!([article["article"]["slug"], article["score"]]));
    scores.chain([answer["confidence"].clone()]).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_is_down_at_the_start_is_asked_again() {
    let model = Model::start().await;
    model.behave(Behaviour::Failing);
    let server = start(&model).await;
    add_articles(&server).await;
    let begin = Instant::now();
    while model.requests() == 0 {
        assert!(begin.elapsed() < MADE_WITHIN);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    model.behave(Behaviour::Good);
    until_made(&server, 3, "connect-to-the-vpn").await;
}

/// One text that the model does not take keeps none of the others back, and is tried again when it is another one.
#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_is_refused_is_left_out() {
    let model = Model::start().await;
    model.behave(Behaviour::Failing);
    let server = start(&model).await;
    let first = article(&server, "Feeding", "About zebrafish.", "PUBLIC").await;
    add_articles(&server).await;
    let begin = Instant::now();
    while model.requests() == 0 {
        assert!(begin.elapsed() < MADE_WITHIN);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    model.behave(Behaviour::Picky);
    until_made(&server, 3, "connect-to-the-vpn").await;
    let input = json!({ "articleId": first, "locale": "en", "title": "Feeding", "body": "Fish." });
    mutate(&server.lead(), "translateArticle", "article { id }", input).await;
    until_made(&server, 4, "connect-to-the-vpn").await;
}

/// Canary: an internal article's vector moves nothing that requesters get.
#[tokio::test(flavor = "multi_thread")]
async fn hidden_vectors_count_for_nobody_who_may_not_read_them() {
    let model = Model::start().await;
    let server = start(&model).await;
    add_articles(&server).await;
    until_made(&server, 3, "connect-to-the-vpn").await;
    let requester = server.requester();
    let before = without_session(suggest(&requester, TYPED).await);
    let by_staff = without_session(suggest(&server.agent(), TYPED).await);
    article(
        &server,
        "Zebrafish tunnel",
        "The réseau of the directors.",
        "INTERNAL",
    )
    .await;
    server.settle().await;
    until_made(&server, 4, "connect-to-the-vpn").await;
    let begin = Instant::now();
    while without_session(suggest(&server.agent(), TYPED).await) == by_staff {
        assert!(begin.elapsed() < MADE_WITHIN);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(without_session(suggest(&requester, TYPED).await), before);
}
