//! A server is killed in the middle of a bulk job: each ticket is changed once all the same.

use std::{collections::HashMap, time::Duration};

use entity::{bulk_job, bulk_job_item, event};
use harness::TestServer;
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::json;
use tokio::time::sleep;

use super::{start, tickets};

const SERVER: &str = env!("CARGO_BIN_EXE_it-server");
const TICKETS: usize = 150;

#[tokio::test(flavor = "multi_thread")]
async fn each_ticket_is_changed_once_though_servers_are_killed() {
    let server = TestServer::start().await;
    let ids = tickets(&server, TICKETS).await;
    let steps = json!([{ "tag": { "add": ["once"] } }, { "comment": { "body": "Once." } }]);
    let started = start(&server.agent(), json!({ "ids": ids }), steps).await;
    assert!(started["errors"].is_null(), "{started}");

    let desk = server.close().await;
    for _ in 0..4 {
        let killed = desk.start(SERVER, &[]);
        sleep(Duration::from_millis(700)).await;
        killed.kill();
    }
    let server = desk.open().await;
    let db = &server.app().store.read;
    // Killed in the middle, or this says nothing.
    let job = bulk_job::Entity::find().one(db).await.unwrap().unwrap();
    assert!((1..150).contains(&job.done_count), "{}", job.done_count);
    for _ in 0..1_200 {
        let job = bulk_job::Entity::find().one(db).await.unwrap().unwrap();
        if job.status == bulk_job::Status::Finished {
            break;
        }
        sleep(Duration::from_millis(50)).await;
    }
    let job = bulk_job::Entity::find().one(db).await.unwrap().unwrap();
    assert_eq!(
        (job.status, job.done_count),
        (bulk_job::Status::Finished, 150)
    );
    assert_eq!(bulk_job_item::Entity::find().count(db).await.unwrap(), 150);
    let mut told: HashMap<_, Vec<String>> = HashMap::new();
    for event in event::Entity::find().all(db).await.unwrap() {
        if let Some(id) = event.ticket_id {
            let word = event.data["type"].as_str().unwrap().to_owned();
            told.entry(id).or_default().push(word);
        }
    }
    assert_eq!(told.len(), TICKETS);
    for words in told.values() {
        for once in ["TicketTagged", "CommentAdded"] {
            assert_eq!(
                words.iter().filter(|word| *word == once).count(),
                1,
                "{words:?}"
            );
        }
    }
}
