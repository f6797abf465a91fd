//! What is sent to hurt, over a real socket: each is refused at once, and the server goes on.

mod documents;

use std::time::{Duration, Instant};

use harness::{Client, TestServer};
use serde_json::{Value, json};

/// Far more than any of them takes; a machine that builds something else meanwhile is slow.
const DURATION_MAX: Duration = Duration::from_secs(1);
const GRAPHQL: &str = "application/graphql-response+json";

#[tokio::test(flavor = "multi_thread")]
async fn hostile_documents_are_refused_at_once() {
    let server = TestServer::start().await;
    let agent = server.agent();
    for (name, document) in documents::all() {
        refused(&agent, &name, json!({ "query": document }).to_string()).await;
    }
    is_alive(&server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_bodies_are_refused_at_once() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let query = "query($v: JSON) { __typename }";
    let with_variables =
        |variables: &str| format!(r#"{{"query":"{query}","variables":{variables}}}"#);
    for (name, body) in [
        (
            "deep arrays",
            with_variables(&format!(
                r#"{{"v":{}1{}}}"#,
                "[".repeat(50_000),
                "]".repeat(50_000)
            )),
        ),
        (
            "deep objects",
            with_variables(&format!(
                "{}1{}",
                r#"{"v":"#.repeat(50_000),
                "}".repeat(50_000)
            )),
        ),
        ("open arrays", with_variables(&"[".repeat(500_000))),
        (
            "many values",
            with_variables(&format!(r#"{{"v":[{}1]}}"#, "1,".repeat(400_000))),
        ),
        (
            "deep extensions",
            format!(
                r#"{{"query":"{query}","extensions":{}"#,
                "{\"a\":".repeat(10_000)
            ),
        ),
        (
            "a batch",
            r#"[{"query":"{ __typename }"},{"query":"{ __typename }"}]"#.to_owned(),
        ),
        ("an empty batch", "[]".to_owned()),
        ("nothing", String::new()),
        ("no query", "{}".to_owned()),
        ("a number for a query", r#"{"query":1}"#.to_owned()),
        (
            "a lone surrogate",
            r#"{"query":"{ __typename }","variables":{"v":"\ud800"}}"#.to_owned(),
        ),
        ("half a body", r#"{"query":"{ __typename }""#.to_owned()),
    ] {
        refused(&agent, name, body).await;
    }
    is_alive(&server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_request_has_its_status() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let body = json!({ "query": "{ __typename }" }).to_string();
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/graphql",
        "application/json; charset=utf-16",
        "application/jsonp",
    ] {
        let request = agent
            .raw()
            .await
            .header("content-type", content_type)
            .body(body.clone());
        assert_eq!(
            request.send().await.unwrap().status(),
            415,
            "{content_type}"
        );
    }
    let packed = agent
        .raw()
        .await
        .header("content-type", "application/json")
        .header("content-encoding", "gzip");
    assert_eq!(
        packed.body(body.clone()).send().await.unwrap().status(),
        415
    );
    let large = json!({ "query": "{ __typename }", "variables": { "v": "x".repeat(1024 * 1024) } })
        .to_string();
    assert_eq!(send(&agent, large).await.status(), 413);

    let mutation =
        "/graphql?query=mutation%20%7B%20signOut(input%3A%20%7B%7D)%20%7B%20__typename%20%7D%20%7D";
    let by_get = agent.get(mutation).await.send().await.unwrap();
    assert_eq!(
        (
            by_get.status().as_u16(),
            by_get.headers()["allow"].to_str().unwrap()
        ),
        (405, "POST")
    );
    is_alive(&server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cost_over_the_limit_is_not_run() {
    let server = TestServer::start().await;
    let nested = "{ tickets(first: 100) { nodes { comments(first: 100) { nodes { author { __typename } } } } } }";
    let (answer, statements) = server
        .count_statements(Box::pin(server.requester().run(nested, json!({}))))
        .await;
    assert_eq!(
        answer["errors"][0]["extensions"]["code"], "COST_EXCEEDED",
        "{answer}"
    );
    assert!(answer.get("data").is_none(), "{answer}");
    assert!(
        !statements.iter().any(|sql| sql.contains("comments")),
        "{statements:?}"
    );
    // A page size in a variable is no way around it.
    let hidden = nested
        .replacen("100", "$n", 1)
        .replacen('{', "query($n: Int = 100) {", 1);
    let answer = server.requester().run(&hidden, json!({ "n": 100 })).await;
    assert_eq!(
        answer["errors"][0]["extensions"]["code"], "COST_EXCEEDED",
        "{answer}"
    );
}

/// Values that JSON and GraphQL take and a database may not: never an internal error.
#[tokio::test(flavor = "multi_thread")]
async fn odd_values_are_refused_by_name() {
    let server = TestServer::start().await;
    let id = harness::global(server.ticket().create().await.id);
    let nul = "a\u{0}b";
    let long = "x".repeat(200_000);
    let read = "query($by: TicketRef!) { ticket(by: $by) { id } }";
    let list = "query($filter: TicketFilter) { tickets(filter: $filter) { totalCount } }";
    let create = "mutation($input: CreateTicketInput!) { createTicket(input: $input) { userErrors { code field } } }";
    let edit =
        "mutation($input: EditTicketInput!) { editTicket(input: $input) { userErrors { code } } }";
    let wait =
        "mutation($input: WaitTicketInput!) { waitTicket(input: $input) { userErrors { code } } }";
    let tag =
        "mutation($input: TagTicketInput!) { tagTicket(input: $input) { userErrors { code } } }";
    let comment =
        "mutation($input: AddCommentInput!) { addComment(input: $input) { userErrors { code } } }";
    let person =
        "mutation($input: CreateUserInput!) { createUser(input: $input) { userErrors { code } } }";
    let article = "query($by: ArticleRef!) { article(by: $by) { id } }";
    let articles = "query($filter: ArticleFilter) { articles(filter: $filter) { totalCount } }";
    let users = "query($filter: UserFilter) { users(filter: $filter) { totalCount } }";
    let sign_in =
        "mutation($input: SignInInput!) { signIn(input: $input) { userErrors { code } } }";
    let ticket = json!({ "subject": "s", "description": "d" });
    let with = |name: &str, value: Value| {
        let mut input = ticket.clone();
        input[name] = value;
        json!({ "input": input })
    };
    let until =
        |time: &str| json!({ "input": { "ticketId": id, "reason": "SCHEDULED", "until": time } });
    for (document, variables) in [
        (read, json!({ "by": { "externalId": nul } })),
        (read, json!({ "by": { "externalId": long } })),
        (read, json!({ "by": { "number": i32::MAX } })),
        (read, json!({ "by": { "number": 99_999_999_999_u64 } })),
        (read, json!({ "by": { "number": 1e300 } })),
        (read, json!({ "by": { "id": nul } })),
        (
            read,
            json!({ "by": { "id": "tic_ffffffffffffffffffffffffffffffff" } }),
        ),
        (list, json!({ "filter": { "level": { "eq": u64::MAX } } })),
        (
            list,
            json!({ "filter": { "tags": { "hasAny": [nul, long] } } }),
        ),
        (
            list,
            json!({ "filter": { "externalId": { "containsIgnoreCase": long } } }),
        ),
        (create, with("subject", json!(nul))),
        (create, with("subject", json!(long))),
        (create, with("subject", json!("\u{202e}\u{200b}"))),
        (create, with("description", json!(nul))),
        (create, with("externalId", json!(nul))),
        (create, with("levelRank", json!(i32::MAX))),
        (create, with("tags", json!([nul]))),
        (create, with("tags", json!(vec!["x"; 60]))),
        (create, with("requesterEmail", json!(nul))),
        (create, with("requesterId", json!(nul))),
        (
            create,
            with("context", json!({ "url": nul, "data": { nul: nul } })),
        ),
        (create, with("context", json!({ "data": long }))),
        (
            create,
            with("customFields", json!([{ "key": nul, "value": nul }])),
        ),
        (
            create,
            with("customFields", json!([{ "key": "k", "value": 1e308 }])),
        ),
        (
            edit,
            json!({ "input": { "ticketId": id, "subject": nul, "expectedVersion": i32::MIN } }),
        ),
        (wait, until("+12000-01-01T00:00:00Z")),
        (wait, until("+262142-12-31T23:59:59Z")),
        (wait, until("-0001-01-01T00:00:00Z")),
        (
            tag,
            json!({ "input": { "ticketId": id, "add": [nul, ""], "remove": [long] } }),
        ),
        (comment, json!({ "input": { "ticketId": id, "body": nul } })),
        (
            comment,
            json!({ "input": { "ticketId": id, "body": "b", "uploadIds": [nul] } }),
        ),
        (
            person,
            json!({ "input": { "name": nul, "email": nul, "locale": nul, "password": nul } }),
        ),
        (article, json!({ "by": { "slug": nul } })),
        (
            articles,
            json!({ "filter": { "text": long, "tag": nul, "category": nul, "locale": nul } }),
        ),
        (articles, json!({ "filter": { "text": long } })),
        (
            articles,
            json!({ "filter": { "tag": long, "category": long } }),
        ),
        (users, json!({ "filter": { "text": long } })),
        (
            users,
            json!({ "filter": { "text": nul, "organization": nul, "team": nul } }),
        ),
        (
            sign_in,
            json!({ "input": { "email": nul, "password": nul } }),
        ),
        (
            sign_in,
            json!({ "input": { "email": long, "password": long } }),
        ),
    ] {
        let answer = server.admin().run(document, variables.clone()).await;
        let code = answer["errors"][0]["extensions"]["code"].as_str();
        let shown: String = variables.to_string().chars().take(200).collect();
        let is_named =
            code.is_none_or(|code| ["BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED"].contains(&code));
        assert!(is_named, "{shown}: {answer}");
    }
    // Nothing odd was stored: what is there can be read.
    let all = server
        .admin()
        .run(
            "{ tickets { totalCount nodes { id waitingUntil subject } } }",
            json!({}),
        )
        .await;
    assert!(all["errors"].is_null(), "{all}");
}

async fn refused(client: &Client, name: &str, body: String) {
    let start = Instant::now();
    let response = send(client, body).await;
    let status = response.status();
    let answer = response.text().await.unwrap();
    let elapsed = start.elapsed();
    show(name, elapsed);
    assert_eq!(status, 400, "{name}: {answer}");
    assert!(elapsed < DURATION_MAX, "{name} took {elapsed:?}");
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert!(
        answer["errors"][0]["extensions"]["code"].is_string(),
        "{name}: {answer}"
    );
    assert!(answer.get("data").is_none(), "{name}: {answer}");
    assert!(
        answer.to_string().len() < 4_096,
        "{name} is answered at length: {answer}"
    );
}

#[expect(
    clippy::print_stdout,
    reason = "how long it took; shown when a test fails, or asked for with --nocapture"
)]
fn show(name: &str, elapsed: Duration) {
    println!("{name}: {elapsed:?}");
}

async fn send(client: &Client, body: String) -> reqwest::Response {
    let request = client
        .raw()
        .await
        .header("accept", GRAPHQL)
        .header("content-type", "application/json");
    request.body(body).send().await.unwrap()
}

async fn is_alive(server: &TestServer) {
    let answer = server.agent().run("{ viewer { name } }", json!({})).await;
    assert_eq!(answer["data"]["viewer"]["name"], "Agnes Agent", "{answer}");
}
