//! The same secrets, looked for with tokens of an admin's machine: what a scope does not open is not there, below the
//! roots as well.

use serde_json::json;

use super::{
    everything, leaks,
    world::{self, World},
};
use crate::token::token_of_machine;

/// What stands in tickets, their comments and their past.
const OF_TICKETS: [&str; 14] = [
    "zebrafish-subject",
    "zebrafish-description",
    "zebrafish-tag",
    "zebrafish-key",
    "zebrafish-value",
    "zebrafish-external-id",
    "zebrafish-url",
    "zebrafish-application",
    "zebrafish-data",
    "zebrafish-public-comment",
    "zebrafish-internal-comment",
    "zebrafish-reason",
    "zebrafish-merged",
    "zebrafish-queue",
];
const ADDRESSES: [&str; 2] = ["zebrafish@desk.test", "rosa@desk.test"];
const TERMS: [&str; 3] = [
    "zebrafish-calendar",
    "zebrafish-holiday",
    "zebrafish-policy",
];

#[tokio::test(flavor = "multi_thread")]
async fn what_a_scope_does_not_open_is_not_there() {
    let world = World::make().await;
    let all = OF_TICKETS.iter().chain(&ADDRESSES).chain(&TERMS);
    let mut all: Vec<&str> = all.copied().collect();
    all.extend([world::INTERNAL, world::KNOWLEDGE, world::PERSONAL]);
    for (scope, open) in [
        ("TICKETS_READ", &OF_TICKETS[..]),
        ("TICKETS_WRITE", &OF_TICKETS[..]),
        ("COMMENTS_WRITE", &OF_TICKETS[..]),
        ("METRICS_READ", &OF_TICKETS[..]),
        ("ARTICLES_READ", &[world::KNOWLEDGE][..]),
        ("PEOPLE_READ", &ADDRESSES[..]),
        ("ADMINISTRATION_READ", &TERMS[..]),
        ("AUDIT_READ", &[][..]),
        ("WEBHOOKS_READ", &[][..]),
    ] {
        let script = token_of_machine(&world.server, &[scope]).await;
        let mut closed = all.clone();
        closed.retain(|word| !open.contains(word));
        if open == OF_TICKETS {
            // It stands in comments of the staff's own, and in their reasons.
            closed.push("zebrafish-internal-comment");
        }
        let mut found = String::new();
        for (document, variables) in everything::questions(&world) {
            let answer = script.run(document, variables).await;
            assert_eq!(
                leaks(&answer, &closed),
                [""; 0],
                "{scope} asked {document} and got {answer}"
            );
            found.push_str(&answer.to_string());
        }
        // Asked alone, since questions of several areas are refused as a whole.
        let seen = open.iter().filter(|word| found.contains(**word)).count();
        assert!(
            seen > 0 || open.is_empty(),
            "{scope} opens nothing: {found}"
        );
    }
}

/// Together the scopes open what their owner sees.
#[tokio::test(flavor = "multi_thread")]
async fn all_scopes_together_open_what_the_owner_sees() {
    let world = World::make().await;
    let every: Vec<_> = entity::api_token::ApiScope::all()
        .map(guichet::error::scope_name)
        .collect();
    let script = token_of_machine(&world.server, &every).await;
    for (document, variables) in everything::questions(&world) {
        // Queues are named for those who have them, and the viewer is a person.
        if document.contains("queues {") || document.contains("viewer {") {
            continue;
        }
        let by_admin = world.server.admin().run(document, variables.clone()).await;
        let by_script = script.run(document, variables).await;
        assert_eq!(by_admin, by_script, "{document}");
    }
    let counts = "{ tickets { totalCount } users { totalCount } articles { totalCount } }";
    let answer = script.run(counts, json!({})).await;
    assert!(answer["errors"].is_null(), "{answer}");
}
