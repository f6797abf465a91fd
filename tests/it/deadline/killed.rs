//! A server is killed while it meets deadlines: each is met once, and on time.

use std::{collections::HashMap, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    event,
    ids::TicketId,
    ticket::{self, Status, TimerKind, WaitingReason, Warning},
    ticket_detail,
};
use guichet::{
    actor::Actor,
    events::{Event, log},
    sla::{self, Timers},
    ticket::deadline::store_timers,
};
use harness::{Closed, Process, TestServer, wall};
use sea_orm::{ActiveModelTrait, DbBackend, EntityTrait, IntoActiveModel};
use tokio::time::sleep;

use super::LATE_MAX;
use crate::rows;

const SERVER: &str = env!("CARGO_BIN_EXE_it-server");
/// In one minute, so many at one moment: worse than if they were spread over it.
const BURSTS: i32 = 60;
const BURST_EVERY: TimeDelta = TimeDelta::seconds(1);
/// Two thousand in all. SQLite writes one after the other, and serves one process.
const PER_BURST: [i32; 2] = [34, 8];
/// More than other tests have: deadlines are met in as many lanes as a quarter of them.
const SETTINGS: [(&str, &str); 1] = [("GUICHET_DATABASE_CONNECTIONS", "12")];
/// Until the first are due: servers have started by then.
const LEAD: TimeDelta = TimeDelta::seconds(8);
/// The server is killed so long after this burst was due, in the middle of it.
const KILLED_IN: i32 = 29;
const KILLED_AFTER: TimeDelta = TimeDelta::milliseconds(40);
const ROWS_AT_ONCE: usize = 200;

/// What comes due of a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Due {
    AtRisk,
    Breached,
    WaitEnds,
    Closes,
}

impl Due {
    const ALL: [Self; 4] = [Self::AtRisk, Self::Breached, Self::WaitEnds, Self::Closes];

