//! Whatever is typed is words, and no syntax of a database.

use harness::TestServer;
use serde_json::json;

use super::{SEARCH, find, search};

#[tokio::test(flavor = "multi_thread")]
async fn no_text_is_an_operator_or_an_error() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let ticket = server.ticket().subject("Imprimante OR NOT rien");
    ticket.description("O'Brien a AND b NEAR c").create().await;
    for text in [
        "",
        " ",
        "\u{0}",
        "'",
        "''",
        "\"",
        "\"\"",
        "\"\"\"",
        "*",
        "%",
        "_",
        "\\",
        "()",
        ":*",
        "!",
        "|",
        "&",
        "<->",
        "-",
        "+",
        "^",
        "{}",
        "…",
        "« »",
        "\u{200b}\u{202e}",
        "\u{301}",
        "🙂",
        "\"; DROP TABLE ticket_words; --",
    ] {
        let found = search(&agent, json!({ "text": text })).await;
        let count = found["totalCount"].as_i64().unwrap();
        assert_eq!(count, 0, "{text:?}");
    }
    for text in [
        "imprimante \u{0}",
        "imprimante:*",
        "words:imprimante imprimante",
        "imprimante -- '",
        "\"imprimante",
        "imprimante\"",
        "NOT imprimante",
        "imprimante & !rien",
        "imprimante) | (rien",
        "stems : \"imprimante\"",
        "imprimante*",
        "^imprimante",
        "O'Brien",
        "⑴ imprimante",
        "a AND b",
        "NEAR",
        "or not",
    ] {
        search(&agent, json!({ "text": text })).await;
    }
    for text in [
        "imprimante \u{0}",
        "imprimante:*",
        "\"imprimante",
        "^imprimante*",
        "NOT imprimante",
        "O'Brien",
        "\"O'Brien\"",
        "NEAR",
    ] {
        assert_eq!(find(&agent, "TICKET", text).await.len(), 1, "{text:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_text_is_refused_and_many_words_are_not() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let subject = "mot ".repeat(60);
    server.ticket().subject(&subject).create().await;
    for (text, is_refused) in [
        ("é".repeat(10_000), true),
        ("é".repeat(1_001), true),
        ("é".repeat(1_000), false),
        ("a ".repeat(500), false),
        ("\"".repeat(1_000), false),
        (
            "imprimnate sauvegrade pasword declnied serveru reseua ".repeat(15),
            false,
        ),
    ] {
        let answer = agent.run(SEARCH, json!({ "text": text })).await;
        let code = &answer["errors"][0]["extensions"]["code"];
        assert_eq!(code == "BAD_USER_INPUT", is_refused, "{answer}");
        assert_eq!(answer["errors"].is_null(), !is_refused, "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_longest_texts_are_indexed() {
    let server = TestServer::start().await;
    let agent = server.agent();
    // As long as may be, in letters that folding makes three of; one word again and again; thousands of words.
    let texts = [
        "한글말 ".repeat(16_000),
        format!("{} badgeuse", "encore ".repeat(9_000)),
        (0..9_000)
            .map(|n| format!("m{n}"))
            .collect::<Vec<_>>()
            .join(" "),
        "ﷺ".repeat(1_000),
    ];
    for text in texts {
        let ticket = server.ticket().subject("Long").description(&text);
        ticket.create().await;
    }
    for (text, found) in [
        ("badgeuse", 1),
        ("\"encore encore badgeuse\"", 0),
        ("m8999", 1),
        ("\"m7 m8 m9\"", 1),
        ("long", 4),
    ] {
        assert_eq!(find(&agent, "TICKET", text).await.len(), found, "{text}");
    }
}
