//! Reading files: whole and in part, as downloads that run nothing.

use harness::{TestServer, global};
use reqwest::Response;
use serde_json::json;

use super::{PNG, attached, path_of, uploaded};

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response
        .headers()
        .get(name)
        .map_or("", |value| value.to_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_a_download_that_runs_nothing() {
    let server = TestServer::start().await;
    let rosa = server.requester();
    let ticket = global(server.ticket().create().await.id);
    let id = uploaded(
        &server,
        &rosa,
        "reçu \"1\".txt",
        "text/plain",
        b"0123456789",
    )
    .await;
    let path = path_of(&attached(&rosa, &ticket, "PUBLIC", &[&id]).await[0]["url"]);
    for method in ["GET", "HEAD"] {
        let read = server
            .visitor()
            .request(method, &path)
            .await
            .send()
            .await
            .unwrap();
        assert_eq!(read.status(), 200, "{method}");
        for (name, value) in [
            ("content-type", "text/plain"),
            ("content-length", "10"),
            (
                "content-disposition",
                "attachment; filename=\"re_u _1_.txt\"; filename*=UTF-8''re%C3%A7u%20_1_.txt",
            ),
            ("content-security-policy", "sandbox; default-src 'none'"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
            ("accept-ranges", "bytes"),
            (
                "etag",
                "\"84d89877f0d4041efb6bf91a16f0248f2fd573e6af05c19f96bedb9f882f7882\"",
            ),
        ] {
            assert_eq!(header(&read, name), value, "{method}");
        }
        let body = if method == "GET" { "0123456789" } else { "" };
        assert_eq!(read.text().await.unwrap(), body, "{method}");
    }
    for method in ["PUT", "POST", "DELETE"] {
        let asked = server
            .visitor()
            .request(method, &path)
            .await
            .send()
            .await
            .unwrap();
        assert_eq!(asked.status(), 405, "{method}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_are_read_as_they_are_asked_for() {
    let server = TestServer::start().await;
    let rosa = server.requester();
    let ticket = global(server.ticket().create().await.id);
    let bytes: Vec<u8> = (0..200_000_u32)
        .map(|at| u8::try_from(at % 253).unwrap())
        .collect();
    let id = uploaded(&server, &rosa, "a.bin", "application/x-log", &bytes).await;
    let file = attached(&rosa, &ticket, "PUBLIC", &[&id]).await.remove(0);
    let path = path_of(&file["url"]);
    let tag = format!("\"{}\"", file["sha256"].as_str().unwrap());
    for (range, condition, status, expected, shown) in [
        ("bytes=0-9", None, 206, &bytes[..10], "bytes 0-9/200000"),
        (
            "bytes=199990-",
            None,
            206,
            &bytes[199_990..],
            "bytes 199990-199999/200000",
        ),
        (
            "bytes=-5",
            None,
            206,
            &bytes[199_995..],
            "bytes 199995-199999/200000",
        ),
        (
            "bytes=70000-140000",
            Some(tag.as_str()),
            206,
            &bytes[70_000..=140_000],
            "bytes 70000-140000/200000",
        ),
        ("bytes=0-9", Some("\"another\""), 200, &bytes[..], ""),
        ("bytes=0-9,20-29", None, 200, &bytes[..], ""),
        ("bytes=200000-", None, 416, &[], "bytes */200000"),
    ] {
        let mut asking = server.visitor().get(&path).await.header("range", range);
        if let Some(tag) = condition {
            asking = asking.header("if-range", tag);
        }
        let read = asking.send().await.unwrap();
        assert_eq!(read.status(), status, "{range}");
        assert_eq!(header(&read, "content-range"), shown, "{range}");
        assert_eq!(
            header(&read, "content-length"),
            expected.len().to_string(),
            "{range}"
        );
        assert_eq!(read.bytes().await.unwrap(), expected, "{range}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_have_small_ones() {
    let server = TestServer::start().await;
    let (rosa, agent) = (server.requester(), server.agent());
    let ticket = global(server.ticket().create().await.id);
    let picture = uploaded(&server, &rosa, "a.png", "image/png", PNG).await;
    let broken = uploaded(&server, &rosa, "b.png", "image/png", &PNG[..40]).await;
    let files = attached(&rosa, &ticket, "PUBLIC", &[&picture, &broken]).await;
    assert_eq!(files[1]["previewUrl"], json!(null));
    let path = path_of(&files[0]["previewUrl"]);
    let read = server.visitor().get(&path).await.send().await.unwrap();
    assert_eq!(read.status(), 200);
    assert_eq!(header(&read, "content-type"), "image/png");
    assert_eq!(
        header(&read, "content-security-policy"),
        "sandbox; default-src 'none'"
    );
    assert!(read.bytes().await.unwrap().starts_with(&PNG[..8]));
    // As private as the picture.
    let picture = uploaded(&server, &agent, "a.png", "image/png", PNG).await;
    let internal = attached(&agent, &ticket, "INTERNAL", &[&picture])
        .await
        .remove(0);
    let (own, theirs) = (
        files[0]["id"].as_str().unwrap(),
        internal["id"].as_str().unwrap(),
    );
    let guessed = path.replace(&own[4..], &theirs[4..]);
    assert_ne!(guessed, path);
    assert_eq!(super::status(&rosa, &guessed).await, 404);
}
