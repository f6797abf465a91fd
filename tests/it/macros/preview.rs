//! What a macro would do, without a trace.

use harness::{TestServer, global};
use serde_json::{Value, json};

use super::{errors, preview, reread, row_counts, run, save};
use crate::{
    ask::{mutate, outcome},
    live::{QUEUE, follow, settle},
};

#[tokio::test(flavor = "multi_thread")]
async fn each_step_says_what_it_would_do() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let ticket = server.ticket().create().await;
    let steps = json!([
        { "claim": "VIEWER" },
        { "comment": { "body": "Between us", "visibility": "INTERNAL", "isSolution": false } },
        { "changeLevel": { "levelRank": 99, "reason": "No such level" } },
        { "setPriority": "URGENT" },
        { "wait": { "reason": "SCHEDULED", "forHours": 24 } },
    ]);
    let id = save(&agent, steps.clone()).await;
    settle(&server).await;
    let mut queue = follow(&agent, QUEUE, json!({ "filter": {} })).await;
    let (before, head) = (row_counts(&server).await, server.app().feed.head());

    let shown = preview(&agent, &id, &ticket).await;
    assert_eq!(shown["userErrors"], json!([]));
    let shown = shown["steps"].as_array().unwrap();
    let given: Vec<_> = shown.iter().map(|step| step["step"].clone()).collect();
    assert_eq!(Value::Array(given), steps);
    let refused: Vec<_> = shown
        .iter()
        .map(|step| errors(&step["userErrors"]))
        .collect();
    assert_eq!(
        refused,
        [vec![], vec![], vec!["INVALID levelRank"], vec![], vec![]]
    );
    assert_eq!(shown[2]["ticket"], Value::Null);
    let until = server.now() + chrono::TimeDelta::hours(24);
    let last = json!({ "status": "WAITING", "priority": "URGENT", "level": { "rank": 1 }, "team": null,
        "assignee": { "name": agent.user().name }, "tags": [], "waitingReason": "SCHEDULED",
        "waitingUntil": shown[4]["ticket"]["waitingUntil"], "publicCommentCount": 0, "internalCommentCount": 1 });
    assert_eq!(shown[4]["ticket"], last);
    let foreseen = shown[4]["ticket"]["waitingUntil"].as_str().unwrap();
    assert_eq!(
        foreseen.parse::<chrono::DateTime<chrono::Utc>>().unwrap(),
        until
    );
    assert_eq!(shown[0]["ticket"]["status"], "OPEN");

    assert!(queue.is_silent().await);
    assert_eq!(row_counts(&server).await, before);
    assert_eq!(server.app().feed.head(), head);
    assert_eq!(reread(&server, &ticket).await, ticket);
    // What is refused in the preview is refused in the run, and nothing else of it is done.
    let answer = run(&agent, &id, &ticket, Some(ticket.version)).await;
    let refused = errors(&answer["data"]["runMacro"]["userErrors"]);
    assert_eq!(refused, ["INVALID steps.2.levelRank"]);
}

/// Where an agent's turn and an article's count would move too.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_step_brings_about_leaves_no_trace_either() {
    let server = TestServer::start().await;
    let (agent, lead) = (server.agent(), server.lead());
    let new = json!({ "title": "Jams", "body": "Pull.", "locale": "en", "visibility": "PUBLIC" });
    let mut answer = mutate(&lead, "createArticle", "article { id }", new).await;
    let article = answer["data"]["createArticle"]["article"]["id"].take();
    let input = json!({ "teamId": global(server.team()), "assignment": "ROUND_ROBIN" });
    let answer = mutate(&lead, "setTeamAssignment", "team { name }", input).await;
    assert_eq!(outcome(&answer), "ok", "{answer}");
    let input = json!({ "availability": "ONLINE" });
    let answer = mutate(&agent, "setAvailability", "user { name }", input).await;
    assert_eq!(outcome(&answer), "ok", "{answer}");
    let ticket = server.ticket().create().await;
    let steps = json!([
        { "assign": { "teamId": global(server.team()) } },
        { "solve": { "comment": "Pull.", "articleId": article } },
    ]);
    let id = save(&lead, steps).await;
    let look = "query($id: ID!) { node(id: $id) { ... on Article { solvedCount } } }";
    let before = row_counts(&server).await;
    for _ in 0..2 {
        let shown = preview(&lead, &id, &ticket).await;
        let shown = shown["steps"].as_array().unwrap();
        let given_to = &shown[0]["ticket"]["assignee"]["name"];
        assert_eq!(*given_to, agent.user().name, "{shown:?}");
        assert_eq!(shown[1]["ticket"]["status"], "SOLVED");
        let seen = lead.run(look, json!({ "id": article })).await;
        assert_eq!(seen["data"]["node"]["solvedCount"], 0);
    }
    assert_eq!(row_counts(&server).await, before);
    let turns = turns(&server).await;
    assert!(turns.iter().all(|turn| *turn == 0), "{turns:?}");
    assert_eq!(outcome(&run(&lead, &id, &ticket, None).await), "ok");
}

async fn turns(server: &TestServer) -> Vec<i64> {
    use sea_orm::EntityTrait;
    let members = entity::team_member::Entity::find();
    let members = members.all(&server.app().store.read).await.unwrap();
    members.iter().map(|member| member.last_turn).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_run_at_all_says_why() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let id = save(&agent, json!([{ "comment": { "body": "Hello" } }])).await;
    let (ticket, closed) = (
        server.ticket().create().await,
        server.ticket().closed().create().await,
    );
    for (who, id, ticket, expected) in [
        (&agent, &id, &closed, "ILLEGAL_TRANSITION status"),
        (&server.lead(), &id, &ticket, "NOT_FOUND macroId"),
        (&server.requester(), &id, &ticket, "NOT_FOUND macroId"),
        (&agent, &json!("que_mine"), &ticket, "NOT_FOUND macroId"),
    ] {
        let shown = preview(who, id, ticket).await;
        assert_eq!(shown["steps"], json!([]));
        let found = errors(&shown["userErrors"]);
        assert_eq!(
            found[0].split(' ').next(),
            expected.split(' ').next(),
            "{found:?}"
        );
    }
    // Several at once, on one ticket and one writer.
    let document = "query($macro: ID!, $ticket: ID!) { a: previewMacro(macroId: $macro, ticketId: $ticket) { ...S }
        b: previewMacro(macroId: $macro, ticketId: $ticket) { ...S } c: previewMacro(macroId: $macro, ticketId: $ticket) { ...S } }
        fragment S on MacroPreview { steps { ticket { publicCommentCount } } }";
    let answer = agent
        .run(
            document,
            json!({ "macro": id, "ticket": global(ticket.id) }),
        )
        .await;
    for name in ["a", "b", "c"] {
        let expected = json!({ "steps": [{ "ticket": { "publicCommentCount": 1 } }] });
        assert_eq!(answer["data"][name], expected, "{answer}");
    }
}
