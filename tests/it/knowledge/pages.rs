//! Whether the pages elsewhere that articles are links to are still there.

use std::time::Duration;

use chrono::TimeDelta;
use harness::{Client, TestServer};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    time::{Instant, sleep},
};

use super::create;
use crate::ask::{mutate, outcome};

/// A site on the loopback: what is asked for by its status has it.
async fn site() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = [0; 4_096];
            let Ok(length) = stream.read(&mut head).await else {
                continue;
            };
            let head = String::from_utf8_lossy(&head[..length]).into_owned();
            let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
            let status = path.trim_start_matches('/');
            let answer =
                format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            let _is_sent = stream.write_all(answer.as_bytes()).await;
        }
    });
    port
}

async fn link(agent: &Client, url: String) -> Value {
    create(agent, json!({ "title": url, "url": url, "locale": "en" })).await
}

/// What is known of a page, once it was asked for.
async fn checked(agent: &Client, id: &Value) -> Value {
    let look = "query($id: ID!) { article(by: { id: $id }) { linkCheck { status problem httpStatus checkedAt } } }";
    let started_at = Instant::now();
    loop {
        let mut answer = agent.run(look, json!({ "id": id })).await;
        let check = answer["data"]["article"]["linkCheck"].take();
        if !check.is_null() {
            return check;
        }
        assert!(
            started_at.elapsed() < Duration::from_secs(30),
            "nobody asked for it"
        );
        sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_that_are_gone_are_found() {
    let port = site().await;
    let server = TestServer::start_with(&[
        ("GUICHET_LINK_CHECK_DAYS", "7"),
        ("GUICHET_ALLOW_CIDRS", "127.0.0.0/8"),
    ])
    .await;
    let agent = server.agent();
    let mut ids = Vec::new();
    for (status, expected, problem) in [
        (200, "ALIVE", Value::Null),
        (302, "MOVED", Value::Null),
        (404, "DEAD", json!("HTTP_STATUS")),
        (500, "FAILING", json!("HTTP_STATUS")),
    ] {
        let id = link(&agent, format!("http://127.0.0.1:{port}/{status}")).await;
        let check = checked(&agent, &id).await;
        let known = (&check["status"], &check["problem"], &check["httpStatus"]);
        assert_eq!(known, (&json!(expected), &problem, &json!(status)));
        ids.push(id);
    }
    let list = "{ articles(filter: { hasDeadLink: true }) { totalCount nodes { url } } }";
    let dead = agent.run(list, json!({})).await;
    let url = format!("http://127.0.0.1:{port}/404");
    assert_eq!(
        dead["data"]["articles"],
        json!({ "totalCount": 1, "nodes": [{ "url": url }] })
    );
    for who in [server.requester(), server.external_agent()] {
        let refused = who.run(list, json!({})).await;
        assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN");
        let hidden =
            "query($id: ID!) { node(id: $id) { ... on Article { linkCheck { status } } } }";
        let shown = who.run(hidden, json!({ "id": ids[2] })).await;
        assert_eq!(shown.pointer("/data/node/linkCheck/status"), None);
    }

    // Another page is another question.
    let input = json!({ "articleId": ids[2], "url": format!("http://127.0.0.1:{port}/204") });
    let edited = mutate(
        &agent,
        "editArticle",
        "article { linkCheck { status } }",
        input,
    )
    .await;
    assert_eq!(outcome(&edited), "ok");
    assert_eq!(
        edited["data"]["editArticle"]["article"]["linkCheck"],
        Value::Null
    );
    assert_eq!(checked(&agent, &ids[2]).await["status"], "ALIVE");
    // What failed is asked for again, and given up the third time.
    for _ in 0..2 {
        let before = checked(&agent, &ids[3]).await["checkedAt"].take();
        server.advance(TimeDelta::minutes(61));
        while checked(&agent, &ids[3]).await["checkedAt"] == before {
            sleep(Duration::from_millis(50)).await;
        }
    }
    assert_eq!(checked(&agent, &ids[3]).await["status"], "DEAD");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_link_leads_the_server_into_its_own_network() {
    let port = site().await;
    let server = TestServer::start_with(&[("GUICHET_LINK_CHECK_DAYS", "7")]).await;
    let agent = server.agent();
    for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"] {
        let id = link(&agent, format!("http://{host}:{port}/200")).await;
        let check = checked(&agent, &id).await;
        let known = (&check["status"], &check["problem"], &check["httpStatus"]);
        assert_eq!(
            known,
            (&json!("NOT_CHECKED"), &json!("NOT_ALLOWED"), &Value::Null),
            "{host}"
        );
    }
}
