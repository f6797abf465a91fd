//! The way in, as browsers, balancers and operators meet it.

use std::time::Duration;

use harness::{PASSWORD, TestServer};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const LISTED: &str = "https://desk.example.org";
const SETTINGS: [(&str, &str); 1] = [(
    "GUICHET_CORS_ORIGINS",
    "https://desk.example.org, https://app.example.org",
)];

#[tokio::test(flavor = "multi_thread")]
async fn only_listed_origins_may_call_from_a_browser() {
    let server = TestServer::start_with(&SETTINGS).await;
    for origin in [LISTED, "https://app.example.org"] {
        let answer = post_from(&server, origin).await;
        assert_eq!(answer.status(), 200);
        assert_eq!(header(&answer, "access-control-allow-origin"), origin);
        assert!(
            answer
                .headers()
                .get("access-control-allow-credentials")
                .is_none()
        );
        assert!(header(&answer, "vary").contains("origin"));
    }
    for origin in [
        "null",
        "*",
        "http://desk.example.org",
        "https://desk.example.org:8443",
        "https://desk.example.org.evil.test",
        "https://evil.test",
        "HTTPS://DESK.EXAMPLE.ORG",
    ] {
        let answer = post_from(&server, origin).await;
        assert_eq!(answer.status(), 403, "{origin}");
        assert!(
            answer
                .headers()
                .get("access-control-allow-origin")
                .is_none(),
            "{origin}"
        );
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preflight_says_what_may_follow() {
    let server = TestServer::start_with(&SETTINGS).await;
    let allowed = preflight(&server, LISTED).await;
    assert_eq!(allowed.status(), 204);
    assert_eq!(header(&allowed, "access-control-allow-origin"), LISTED);
    assert_eq!(
        header(&allowed, "access-control-allow-methods"),
        "GET, POST, PUT"
    );
    for name in ["authorization", "content-type"] {
        assert!(
            header(&allowed, "access-control-allow-headers").contains(name),
            "{name}"
        );
    }
    let refused = preflight(&server, "https://evil.test").await;
    assert!(
        refused
            .headers()
            .get("access-control-allow-origin")
            .is_none()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_carries_its_headers() {
    let server = TestServer::start().await;
    for (path, status) in [
        ("/graphql?query=%7B__typename%7D", 200),
        ("/graphql", 400),
        ("/livez", 200),
        ("/readyz", 200),
        ("/metrics", 200),
        ("/graphiql", 200),
        ("/.well-known/jwks.json", 200),
        ("/nothing/here", 404),
    ] {
        let request = server
            .visitor()
            .get(path)
            .await
            .header("accept", "application/graphql-response+json, */*");
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), status, "{path}");
        assert_eq!(
            header(&answer, "x-content-type-options"),
            "nosniff",
            "{path}"
        );
        assert_eq!(header(&answer, "referrer-policy"), "no-referrer", "{path}");
        assert!(
            header(&answer, "content-security-policy").contains("frame-ancestors 'none'"),
            "{path}"
        );
        assert!(!header(&answer, "cache-control").is_empty(), "{path}");
        assert_eq!(header(&answer, "x-request-id"), "test", "{path}");
        assert_eq!(header(&answer, "server"), "", "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_keeps_its_id_and_others_get_one() {
    let server = TestServer::start().await;
    let ask = async |id: Option<&str>| {
        let request =
            reqwest::Client::new().get(format!("{}/graphql?query=%7BnoField%7D", server.url()));
        let request = id.map_or_else(
            || request.try_clone().unwrap(),
            |id| request.try_clone().unwrap().header("x-request-id", id),
        );
        let answer = request.send().await.unwrap();
        let header = header(&answer, "x-request-id");
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(
            answer["errors"][0]["extensions"]["requestId"],
            header.as_str(),
            "{answer}"
        );
        header
    };
    assert_eq!(ask(Some("from-the-proxy.1")).await, "from-the-proxy.1");
    let (one, two) = (ask(None).await, ask(None).await);
    assert!(!one.is_empty() && one != two, "{one} {two}");
    assert_ne!(ask(Some("not \"an\" id")).await, "not \"an\" id");
    assert_ne!(ask(Some(&"x".repeat(1_000))).await.len(), 1_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn balancers_and_operators_are_told_how_it_is() {
    let server = TestServer::start().await;
    assert_eq!(json_of(&server, "/livez").await, json!({ "live": true }));
    let answer = json_of(&server, "/readyz").await;
    let ready = json!({ "ready": true, "draining": false, "database": "ok", "migrations": "ok", "log": "ok" });
    for (field, value) in ready.as_object().unwrap() {
        assert_eq!(answer[field], *value, "{answer}");
    }
    server.agent().run("{ viewer { id } }", json!({})).await;
    let metrics = server
        .visitor()
        .get("/metrics")
        .await
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(
        metrics.contains("guichet_graphql_requests_total"),
        "{metrics}"
    );
    assert!(metrics.ends_with("# EOF\n"), "{metrics}");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_public_and_only_their_public_halves() {
    let server = TestServer::start().await;
    server.agent().run("{ viewer { id } }", json!({})).await;
    let keys = json_of(&server, "/.well-known/jwks.json").await;
    let keys = keys["keys"].as_array().unwrap();
    assert!(!keys.is_empty());
    for key in keys {
        for name in ["kid", "kty", "alg", "use"] {
            assert!(key[name].is_string(), "{name}");
        }
        assert!(
            key.get("d").is_none() && key.get("k").is_none(),
            "a private half"
        );
    }
}

/// All that the page loads is here, and nothing of it runs inline.
#[tokio::test(flavor = "multi_thread")]
async fn graphiql_needs_no_other_host() {
    let server = TestServer::start().await;
    let page = server
        .visitor()
        .get("/graphiql")
        .await
        .send()
        .await
        .unwrap();
    let policy = header(&page, "content-security-policy");
    assert!(
        policy.contains("script-src 'self'") && !policy.contains("unsafe"),
        "{policy}"
    );
    let page = page.text().await.unwrap();
    assert!(
        !page.contains("http://") && !page.contains("https://"),
        "{page}"
    );
    let loaded: Vec<&str> = page
        .split(['"', '\''])
        .filter(|part| part.starts_with("/graphiql/"))
        .collect();
    assert!(loaded.len() >= 4, "{page}");
    for path in loaded {
        let file = server.visitor().get(path).await.send().await.unwrap();
        assert_eq!(file.status(), 200, "{path}");
        let kind = header(&file, "content-type");
        assert!(
            kind.starts_with("text/javascript") || kind.starts_with("text/css"),
            "{path}: {kind}"
        );
        let unchanged = server
            .visitor()
            .get(path)
            .await
            .header("if-none-match", header(&file, "etag"));
        assert_eq!(unchanged.send().await.unwrap().status(), 304, "{path}");
    }
}

/// A request whose head was read is answered, though the server is told to stop before its body
/// comes; nobody else gets in meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn a_stop_lets_a_running_request_finish() {
    let server = TestServer::start().await;
    let address = server.url().trim_start_matches("http://").to_owned();
    let sign_in = "mutation($i: SignInInput!) { signIn(input: $i) { session { user { name } } } }";
    let variables = json!({ "i": { "email": "rosa@desk.test", "password": PASSWORD } });
    let body = json!({ "query": sign_in, "variables": variables }).to_string();

    let mut stream = TcpStream::connect(&address).await.unwrap();
    let head = format!(
        "POST /graphql HTTP/1.1\r\nHost: desk\r\nContent-Type: application/json\r\nContent-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).await.unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");

    let stopping = tokio::task::spawn_blocking(move || drop(server));
    let closed = async {
        while TcpStream::connect(&address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), closed)
        .await
        .expect("nobody else gets in");
    stream.write_all(body.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert!(answer.contains("Rosa Requester"), "{answer}");
    stopping.await.unwrap();
}

async fn post_from(server: &TestServer, origin: &str) -> Response {
    let request = server.visitor().raw().await.header("origin", origin);
    request
        .json(&json!({ "query": "{ __typename }" }))
        .send()
        .await
        .unwrap()
}

async fn preflight(server: &TestServer, origin: &str) -> Response {
    let request =
        reqwest::Client::new().request(Method::OPTIONS, format!("{}/graphql", server.url()));
    let request = request
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header(
            "access-control-request-headers",
            "authorization, content-type",
        );
    request.send().await.unwrap()
}

async fn json_of(server: &TestServer, path: &str) -> Value {
    let answer = server.visitor().get(path).await.send().await.unwrap();
    assert_eq!(answer.status(), 200, "{path}");
    answer.json().await.unwrap()
}

/// All lines of a header as one; empty where there is none.
fn header(answer: &Response, name: &str) -> String {
    let lines = answer
        .headers()
        .get_all(name)
        .iter()
        .map(|line| line.to_str().unwrap());
    lines.collect::<Vec<_>>().join(", ")
}
