//! How many files come in at once.

use std::time::Duration;

use entity::upload;
use harness::TestServer;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use tokio::io::AsyncWriteExt;

use super::{announced, send};

/// Nobody takes all the places that a server has for files on their way.
#[tokio::test(flavor = "multi_thread")]
async fn one_person_sends_few_files_at_once() {
    let server = TestServer::start().await;
    let rosa = server.requester();
    let address = server.url().strip_prefix("http://").unwrap().to_owned();
    let mut sockets = Vec::new();
    for _ in 0..4 {
        let (_, path) = announced(&rosa, "a.txt", "text/plain", 1_000).await;
        let mut socket = tokio::net::TcpStream::connect(&address).await.unwrap();
        let head =
            format!("PUT {path} HTTP/1.1\r\nhost: desk.test\r\ncontent-length: 1000\r\n\r\n0");
        socket.write_all(head.as_bytes()).await.unwrap();
        sockets.push(socket);
    }
    receiving(&server, 4).await;
    let (_, path) = announced(&rosa, "a.txt", "text/plain", 1_000).await;
    let refused = send(&server, &path, &[b'x'; 1_000]).await;
    assert_eq!(refused.status(), 429);
    assert!(refused.headers().contains_key("retry-after"));
    // Others are not kept waiting, and neither is she once a place is free.
    let (_, others) = announced(&server.agent(), "a.txt", "text/plain", 1_000).await;
    assert_eq!(send(&server, &others, &[b'x'; 1_000]).await.status(), 204);
    drop(sockets.pop());
    receiving(&server, 3).await;
    assert_eq!(send(&server, &path, &[b'x'; 1_000]).await.status(), 204);
}

/// Waits until so many files are on their way.
async fn receiving(server: &TestServer, count: u64) {
    let reached = async {
        let on_their_way =
            upload::Entity::find().filter(upload::Column::State.eq(upload::State::Receiving));
        let count_now = || on_their_way.clone().count(&server.app().store.read);
        while count_now().await.unwrap() != count {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let in_time = tokio::time::timeout(Duration::from_secs(10), reached).await;
    in_time.expect("the files come and go");
}
