//! What recurs without an article, and open tickets that may be the same.

use harness::{Client, TestServer, global};
use serde_json::{Value, json};

use super::{article, solved};
use crate::ask::{mutate, outcome};

const GAPS: &str = "query($from: DateTime, $to: DateTime, $first: Int) { knowledgeGaps(from: $from, to: $to, first: $first) {
    ticketCount isComplete gaps { words ticketCount requesterCount examples { subject } } } }";
const DUPLICATES: &str = "query($id: ID!) { ticket(by: { id: $id }) { possibleDuplicates { score ticket { subject } } } }";

async fn gaps(who: &Client) -> Value {
    let mut answer = who.run(GAPS, json!({})).await;
    assert_eq!(answer.get("errors"), None, "{answer}");
    answer["data"]["knowledgeGaps"].take()
}

async fn open(server: &TestServer, by: &Client, text: &str) -> String {
    let ticket = server.ticket().by(by).subject(text).description(text);
    global(ticket.create().await.id)
}

/// The subjects of what may be the same, best first.
async fn duplicates(who: &Client, id: &str) -> Vec<String> {
    let answer = who.run(DUPLICATES, json!({ "id": id })).await;
    let found = answer["data"]["ticket"]["possibleDuplicates"].as_array();
    let found = found.unwrap_or_else(|| panic!("{answer}"));
    let subject = |found: &Value| {
        found["ticket"]["subject"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    found.iter().map(subject).collect()
}

const PRINTER: [&str; 4] = [
    "The printer on the second floor is jammed again",
    "Second floor printer: paper jam",
    "Printers on the second floor jam every morning",
    "Jammed printer, second floor",
];

#[tokio::test(flavor = "multi_thread")]
async fn what_recurs_without_an_article_is_a_gap() {
    let server = TestServer::start().await;
    let vpn = article(
        &server,
        "Connect to the VPN",
        "Install the client.",
        "PUBLIC",
    )
    .await;
    let (rosa, stella) = (server.requester(), server.stranger());
    for (by, text) in [&rosa, &stella, &rosa, &stella].into_iter().zip(PRINTER) {
        open(&server, by, text).await;
    }
    open(&server, &rosa, "Please order a new laptop for me").await;
    for text in [
        "VPN does not connect",
        "No VPN connection",
        "The VPN cannot connect",
    ] {
        solved(&server, &rosa, text, &vpn).await;
    }
    let found = gaps(&server.agent()).await;
    // The tickets that the article solved are none.
    assert_eq!(
        (&found["ticketCount"], &found["isComplete"]),
        (&json!(5), &json!(true))
    );
    let gap = &found["gaps"][0];
    assert_eq!(found["gaps"].as_array().map(Vec::len), Some(1), "{found}");
    assert_eq!(
        (&gap["ticketCount"], &gap["requesterCount"]),
        (&json!(4), &json!(2))
    );
    let words = gap["words"].to_string();
    assert!(
        words.contains("printer") && words.contains("floor"),
        "{words}"
    );
    assert_eq!(gap["examples"].as_array().map(Vec::len), Some(4));
    // The same again is the same.
    assert_eq!(gaps(&server.agent()).await, found);
}

/// Canary: who sees only some of the tickets has only these counted, compared and named.
#[tokio::test(flavor = "multi_thread")]
async fn gaps_are_of_what_is_seen() {
    let server = TestServer::start().await;
    let rosa = server.requester();
    for text in PRINTER {
        open(&server, &rosa, &format!("{text} zebrafish")).await;
    }
    let external = server.external_agent();
    let nothing = json!({ "ticketCount": 0, "isComplete": true, "gaps": [] });
    assert_eq!(gaps(&external).await, nothing);
    for text in &PRINTER[..3] {
        let ticket = server.ticket().by(&rosa).subject(text).description(text);
        ticket.team(server.external_team()).create().await;
    }
    let found = gaps(&external).await;
    assert_eq!(found["ticketCount"], 3);
    assert_eq!(found["gaps"][0]["ticketCount"], 3);
    assert!(!found.to_string().contains("zebrafish"), "{found}");
    assert!(
        gaps(&server.agent())
            .await
            .to_string()
            .contains("zebrafish")
    );
    // Requesters do not ask.
    let answer = rosa.run(GAPS, json!({})).await;
    assert_eq!(outcome(&answer), "FORBIDDEN");
}

#[tokio::test(flavor = "multi_thread")]
async fn gaps_are_asked_for_within_bounds() {
    let server = TestServer::start().await;
    let agent = server.agent();
    for text in PRINTER {
        open(&server, &server.requester(), text).await;
    }
    let now = server.now();
    let days = |days| now + chrono::TimeDelta::days(days);
    for bad in [
        json!({ "first": 26 }),
        json!({ "first": -1 }),
        json!({ "from": days(-93), "to": now }),
        json!({ "from": now, "to": days(-1) }),
    ] {
        let answer = agent.run(GAPS, bad.clone()).await;
        assert_eq!(outcome(&answer), "BAD_USER_INPUT", "{bad}");
    }
    for (variables, count) in [
        (json!({ "from": days(-92), "to": days(0) }), 4),
        (json!({ "to": days(-1) }), 0),
        (json!({ "from": days(1), "to": days(2) }), 0),
    ] {
        let answer = agent.run(GAPS, variables).await;
        assert_eq!(
            answer["data"]["knowledgeGaps"]["ticketCount"], count,
            "{answer}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn open_tickets_that_say_the_same_may_be_duplicates() {
    let server = TestServer::start().await;
    let (rosa, stella, agent) = (server.requester(), server.stranger(), server.agent());
    let first = open(
        &server,
        &rosa,
        "The intranet shows error 502 on the start page",
    )
    .await;
    open(&server, &stella, "Intranet start page: error 502").await;
    open(
        &server,
        &server.colleague(),
        "Error 502 on the intranet start page",
    )
    .await;
    open(&server, &rosa, "Please order a new laptop").await;
    let ended = open(&server, &rosa, "Start page of the intranet shows error 502").await;
    let input = json!({ "ticketId": ended });
    let done = mutate(&agent, "solveTicket", "ticket { id }", input).await;
    assert_eq!(outcome(&done), "ok");
    // Of the same organization before others; neither itself, nor what is solved.
    assert_eq!(
        duplicates(&agent, &first).await,
        [
            "Error 502 on the intranet start page",
            "Intranet start page: error 502"
        ]
    );
    assert_eq!(duplicates(&agent, &ended).await, [""; 0]);
    assert_eq!(duplicates(&rosa, &first).await, [""; 0]);
}

/// Canary: neither shown nor counted by who does not see it.
#[tokio::test(flavor = "multi_thread")]
async fn duplicates_are_of_what_is_seen() {
    let server = TestServer::start().await;
    let rosa = server.requester();
    let routed = |text: &'static str| {
        let ticket = server.ticket().by(&rosa).subject(text).description(text);
        ticket.team(server.external_team()).create()
    };
    let one = global(routed("Intranet error 502 on the start page").await.id);
    routed("The start page of the intranet: error 502").await;
    let external = server.external_agent();
    let before = external.run(DUPLICATES, json!({ "id": one })).await;
    for _ in 0..3 {
        open(
            &server,
            &rosa,
            "zebrafish: intranet error 502 on the start page",
        )
        .await;
    }
    assert_eq!(external.run(DUPLICATES, json!({ "id": one })).await, before);
    assert_eq!(
        duplicates(&external, &one).await,
        ["The start page of the intranet: error 502"]
    );
    assert_eq!(duplicates(&server.agent(), &one).await.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn times_that_nobody_lives_to_see_are_refused() {
    let server = TestServer::start().await;
    for (from, to) in [
        (None, "-262143-01-01T00:00:00Z"),
        (Some("-0100-01-01T00:00:00Z"), "-0100-01-02T00:00:00Z"),
        (Some("+10000-01-01T00:00:00Z"), "+10000-01-02T00:00:00Z"),
    ] {
        let times = json!({ "from": from, "to": to });
        let answer = server.agent().run(GAPS, times).await;
        let code = &answer["errors"][0]["extensions"]["code"];
        assert_eq!(code, "BAD_USER_INPUT", "{to}: {answer}");
    }
}
