//! What happens by itself: on time, and once.

mod killed;
mod life;
mod servers;
mod warnings;

use std::time::Duration;

use entity::{
    event,
    ids::TicketId,
    ticket::{self, TimerKind},
};
use guichet::events::{Event, log};
use harness::TestServer;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use tokio::time::{Instant, sleep};

pub(crate) use servers::plan;

/// How late a deadline may be, and how long nothing is to be waited for before it counts as nothing.
const LATE_MAX: Duration = Duration::from_secs(2);

/// Everything that the log has of a ticket.
pub(crate) async fn events(server: &TestServer, id: TicketId) -> Vec<event::Model> {
    let of_ticket = event::Entity::find().filter(event::Column::TicketId.eq(id));
    let rows = of_ticket.order_by_asc(event::Column::Id);
    rows.all(&server.app().store.read).await.unwrap()
}

/// What the log has of a ticket's targets, in its order.
pub(crate) async fn warnings(server: &TestServer, id: TicketId) -> Vec<(&'static str, TimerKind)> {
    let rows = events(server, id).await;
    let warning = |row: &event::Model| match log::entry(row).unwrap().event {
        Event::TicketAtRisk { timer, .. } => Some(("at risk", timer)),
        Event::TicketBreached { timer, .. } => Some(("breached", timer)),
        _ => None,
    };
    rows.iter().filter_map(warning).collect()
}

pub(crate) async fn stored(server: &TestServer, id: TicketId) -> ticket::Model {
    let found = ticket::Entity::find_by_id(id);
    let found = found.one(&server.app().store.read).await.unwrap();
    found.unwrap()
}

/// Waits until all that has come due is done.
pub(crate) async fn caught_up(server: &TestServer) {
    let started_at = Instant::now();
    loop {
        let next = guichet::ticket::next_deadline(server.app(), &[])
            .await
            .unwrap();
        if next.is_none_or(|next| next > server.now()) {
            return;
        }
        let waited = started_at.elapsed();
        assert!(waited < LATE_MAX, "due since {next:?}, after {waited:?}");
        sleep(Duration::from_millis(10)).await;
    }
}
