//! Several servers, and what looking costs.

use std::time::Duration;

use chrono::TimeDelta;
use entity::ticket::{self, Warning};
use guichet::{actor::Actor, deadlines};
use harness::TestServer;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QuerySelect, Statement,
};
use tokio::time::{Instant, sleep};

use super::{LATE_MAX, caught_up, stored, warnings};
use crate::rows;

const TICKETS: usize = 60;
/// Two targets, near and missed.
const TOLD: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn of_several_servers_one_does_it() {
    let server = TestServer::start().await;
    // More of those that look, each with its own place in the queue for locks.
    let keepers: Vec<_> = (0..3)
        .map(|_| deadlines::start(server.app().clone()))
        .collect();
    let mut tickets = Vec::new();
    for _ in 0..TICKETS {
        tickets.push(server.ticket().create().await);
    }
    server.advance(TimeDelta::hours(8));
    let agent = server.agent();
    // Meanwhile somebody works.
    for ticket in tickets.iter().step_by(10) {
        crate::live::change(&agent, "tagTicket", ticket, "add: [\"late\"]").await;
    }
    while !are_all_told(&server).await {
        sleep(Duration::from_millis(20)).await;
    }
    caught_up(&server).await;
    for ticket in &tickets {
        let mut told = warnings(&server, ticket.id).await;
        assert_eq!(told.len(), TOLD, "{told:?}");
        told.dedup();
        assert_eq!(told.len(), TOLD, "{told:?}");
    }
    for keeper in keepers {
        keeper.stop().await;
    }
}

async fn are_all_told(server: &TestServer) -> bool {
    let left = ticket::Entity::find().filter(ticket::Column::Warning.ne(Warning::Breached));
    let left = left.all(&server.app().store.read).await.unwrap();
    left.is_empty()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_look_is_one_statement_that_reads_one_index() {
    let server = TestServer::start().await;
    for _ in 0..3 {
        server.ticket().create().await;
    }
    let (looks, statements) = server
        .count_all_statements(async {
            sleep(Duration::from_millis(3_200)).await;
            3_usize
        })
        .await;
    let of_deadlines: Vec<_> = statements
        .iter()
        .filter(|sql| sql.contains("next_deadline_at"))
        .collect();
    let count = of_deadlines.len();
    assert!(
        (looks - 1..=looks + 1).contains(&count),
        "{of_deadlines:#?}"
    );
    let sql = of_deadlines[0];
    assert!(
        of_deadlines.iter().all(|other| *other == sql),
        "{of_deadlines:#?}"
    );
    let plan = plan(&server, sql).await;
    assert!(plan.contains("tickets_deadlines"), "{plan}");
}

/// Who holds a ticket when its time comes keeps its deadline waiting no longer than they hold it.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_held_is_met_soon_after() {
    const SOON: Duration = Duration::from_millis(500);
    let server = TestServer::start().await;
    let ticket = server.ticket().create().await;
    let tx = server.app().begin(&Actor::System).await.unwrap();
    let held = ticket::Entity::find_by_id(ticket.id).lock_exclusive();
    held.one(&*tx).await.unwrap().unwrap();
    server.advance(TimeDelta::hours(4));
    // Until all who look have seen that it is held.
    sleep(Duration::from_millis(1_300)).await;
    assert_eq!(warnings(&server, ticket.id).await, []);
    drop(tx);
    let free_at = Instant::now();
    while warnings(&server, ticket.id).await.is_empty() {
        assert!(free_at.elapsed() < SOON, "{:?}", free_at.elapsed());
        sleep(Duration::from_millis(5)).await;
    }
}

/// How the database goes about it, where the table is large.
pub(crate) async fn plan(server: &TestServer, sql: &str) -> String {
    let db = server.app().store.snapshot().await.unwrap();
    let backend = db.get_database_backend();
    let explain = if backend == DbBackend::Postgres {
        let small_is_large = "SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off";
        db.execute_unprepared(small_is_large).await.unwrap();
        "EXPLAIN"
    } else {
        "EXPLAIN QUERY PLAN"
    };
    let sql = sql.replace("$1", "1").replace('?', "1");
    let explain = Statement::from_string(backend, format!("{explain} {sql}"));
    let rows = db.query_all_raw(explain).await.unwrap();
    let column = if backend == DbBackend::Postgres { 0 } else { 3 };
    let lines: Vec<String> = rows
        .iter()
        .map(|row| row.try_get_by_index(column).unwrap())
        .collect();
    lines.join("\n")
}

/// A ticket that cannot be read is left alone for a while; others do not wait for it.
#[tokio::test(flavor = "multi_thread")]
async fn one_bad_ticket_does_not_stop_the_others() {
    let server = TestServer::start().await;
    let bad = ticket::Model {
        timers: "no timers".to_owned(),
        next_deadline_at: Some(server.now()),
        ..rows::ticket(&server)
    };
    let bad_id = bad.id;
    rows::commit(&server, async |tx| {
        rows::insert_ticket(tx, bad.clone()).await;
    })
    .await;
    let ticket = server.ticket().create().await;
    server.advance(TimeDelta::hours(4));
    sleep(LATE_MAX).await;
    assert_eq!(warnings(&server, ticket.id).await.len(), 2);
    assert_eq!(stored(&server, bad_id).await.version, bad.version);
}
