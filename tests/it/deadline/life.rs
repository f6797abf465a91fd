//! Waits that end, and what was solved and is closed.

use chrono::TimeDelta;
use entity::{
    event::ActorKind,
    ticket::{self, Status},
};
use harness::TestServer;
use tokio::time::sleep;

use super::{LATE_MAX, caught_up, events, stored};
use crate::live::change;

async fn status(server: &TestServer, ticket: &ticket::Model) -> Status {
    stored(server, ticket.id).await.status
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_ends_at_its_date() {
    let server = TestServer::start().await;
    let ticket = server.ticket().open().create().await;
    let until = server.now() + TimeDelta::hours(1);
    let input = format!("reason: SCHEDULED, until: \"{}\"", until.to_rfc3339());
    change(&server.agent(), "waitTicket", &ticket, &input).await;
    server.advance(TimeDelta::hours(1));
    caught_up(&server).await;
    let after = stored(&server, ticket.id).await;
    assert_eq!((after.status, after.waiting_until), (Status::Open, None));
    assert_eq!(after.version, ticket.version + 2);
    let rows = events(&server, ticket.id).await;
    let last = rows.last().unwrap();
    assert_eq!(last.data["type"], "TicketOpened");
    assert_eq!(last.actor_kind, ActorKind::System);
    assert!(!last.is_internal);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_that_ended_before_is_over() {
    let server = TestServer::start().await;
    let (agent, rosa) = (server.agent(), server.requester());
    let ticket = server.ticket().open().create().await;
    let until = server.now() + TimeDelta::hours(1);
    let input = format!("reason: SCHEDULED, until: \"{}\"", until.to_rfc3339());
    change(&agent, "waitTicket", &ticket, &input).await;
    change(&rosa, "addComment", &ticket, "body: \"And?\"").await;
    change(&agent, "waitTicket", &ticket, "reason: REQUESTER").await;
    server.advance(TimeDelta::hours(1));
    sleep(LATE_MAX).await;
    assert_eq!(status(&server, &ticket).await, Status::Waiting);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_solved_ticket_closes_after_quiet_days() {
    let server = TestServer::start().await;
    let ticket = server.ticket().solved().create().await;
    let other = server.ticket().solved().create().await;
    server.advance(TimeDelta::days(6));
    // Internal words are not heard by the requester, and change nothing.
    server.comment(&ticket).internal().create().await;
    // This reopens, so the days begin again with the next solution.
    let words = "body: \"It burns again\"";
    change(&server.requester(), "addComment", &other, words).await;
    assert_eq!(status(&server, &other).await, Status::Open);
    server.advance(TimeDelta::hours(1));
    change(&server.agent(), "solveTicket", &other, "").await;
    server.advance(TimeDelta::hours(23));
    caught_up(&server).await;
    assert_eq!(status(&server, &ticket).await, Status::Closed);
    assert_eq!(status(&server, &other).await, Status::Solved);
    let rows = events(&server, ticket.id).await;
    let last = rows.last().unwrap();
    assert_eq!(last.data["type"], "TicketClosed");
    assert_eq!(last.actor_kind, ActorKind::System);
    let closed = stored(&server, ticket.id).await;
    assert_eq!(
        (closed.closed_at, closed.next_deadline_at),
        (Some(server.now()), None)
    );
    server.advance(TimeDelta::days(6) + TimeDelta::hours(1));
    caught_up(&server).await;
    assert_eq!(status(&server, &other).await, Status::Closed);
}

#[tokio::test(flavor = "multi_thread")]
async fn how_long_it_stays_solved_is_a_setting() {
    for (days, is_closed) in [("0", false), ("2", true)] {
        let server = TestServer::start_with(&[("GUICHET_CLOSE_AFTER_DAYS", days)]).await;
        let ticket = server.ticket().solved().create().await;
        server.advance(TimeDelta::days(2));
        caught_up(&server).await;
        if !is_closed {
            sleep(LATE_MAX).await;
        }
        let expected = if is_closed {
            Status::Closed
        } else {
            Status::Solved
        };
        assert_eq!(status(&server, &ticket).await, expected);
    }
}
