//! Nothing that somebody may not see shows, marks, counts or orders what is suggested to them.

use harness::{Client, TestServer};
use serde_json::Value;

use super::{article, slugs, solved, suggest};
use crate::ask::{mutate, outcome};

/// What is typed: words of articles, and of everything that is hidden.
const TEXTS: [&str; 3] = [
    "zebrafish tunnel cannot connect",
    "the laptop tunnel needs a password",
    "narwhal axolotl zebrafish",
];

async fn answers(who: &Client) -> Vec<Value> {
    let mut answers = Vec::new();
    for text in TEXTS {
        let mut answer = suggest(who, text).await;
        // It names the moment.
        answer["session"].take();
        answers.push(answer);
    }
    answers
}

#[tokio::test(flavor = "multi_thread")]
async fn a_requesters_answer_is_the_same_with_and_without_what_is_hidden() {
    let server = TestServer::start().await;
    let vpn = article(
        &server,
        "Connect to the VPN",
        "Install the tunnel client.",
        "PUBLIC",
    )
    .await;
    let laptop = article(&server, "Order a laptop", "A password is needed.", "PUBLIC").await;
    solved(&server, &server.requester(), "The tunnel is gone", &vpn).await;
    server.settle().await;
    let requester = server.requester();
    let before = answers(&requester).await;
    let seen_by_staff = answers(&server.agent()).await;

    // An internal article, a draft, what another organization was helped with, and internal words on an own ticket.
    let hidden = article(
        &server,
        "Zebrafish tunnel cannot connect",
        "Laptop password",
        "INTERNAL",
    )
    .await;
    let draft = serde_json::json!({ "title": "Narwhal axolotl", "body": "tunnel", "locale": "en" });
    let drafted = mutate(&server.agent(), "createArticle", "article { id }", draft).await;
    assert_eq!(outcome(&drafted), "ok");
    for text in [
        "zebrafish tunnel",
        "narwhal axolotl zebrafish",
        "laptop tunnel password",
    ] {
        solved(&server, &server.stranger(), text, &laptop).await;
        solved(&server, &server.stranger(), text, &hidden).await;
    }
    let own = server
        .ticket()
        .by(&requester)
        .subject("Another thing")
        .solved()
        .create()
        .await;
    server
        .comment(&own)
        .by(&server.agent())
        .body("zebrafish narwhal")
        .internal()
        .create()
        .await;
    server.settle().await;

    assert_eq!(answers(&requester).await, before);
    assert_eq!(answers(&server.colleague()).await, before);
    // Staff see the difference, or the test above could not fail; so does the organization that it is about.
    assert_ne!(answers(&server.agent()).await, seen_by_staff);
    let neighbour = suggest(&server.neighbour(), "narwhal axolotl zebrafish").await;
    assert_eq!(slugs(&neighbour)[0], "order-a-laptop");
}

#[tokio::test(flavor = "multi_thread")]
async fn external_agents_learn_from_their_own_tickets_alone() {
    let server = TestServer::start().await;
    let vpn = article(
        &server,
        "Connect to the VPN",
        "Install the tunnel client.",
        "PUBLIC",
    )
    .await;
    solved(
        &server,
        &server.stranger(),
        "zebrafish narwhal axolotl",
        &vpn,
    )
    .await;
    server.settle().await;
    let external = server.external_agent();
    let found = suggest(&external, "zebrafish narwhal axolotl").await;
    assert_eq!(
        (slugs(&found).len(), &found["similarTickets"]),
        (0, &serde_json::json!([]))
    );
    let found = suggest(&server.agent(), "zebrafish narwhal axolotl").await;
    assert_eq!(slugs(&found), ["connect-to-the-vpn"]);
    assert_eq!(
        found["similarTickets"][0]["ticket"]["subject"],
        "zebrafish narwhal axolotl"
    );
}
