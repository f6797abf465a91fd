//! Sending files: whole, once, by whom it was announced for, and nothing left of what was cut off.

use std::time::Duration;

use chrono::TimeDelta;
use entity::{upload, user::Role};
use harness::{TestServer, global, newcomer};
use insta::assert_snapshot;
use reqwest::Body;
use sea_orm::EntityTrait;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{Beside, PNG, announce, announced, attached, lying, path_of, send, status, uploaded};
use crate::ask::{Answers, mutate, outcome};

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_announced_sent_attached_and_read() {
    let server = TestServer::start().await;
    let (rosa, agent) = (server.requester(), server.agent());
    let ticket = global(server.ticket().create().await.id);
    let bytes: Vec<u8> = (0..700_000_u32)
        .map(|at| u8::try_from(at % 251).unwrap())
        .collect();
    let id = uploaded(
        &server,
        &rosa,
        "../journal d’été.bin",
        "application/x-log",
        &bytes,
    )
    .await;
    let files = attached(&rosa, &ticket, "PUBLIC", &[&id]).await;
    assert_eq!(files.len(), 1);
    assert_eq!(files[0]["name"], "journal d’été.bin");
    assert_eq!(files[0]["contentType"], "application/x-log");
    assert_eq!(files[0]["size"], 700_000);
    assert_eq!(files[0]["previewUrl"], json!(null));

    let document = "query($id: ID!) { ticket(by: { id: $id }) { attachments { id } comments { nodes { attachments { id url sha256 } } } } }";
    let seen = agent.run(document, json!({ "id": ticket })).await;
    assert_eq!(seen["data"]["ticket"]["attachments"], json!([]));
    let file = &seen["data"]["ticket"]["comments"]["nodes"][0]["attachments"][0];
    assert_eq!(file["id"], files[0]["id"]);
    assert_eq!(file["sha256"], files[0]["sha256"]);
    assert_ne!(
        file["url"], files[0]["url"],
        "each viewer has a link of their own"
    );
    for url in [&file["url"], &files[0]["url"]] {
        let read = server
            .visitor()
            .get(&path_of(url))
            .await
            .send()
            .await
            .unwrap();
        assert_eq!(read.status(), 200);
        assert_eq!(read.bytes().await.unwrap(), bytes);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_taken_is_refused_before_it_is_sent() {
    let server = TestServer::start_with(&[
        ("GUICHET_UPLOAD_BYTES_MAX", "1000"),
        ("GUICHET_UPLOAD_TYPES_DENIED", "video/*"),
    ])
    .await;
    let rosa = server.requester();
    let mut answers = Answers::default();
    for (name, file, media_type, size) in [
        ("no name", "a/", "image/png", 10),
        ("no type", "a.png", "png", 10),
        ("denied", "a.mp4", "video/mp4", 10),
        ("empty", "a.png", "image/png", 0),
        ("too large", "a.png", "image/png", 1_001),
        ("all at once", "", "", 2_000),
    ] {
        answers.add(name, &announce(&rosa, file, media_type, size).await);
    }
    answers.add(
        "visitor",
        &announce(&server.visitor(), "a.png", "image/png", 10).await,
    );
    assert_snapshot!(answers, @r#"
    no name: {"data":{"createUpload":{"upload":null,"userErrors":[{"allowed":null,"code":"REQUIRED","field":["fileName"],"message":"This is required."}]}}}
    no type: {"data":{"createUpload":{"upload":null,"userErrors":[{"allowed":null,"code":"INVALID","field":["contentType"],"message":"Files of this type are not taken."}]}}}
    denied: {"data":{"createUpload":{"upload":null,"userErrors":[{"allowed":null,"code":"INVALID","field":["contentType"],"message":"Files of this type are not taken."}]}}}
    empty: {"data":{"createUpload":{"upload":null,"userErrors":[{"allowed":null,"code":"INVALID","field":["byteSize"],"message":"From 1 to 1000."}]}}}
    too large: {"data":{"createUpload":{"upload":null,"userErrors":[{"allowed":null,"code":"INVALID","field":["byteSize"],"message":"From 1 to 1000."}]}}}
    all at once: {"data":{"createUpload":{"upload":null,"userErrors":[{"allowed":null,"code":"REQUIRED","field":["fileName"],"message":"This is required."},{"allowed":null,"code":"INVALID","field":["contentType"],"message":"Files of this type are not taken."},{"allowed":null,"code":"INVALID","field":["byteSize"],"message":"From 1 to 1000."}]}}}
    visitor: {"data":null,"errors":[{"extensions":{"code":"UNAUTHENTICATED","requestId":"test"},"locations":[{"column":40,"line":1}],"message":"sign in first","path":["createUpload"]}]}
    "#);
    let whole = announced(&rosa, "a.png", "image/png", 1_000).await;
    assert_eq!(send(&server, &whole.1, &[b'x'; 1_000]).await.status(), 204);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_was_announced_is_taken_and_only_once() {
    let server = TestServer::start().await;
    let (rosa, stella) = (server.requester(), server.stranger());
    let (_, path) = announced(&rosa, "a.txt", "text/plain", 10).await;
    let (other_id, _) = announced(&stella, "b.txt", "text/plain", 10).await;
    let (upload, _) = path.split_once('?').unwrap();
    let other = path.replace(upload, &format!("/uploads/{}", &other_id[4..]));
    let made_up = path.replace(upload, "/uploads/ffffffffffff7fff8fffffffffffffff");
    for wrong in [
        upload,
        "/uploads/x?token=y",
        &format!("{upload}?token=AAAA"),
        &other,
        &made_up,
    ] {
        assert_eq!(
            send(&server, wrong, b"0123456789").await.status(),
            404,
            "{wrong}"
        );
    }
    let by_another = stella.request("PUT", &path).await.body("0123456789");
    assert_eq!(by_another.send().await.unwrap().status(), 404);
    for wrong in [b"012345678".as_slice(), b"0123456789a", b""] {
        assert_eq!(send(&server, &path, wrong).await.status(), 400);
        // Without a word about its length.
        let pieces = wrong
            .chunks(3)
            .map(|piece| Ok::<_, std::io::Error>(piece.to_vec()));
        let stream = Body::wrap_stream(futures_util::stream::iter(pieces.collect::<Vec<_>>()));
        let sent = server
            .visitor()
            .request("PUT", &path)
            .await
            .body(stream)
            .send()
            .await;
        assert_eq!(sent.unwrap().status(), 400);
    }
    assert_eq!(lying(&server).await, [""; 0]);
    for method in ["GET", "POST", "DELETE"] {
        let asked = server
            .visitor()
            .request(method, &path)
            .await
            .send()
            .await
            .unwrap();
        assert_eq!(asked.status(), 405, "{method}");
    }
    let by_herself = rosa.request("PUT", &path).await.body("0123456789");
    assert_eq!(by_herself.send().await.unwrap().status(), 204);
    assert_eq!(lying(&server).await.len(), 1);
    assert_eq!(send(&server, &path, b"0123456789").await.status(), 410);
    assert_eq!(lying(&server).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_address_ends_with_its_time_and_with_its_owner() {
    let server = TestServer::start().await;
    let (_, late) = announced(&server.requester(), "a.txt", "text/plain", 1).await;
    let person = server.add_person(newcomer("Nora", Role::Requester)).await;
    server.advance(TimeDelta::minutes(59));
    let (_, orphaned) = announced(&person, "a.txt", "text/plain", 1).await;
    let disable = json!({ "userId": person.id() });
    let disabled = mutate(&server.admin(), "disableUser", "user { id }", disable).await;
    assert_eq!(outcome(&disabled), "ok", "{disabled}");
    assert_eq!(send(&server, &orphaned, b"x").await.status(), 404);
    server.advance(TimeDelta::minutes(1));
    assert_eq!(send(&server, &late, b"x").await.status(), 410);
    assert_eq!(lying(&server).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_cut_off_leaves_nothing_and_can_be_sent_again() {
    let server = TestServer::start().await;
    let rosa = server.requester();
    let (_, path) = announced(&rosa, "a.txt", "text/plain", 1_000).await;
    let address = server.url().strip_prefix("http://").unwrap().to_owned();
    for _ in 0..3 {
        let mut socket = tokio::net::TcpStream::connect(&address).await.unwrap();
        let head = format!(
            "PUT {path} HTTP/1.1\r\nhost: desk.test\r\ncontent-length: 1000\r\n\r\n0123456789"
        );
        socket.write_all(head.as_bytes()).await.unwrap();
        becomes(&server, upload::State::Receiving).await;
        let meanwhile = send(&server, &path, &[b'y'; 1_000]).await;
        assert_eq!(meanwhile.status(), 409);
        drop(socket);
        becomes(&server, upload::State::Awaited).await;
        assert_eq!(lying(&server).await, [""; 0]);
    }
    assert_eq!(send(&server, &path, &[b'x'; 1_000]).await.status(), 204);
}

/// Waits for the one upload to be in this state.
async fn becomes(server: &TestServer, state: upload::State) {
    let reached = async {
        loop {
            let upload = upload::Entity::find().one(&server.app().store.read).await;
            if upload.unwrap().expect("the upload").state == state {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let in_time = tokio::time::timeout(Duration::from_secs(10), reached).await;
    in_time.expect("the upload changes");
}

/// A sender that says more than it announced is told so before it is done.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_read_past_what_was_announced() {
    let server = TestServer::start().await;
    let (_, path) = announced(&server.requester(), "a.txt", "text/plain", 10).await;
    let address = server.url().strip_prefix("http://").unwrap().to_owned();
    let mut socket = tokio::net::TcpStream::connect(&address).await.unwrap();
    let head = format!(
        "PUT {path} HTTP/1.1\r\nhost: desk.test\r\ntransfer-encoding: chunked\r\n\r\nb\r\n0123456789a\r\n"
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    socket.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 400");
    assert_eq!(lying(&server).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_send_at_once_one_is_heard() {
    let server = TestServer::start().await;
    let beside = Beside::of(&server).await;
    let beside = beside.server();
    for _ in 0..5 {
        let (_, path) = announced(&server.requester(), "a.bin", "a/b", 300_000).await;
        let (ones, twos) = (vec![1; 300_000], vec![2; 300_000]);
        let (one, two) = tokio::join!(send(&server, &path, &ones), send(beside, &path, &twos));
        let mut statuses = [one.status().as_u16(), two.status().as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses[0], 204);
        assert!([409, 410].contains(&statuses[1]), "{statuses:?}");
    }
    assert_eq!(lying(&server).await.len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_run_is_kept_as_bytes_only() {
    let server = TestServer::start().await;
    let rosa = server.requester();
    let ticket = global(server.ticket().create().await.id);
    let mut ids = Vec::new();
    let html = b"<html><script>alert(1)</script>".as_slice();
    for (name, media_type, bytes) in [
        ("a.png", "image/png", PNG),
        ("a.png", "image/png", html),
        ("a.html", "text/html", html),
        ("a.svg", "image/svg+xml", b"<svg onload=alert(1)>"),
        ("a.exe", "application/octet-stream", b"MZ\x90"),
        ("a.txt", "text/plain; charset=utf-8", b"hello"),
    ] {
        ids.push(uploaded(&server, &rosa, name, media_type, bytes).await);
    }
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let files = attached(&rosa, &ticket, "PUBLIC", &ids).await;
    let types: Vec<_> = files
        .iter()
        .map(|file| file["contentType"].as_str().unwrap())
        .collect();
    let opaque = "application/octet-stream";
    assert_eq!(
        types,
        ["image/png", opaque, opaque, opaque, opaque, "text/plain"]
    );
    for file in &files {
        let read = server
            .visitor()
            .get(&path_of(&file["url"]))
            .await
            .send()
            .await
            .unwrap();
        let header = |name| read.headers()[name].to_str().unwrap();
        assert_eq!(
            header("content-type"),
            file["contentType"].as_str().unwrap()
        );
        assert!(header("content-disposition").starts_with("attachment; "));
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(
            header("content-security-policy"),
            "sandbox; default-src 'none'"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_takes_the_types_that_it_is_set_to() {
    let settings = [
        (
            "GUICHET_UPLOAD_TYPES_ALLOWED",
            "image/*,text/plain,application/octet-stream",
        ),
        ("GUICHET_UPLOAD_TYPES_DENIED", "image/gif,text/html"),
    ];
    let server = TestServer::start_with(&settings).await;
    let rosa = server.requester();
    for (name, media_type, bytes, expected) in [
        ("a.png", "image/png", PNG, 204),
        ("a.png", "image/png", b"GIF89a".as_slice(), 415),
        ("a.bin", "application/octet-stream", b"<html>", 415),
        ("a.txt", "text/plain", b"%PDF-1.7", 415),
        ("a.txt", "text/plain", b"hello", 204),
    ] {
        let (_, path) = announced(&rosa, name, media_type, bytes.len()).await;
        assert_eq!(
            send(&server, &path, bytes).await.status(),
            expected,
            "{name} {media_type}"
        );
    }
    assert_eq!(
        outcome(&announce(&rosa, "a.gif", "image/gif", 6).await),
        "INVALID"
    );
    assert_eq!(
        outcome(&announce(&rosa, "a.pdf", "application/pdf", 6).await),
        "INVALID"
    );
    // The picture and its small one, and the text.
    assert_eq!(lying(&server).await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn uploads_that_wait_are_few() {
    let server = TestServer::start().await;
    let rosa = server.requester();
    let announcing = (0..24).map(|_| announce(&rosa, "a.txt", "text/plain", 1));
    let answers = futures_util::future::join_all(announcing).await;
    let taken = answers.iter().filter(|answer| outcome(answer) == "ok");
    assert_eq!(taken.count(), 20);
    let refused = answers
        .iter()
        .find(|answer| outcome(answer) != "ok")
        .unwrap();
    assert_eq!(outcome(refused), "RATE_LIMITED");
    assert_eq!(refused["errors"][0]["extensions"]["retryAfter"], 86_400);
    assert_eq!(
        outcome(&announce(&server.agent(), "a.txt", "text/plain", 1).await),
        "ok"
    );
    server.advance(TimeDelta::hours(24));
    assert_eq!(
        outcome(&announce(&rosa, "a.txt", "text/plain", 1).await),
        "ok"
    );
}

/// A page that is not on the list may not send either.
#[tokio::test(flavor = "multi_thread")]
async fn foreign_pages_send_nothing() {
    let server = TestServer::start().await;
    let (_, path) = announced(&server.requester(), "a.txt", "text/plain", 1).await;
    let page = server.visitor().with_header("origin", "https://evil.test");
    let sent = page
        .request("PUT", &path)
        .await
        .body("x")
        .send()
        .await
        .unwrap();
    assert_eq!(sent.status(), 403);
    assert_eq!(status(&server.visitor(), "/uploads").await, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_see_what_comes_and_goes() {
    let server = TestServer::start().await;
    let rosa = server.requester();
    let ticket = global(server.ticket().create().await.id);
    let id = uploaded(&server, &rosa, "a.txt", "text/plain", b"0123456789").await;
    let files = attached(&rosa, &ticket, "PUBLIC", &[&id]).await;
    assert_eq!(status(&rosa, &path_of(&files[0]["url"])).await, 200);
    let metrics = server.visitor().get("/metrics").await.send().await.unwrap();
    let metrics = metrics.text().await.unwrap();
    for line in [
        "guichet_files_received_bytes_total 10",
        "guichet_files_sent_bytes_total 10",
        "guichet_files_failures_total 0",
    ] {
        assert!(metrics.contains(line), "{metrics}");
    }
}