    fn of(event: &Event) -> Option<Self> {
        match event {
            Event::TicketAtRisk {
                timer: TimerKind::FirstReply,
                ..
            } => Some(Self::AtRisk),
            Event::TicketBreached {
                timer: TimerKind::FirstReply,
                ..
            } => Some(Self::Breached),
            Event::TicketOpened {
                from: Status::Waiting,
                ..
            } => Some(Self::WaitEnds),
            Event::TicketClosed { .. } => Some(Self::Closes),
            _ => None,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_is_met_once_and_on_time_though_a_server_is_killed() {
    let server = TestServer::start().await;
    let is_alone = server.app().store.backend() == DbBackend::Sqlite;
    let base = wall() + LEAD;
    let planned = plan(&server, base, PER_BURST[usize::from(is_alone)]).await;

    let desk = server.close().await;
    let killed = desk.start(SERVER, &SETTINGS);
    let other = (!is_alone).then(|| desk.start(SERVER, &SETTINGS));
    let mut up_since = vec![wall()];
    until(base + BURST_EVERY * KILLED_IN + KILLED_AFTER).await;
    killed.kill();
    let killed_at = wall();
    let back = desk.start(SERVER, &SETTINGS);
    if is_alone {
        up_since.push(wall());
    }
    until(base + BURST_EVERY * BURSTS).await;
    sleep(LATE_MAX).await;
    let server = reopen(desk, other.into_iter().chain([back])).await;

    let late = check_log(&server, &planned, &up_since, killed_at).await;
    let latest = late.iter().max().unwrap();
    let bound = TimeDelta::from_std(LATE_MAX).unwrap();
    assert!(*latest <= bound, "{latest} late: {late:?}");
    check_tickets(&server, &planned).await;
}

async fn until(time: DateTime<Utc>) {
    let left = time - wall();
    sleep(left.to_std().unwrap_or(Duration::ZERO)).await;
}

async fn reopen(desk: Closed, processes: impl Iterator<Item = Process>) -> TestServer {
    for process in processes {
        process.kill();
    }
    desk.open().await
}

/// Stores tickets of which something comes due in each burst, and tells what and when.
async fn plan(
    server: &TestServer,
    base: DateTime<Utc>,
    per_burst: i32,
) -> HashMap<TicketId, (Due, DateTime<Utc>)> {
    let mut planned = HashMap::new();
    let mut tickets = Vec::new();
    for burst in 0..BURSTS {
        for (_, due) in (0..per_burst).zip(Due::ALL.into_iter().cycle()) {
            let at = base + BURST_EVERY * burst;
            let ticket = ticket_of(server, due, at).await;
            assert_eq!(ticket.next_deadline_at, Some(at), "{due:?}");
            planned.insert(ticket.id, (due, at));
            tickets.push(ticket);
        }
    }
    let tx = server.app().begin(&Actor::System).await.unwrap();
    for tickets in tickets.chunks(ROWS_AT_ONCE) {
        let details = tickets.iter().map(|ticket| ticket_detail::Model {
            ticket_id: ticket.id,
            description: String::new(),
            description_html: String::new(),
            context: None,
            custom_fields: entity::json::CustomFields::default(),
            satisfaction: None,
        });
        let rows = tickets.iter().cloned();
        let rows = rows.map(|ticket| ticket.into_active_model().reset_all());
        let rows = ticket::Entity::insert_many(rows);
        rows.exec_without_returning(&*tx).await.unwrap();
        let details = details.map(|details| details.into_active_model().reset_all());
        let details = ticket_detail::Entity::insert_many(details);
        details.exec_without_returning(&*tx).await.unwrap();
    }
    tx.commit().await.unwrap();
    planned
}

/// A ticket that has this due at this time, and nothing else soon. Level 1: first reply in 4 h, at risk after 80 % of it.
async fn ticket_of(server: &TestServer, due: Due, at: DateTime<Utc>) -> ticket::Model {
    let app = server.app();
    let close_after = app.config.close_after.unwrap();
    let created_at = at
        - match due {
            Due::AtRisk => TimeDelta::minutes(192),
            Due::Breached => TimeDelta::hours(4),
            Due::WaitEnds => TimeDelta::hours(1),
            Due::Closes => close_after,
        };
    let book = sla::book(app).await.unwrap();
    let mut ticket = ticket::Model {
        created_at,
        updated_at: created_at,
        terms_version: book.version(),
        ..rows::ticket(server)
    };
    let mut timers = Timers::start(book.terms_of(&ticket), created_at);
    match due {
        Due::AtRisk => {}
        Due::Breached => timers.tell(TimerKind::FirstReply, Warning::AtRisk),
        Due::WaitEnds => {
            ticket.status = Status::Waiting;
            ticket.waiting_reason = Some(WaitingReason::Scheduled);
            ticket.waiting_until = Some(at);
            timers.pause(WaitingReason::Scheduled, created_at);
        }
        Due::Closes => {
            ticket.status = Status::Solved;
            ticket.solved_at = Some(created_at);
            timers.solve(created_at);
        }
    }
    store_timers(&mut ticket, &timers, Some(close_after)).unwrap();
    ticket
}

/// How late each was met, by the log; all of them are there, and nothing else is.
async fn check_log(
    server: &TestServer,
    planned: &HashMap<TicketId, (Due, DateTime<Utc>)>,
    up_since: &[DateTime<Utc>],
    killed_at: DateTime<Utc>,
) -> Vec<TimeDelta> {
    let rows = event::Entity::find().all(&server.app().store.read).await;
    let mut met = HashMap::new();
    let mut late = Vec::new();
    for row in rows.unwrap() {
        let Some(ticket_id) = row.ticket_id else {
            continue;
        };
        let (due, at) = planned[&ticket_id];
        assert_eq!(Due::of(&log::entry(&row).unwrap().event), Some(due));
        assert!(row.at >= at, "{due:?} {} before its time", at - row.at);
        assert_eq!(met.insert(ticket_id, row.at), None, "{due:?} twice");
        // What came due while nobody was there is due when somebody is.
        let was_down = |since: &DateTime<Utc>| at <= *since && row.at >= *since;
        let since = up_since.iter().filter(|since| was_down(since)).max();
        late.push(row.at - since.map_or(at, |since| at.max(*since)));
    }
    assert_eq!(met.len(), planned.len(), "some were not met");
    assert!(met.values().any(|at| *at < killed_at));
    assert!(met.values().any(|at| *at > killed_at));
    late
}

/// What was met stays as it was told.
async fn check_tickets(server: &TestServer, planned: &HashMap<TicketId, (Due, DateTime<Utc>)>) {
    let tickets = ticket::Entity::find().all(&server.app().store.read).await;
    for ticket in tickets.unwrap() {
        let (due, at) = planned[&ticket.id];
        assert!(ticket.next_deadline_at.is_none_or(|next| next > at));
        let (status, warning) = match due {
            Due::AtRisk => (Status::New, Warning::AtRisk),
            Due::Breached => (Status::New, Warning::Breached),
            Due::WaitEnds => (Status::Open, Warning::None),
            Due::Closes => (Status::Closed, Warning::None),
        };
        assert_eq!((ticket.status, ticket.warning), (status, warning));
        assert_eq!(ticket.version, if warning == Warning::None { 2 } else { 1 });
    }
}
