//! What may not be seen does not exist: secret words in everything that is hidden from somebody, and
//! no way of asking that brings them, or a trace of them, to light.

mod articles;
mod changes;
mod everything;
mod probes;
mod tokens;
pub(crate) mod world;

use harness::{Client, TestServer};
use serde_json::{Value, json};

use crate::ask::{mutate, outcome};
use world::World;

/// Who looks, and which of the secret words are not for them.
fn viewers(world: &World) -> [(&'static str, Client, &'static [&'static str]); 7] {
    use world::{ELSEWHERE, INTERNAL, KNOWLEDGE, PERSONAL};
    let server = &world.server;
    let requesters: &[_] = &[ELSEWHERE, INTERNAL, KNOWLEDGE, PERSONAL];
    [
        ("visitor", server.visitor(), requesters),
        ("requester", server.requester(), requesters),
        ("colleague", server.colleague(), requesters),
        ("stranger", server.stranger(), requesters),
        (
            "external agent",
            server.external_agent(),
            &[ELSEWHERE, INTERNAL, PERSONAL],
        ),
        ("lead", server.lead(), &[PERSONAL]),
        ("admin", server.admin(), &[PERSONAL]),
    ]
}

/// Whether this viewer's questions are answered at all: one that is refused as a whole, for a slip
/// in its text, proves nothing.
fn is_usable(viewer: &str) -> bool {
    viewer != "visitor"
}

/// The secret words that the answer gives away.
fn leaks<'a>(answer: &Value, words: &[&'a str]) -> Vec<&'a str> {
    let text = answer.to_string().to_lowercase();
    let mut leaked = words.to_vec();
    leaked.retain(|word| text.contains(word));
    leaked
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_meets_a_word_that_is_not_for_them() {
    let world = World::make().await;
    for (name, viewer, words) in viewers(&world) {
        for (document, variables) in everything::questions(&world) {
            let answer = viewer.run(document, variables).await;
            assert_eq!(
                is_usable(name),
                answer["errors"].is_null(),
                "{name}: {answer}"
            );
            assert_eq!(
                leaks(&answer, words),
                [""; 0],
                "{name} asked {document} and got {answer}"
            );
        }
    }
}

/// Measures name teams, tags and people, of visible tickets alone.
#[tokio::test(flavor = "multi_thread")]
async fn measures_are_of_what_is_seen() {
    let world = World::make().await;
    for (name, viewer, words) in viewers(&world) {
        for (document, variables) in everything::measures(&world) {
            let answer = viewer.run(document, variables).await;
            assert_eq!(leaks(&answer, words), [""; 0], "{name} got {answer}");
        }
    }
    let mut found = String::new();
    for (document, variables) in everything::measures(&world) {
        let answer = world.server.agent().run(document, variables).await;
        found.push_str(&answer.to_string());
    }
    assert!(found.contains("zebrafish-tag"), "{found}");
}

