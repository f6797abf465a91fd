//! A macro that runs: all of its steps or none.

use std::time::Duration;

use chrono::TimeDelta;
use entity::ticket::{self, Status};
use futures_util::future::join_all;
use guichet::{actor::Actor, ticket::Change};
use harness::{Client, TestServer, global};
use serde_json::{Value, json};

use super::{errors, event_count, reread, row_counts, run, save};
use crate::{
    ask::{mutate, outcome},
    live::{QUEUE, follow, settle, step},
};

async fn publish(who: &Client) -> Value {
    let new =
        json!({ "title": "Paper jams", "body": "Pull.", "locale": "en", "visibility": "PUBLIC" });
    let mut answer = mutate(who, "createArticle", "article { id }", new).await;
    answer["data"]["createArticle"]["article"]["id"].take()
}

fn ran(answer: &Value) -> &Value {
    &answer["data"]["runMacro"]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_step_is_done_and_told_once() {
    let server = TestServer::start().await;
    let (agent, lead) = (server.agent(), server.lead());
    let article = publish(&lead).await;
    let ticket = server.ticket().create().await;
    let id = save(
        &agent,
        json!([
            { "claim": "VIEWER" },
            { "comment": { "body": "Looking into it", "visibility": "INTERNAL" } },
            { "comment": { "body": "Please wait" } },
            { "assign": { "teamId": global(server.team()) } },
            { "changeLevel": { "levelRank": 2, "reason": "It spreads" } },
            { "setPriority": "URGENT" },
            { "tag": { "add": ["printer", "paper"] } },
            { "setCustomFields": [{ "key": "floor", "value": 2 }] },
            { "wait": { "reason": "SCHEDULED", "forHours": 24 } },
            { "reopen": {} },
            { "linkKnowledge": { "articleId": article, "role": "SHARED" } },
            { "solve": { "comment": "Pull.", "articleId": article } },
        ]),
    )
    .await;
    settle(&server).await;
    let entries =
        "subscription($id: ID!) { ticketChanges(ticketId: $id) { entry { __typename } } }";
    let mut told = follow(&lead, entries, json!({ "id": global(ticket.id) })).await;

    let answer = run(&agent, &id, &ticket, Some(ticket.version)).await;
    assert_eq!(outcome(&answer), "ok", "{answer}");
    let shown = &ran(&answer)["ticket"];
    let expected = json!({ "version": shown["version"], "status": "SOLVED", "priority": "URGENT",
        "tags": ["printer", "paper"], "assignee": { "name": agent.user().name } });
    assert_eq!(*shown, expected);
    let after = reread(&server, &ticket).await;
    assert_eq!(json!(after.version), shown["version"]);
    assert_eq!((after.level_rank, after.status), (2, Status::Solved));
    assert_eq!(
        (after.public_comment_count, after.internal_comment_count),
        (2, 1)
    );

    settle(&server).await;
    let look = "query($id: ID!) { ticket(by: { id: $id }) { customFields { key value } timeline(first: 50) { nodes { __typename } }
        knowledgeLinks { role article { solvedCount } } } }";
    let seen = lead.run(look, json!({ "id": global(ticket.id) })).await;
    let seen = &seen["data"]["ticket"];
    assert_eq!(
        seen["customFields"],
        json!([{ "key": "floor", "value": 2 }])
    );
    assert_eq!(seen["knowledgeLinks"].as_array().unwrap().len(), 2);
    let timeline = seen["timeline"]["nodes"].as_array().unwrap();
    // The first one tells that it was opened, before the macro.
    for entry in &timeline[1..] {
        assert_eq!(told.next().await["entry"], *entry, "{timeline:?}");
    }
    assert!(timeline.len() > 12, "{timeline:?}");
    assert!(told.is_silent().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_refusal_undoes_all_before_it() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let article = publish(&server.lead()).await;
    let ticket = server.ticket().create().await;
    let id = save(
        &agent,
        json!([
            { "comment": { "body": "Never said" } },
            { "tag": { "add": ["never"] } },
            { "linkKnowledge": { "articleId": article, "role": "SOLUTION" } },
            { "solve": {} },
            { "wait": { "reason": "REQUESTER" } },
            { "changeLevel": { "levelRank": 99, "reason": "No such level" } },
        ]),
    )
    .await;
    settle(&server).await;
    let mut queue = follow(&agent, QUEUE, json!({ "filter": {} })).await;
    let (before, head) = (row_counts(&server).await, server.app().feed.head());
    for _ in 0..2 {
        let answer = run(&agent, &id, &ticket, None).await;
        assert_eq!(ran(&answer)["ticket"], Value::Null);
        let found = errors(&ran(&answer)["userErrors"]);
        assert_eq!(found, ["INVALID steps.5.levelRank"], "{answer}");
    }
    assert!(queue.is_silent().await);
    assert_eq!(row_counts(&server).await, before);
    assert_eq!(server.app().feed.head(), head);
    assert_eq!(reread(&server, &ticket).await, ticket);

    // The one writer is free again, and the ticket's lock is gone.
    let answer = mutate(
        &agent,
        "claimTicket",
        "ticket { version }",
        json!({ "ticketId": global(ticket.id) }),
    )
    .await;
    assert_eq!(outcome(&answer), "ok");
    assert_eq!(queue.step().await, step("UPDATED", &ticket, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn it_runs_under_the_rights_of_whoever_runs_it() {
    let server = TestServer::start().await;
    let (lead, external) = (server.lead(), server.external_agent());
    let steps = json!([{ "comment": { "body": "Mine now" } }, { "claim": "VIEWER" }]);
    let input = json!({ "name": "Take", "steps": steps, "teamId": global(server.external_team()) });
    let mut answer = mutate(&server.admin(), "createMacro", "macro { id }", input).await;
    let id = answer["data"]["createMacro"]["macro"]["id"].take();
    let elsewhere = server.ticket().create().await;
    let routed = server.ticket().team(server.external_team()).create().await;
    let found = |answer: &Value| errors(&ran(answer)["userErrors"]);
    // Neither another team's macro nor a ticket that is not theirs is there for them.
    assert_eq!(
        found(&run(&lead, &id, &routed, None).await),
        ["NOT_FOUND macroId"]
    );
    assert_eq!(
        found(&run(&external, &id, &elsewhere, None).await),
        ["NOT_FOUND ticketId"]
    );
    let answer = run(&external, &id, &routed, None).await;
    assert_eq!(
        ran(&answer)["ticket"]["assignee"]["name"],
        external.user().name
    );
    let visitor = run(&server.visitor(), &id, &routed, None).await;
    assert_eq!(outcome(&visitor), "UNAUTHENTICATED");

    // Once it is given away they do not see it any more, and the rest is refused.
    let away = json!([{ "assign": { "teamId": null } }, { "comment": { "body": "Farewell" } }]);
    let away = save(&external, away).await;
    let before = reread(&server, &routed).await;
    let answer = run(&external, &away, &routed, None).await;
    assert_eq!(found(&answer), ["NOT_FOUND steps.1.ticketId"]);
    assert_eq!(reread(&server, &routed).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn closed_tickets_and_other_versions_are_left_alone() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let id = save(&agent, json!([{ "comment": { "body": "Too late" } }])).await;
    let closed = server.ticket().closed().create().await;
    let before = event_count(&server).await;
    assert_eq!(
        outcome(&run(&agent, &id, &closed, None).await),
        "ILLEGAL_TRANSITION"
    );

    let ticket = server.ticket().create().await;
    let answer = run(&agent, &id, &ticket, Some(ticket.version + 1)).await;
    assert_eq!(outcome(&answer), "CONFLICT");
    assert_eq!(ran(&answer)["ticket"]["version"], ticket.version);
    assert_eq!(reread(&server, &ticket).await, ticket);
    assert_eq!(
        event_count(&server).await,
        before + 1,
        "the new ticket's own"
    );
    let nothing = json!({ "macroId": id, "ticketId": "tic_unknown" });
    let answer = mutate(&agent, "runMacro", "ticket { id }", nothing).await;
    assert_eq!(errors(&ran(&answer)["userErrors"]), ["NOT_FOUND ticketId"]);
    server.advance(TimeDelta::seconds(1));
    assert_eq!(
        outcome(&run(&agent, &id, &ticket, Some(ticket.version)).await),
        "ok"
    );
}

/// Each does all or nothing, whatever else happens to the ticket; none waits in a circle, and who waits in vain is
/// told to try again.
#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_do_all_or_nothing() {
    const ROUNDS: usize = 6;
    let server = TestServer::start().await;
    let people = [server.agent(), server.lead()];
    let tickets = [
        server.ticket().create().await,
        server.ticket().create().await,
    ];
    let article = publish(&people[1]).await;
    let link = json!({ "linkKnowledge": { "articleId": article, "role": "SOLUTION" } });
    let say = |text: &str| json!({ "comment": { "body": text } });
    let steps = json!([say("one"), link, { "claim": "VIEWER" }, say("two")]);
    let ids = [
        save(&people[0], steps.clone()).await,
        save(&people[1], steps).await,
    ];
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        for ticket in &tickets {
            rounds.extend([0, 1].map(|who| run_until_told(&people[who], &ids[who], ticket)));
        }
    }
    let answers = join_all(rounds).await;
    let count = |word: &str| answers.iter().filter(|answer| *answer == word).count();
    // Each ticket is one agent's, who runs it every time.
    let half = 2 * ROUNDS;
    assert_eq!(
        (count("ok"), count("ALREADY_CLAIMED")),
        (half, half),
        "{answers:?}"
    );
    let mut said = 0;
    for ticket in &tickets {
        said += reread(&server, ticket).await.public_comment_count;
    }
    assert_eq!(usize::try_from(said).unwrap(), 2 * half);
    let solved = "query($id: ID!) { node(id: $id) { ... on Article { solvedCount } } }";
    let solved = people[1].run(solved, json!({ "id": article })).await;
    assert_eq!(solved["data"]["node"]["solvedCount"], 2);
}

/// Does what the API says of `UNAVAILABLE`.
async fn run_until_told(who: &Client, id: &Value, ticket: &ticket::Model) -> String {
    for _ in 0..20 {
        let answer = run(who, id, ticket, None).await;
        if outcome(&answer) != "UNAVAILABLE" {
            return outcome(&answer);
        }
        let after = answer["errors"][0]["extensions"]["retryAfter"].as_u64();
        tokio::time::sleep(Duration::from_secs(after.unwrap())).await;
    }
    "never".to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_in_vain_has_done_nothing() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let ticket = server.ticket().create().await;
    let id = save(&agent, json!([{ "comment": { "body": "Hello" } }])).await;
    let mut held = server.app().begin(&Actor::System).await.unwrap();
    Change::lock(&mut held, Some(ticket.id)).await.unwrap();
    let answer = run(&agent, &id, &ticket, None).await;
    assert_eq!(outcome(&answer), "UNAVAILABLE");
    assert_eq!(answer["errors"][0]["extensions"]["retryAfter"], 1);
    drop(held);
    assert_eq!(reread(&server, &ticket).await, ticket);
    assert_eq!(outcome(&run(&agent, &id, &ticket, None).await), "ok");
}
