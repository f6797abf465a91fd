//! One real server on a free port, met by bare HTTP: what the layer promises, without any slice.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};

use super::server::{Server, start};
use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;

async fn server() -> Server {
    let dir = std::env::temp_dir().join(format!(
        "guichet-http-{}-{:?}",
        std::process::id(),
        std::thread::current().id()
    ));
    let settings = [
        ("GUICHET_DATA_DIR", dir.to_str().expect("UTF-8")),
        ("GUICHET_CORS_ORIGINS", "https://desk.example.org"),
    ];
    let environment = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let config = Config::read(&BTreeMap::from(environment)).expect("good settings");
    let app = App::open(config, Clock::wall()).await.expect("opens");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    start(app, listener, 1).expect("starts")
}

/// Sends bytes as they are and reads until the server closes.
async fn exchange(address: SocketAddr, request: String) -> String {
    let exchange = move || {
        let mut stream = TcpStream::connect(address).expect("connects");
        stream.write_all(request.as_bytes()).expect("sends");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("receives");
        answer
    };
    tokio::task::spawn_blocking(exchange).await.expect("runs")
}

fn post(headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST /graphql HTTP/1.1\r\nHost: desk\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
    )
}

fn get(path: &str, headers: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: desk\r\nConnection: close\r\n{headers}\r\n")
}

fn parts(answer: &str) -> (u16, &str, &str) {
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .expect("a status");
    (status, head, body)
}

const JSON: &str = "Content-Type: application/json\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_answered_with_its_headers() {
    let server = server().await;
    let headers = format!("{JSON}x-request-id: r-1\r\nOrigin: https://desk.example.org\r\n");
    let answer = exchange(
        server.address(),
        post(&headers, r#"{"query":"{ __typename }"}"#),
    )
    .await;
    let (status, head, body) = parts(&answer);
    assert_eq!((status, body), (200, r#"{"data":{"__typename":"Query"}}"#));
    for header in [
        "content-type: application/json; charset=utf-8",
        "x-request-id: r-1",
        "x-content-type-options: nosniff",
        "referrer-policy: no-referrer",
        "cache-control: no-store",
        "content-security-policy: default-src 'none'; frame-ancestors 'none'",
        "access-control-allow-origin: https://desk.example.org",
        "vary: origin",
    ] {
        assert!(head.contains(header), "{header} is missing in {head}");
    }
    server.stop().await.expect("stops");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_belong_here_is_refused() {
    let server = server().await;
    let query = r#"{"query":"{ __typename }"}"#;
    let foreign = format!("{JSON}Origin: https://evil.test\r\n");
    let opaque = format!("{JSON}Origin: null\r\n");
    let image = format!("{JSON}Accept: image/png\r\n");
    let large = format!(
        r#"{{"query":"{{ a }}","variables":{{"a":"{}"}}}}"#,
        "x".repeat(1024 * 1024)
    );
    let basic = format!("{JSON}Authorization: Basic YTpi\r\n");
    for (expected, code, request) in [
        (403, "FORBIDDEN", post(&foreign, query)),
        (403, "FORBIDDEN", post(&opaque, query)),
        (406, "BAD_REQUEST", post(&image, query)),
        (
            415,
            "BAD_REQUEST",
            post("Content-Type: text/plain\r\n", query),
        ),
        (415, "BAD_REQUEST", post("", query)),
        (413, "PAYLOAD_TOO_LARGE", post(JSON, &large)),
        (400, "BAD_REQUEST", post(JSON, "[{\"query\":\"{ a }\"}]")),
        (400, "BAD_REQUEST", post(JSON, "{\"query\":1}")),
        (400, "BAD_REQUEST", post(JSON, "{")),
        (401, "UNAUTHENTICATED", post(&basic, query)),
        (
            405,
            "BAD_REQUEST",
            get("/graphql?query=mutation%7B__typename%7D", ""),
        ),
        (200, "GRAPHQL_PARSE_FAILED", post(JSON, "{\"query\":\"{\"}")),
        (
            200,
            "GRAPHQL_VALIDATION_FAILED",
            get("/graphql?query=%7BnoSuchField%7D", ""),
        ),
    ] {
        let answer = exchange(server.address(), request).await;
        let (status, head, body) = parts(&answer);
        assert_eq!(status, expected, "{answer}");
        assert!(
            body.contains(&format!("\"code\":\"{code}\"")) && !body.contains("\"data\""),
            "{body}"
        );
        assert_eq!(status == 405, head.contains("allow: POST"), "{head}");
    }
    server.stop().await.expect("stops");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_process_tells_how_it_is() {
    let server = server().await;
    for (path, expected) in [
        ("/livez", r#"{"live":true}"#),
        (
            "/readyz",
            r#"{"ready":true,"draining":false,"database":"ok","migrations":"ok","degraded":false,"doorbell":"in process","log":"ok"}"#,
        ),
    ] {
        let answer = exchange(server.address(), get(path, "")).await;
        assert_eq!((parts(&answer).0, parts(&answer).2), (200, expected));
    }
    exchange(
        server.address(),
        post(
            JSON,
            &format!(r#"{{"query":"{{ {} }}"}}"#, "a ".repeat(4_000)),
        ),
    )
    .await;
    let metrics = exchange(server.address(), get("/metrics", "")).await;
    for line in [
        r#"guichet_guard_rejections_total{reason="tokens"} 1"#,
        r#"guichet_graphql_requests_total{operation="none",outcome="refused"} 1"#,
        r#"guichet_database_connections{pool="write",state="in_use"} 0"#,
    ] {
        assert!(metrics.contains(line), "{line} is missing in {metrics}");
    }
    server.stop().await.expect("stops");
}
