//! What came of suggestions, and tickets that were opened all the same.

use harness::TestServer;
use serde_json::{Value, json};

use super::{article, slugs, suggest};
use crate::ask::{mutate, outcome};

const ARTICLE: &str = "article { helpfulCount }";

#[tokio::test(flavor = "multi_thread")]
async fn what_helped_counts_once_a_day_and_teaches() {
    let server = TestServer::start().await;
    let id = article(
        &server,
        "Connect to the VPN",
        "Install the tunnel client.",
        "PUBLIC",
    )
    .await;
    article(
        &server,
        "Order a laptop",
        "Ask your manager first.",
        "PUBLIC",
    )
    .await;
    server.settle().await;
    let requester = server.requester();
    let text = "tunnel client says gobbledegook quixotically";
    let session = suggest(&requester, text).await["session"].take();
    for (said, count) in [("OPENED", 0), ("HELPED", 1), ("HELPED", 1)] {
        let input = json!({ "session": session, "articleId": id, "outcome": said });
        let recorded = mutate(&requester, "recordHelpOutcome", ARTICLE, input).await;
        let article = &recorded["data"]["recordHelpOutcome"]["article"];
        assert_eq!(article["helpfulCount"], count, "{said}: {recorded}");
    }
    // Another try on the same day helps, and is no second vote.
    let session = suggest(&requester, text).await["session"].take();
    let input = json!({ "session": session, "articleId": id, "outcome": "HELPED" });
    let recorded = mutate(&requester, "recordHelpOutcome", ARTICLE, input).await;
    assert_eq!(
        recorded["data"]["recordHelpOutcome"]["article"]["helpfulCount"],
        1
    );
    server.settle().await;
    let found = suggest(&server.colleague(), "gobbledegook quixotically again").await;
    assert_eq!(
        slugs(&found)[0],
        "connect-to-the-vpn",
        "a colleague learns from it"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_opened_anyway_says_what_was_suggested() {
    let server = TestServer::start().await;
    let id = article(
        &server,
        "Connect to the VPN",
        "Install the client.",
        "PUBLIC",
    )
    .await;
    server.settle().await;
    let requester = server.requester();
    let session = suggest(&requester, "cannot connect the vpn").await["session"].take();
    let input = json!({ "subject": "VPN", "description": "It fails", "helpSession": session });
    let shown = "ticket { version knowledgeLinks { role addedBy { __typename } article { id } }
        timeline(first: 5) { nodes { __typename } } }";
    let opened = mutate(&requester, "createTicket", shown, input).await;
    let link = json!({
        "role": "SUGGESTED", "addedBy": { "__typename": "System" }, "article": { "id": id },
    });
    let ticket = &opened["data"]["createTicket"]["ticket"];
    assert_eq!(ticket["knowledgeLinks"], json!([link]), "{opened}");
    assert_eq!(ticket["version"], 1);

    // A colleague needs no ticket.
    let colleague = server.colleague();
    let session = suggest(&colleague, "cannot connect the vpn").await["session"].take();
    let input = json!({ "session": session, "articleId": id, "outcome": "HELPED" });
    let recorded = mutate(&colleague, "recordHelpOutcome", ARTICLE, input).await;
    assert_eq!(outcome(&recorded), "ok");
    let metrics = "{ helpMetrics(from: \"2026-11-01T00:00:00Z\", to: \"2026-12-01T00:00:00Z\", interval: WEEK) {
        spared opened deflectionRate series { from spared opened }
        articles { article { slug } helped tickets deflectionRate } } }";
    let measured = server.agent().run(metrics, json!({})).await;
    assert_eq!(
        measured["data"]["helpMetrics"],
        json!({
            "spared": 1, "opened": 1, "deflectionRate": 0.5,
            "series": [{ "from": "2026-11-23T00:00:00+00:00", "spared": 1, "opened": 1 }],
            "articles": [
                { "article": { "slug": "connect-to-the-vpn" }, "helped": 1, "tickets": 1, "deflectionRate": 0.5 },
            ],
        }),
        "{measured}"
    );
    for who in [requester, server.external_agent()] {
        let refused = who.run(metrics, json!({})).await;
        assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN");
    }

    // What was only offered teaches nothing, though the ticket is solved.
    server.settle().await;
    assert_eq!(
        suggest(&server.agent(), "vpn it fails").await["similarTickets"],
        json!([])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_its_owners_for_a_day() {
    let server = TestServer::start().await;
    let id = article(
        &server,
        "Connect to the VPN",
        "Install the client.",
        "PUBLIC",
    )
    .await;
    let hidden = article(&server, "Keys of the vault", "Under the mat.", "INTERNAL").await;
    server.settle().await;
    let requester = server.requester();
    let session = suggest(&requester, "cannot connect the vpn").await["session"].take();
    let record = |session: &Value, article: &Value, outcome: &str| json!({ "session": session, "articleId": article, "outcome": outcome });
    let forged = json!(format!("{}A", session.as_str().unwrap_or_default()));
    let article = json!(id);
    let cases = [
        (&requester, record(&forged, &article, "HELPED"), "NOT_FOUND"),
        (
            &requester,
            record(&json!("hlp_"), &article, "HELPED"),
            "NOT_FOUND",
        ),
        (
            &requester,
            record(&json!(id), &article, "HELPED"),
            "NOT_FOUND",
        ),
        (
            &server.colleague(),
            record(&session, &article, "HELPED"),
            "NOT_FOUND",
        ),
        (
            &requester,
            record(&session, &json!(hidden), "HELPED"),
            "NOT_FOUND",
        ),
        (
            &requester,
            record(&session, &json!("art_x"), "OPENED"),
            "NOT_FOUND",
        ),
        (
            &requester,
            record(&session, &Value::Null, "NOT_HELPED"),
            "ok",
        ),
        (&requester, record(&session, &article, "NOT_HELPED"), "ok"),
    ];
    for (who, input, expected) in cases {
        let recorded = mutate(who, "recordHelpOutcome", ARTICLE, input.clone()).await;
        assert_eq!(outcome(&recorded), expected, "{input}: {recorded}");
    }
    let missing = json!({ "session": session, "outcome": "HELPED" });
    let recorded = mutate(&requester, "recordHelpOutcome", ARTICLE, missing).await;
    assert_eq!(outcome(&recorded), "REQUIRED");
    let input = json!({ "subject": "VPN", "description": "It fails", "helpSession": forged });
    let refused = mutate(&requester, "createTicket", "ticket { id }", input).await;
    assert_eq!(outcome(&refused), "NOT_FOUND");

    server.advance(chrono::TimeDelta::hours(25));
    let late = record(&session, &article, "HELPED");
    let recorded = mutate(&requester, "recordHelpOutcome", ARTICLE, late).await;
    assert_eq!(outcome(&recorded), "NOT_FOUND");
}
