//! A server is killed in the middle of a bulk job: each ticket is changed once all the same.

use std::{collections::HashMap, time::Duration};

use entity::{bulk_job, bulk_job_item, event};
use harness::{Process, TestServer};
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::json;
use tokio::time::{sleep, timeout};

use super::{start, tickets};
use crate::token::token_of_machine;

const SERVER: &str = env!("CARGO_BIN_EXE_it-server");
const TICKETS: usize = 150;
/// Servers that are killed one after the other, each once as many tickets more are done.
const KILLS: u64 = 4;
const DONE_BY_EACH: u64 = 25;
/// How long a server may take until so many are done.
const WITHIN: Duration = Duration::from_mins(1);

#[tokio::test(flavor = "multi_thread")]
async fn each_ticket_is_changed_once_though_servers_are_killed() {
    let server = TestServer::start().await;
    let ids = tickets(&server, TICKETS).await;
    // By the clock on the wall, a session of this desk is over long since.
    let script = token_of_machine(&server, &["TICKETS_READ"]).await;
    let token = script.token().await.unwrap();
    drop(script);
    let steps = json!([{ "tag": { "add": ["once"] } }, { "comment": { "body": "Once." } }]);
    let started = start(&server.agent(), json!({ "ids": ids }), steps).await;
    assert!(started["errors"].is_null(), "{started}");

    let desk = server.close().await;
    for kill in 1..=KILLS {
        let killed = desk.start(SERVER, &[]);
        let is_in_the_middle = async {
            while done(&killed, &token).await < kill * DONE_BY_EACH {
                sleep(Duration::from_millis(2)).await;
            }
        };
        timeout(WITHIN, is_in_the_middle).await.unwrap();
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

/// How many tickets the job has changed, by this server.
async fn done(server: &Process, token: &str) -> u64 {
    let document = "{ tickets(filter: { tags: { hasAny: [\"once\"] } }) { totalCount } }";
    let answer = server.ask(token, document).await;
    let count = answer["data"]["tickets"]["totalCount"].as_u64();
    count.unwrap_or_else(|| panic!("{answer}"))
}
