//! A server is killed while it sends: every event comes at least once, always under the same id.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use entity::event;
use harness::{TestServer, global};
use sea_orm::{ColumnTrait, DbBackend, EntityTrait, QueryFilter};
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::{SETTINGS, desk, endpoint, receiver::Receiver};

const SERVER: &str = env!("CARGO_BIN_EXE_it-server");
const TICKETS: usize = 120;
/// Servers that are killed one after the other.
const KILLS: usize = 3;
/// Claims of a server that is dead run out after half a minute.
const WITHIN: Duration = Duration::from_secs(90);

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_told_though_servers_are_killed() {
    let server = desk().await;
    let receiver = Receiver::start().await;
    // By the clock on the wall, targets of these tickets are missed long since: that is told to nobody.
    let events = json!({ "events": ["TICKET_CREATED"] });
    let told = endpoint(&server.admin(), &receiver, events).await;
    // It is told next to nothing until the servers that are killed do it.
    receiver.take(Duration::from_secs(30));
    let mut tickets = BTreeSet::new();
    for _ in 0..TICKETS {
        tickets.insert(global(server.ticket().create().await.id));
    }
    let places = places(&server).await;
    let desk = server.close().await;
    receiver.take(Duration::from_millis(25));
    for kill in 1..=KILLS {
        let process = desk.start(SERVER, &SETTINGS);
        let before = receiver.received().len();
        let begun = Instant::now();
        while receiver.received().len() < before + 10 + kill
            && begun.elapsed() < Duration::from_secs(40)
        {
            sleep(Duration::from_millis(3)).await;
        }
        process.kill();
    }
    let process = desk.start(SERVER, &SETTINGS);
    let begun = Instant::now();
    let mut missing = tickets.clone();
    while !missing.is_empty() {
        for one in receiver.received() {
            missing.remove(one.json()["data"]["subject"]["id"].as_str().unwrap());
        }
        assert!(begun.elapsed() < WITHIN, "{} were not told", missing.len());
        sleep(Duration::from_millis(100)).await;
    }
    process.kill();
    // It takes the database away.
    drop(desk.open().await);

    let mut ids: BTreeMap<u64, BTreeSet<String>> = BTreeMap::new();
    for one in receiver.received() {
        assert!(one.is_signed_with(&told.secret));
        let place = one.json()["sequence"].as_u64().unwrap();
        ids.entry(place).or_default().insert(one.id().to_owned());
    }
    assert_eq!(ids.keys().copied().collect::<BTreeSet<_>>(), places);
    assert!(ids.values().all(|ids| ids.len() == 1), "{ids:?}");
    let all: BTreeSet<_> = ids.values().flatten().collect();
    assert_eq!(all.len(), places.len());
    // What was in flight when a server died comes twice; little else does.
    let twice = receiver.received().len() - places.len();
    assert!(twice <= 2 * TICKETS, "{twice} came again");
}

/// Of all that was done to tickets; on SQLite the id is the place.
async fn places(server: &TestServer) -> BTreeSet<u64> {
    let begun = Instant::now();
    loop {
        let rows = event::Entity::find().filter(event::Column::TicketId.is_not_null());
        let rows = rows.all(&server.app().store.read).await.unwrap();
        let is_sqlite = server.app().store.backend() == DbBackend::Sqlite;
        let place = |row: &event::Model| if is_sqlite { Some(row.id) } else { row.pos };
        let places: Option<BTreeSet<u64>> = rows
            .iter()
            .map(|row| place(row).and_then(|place| u64::try_from(place).ok()))
            .collect();
        if let Some(places) = places {
            return places;
        }
        assert!(begun.elapsed() < WITHIN, "events have no places");
        sleep(Duration::from_millis(20)).await;
    }
}
