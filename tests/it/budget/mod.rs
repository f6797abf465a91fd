//! Budgets of points: what callers may ask for in a time, and how they learn of it.

mod servers;

use std::time::Duration;

use harness::{Client, TestServer};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

use crate::ask::mutate;

/// A hundred points, and one for the connection.
const PAGE: &str = "{ tickets(first: 100) { nodes { id } } }";
const PAGE_COST: i64 = 101;
/// Points for one operation as large as it may be, which take hours to come back.
const SMALL: [(&str, &str); 3] = [
    ("GUICHET_BUDGET_ANONYMOUS", "1/200"),
    ("GUICHET_BUDGET_REQUESTER", "7/1000"),
    ("GUICHET_BUDGET_AGENT", "35/5000"),
];

async fn ask(client: &Client, body: Value) -> Response {
    let request = client.raw().await.json(&body);
    request.send().await.expect("the service answers")
}

async fn page(client: &Client) -> Response {
    ask(client, json!({ "query": PAGE })).await
}

/// A number in a header of the answer.
fn number(answer: &Response, name: &str) -> Option<i64> {
    let value = answer.headers().get(name)?.to_str().expect("text");
    Some(value.parse().expect("a number"))
}

fn remaining(answer: &Response) -> i64 {
    number(answer, "ratelimit-remaining").expect("a budget")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_says_what_is_left() {
    let server = TestServer::start_with(&SMALL).await;
    let requester = server.requester();
    let answer = page(&requester).await;
    assert_eq!(number(&answer, "ratelimit-limit"), Some(1_000));
    assert_eq!(remaining(&answer), 1_000 - PAGE_COST);
    // 101 points at 7 a minute.
    assert_eq!(number(&answer, "ratelimit-reset"), Some(866));
    let body: Value = answer.json().await.unwrap();
    assert!(body["extensions"].is_null(), "{body}");

    let agent = ask(
        &server.agent(),
        json!({ "query": "{ viewer { organization { name } } }" }),
    )
    .await;
    assert_eq!(number(&agent, "ratelimit-limit"), Some(5_000));
    assert_eq!(remaining(&agent), 4_998);
    let visitor = ask(&server.visitor(), json!({ "query": "{ __typename }" })).await;
    assert_eq!(number(&visitor, "ratelimit-limit"), Some(200));
    assert_eq!(remaining(&visitor), 199, "what costs nothing costs a point");

    let wrong = ask(&requester, json!({ "query": "{ nothing { at { all } } }" })).await;
    assert!(remaining(&wrong) < 1_000 - PAGE_COST);
    let unreadable = ask(&requester, json!({ "query": "{ nothing" })).await;
    assert_eq!(number(&unreadable, "ratelimit-remaining"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_says_what_it_cost_where_that_is_asked_for() {
    let server = TestServer::start_with(&SMALL).await;
    let requester = server.requester();
    let shown = json!({ "cost": true });
    let answer = ask(&requester, json!({ "query": PAGE, "extensions": shown })).await;
    let body: Value = answer.json().await.unwrap();
    let expected =
        json!({ "requested": 101, "maximum": 1000, "limit": 1000, "remaining": 899, "reset": 866 });
    assert_eq!(body["extensions"]["cost"], expected);

    let deep = "{ tickets(first: 100) { nodes { comments(first: 100) { nodes { id } } } } }";
    let answer = ask(&requester, json!({ "query": deep, "extensions": shown })).await;
    let body: Value = answer.json().await.unwrap();
    let code = &body["errors"][0]["extensions"]["code"];
    assert_eq!(code, "COST_EXCEEDED");
    let cost = &body["extensions"]["cost"];
    assert_eq!(
        (&cost["requested"], &cost["maximum"]),
        (&json!(10_201), &json!(1_000))
    );

    let off = TestServer::start_with(&[("GUICHET_BUDGET_REQUESTER", "0")]).await;
    let answer = ask(
        &off.requester(),
        json!({ "query": PAGE, "extensions": shown }),
    )
    .await;
    assert_eq!(number(&answer, "ratelimit-limit"), None);
    let body: Value = answer.json().await.unwrap();
    assert_eq!(
        body["extensions"]["cost"],
        json!({ "requested": 101, "maximum": 1000 })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_asked_for_too_much_waits_and_nothing_runs() {
    let settings = [("GUICHET_BUDGET_REQUESTER", "6000/1000")];
    let server = TestServer::start_with(&settings).await;
    let requester = server.requester();
    let refused = loop {
        let answer = page(&requester).await;
        if answer.status() != StatusCode::OK {
            break answer;
        }
    };
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(remaining(&refused) < PAGE_COST);
    let wait_s = number(&refused, "retry-after").expect("when to come back");
    assert!((1..=2).contains(&wait_s), "{wait_s}");
    let body: Value = refused.json().await.unwrap();
    let extensions = &body["errors"][0]["extensions"];
    assert_eq!(extensions["code"], "RATE_LIMITED");
    assert_eq!(extensions["retryAfter"], wait_s);
    assert!(body.get("data").is_none());
    assert!(
        server
            .visitor()
            .gauge("guard_rejections_total{reason=\"budget\"}")
            .await
            > 0
    );

    tokio::time::sleep(Duration::from_secs(wait_s.unsigned_abs())).await;
    assert_eq!(page(&requester).await.status(), StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_is_refused_is_not_made() {
    let server = TestServer::start_with(&SMALL).await;
    let requester = server.requester();
    while page(&requester).await.status() == StatusCode::OK {}
    let mut made = 0;
    for _ in 0..20 {
        let input = json!({ "subject": "Too much", "description": "Of everything" });
        let answer = mutate(&requester, "createTicket", "ticket { id }", input).await;
        if answer["errors"][0]["extensions"]["code"] != "RATE_LIMITED" {
            assert!(
                answer["data"]["createTicket"]["ticket"]["id"].is_string(),
                "{answer}"
            );
            made += 1;
        }
    }
    assert!(made < 20, "nothing was refused");
    let count = server
        .agent()
        .run("{ tickets { totalCount } }", json!({}))
        .await;
    assert_eq!(count["data"]["tickets"]["totalCount"], made);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_has_one_budget_and_so_has_a_network() {
    let server = TestServer::start_with(&SMALL).await;
    let agent = server.agent();
    let (_, script) = crate::token::token(&agent, None, &["TICKETS_READ"]).await;
    let left = remaining(&page(&agent).await);
    let left_after = remaining(&page(&script).await);
    assert!(left_after < left, "a token brings no budget of its own");
    let device = agent.on_another_device();
    assert!(remaining(&page(&device).await) < left_after);
    assert_eq!(remaining(&page(&server.lead()).await), 5_000 - PAGE_COST);

    let from = |address: &str| server.visitor().with_header("x-forwarded-for", address);
    for (address, left) in [
        ("192.0.2.1", 99),
        ("192.0.2.2", 99),
        ("2001:db8::1", 99),
        ("2001:db8::ffff:1", -1),
        ("2001:db8:0:1::1", 99),
        ("::ffff:192.0.2.1", -1),
    ] {
        let answer = page(&from(address)).await;
        if left < 0 {
            assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS, "{address}");
        } else {
            assert_eq!(remaining(&answer), left, "{address}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn opening_a_stream_costs_and_what_comes_does_not() {
    let server = TestServer::start_with(&SMALL).await;
    let requester = server.requester();
    let follow = "subscription { notifications { cursor } }";
    let open = async |client: &Client| {
        let request = client.raw().await.header("accept", "text/event-stream");
        let body = json!({ "query": follow });
        request.json(&body).send().await.expect("an answer")
    };
    let opened = open(&requester).await;
    assert_eq!(opened.status(), StatusCode::OK);
    let left = remaining(&opened);
    assert!(left < 1_000);
    drop(opened);

    let mut socket = requester.open_socket().await;
    while page(&requester).await.status() == StatusCode::OK {}
    let mut number = 0;
    let refused = loop {
        socket.subscribe(&number.to_string(), PAGE, json!({})).await;
        let answer = socket.next().await;
        if answer["type"] == "error" {
            break answer;
        }
        assert_eq!(socket.next().await["type"], "complete");
        number += 1;
    };
    let extensions = &refused["payload"][0]["extensions"];
    assert_eq!(extensions["code"], "RATE_LIMITED");
    assert!(extensions["retryAfter"].as_i64() > Some(0));

    let nothing = json!({ "query": "{ __typename }" });
    while ask(&requester, nothing.clone()).await.status() == StatusCode::OK {}
    let refused = open(&requester).await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(remaining(&refused), 0);
    assert!(refused.headers().contains_key("retry-after"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_may_read_the_headers() {
    let origin = "https://desk.example.org";
    let server = TestServer::start_with(&[("GUICHET_CORS_ORIGINS", origin)]).await;
    let answer = page(&server.visitor().with_header("origin", origin)).await;
    let exposed = answer.headers()["access-control-expose-headers"]
        .to_str()
        .unwrap();
    for name in [
        "ratelimit-limit",
        "ratelimit-remaining",
        "ratelimit-reset",
        "retry-after",
    ] {
        assert!(exposed.contains(name), "{exposed}");
    }
}
