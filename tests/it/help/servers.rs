//! Two servers of one desk agree on what is suggested, within two seconds of a publication or a solution.

use std::time::{Duration, Instant};

use harness::TestServer;
use sea_orm::DbBackend;

use super::{article, slugs, solved, suggest};

/// What is promised, of the time on the wall.
const AGREE_WITHIN: Duration = Duration::from_secs(2);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Asks until the article is first, and says how long that took.
async fn until_first(server: &TestServer, text: &str, slug: &str) -> Duration {
    let (requester, begin) = (server.requester(), Instant::now());
    loop {
        let found = suggest(&requester, text).await;
        if slugs(&found).first() == Some(&slug) {
            return begin.elapsed();
        }
        assert!(begin.elapsed() < 10 * AGREE_WITHIN, "{text}: {found}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_agree_within_two_seconds() {
    let server = TestServer::start().await;
    if server.app().store.backend() != DbBackend::Postgres {
        // SQLite serves one process.
        return;
    }
    let other = server.beside().await;
    article(
        &server,
        "Order a laptop",
        "Ask your manager first.",
        "PUBLIC",
    )
    .await;
    let vpn = article(
        &server,
        "Connect to the VPN",
        "Install the client.",
        "PUBLIC",
    )
    .await;
    let published = until_first(&other, "connect to the vpn client", "connect-to-the-vpn").await;
    assert!(
        published <= AGREE_WITHIN,
        "a publication took {published:?}"
    );

    let text = "Zebrafish handshake at dawn";
    solved(&server, &server.requester(), text, &vpn).await;
    let learnt = until_first(&other, text, "connect-to-the-vpn").await;
    assert!(learnt <= AGREE_WITHIN, "a solution took {learnt:?}");

    for server in [&server, &other] {
        server.settle().await;
    }
    for text in [text, "connect the laptop to the client", "ask for a vpn"] {
        let mut answers = Vec::new();
        for server in [&server, &other] {
            let mut answer = suggest(&server.agent(), text).await;
            answer["session"].take();
            answers.push(answer);
        }
        assert_eq!(answers[0], answers[1], "{text}");
    }
}
