//! What is suggested, and how solved tickets teach it.

use entity::user::Role;
use harness::{TestServer, newcomer};
use sea_orm::DbBackend;
use serde_json::{Value, json};

use super::{SUGGEST, article, slugs, solved, suggest};
use crate::ask::{mutate, outcome};

#[tokio::test(flavor = "multi_thread")]
async fn an_article_is_suggested_from_the_third_word_on() {
    let server = TestServer::start().await;
    let body = "Open the **portal** <b>here</b> & choose a new password.";
    article(&server, "Reset a password", body, "PUBLIC").await;
    article(
        &server,
        "Order a laptop",
        "Ask your manager first.",
        "PUBLIC",
    )
    .await;
    server.settle().await;
    let requester = server.requester();
    assert_eq!(
        slugs(&suggest(&requester, "forgot password").await),
        [""; 0]
    );
    let found = suggest(&requester, "i forgot my pasword").await;
    assert_eq!(slugs(&found)[0], "reset-a-password", "a typo is forgiven");
    let found = suggest(&requester, "resetting forgotten passwords portal").await;
    assert_eq!(slugs(&found)[0], "reset-a-password");
    assert_eq!(
        found["articles"][0]["excerptHtml"],
        "Open the <mark>portal</mark> &lt;b&gt;here&lt;/b&gt; &amp; choose a new <mark>password</mark>."
    );
    assert_eq!(
        (
            &found["similarTickets"],
            &found["level"],
            &found["levelConfidence"]
        ),
        (&json!([]), &Value::Null, &Value::Null)
    );
    assert_eq!(slugs(&suggest(&requester, "qwzx vbnk plmj").await), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_solved_ticket_teaches_at_once_and_on_every_server() {
    let server = TestServer::start().await;
    // SQLite serves one process.
    let other = match server.app().store.backend() {
        DbBackend::Postgres => Some(server.beside().await),
        _ => None,
    };
    let servers = || [Some(&server), other.as_ref()].into_iter().flatten();
    let vpn = article(
        &server,
        "Connect to the VPN",
        "Install the client.",
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
    let agent = server.agent();
    let ticket = solved(
        &server,
        &server.requester(),
        "Tunnel refuses handshake at dawn",
        &vpn,
    )
    .await;
    for server in servers() {
        server.settle().await;
        let found = suggest(&server.requester(), "the tunnel refuses its handshake").await;
        assert_eq!(slugs(&found)[0], "connect-to-the-vpn");
        let found = suggest(&server.agent(), "the tunnel refuses its handshake").await;
        assert_eq!(
            found["similarTickets"][0]["ticket"]["subject"],
            "Tunnel refuses handshake at dawn"
        );
    }
    let mut answers = Vec::new();
    for server in servers() {
        answers.push(
            suggest(&server.agent(), "tunnel handshake for a laptop").await["articles"].take(),
        );
    }
    answers.dedup();
    assert_eq!(
        answers.len(),
        1,
        "servers answer alike, scores included: {answers:?}"
    );

    // What is reopened was not solved.
    let input = json!({ "ticketId": ticket });
    let reopened = mutate(&agent, "reopenTicket", "ticket { id }", input).await;
    assert_eq!(outcome(&reopened), "ok");
    for server in servers() {
        server.settle().await;
        let found = suggest(&server.agent(), "the tunnel refuses its handshake").await;
        assert_eq!(found["similarTickets"], json!([]));
        assert_ne!(slugs(&found).first(), Some(&"connect-to-the-vpn"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_archived_or_translated_is_known_at_once() {
    let server = TestServer::start().await;
    let id = article(&server, "Reset a password", "Open the portal.", "PUBLIC").await;
    let (lead, requester) = (server.lead(), server.requester());
    let french = json!({
        "articleId": id, "locale": "fr", "title": "Imprimante en panne", "body": "Redémarrez l'imprimante.",
    });
    let translated = mutate(&lead, "translateArticle", "article { id }", french).await;
    assert_eq!(outcome(&translated), "ok");
    server.settle().await;
    let found = suggest(&requester, "mes imprimantes sont en panne").await;
    assert_eq!(slugs(&found), ["reset-a-password"]);
    let excerpt = found["articles"][0]["excerptHtml"].as_str();
    assert!(
        excerpt.is_some_and(|html| html.contains("<mark>imprimante</mark>")),
        "{found}"
    );

    let archived = mutate(
        &lead,
        "archiveArticle",
        "article { id }",
        json!({ "articleId": id }),
    )
    .await;
    assert_eq!(outcome(&archived), "ok");
    server.settle().await;
    assert_eq!(
        slugs(&suggest(&requester, "mes imprimantes sont en panne").await),
        [""; 0]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_level_is_suggested_where_similar_tickets_agree() {
    let server = TestServer::start().await;
    for number in 0..6 {
        let person = newcomer(&format!("Person{number} Test"), Role::Requester);
        let person = server.add_person(person).await;
        let ticket = server
            .ticket()
            .by(&person)
            .level(3)
            .subject("Warehouse scanners are down");
        ticket.solved().create().await;
    }
    server.settle().await;
    let found = suggest(&server.agent(), "warehouse scanners down again").await;
    assert_eq!(
        (&found["level"]["rank"], &found["levelConfidence"]),
        (&json!(3), &json!(1.0))
    );
    let found = suggest(&server.requester(), "warehouse scanners down again").await;
    assert_eq!(found["level"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_questions_are_refused() {
    let server = TestServer::start().await;
    let cases = [
        json!({ "text": "how do i", "first": 11 }),
        json!({ "text": "how do i", "first": -1 }),
        json!({ "text": "x".repeat(65_537) }),
        json!({ "text": "how do i", "subject": "\u{0}" }),
    ];
    for input in cases {
        let answer = server.agent().run(SUGGEST, json!({ "input": input })).await;
        assert_eq!(
            answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT",
            "{answer}"
        );
    }
    let visitor = server
        .visitor()
        .run(SUGGEST, json!({ "input": { "text": "how do i" } }))
        .await;
    assert_eq!(
        visitor["errors"][0]["extensions"]["code"],
        "UNAUTHENTICATED"
    );
}
