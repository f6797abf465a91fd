//! What nothing has attached goes; what something has attached stays.

use std::{fs, path::PathBuf};

use chrono::{DateTime, TimeDelta, Utc};
use entity::{attachment, upload};
use futures_util::TryStreamExt;
use guichet::attachment::{remove_expired, remove_strays};
use harness::{TestServer, global};
use sea_orm::{EntityTrait, PaginatorTrait};

use super::{Beside, PNG, announced, attached, comment, lying, path_of, status, uploaded};
use crate::ask::outcome;

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_used_goes_after_a_day() {
    let server = TestServer::start().await;
    let beside = Beside::of(&server).await;
    let beside = beside.server();
    let rosa = server.requester();
    let ticket = global(server.ticket().create().await.id);
    let used = uploaded(&server, &rosa, "a.txt", "text/plain", b"x").await;
    let mut unused = Vec::new();
    for _ in 0..8 {
        unused.push(uploaded(&server, &rosa, "a.png", "image/png", PNG).await);
    }
    announced(&rosa, "a.txt", "text/plain", 1).await;
    attached(&rosa, &ticket, "PUBLIC", &[&used]).await;
    assert_eq!(lying(&server).await.len(), 1 + 2 * 8);
    let hours = |hours| {
        server.advance(TimeDelta::hours(hours));
        if !std::ptr::eq(&raw const server, beside) {
            beside.advance(TimeDelta::hours(hours));
        }
    };
    hours(23);
    assert!(!remove_expired(server.app()).await.unwrap());
    assert_eq!(lying(&server).await.len(), 1 + 2 * 8);
    hours(1);
    // Too late, though it lies there still.
    let late = comment(&rosa, &ticket, "PUBLIC", &[&unused[0]]).await;
    assert_eq!(outcome(&late), "NOT_FOUND");
    let (one, two) = tokio::join!(remove_expired(server.app()), remove_expired(beside.app()));
    assert!(!one.unwrap() && !two.unwrap());
    assert_eq!(lying(&server).await.len(), 1);
    let uploads = upload::Entity::find().count(&server.app().store.read).await;
    assert_eq!(uploads.unwrap(), 1);
    let file = attached_file(&server).await;
    assert_eq!(status(&rosa, &file).await, 200);
}

/// The path to the one file that is attached to anything.
async fn attached_file(server: &TestServer) -> String {
    let attachment = attachment::Entity::find()
        .one(&server.app().store.read)
        .await;
    let id = global(attachment.unwrap().unwrap().id);
    let document = "query($id: ID!) { node(id: $id) { ... on Attachment { url } } }";
    let seen = server
        .requester()
        .run(document, serde_json::json!({ "id": id }))
        .await;
    path_of(&seen["data"]["node"]["url"])
}

/// A file that cannot be taken away now is tried again later, and the others do not wait for it.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_taken_away_is_tried_again() {
    let root = folder("stuck");
    let server = TestServer::start_with(&[("GUICHET_FILES", root.to_str().unwrap())]).await;
    let rosa = server.requester();
    for _ in 0..3 {
        uploaded(&server, &rosa, "a.txt", "text/plain", b"x").await;
    }
    let first = lying(&server).await.remove(0);
    let path = root.join(&first[..2]).join(&first);
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    server.advance(TimeDelta::hours(24));
    remove_expired(server.app()).await.unwrap();
    let left = async || {
        upload::Entity::find()
            .count(&server.app().store.read)
            .await
            .unwrap()
    };
    assert_eq!(left().await, 1);
    remove_expired(server.app()).await.unwrap();
    assert_eq!(left().await, 1);
    fs::remove_dir(&path).unwrap();
    server.advance(TimeDelta::minutes(10));
    remove_expired(server.app()).await.unwrap();
    assert_eq!(left().await, 0);
    fs::remove_dir_all(root).unwrap();
}

/// A folder of this test's own.
fn folder(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("guichet_test_{name}_{}", std::process::id()))
}

/// Nothing that was begun stays for long: here by a server that was killed.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_never_finished_goes_after_a_day() {
    let root = folder("unfinished");
    let server = TestServer::start_with(&[("GUICHET_FILES", root.to_str().unwrap())]).await;
    let unfinished = root.join("unfinished");
    fs::create_dir_all(&unfinished).unwrap();
    fs::write(unfinished.join("x"), b"x").unwrap();
    let written_at = fs::metadata(unfinished.join("x")).unwrap().modified();
    catch_up(&server, written_at.unwrap().into());
    let left = || fs::read_dir(&unfinished).unwrap().count();
    server.advance(TimeDelta::hours(24));
    remove_strays(server.app(), 0).await.unwrap();
    assert_eq!(left(), 1);
    server.advance(TimeDelta::minutes(1));
    remove_strays(server.app(), 0).await.unwrap();
    assert_eq!(left(), 0);
    fs::remove_dir_all(root).unwrap();
}

/// Files are written by the clock on the wall, which is not the desk's in a test.
fn catch_up(server: &TestServer, written_at: DateTime<Utc>) {
    server.advance(written_at - server.now());
}

/// As after a copy of the database was put back: files that it knows nothing of.
#[tokio::test(flavor = "multi_thread")]
async fn what_no_row_knows_of_goes_after_a_week() {
    let server = TestServer::start().await;
    let rosa = server.requester();
    let ticket = global(server.ticket().create().await.id);
    let used = uploaded(&server, &rosa, "a.png", "image/png", PNG).await;
    attached(&rosa, &ticket, "PUBLIC", &[&used]).await;
    let known = lying(&server).await.remove(0);
    let stray = format!("{}{}", &known[..2], "f".repeat(30));
    for key in [stray.clone(), format!("{stray}-preview")] {
        let mut writing = server.app().files.begin(&key).await.unwrap();
        writing.write("x".into()).await.unwrap();
        writing.finish().await.unwrap();
    }
    let shard = u8::from_str_radix(&known[..2], 16).unwrap();
    let found = server.app().files.list(shard).await.unwrap();
    let found: Vec<_> = found.try_collect().await.unwrap();
    let oldest = found.iter().map(|found| found.written_at).min();
    catch_up(&server, oldest.unwrap());
    server.advance(TimeDelta::days(7) - TimeDelta::seconds(1));
    remove_strays(server.app(), shard).await.unwrap();
    assert!(lying(&server).await.contains(&stray));
    server.advance(TimeDelta::minutes(1));
    remove_strays(server.app(), shard.wrapping_add(1))
        .await
        .unwrap();
    assert!(lying(&server).await.contains(&stray));
    remove_strays(server.app(), shard).await.unwrap();
    let mut left = lying(&server).await;
    left.sort();
    let key = known[..32].to_owned();
    assert_eq!(left, [key.clone(), format!("{key}-preview")]);
}
