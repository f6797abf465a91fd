//! Places of events: whoever reads in their order reads every event once.

use std::time::Duration;

use entity::event;
use futures_util::future::join_all;
use guichet::{actor::Actor, app::App};
use harness::{Client, TestServer};
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, QueryOrder, Statement};
use tokio::time::timeout;

use super::{change, settle};

const WRITERS: usize = 16;
const CHANGES: usize = 6;
/// Commits come later than those that began after them. In a transaction that says that it writes:
/// these connections read otherwise.
const LATE_COMMITS: &str = "BEGIN READ WRITE;
  CREATE FUNCTION test_late() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF random() < 0.3 THEN PERFORM pg_sleep(random() * 0.2); END IF;
      RETURN NULL;
    END $$;
  CREATE CONSTRAINT TRIGGER test_late AFTER INSERT ON events
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION test_late();
  COMMIT";

/// SQLite has one writer, so there nothing can be late.
async fn delay_commits(app: &App) {
    if app.store.backend() == DbBackend::Postgres {
        let db = &app.store.read;
        db.execute_unprepared(LATE_COMMITS).await.unwrap();
    }
}

async fn tag(agent: &Client, ticket: &entity::ticket::Model) {
    for turn in 0..CHANGES {
        change(
            agent,
            "tagTicket",
            ticket,
            &format!("add: [\"turn-{turn}\"]"),
        )
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_late_commit_is_skipped() {
    let server = TestServer::start().await;
    let (app, agent) = (server.app(), server.agent());
    let mut tickets = Vec::new();
    for _ in 0..WRITERS {
        tickets.push(server.ticket().create().await);
    }
    settle(&server).await;
    delay_commits(app).await;

    let start = app.feed.head();
    let mut follower = app.feed.follow(None);
    let reading = async {
        let mut heard = Vec::new();
        while heard.len() < WRITERS * CHANGES {
            let next = timeout(Duration::from_secs(10), follower.next(64)).await;
            heard.extend(next.expect("events come").unwrap());
        }
        heard
    };
    let writing = join_all(tickets.iter().map(|ticket| tag(&agent, ticket)));
    let (heard, _) = tokio::join!(reading, writing);

    let places: Vec<u64> = heard.iter().map(|event| event.pos.0).collect();
    let expected: Vec<u64> = (start.0 + 1..).take(heard.len()).collect();
    assert_eq!(places, expected, "dense, and in order");
    for ticket in &tickets {
        let of_ticket = heard
            .iter()
            .filter(|event| event.ticket_id == Some(ticket.id));
        let versions: Vec<i32> = of_ticket
            .filter_map(|event| Some(event.change.as_ref()?.after.version))
            .collect();
        let first = ticket.version + 1;
        let expected: Vec<i32> = (first..).take(CHANGES).collect();
        assert_eq!(versions, expected, "in the order of a ticket's changes");
    }
    // What another server reads from the log itself is the same.
    let log = event::Entity::find().order_by_asc(event::Column::Id);
    let log = log.all(&app.store.read).await.unwrap();
    let mut stored: Vec<(u64, i64)> = log
        .iter()
        .filter_map(|event| Some((u64::try_from(event.pos?).ok()?, event.id)))
        .filter(|(pos, _)| *pos > start.0)
        .collect();
    stored.sort_unstable();
    let heard: Vec<(u64, i64)> = heard.iter().map(|event| (event.pos.0, event.id)).collect();
    assert_eq!(stored, heard);
}

/// After an import no event has a place for a moment, which is when PostgreSQL may look at the table.
#[tokio::test(flavor = "multi_thread")]
async fn what_has_no_place_is_never_looked_for_in_the_whole_log() {
    let server = TestServer::start().await;
    let tx = server.app().begin(&Actor::System).await.unwrap();
    if tx.get_database_backend() != DbBackend::Postgres {
        return;
    }
    for statement in [
        "INSERT INTO events (actor_kind, is_internal, at, data)
            SELECT 0, false, now(), '{}' FROM generate_series(1, 20000)",
        "ANALYZE events",
    ] {
        tx.execute_unprepared(statement).await.unwrap();
    }
    let explain = "EXPLAIN SELECT FROM events WHERE pos IS NULL LIMIT 1";
    let explain = Statement::from_string(DbBackend::Postgres, explain);
    let plan = tx.query_all_raw(explain).await.unwrap();
    let lines = plan.iter().map(|row| row.try_get_by_index(0).unwrap());
    let plan = lines.collect::<Vec<String>>().join("\n");
    assert!(plan.contains("events_unplaced"), "{plan}");
}
