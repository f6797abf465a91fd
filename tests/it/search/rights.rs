//! What somebody may not see is not found, counted, marked or ranked by.

use entity::user::Role;
use harness::{Client, TestServer, global, newcomer};
use serde_json::{Value, json};

use super::{SEARCH, search};
use crate::{
    ask::mutate,
    visibility::world::{ELSEWHERE, INTERNAL, KNOWLEDGE, World},
};

/// Everything about an answer but the text that was searched for.
async fn count(who: &Client, text: &str) -> i64 {
    let found = search(who, json!({ "text": text })).await;
    let count = found["totalCount"].as_i64().unwrap();
    assert_eq!(
        json!(found["nodes"].as_array().unwrap().len()),
        json!(count)
    );
    assert_eq!(
        json!(found["edges"].as_array().unwrap().len()),
        json!(count)
    );
    count
}

#[tokio::test(flavor = "multi_thread")]
async fn secret_words_are_found_by_whom_they_are_for_and_by_nobody_else() {
    let world = World::make().await;
    let server = &world.server;
    let nobody = [
        ("requester", server.requester()),
        ("colleague", server.colleague()),
        ("stranger", server.stranger()),
    ];
    for word in [ELSEWHERE, INTERNAL, KNOWLEDGE] {
        // As typed, begun, mistyped, in a phrase.
        let begun = &word[..word.len() - 2];
        let mistyped = format!("{}x{}", &word[..3], &word[3..]);
        for text in [word, begun, &mistyped, &format!("\"{word}\"")] {
            for (name, viewer) in &nobody {
                assert_eq!(count(viewer, text).await, 0, "{name}: {text}");
            }
            assert!(count(&server.agent(), text).await > 0, "{text}");
        }
    }
    let external = server.external_agent();
    assert_eq!(count(&external, ELSEWHERE).await, 0);
    assert_eq!(count(&external, INTERNAL).await, 0);
    assert!(count(&external, KNOWLEDGE).await > 0, "staff read drafts");
    let visitor = server
        .visitor()
        .run(SEARCH, json!({ "text": ELSEWHERE }))
        .await;
    assert_eq!(
        visitor["errors"][0]["extensions"]["code"],
        "UNAUTHENTICATED"
    );
}

/// Word by word, the same answer with and without what is hidden: texts, marks, scores, order, counts, pages.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_hidden_changes_nothing_in_an_answer() {
    let texts = [
        "imprimante",
        "imprim",
        "toner",
        "imprimante toner",
        "imprimnate",
        "tonner",
        "\"le toner\"",
    ];
    let mut answers: Vec<Vec<Value>> = Vec::new();
    for has_secrets in [false, true] {
        let server = TestServer::start().await;
        let ticket = server
            .ticket()
            .subject("Une imprimante")
            .description("Elle fume.");
        let own = ticket.create().await;
        server.comment(&own).body("Changez le toner").create().await;
        if has_secrets {
            hide(&server, &global(own.id)).await;
        }
        let requester = server.requester();
        let mut found = Vec::new();
        for text in texts {
            found.push(without_cursors(
                search(&requester, json!({ "text": text })).await,
            ));
        }
        answers.push(found);
    }
    assert_eq!(answers[0], answers[1]);
    assert!(answers[0].iter().any(|answer| answer["totalCount"] == 1));
}

/// Cursors name rows, and each desk makes its own.
fn without_cursors(mut answer: Value) -> Value {
    answer["edges"].take();
    answer["pageInfo"]["endCursor"].take();
    answer
}

async fn hide(server: &TestServer, own: &str) {
    let agent = server.agent();
    for text in [
        "imprimante toner imprimante",
        "le toner imprimnate",
        "tonner",
    ] {
        let input = json!({ "ticketId": own, "body": text, "visibility": "INTERNAL" });
        let answer = mutate(&agent, "addComment", "comment { id }", input).await;
        assert!(answer["errors"].is_null(), "{answer}");
        let article = json!({ "title": text, "body": text, "locale": "fr" });
        mutate(&agent, "createArticle", "article { id }", article).await;
        let other = server.ticket().by(&server.stranger()).subject(text);
        let other = other.description(text).create().await;
        server.comment(&other).body(text).create().await;
    }
    server
        .add_person(newcomer("Imprimante Toner", Role::Requester))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn colleagues_find_each_other_and_their_tickets_where_their_organization_shares() {
    let server = TestServer::start().await;
    server.ticket().subject("Partagé: badgeuse").create().await;
    let own = server.ticket().by(&server.stranger());
    own.subject("Discret: badgeuse").create().await;
    for (viewer, tickets, people) in [
        (server.requester(), 1, 2),
        (server.colleague(), 1, 2),
        (server.stranger(), 1, 1),
        (server.neighbour(), 0, 1),
        (server.lead(), 2, 7),
        (server.admin(), 2, 7),
        (server.external_agent(), 0, 1),
    ] {
        let of = async |kind: &str, text: &str| {
            let variables = json!({ "text": text, "kinds": [kind] });
            search(&viewer, variables).await["totalCount"].clone()
        };
        let name = &viewer.user().name;
        assert_eq!(of("TICKET", "badgeuse").await, json!(tickets), "{name}");
        assert!(
            of("USER", "desk.test").await.as_i64().unwrap() >= people,
            "{name}"
        );
        if people <= 2 {
            assert_eq!(of("USER", "desk.test").await, json!(people), "{name}");
        }
    }
}
