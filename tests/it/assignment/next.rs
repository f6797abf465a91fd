//! Asking for the next ticket.

use std::collections::BTreeSet;

use entity::ticket::Priority;
use futures_util::future::join_all;
use harness::{Client, TestServer, global};
use serde_json::{Value, json};

use super::add_agents;
use crate::ask::{mutate, outcome};

async fn next(who: &Client, input: Value) -> Value {
    let shown = "ticket { id subject status assignee { name } }";
    mutate(who, "nextTicket", shown, input).await
}

fn ticket(answer: &Value) -> &Value {
    assert_eq!(outcome(answer), "ok", "{answer}");
    &answer["data"]["nextTicket"]["ticket"]
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_at_once_get_fifty_different_tickets() {
    const COUNT: usize = 50;
    let server = TestServer::start().await;
    let agents = add_agents(&server, COUNT).await;
    for number in 0..COUNT {
        let ticket = server.ticket().subject(&format!("Ticket {number}"));
        ticket.team(server.team()).create().await;
    }
    let answers = join_all(agents.iter().map(|agent| next(agent, json!({})))).await;
    let mut given = BTreeSet::new();
    for (agent, answer) in agents.iter().zip(&answers) {
        let ticket = ticket(answer);
        assert_eq!(ticket["assignee"]["name"], agent.user().name, "{answer}");
        assert_eq!(ticket["status"], "OPEN");
        given.insert(ticket["id"].as_str().unwrap().to_owned());
    }
    assert_eq!(given.len(), COUNT);
    // Nothing is left, and that is no error.
    assert_eq!(*ticket(&next(&agents[0], json!({})).await), Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_due_first_comes_first_and_only_what_one_may_take() {
    let server = TestServer::start().await;
    let (agent, external) = (server.agent(), server.external_agent());
    let make = |subject: &'static str| server.ticket().subject(subject);
    make("teamless").create().await;
    make("later").team(server.team()).create().await;
    make("sooner").level(3).team(server.team()).create().await;
    let urgent = make("sooner, urgent").level(3).priority(Priority::Urgent);
    urgent.team(server.team()).create().await;
    make("low")
        .priority(Priority::Low)
        .level(3)
        .team(server.team())
        .create()
        .await;
    make("vendor's").team(server.external_team()).create().await;
    make("taken")
        .team(server.team())
        .assigned_to(&server.lead())
        .create()
        .await;
    make("waiting").team(server.team()).waiting().create().await;

    let mut order = Vec::new();
    loop {
        let answer = next(&agent, json!({})).await;
        let Some(subject) = ticket(&answer)["subject"].as_str() else {
            break;
        };
        order.push(subject.to_owned());
    }
    // Of those that are due at the same time level 3 makes all URGENT but the low one.
    assert_eq!(order[2..], ["low", "later"], "{order:?}");
    assert_eq!(order.len(), 4, "{order:?}");

    let everything = json!({ "filter": {} });
    let answer = next(&external, everything.clone()).await;
    assert_eq!(ticket(&answer)["subject"], "vendor's");
    assert_eq!(*ticket(&next(&external, everything).await), Value::Null);
    let teamless = json!({ "filter": { "team": { "isNull": true } } });
    assert_eq!(ticket(&next(&agent, teamless).await)["subject"], "teamless");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_says_which_is_next() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let make =
        |subject: &'static str, priority| server.ticket().subject(subject).priority(priority);
    make("low", Priority::Low).create().await;
    make("urgent", Priority::Urgent).create().await;
    make("high", Priority::High).create().await;
    let input = json!({ "name": "Hot", "filter": { "not": { "priority": { "eq": "LOW" } } },
        "orderBy": { "field": "PRIORITY", "direction": "ASC" } });
    let created = mutate(&agent, "createQueue", "queue { id }", input).await;
    let queue = &created["data"]["createQueue"]["queue"]["id"];
    for subject in [json!("high"), json!("urgent"), Value::Null] {
        let answer = next(&agent, json!({ "queueId": queue })).await;
        assert_eq!(ticket(&answer)["subject"], subject);
    }
    // Another's queue is missing, as one that never was.
    for (who, input, expected) in [
        (server.lead(), json!({ "queueId": queue }), "NOT_FOUND"),
        (
            agent.clone(),
            json!({ "queueId": global(server.team()) }),
            "NOT_FOUND",
        ),
        (
            agent,
            json!({ "queueId": queue, "filter": {} }),
            "BAD_USER_INPUT",
        ),
        (server.requester(), json!({}), "FORBIDDEN"),
        (server.visitor(), json!({}), "UNAUTHENTICATED"),
    ] {
        assert_eq!(outcome(&next(&who, input).await), expected);
    }
}