/// The same questions find all words where they may be found, or the test above could not fail.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_see_a_word_finds_it() {
    let world = World::make().await;
    let words = [
        world::ELSEWHERE,
        world::INTERNAL,
        world::KNOWLEDGE,
        world::PERSONAL,
    ];
    let mut found = String::new();
    for (document, variables) in everything::questions(&world) {
        let answer = world.server.agent().run(document, variables).await;
        assert!(answer["errors"].is_null(), "{document}: {answer}");
        found.push_str(&answer.to_string());
    }
    assert_eq!(leaks(&json!(found), &words), words);
    for cell in world::CELLS {
        assert!(found.contains(cell), "{cell}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hidden_is_answered_like_made_up() {
    let world = World::make().await;
    for (name, viewer, words) in viewers(&world) {
        for probe in probes::queries(&world) {
            if !probe.is_hidden_from(name) {
                continue;
            }
            let hidden = viewer
                .run(&probe.document, json!({ "of": probe.hidden }))
                .await;
            let made_up = viewer
                .run(&probe.document, json!({ "of": probe.made_up }))
                .await;
            assert_eq!(is_usable(name), hidden["errors"].is_null(), "{hidden}");
            assert_eq!(
                hidden, made_up,
                "{name}: {} of {}",
                probe.document, probe.hidden
            );
            assert_eq!(leaks(&hidden, words), [""; 0], "{name}: {}", probe.document);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_of_hidden_things_fail_like_changes_of_made_up_ones() {
    let world = World::make().await;
    for (name, viewer, words) in viewers(&world) {
        for probe in changes::mutations(&world, name) {
            if !probe.is_hidden_from(name) {
                continue;
            }
            let ask = |id: Value| mutate(&viewer, probe.name, "__typename", probe.input(id));
            let hidden = ask(probe.hidden.clone()).await;
            let made_up = ask(probe.made_up.clone()).await;
            assert_eq!(is_usable(name), hidden["errors"].is_null(), "{hidden}");
            assert_ne!(outcome(&hidden), "ok", "{name}: {}", probe.name);
            assert_eq!(
                hidden, made_up,
                "{name}: {} of {}",
                probe.name, probe.hidden
            );
            assert_eq!(leaks(&hidden, words), [""; 0], "{name}: {}", probe.name);
        }
    }
}

/// Numbers from other systems are taken only in the eyes of those who see who took them.
#[tokio::test(flavor = "multi_thread")]
async fn an_external_agent_never_hears_that_a_hidden_number_is_taken() {
    let world = World::make().await;
    let external = world.server.external_agent();
    let mut answers = Vec::new();
    for external_id in [world::HIDDEN_EXTERNAL_ID, "made-up"] {
        let input = json!({ "subject": "s", "description": "d", "externalId": external_id });
        let shown = "ticket { externalId version }";
        let answer = mutate(&external, "createTicket", shown, input)
            .await
            .to_string();
        answers.push(answer.replace(external_id, "…"));
    }
    assert_eq!(answers[0], answers[1]);
}

/// What a requester cannot see does not change what they can count.
#[tokio::test(flavor = "multi_thread")]
async fn counts_leave_out_what_is_hidden() {
    let world = World::make().await;
    let counts = "query($id: ID!) { tickets(first: 1) { totalCount } users(first: 1) { totalCount } teams(first: 1) { totalCount }
      organizations(first: 1) { totalCount } articles(first: 1) { totalCount } queues { count }
      ticket(by: { id: $id }) { commentCount similarCount comments(first: 1) { totalCount } timeline(first: 1) { totalCount } knowledgeLinks { role } links { kind } } }";
    let variables = json!({ "id": world.own_ticket });
    let requester = world
        .server
        .requester()
        .run(counts, variables.clone())
        .await;
    insta::assert_json_snapshot!(requester["data"], @r#"
    {
      "articles": {
        "totalCount": 1
      },
      "organizations": {
        "totalCount": 1
      },
      "queues": [],
      "teams": {
        "totalCount": 0
      },
      "ticket": {
        "commentCount": 0,
        "comments": {
          "totalCount": 0
        },
        "knowledgeLinks": [
          {
            "role": "SOLUTION"
          }
        ],
        "links": [],
        "similarCount": 0,
        "timeline": {
          "totalCount": 2
        }
      },
      "tickets": {
        "totalCount": 1
      },
      "users": {
        "totalCount": 2
      }
    }
    "#);
    let agent = world.server.agent().run(counts, variables).await;
    insta::assert_json_snapshot!(agent["data"], @r#"
    {
      "articles": {
        "totalCount": 4
      },
      "organizations": {
        "totalCount": 3
      },
      "queues": [
        {
          "count": 0
        },
        {
          "count": 1
        },
        {
          "count": 3
        },
        {
          "count": 0
        },
        {
          "count": 1
        },
        {
          "count": 2
        },
        {
          "count": 0
        },
        {
          "count": 0
        },
        {
          "count": 3
        },
        {
          "count": 5
        },
        {
          "count": 0
        }
      ],
      "teams": {
        "totalCount": 3
      },
      "ticket": {
        "commentCount": 4,
        "comments": {
          "totalCount": 4
        },
        "knowledgeLinks": [
          {
            "role": "SOLUTION"
          },
          {
            "role": "SOLUTION"
          }
        ],
        "links": [
          {
            "kind": "RELATES_TO"
          },
          {
            "kind": "CAUSED_BY"
          }
        ],
        "similarCount": 1,
        "timeline": {
          "totalCount": 10
        }
      },
      "tickets": {
        "totalCount": 5
      },
      "users": {
        "totalCount": 9
      }
    }
    "#);
}

/// Whoever opens a ticket sees whom it is for; so external agents cannot name whom they do not see.
#[tokio::test(flavor = "multi_thread")]
async fn an_external_agent_never_hears_whose_an_address_is() {
    const OPENED: &str = "ticket { requester { name email } }";
    let server = TestServer::start().await;
    let external = server.external_agent();
    let input =
        |email: &str| json!({ "subject": "Help", "description": "Help", "requesterEmail": email });
    let known = mutate(&external, "createTicket", OPENED, input("rosa@desk.test")).await;
    let unknown = mutate(&external, "createTicket", OPENED, input("nobody@desk.test")).await;
    assert_eq!(known, unknown);
    assert_eq!(outcome(&known), "NOT_FOUND");
    assert!(!known.to_string().contains("Rosa"), "{known}");

    let tickets = "{ tickets { totalCount } users(filter: { text: \"nobody\" }) { totalCount } }";
    assert_eq!(
        server.admin().run(tickets, json!({})).await["data"],
        json!({ "tickets": { "totalCount": 0 }, "users": { "totalCount": 0 } })
    );
    let own = mutate(&external, "createTicket", OPENED, input("EMIL@desk.test")).await;
    assert_eq!(
        own["data"]["createTicket"]["ticket"]["requester"]["name"],
        "Emil External"
    );
    let by_desk = mutate(
        &server.agent(),
        "createTicket",
        OPENED,
        input("nobody@desk.test"),
    )
    .await;
    assert_eq!(outcome(&by_desk), "ok");
}
