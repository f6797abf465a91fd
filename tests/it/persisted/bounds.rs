//! The store has an end: in number, and in time.

use chrono::TimeDelta;
use entity::persisted_document::{ActiveModel, Entity};
use guichet::{actor::Actor, persisted};
use harness::TestServer;
use sea_orm::{ActiveValue::Set, EntityTrait};

use super::{ask_by_hash, code, count, teach};

/// Documents in one statement.
const BATCH: usize = 500;

/// Puts `number` documents into the store, each last read a second before the one before it.
async fn fill(server: &TestServer, number: usize) {
    let numbers: Vec<_> = (0..number).collect();
    for batch in numbers.chunks(BATCH) {
        let tx = server.app().begin(&Actor::System).await.unwrap();
        let documents = batch.iter().map(|number| {
            let text = format!("query Q{number} {{ __typename }}");
            let age = TimeDelta::seconds(i64::try_from(*number).unwrap());
            ActiveModel {
                hash: Set(persisted::hash_of(&text).to_vec()),
                text: Set(text),
                used_at: Set(server.now() - age),
            }
        });
        Entity::insert_many(documents)
            .exec_without_returning(&*tx)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_store_makes_room_by_what_was_not_read_the_longest() {
    let server = TestServer::start().await;
    fill(&server, 10_000).await;
    let agent = server.agent();
    assert_eq!(code(&teach(&agent).await), "ok");
    assert_eq!(count(&server).await, 10_000, "it runs, and is not kept");

    persisted::trim(server.app()).await.unwrap();
    assert_eq!(count(&server).await, 9_000);
    let is_there = async |text: &str| {
        let found = persisted::find(server.app(), &persisted::hash_of(text)).await;
        found.unwrap().is_some()
    };
    assert!(is_there("query Q0 { __typename }").await);
    assert!(!is_there("query Q9999 { __typename }").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_stays_while_servers_read_it() {
    let server = TestServer::start().await;
    teach(&server.agent()).await;
    fill(&server, 3).await;
    let server = super::next_server(server).await;
    server.advance(TimeDelta::days(59));
    assert_eq!(code(&ask_by_hash(&server.agent()).await), "ok");
    server.advance(TimeDelta::days(59));
    persisted::trim(server.app()).await.unwrap();
    assert_eq!(count(&server).await, 1);
}
