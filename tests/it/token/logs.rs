//! No line of the log holds a token, however it comes in.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};

use harness::TestServer;
use serde_json::json;
use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

use super::token;
use crate::ask::mutate;

/// Everything that the program and what it is made of say; not the test's own client.
const EVERYTHING: &str = "off,guichet=trace,actix_web=trace,actix_http=trace,actix_server=trace,sqlx=trace,sea_orm=trace,async_graphql=trace";

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_log_line_holds_a_token() {
    let lines = Lines::default();
    tracing_subscriber::fmt()
        .json()
        .with_env_filter(EnvFilter::new(EVERYTHING))
        .with_writer(lines.clone())
        .try_init()
        .expect("each test is a process of its own");
    let server = TestServer::start().await;
    let (id, script) = token(&server.agent(), None, &["TICKETS_READ"]).await;
    let secret = script.token().await.unwrap();
    script.run("{ tickets { totalCount } }", json!({})).await;
    script
        .run("mutation { closeTicket }", json!({ "token": secret }))
        .await;
    drop(script.open_socket().await);
    for path in [
        format!("/graphql?query=%7B__typename%7D&token={secret}"),
        format!("/{secret}"),
    ] {
        script.get(&path).await.send().await.unwrap();
    }
    let forged = format!("{}0", &secret[..39]);
    script
        .with_token(&forged)
        .run("{ __typename }", json!({}))
        .await;
    mutate(
        &server.agent(),
        "revokeApiToken",
        "__typename",
        json!({ "tokenId": id }),
    )
    .await;
    script.run("{ __typename }", json!({})).await;
    drop(server);

    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let answered = text
        .lines()
        .filter(|line| line.contains("\"answered\""))
        .count();
    assert!(answered >= 6, "{text}");
    // Its beginning is its hint, and public.
    let found = text.lines().find(|line| line.contains(&secret[8..38]));
    assert_eq!(found, None);
}
