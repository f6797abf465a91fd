//! Many tickets at once.

mod create;
mod killed;

use std::time::Duration;

use chrono::TimeDelta;
use entity::{bulk_job, ids::BulkJobId};
use futures_util::future::join_all;
use guichet::actor::Actor;
use harness::{Client, TestServer, global};
use sea_orm::{ActiveModelTrait, IntoActiveModel};
use serde_json::{Value, json};

use crate::{
    ask::{mutate, outcome},
    live::{QUEUE, follow},
};

const JOB: &str = "id status totalCount doneCount refusedCount";

pub(crate) async fn start(client: &Client, tickets: Value, steps: Value) -> Value {
    let input = json!({ "tickets": tickets, "steps": steps });
    mutate(
        client,
        "bulkChangeTickets",
        &format!("job {{ {JOB} }}"),
        input,
    )
    .await
}

pub(crate) fn id_of(started: &Value) -> String {
    let id = &started["data"]["bulkChangeTickets"]["job"]["id"];
    id.as_str()
        .unwrap_or_else(|| panic!("{started}"))
        .to_owned()
}

/// The job once it is over.
pub(crate) async fn finished(client: &Client, id: &str) -> Value {
    let document = format!(
        "query($id: ID!) {{ bulkJob(id: $id) {{ {JOB} finishedAt items(first: 100) {{ totalCount nodes {{ ticketId status userErrors {{ code field message allowed }} ticket {{ id status tags }} }} }} }} }}"
    );
    for _ in 0..1_200 {
        let mut answer = client.run(&document, json!({ "id": id })).await;
        assert!(answer["errors"].is_null(), "{answer}");
        let job = answer["data"]["bulkJob"].take();
        if job["status"] != "RUNNING" {
            return job;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the job does not end");
}

async fn tickets(server: &TestServer, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for number in 0..count {
        let ticket = server
            .ticket()
            .subject(&format!("Many {number}"))
            .create()
            .await;
        ids.push(global(ticket.id));
    }
    ids
}

#[tokio::test(flavor = "multi_thread")]
async fn each_has_its_turn_and_its_result() {
    let server = TestServer::start().await;
    let (agent, partner) = (server.agent(), server.external_agent());
    let mut ids = tickets(&server, 3).await;
    let solve = json!({ "ticketId": ids[1], "comment": "Done." });
    mutate(&agent, "solveTicket", "ticket { id }", solve).await;
    ids.push(ids[0].clone());
    ids.push("tic_ffffffffffff7fff8fffffffffffffff".to_owned());
    let steps =
        json!([{ "tag": { "add": ["moved"] } }, { "solve": { "comment": "All of them." } }]);
    let started = start(&agent, json!({ "ids": ids }), steps).await;
    assert_eq!(outcome(&started), "ok", "{started}");
    let job = finished(&agent, &id_of(&started)).await;
    assert_eq!(job["status"], "FINISHED");
    assert_eq!(
        (&job["totalCount"], &job["doneCount"], &job["refusedCount"]),
        (&json!(4), &json!(2), &json!(2))
    );
    let items = job["items"]["nodes"].as_array().unwrap();
    let results: Vec<_> = items
        .iter()
        .map(|item| {
            (
                item["status"].as_str().unwrap(),
                item["userErrors"].clone(),
                item["ticket"]["tags"].clone(),
            )
        })
        .collect();
    assert_eq!(results[0], ("DONE", json!([]), json!(["moved"])));
    assert_eq!(results[2], ("DONE", json!([]), json!(["moved"])));
    // All of its steps, or none.
    assert_eq!((results[1].0, &results[1].2), ("REFUSED", &json!([])));
    assert_eq!(results[1].1[0]["code"], "ILLEGAL_TRANSITION");
    assert_eq!(results[1].1[0]["field"], json!(["steps", "1"]));
    assert_eq!(
        results[1].1[0]["allowed"],
        json!(["OPEN", "WAITING", "CLOSED"])
    );
    assert_eq!(
        (results[3].0, results[3].1[0]["code"].as_str()),
        ("REFUSED", Some("NOT_FOUND"))
    );

    // Hidden is as missing, and a job is nobody else's.
    let hidden = start(
        &partner,
        json!({ "ids": [ids[0], ids[4]] }),
        json!([{ "tag": { "add": ["x"] } }]),
    )
    .await;
    let hidden = finished(&partner, &id_of(&hidden)).await;
    let items = hidden["items"]["nodes"].as_array().unwrap();
    assert_eq!(items[0]["userErrors"], items[1]["userErrors"]);
    assert_eq!(
        (&items[0]["ticket"], &items[1]["ticket"]),
        (&Value::Null, &Value::Null)
    );
    let other = agent
        .run(
            "query($id: ID!) { bulkJob(id: $id) { id } }",
            json!({ "id": hidden["id"] }),
        )
        .await;
    assert_eq!(other["data"]["bulkJob"], Value::Null);
    let cancel = mutate(
        &agent,
        "cancelBulkJob",
        "job { id }",
        json!({ "jobId": hidden["id"] }),
    )
    .await;
    assert_eq!(outcome(&cancel), "NOT_FOUND");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_finds_them_and_queues_hear_of_each() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let ids = tickets(&server, 12).await;
    crate::live::settle(&server).await;
    let filter = json!({ "status": { "eq": "NEW" } });
    let mut queue = follow(&server.lead(), QUEUE, json!({ "filter": filter })).await;
    let started = start(
        &agent,
        json!({ "filter": filter }),
        json!([{ "claim": "VIEWER" }, { "solve": {} }]),
    )
    .await;
    let progress = "subscription($id: ID!) { bulkJobChanges(id: $id) { status doneCount } }";
    let mut live = agent
        .subscribe(progress, json!({ "id": id_of(&started) }))
        .await;
    let mut last = json!({});
    while last["status"] != "FINISHED" {
        last = live.next().await["data"]["bulkJobChanges"].clone();
    }
    assert_eq!(last["doneCount"], 12);
    for left in (0..12).rev() {
        let (kind, _, count) = queue.step().await;
        assert_eq!((kind.as_str(), count), ("LEFT", left));
    }
    assert_eq!(ids.len(), 12);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rights_are_those_of_each_turn() {
    let server = TestServer::start().await;
    let ids = tickets(&server, 40).await;
    let script = crate::token::token_of_machine(&server, &["TICKETS_WRITE"]).await;
    let steps = json!([{ "comment": { "body": "Hello.", "visibility": "PUBLIC" } }]);
    let started = start(&script, json!({ "ids": ids[..1] }), steps).await;
    let job = finished(&script, &id_of(&started)).await;
    assert_eq!(
        job["items"]["nodes"][0]["userErrors"][0]["code"], "FORBIDDEN",
        "{job}"
    );

    let agent = server.agent();
    let started = start(
        &agent,
        json!({ "ids": ids }),
        json!([{ "tag": { "add": ["t"] } }]),
    )
    .await;
    let disabled = mutate(
        &server.admin(),
        "disableUser",
        "user { id }",
        json!({ "userId": agent.id() }),
    )
    .await;
    assert_eq!(outcome(&disabled), "ok", "{disabled}");
    let id = id_of(&started);
    let enabled = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        mutate(
            &server.admin(),
            "enableUser",
            "user { id }",
            json!({ "userId": agent.id() }),
        )
        .await
    };
    enabled.await;
    let job = finished(&agent.on_another_device(), &id).await;
    assert_eq!(job["status"], "CANCELLED");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_can_be_ended_and_not_be_too_large() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let ids = tickets(&server, 60).await;
    let started = start(
        &agent,
        json!({ "ids": ids }),
        json!([{ "tag": { "add": ["t"] } }]),
    )
    .await;
    let cancelled = mutate(
        &agent,
        "cancelBulkJob",
        "job { status }",
        json!({ "jobId": id_of(&started) }),
    )
    .await;
    assert_eq!(
        cancelled["data"]["cancelBulkJob"]["job"]["status"], "CANCELLED",
        "{cancelled}"
    );
    let job = finished(&agent, &id_of(&started)).await;
    assert!(job["doneCount"].as_i64().unwrap() < 60);

    let too_many: Vec<_> = (0..1_001)
        .map(|number| format!("tic_{number:032x}"))
        .collect();
    let tag = json!([{ "tag": { "add": ["t"] } }]);
    for (tickets, steps, code) in [
        (json!({ "ids": too_many }), tag.clone(), "INVALID"),
        (json!({ "ids": ["usr_1"] }), tag.clone(), "NOT_FOUND"),
        (json!({ "ids": [ids[0]] }), json!([]), "REQUIRED"),
        (
            json!({ "ids": [ids[0]] }),
            json!([{ "tag": { "add": [""] } }]),
            "REQUIRED",
        ),
        (
            json!({ "ids": [], "filter": {} }),
            tag.clone(),
            "GRAPHQL_VALIDATION_FAILED",
        ),
    ] {
        let refused = start(&agent, tickets, steps).await;
        assert_ne!(outcome(&refused), "ok");
        assert!(
            refused.to_string().contains(code) || code == "REQUIRED",
            "{refused}"
        );
    }
    let forbidden = start(&server.requester(), json!({ "ids": [ids[0]] }), tag).await;
    assert_eq!(outcome(&forbidden), "FORBIDDEN");
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_that_are_started_at_once_are_counted_one_by_one() {
    let server = TestServer::start().await;
    let agent = server.agent();
    agent.token().await.unwrap();
    let ids = tickets(&server, 150).await;
    let started = (0..16).map(|_| {
        let tag = json!([{ "tag": { "add": ["t"] } }]);
        start(&agent, json!({ "ids": ids }), tag)
    });
    let started = join_all(started).await;
    let code = |answer: &Value| answer["errors"][0]["extensions"]["code"].clone();
    let refused = started
        .iter()
        .filter(|answer| code(answer) == "RATE_LIMITED");
    assert_eq!(refused.count(), 11, "{started:?}");
}

/// Its steps cannot be read any more, say.
#[tokio::test(flavor = "multi_thread")]
async fn one_that_cannot_go_on_keeps_no_others_back() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let stuck = bulk_job::Model {
        id: BulkJobId(server.app().clock.new_id()),
        created_by_id: agent.user_id(),
        api_token_id: None,
        steps: json!([{ "noSuchStep": {} }]),
        status: bulk_job::Status::Running,
        total_count: 1,
        done_count: 0,
        refused_count: 0,
        created_at: server.now() - TimeDelta::hours(1),
        finished_at: None,
    };
    let tx = server.app().begin(&Actor::System).await.unwrap();
    let row = stuck.into_active_model().reset_all();
    row.insert(&*tx).await.unwrap();
    tx.commit().await.unwrap();
    let ids = tickets(&server, 2).await;
    let steps = json!([{ "tag": { "add": ["moved"] } }]);
    let started = start(&agent, json!({ "ids": ids }), steps).await;
    let job = finished(&agent, &id_of(&started)).await;
    assert_eq!(job["doneCount"], 2, "{job}");
}
