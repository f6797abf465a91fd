//! What a key does not stand on.

use harness::TestServer;
use serde_json::json;

use super::{CREATE, count, create, input, send};

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_visible_ascii() {
    let server = TestServer::start().await;
    let rosa = server.requester();
    let longest = "k".repeat(255);
    for good in ["k", "\"8e03978e\"", "~!@#$%^&*()", &longest] {
        assert_eq!(
            create(&rosa, good, "Paper jam").await.code(),
            "ok",
            "{good}"
        );
    }
    let too_long = "k".repeat(256);
    for bad in ["", "a b", "clé", "a\tb", &too_long] {
        let refused = create(&rosa, bad, "Paper jam").await;
        assert_eq!(refused.status, 400, "{bad}");
        assert_eq!(refused.code(), "BAD_USER_INPUT", "{bad}");
    }
    let twice = rosa.with_header("idempotency-key", "k");
    assert_eq!(
        create(&twice, "k", "Paper jam").await.code(),
        "BAD_USER_INPUT"
    );
    assert_eq!(count(&rosa).await, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_for_one_mutation() {
    let server = TestServer::start().await;
    let agnes = server.agent();
    let tickets = "first: createTicket(input: { subject: \"A\", description: \"B\" }) { userErrors { code } }";
    for document in [
        "{ tickets(first: 1) { totalCount } }".to_owned(),
        format!("mutation {{ {tickets} second: {} }}", &tickets[7..]),
        format!("mutation {{ {tickets} {tickets} }}"),
        format!("mutation {{ {tickets} ... on Mutation {{ {tickets} }} }}"),
        format!(
            "mutation {{ ...F second: {} }} fragment F on Mutation {{ {tickets} }}",
            &tickets[7..]
        ),
        format!("mutation {{ {tickets} __typename }}"),
        "mutation { __typename }".to_owned(),
    ] {
        let refused = send(&agnes, "k", &document, json!({})).await;
        assert_eq!(refused.status, 400, "{document}");
        assert_eq!(refused.code(), "BAD_USER_INPUT", "{document}");
    }
    assert_eq!(count(&agnes).await, 0);
    let through_fragment = format!("mutation {{ ...F }} fragment F on Mutation {{ {tickets} }}");
    assert_eq!(
        send(&agnes, "k", &through_fragment, json!({})).await.code(),
        "ok"
    );
    assert!(
        send(&agnes, "k", &through_fragment, json!({}))
            .await
            .is_replayed
    );
    assert_eq!(count(&agnes).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_not_kept() {
    let server = TestServer::start().await;
    let sign_in = "mutation { signIn(input: { email: \"rosa@desk.test\", password: \"x\" }) { userErrors { code } } }";
    let refused = send(&server.visitor(), "k", sign_in, json!({})).await;
    assert_eq!(refused.status, 400);
    insta::assert_snapshot!(refused.body, @r#"{"errors":[{"extensions":{"code":"BAD_USER_INPUT","requestId":"test"},"message":"What takes or gives a secret is not kept: send this without an Idempotency-Key."}]}"#);
    let make = "mutation { createApiToken(input: { name: \"A\", scopes: [TICKETS_READ] }) { secret userErrors { code } } }";
    let refused = send(&server.admin(), "k", make, json!({})).await;
    assert_eq!(refused.code(), "BAD_USER_INPUT");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_needs_somebody() {
    let server = TestServer::start().await;
    let refused = send(&server.visitor(), "k", CREATE, input("Paper jam")).await;
    assert_eq!((refused.status, refused.code()), (401, "UNAUTHENTICATED"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_for_an_answer_of_json() {
    let server = TestServer::start().await;
    let keyed = server.agent().with_header("idempotency-key", "k");
    let body = json!({ "query": CREATE, "variables": input("Paper jam") });
    let events = keyed.with_header("accept", "text/event-stream");
    let answer = events.raw().await.json(&body).send().await.unwrap();
    assert_eq!(answer.status(), 400);
    let get = keyed.get("/graphql?query=%7B__typename%7D").await;
    assert_eq!(get.send().await.unwrap().status(), 400);
    let upgrade = keyed
        .get("/graphql")
        .await
        .header("connection", "upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
        .header("sec-websocket-protocol", "graphql-transport-ws");
    assert_eq!(upgrade.send().await.unwrap().status(), 400);
    assert_eq!(count(&server.agent()).await, 0);
}

/// Fields that hold a secret are named so: who adds one decides whether it is kept.
#[test]
fn no_answer_that_is_kept_holds_a_secret() {
    let sdl = guichet::schema::sdl();
    let mut bodies = std::collections::BTreeMap::new();
    let mut name = None;
    for line in sdl.lines() {
        if let Some(head) = line.strip_prefix("type ").or(line.strip_prefix("input ")) {
            name = head.split([' ', '{']).next();
        } else if line == "}" {
            name = None;
        } else if let (Some(name), Some((field, kind))) = (name, line.trim().split_once(':')) {
            let field = field.split('(').next().unwrap_or_default();
            let kind = kind.trim().trim_matches(['[', ']', '!']).to_owned();
            bodies
                .entry(name)
                .or_insert_with(Vec::new)
                .push((field, kind));
        }
    }
    let is_secret = |field: &str| {
        let field = field.to_lowercase();
        let words = [
            "secret",
            "token",
            "password",
            "recovery",
            "otp",
            "uploadurl",
        ];
        words.iter().any(|word| field.contains(word))
    };
    let mut kept = Vec::new();
    for line in sdl.split("type Mutation {").nth(1).unwrap().lines() {
        if line == "}" {
            break;
        }
        let Some((mutation, payload)) = line.trim().split_once("(input: ") else {
            continue;
        };
        if !guichet::idempotency::is_allowed_for(mutation) {
            continue;
        }
        for kind in payload.split("!): ") {
            let fields = bodies.get(kind.trim_end_matches('!'));
            let secret = fields.into_iter().flatten().filter(|(field, kind)| {
                is_secret(field) && (kind == "String" || kind == "Session")
            });
            kept.extend(secret.map(|(field, _)| format!("{mutation}: {field}")));
        }
    }
    // These may be sent: of what is sent only a hash is kept, with the key as its secret.
    assert_eq!(kept, ["createUser: password", "rateTicket: token"]);
}
