//! The rights of now: what changes in them while a stream is open ends it within two seconds.

use std::{
    collections::HashSet,
    sync::{Arc, Weak},
    time::Duration,
};

use entity::ids::SessionId;

use super::{Hub, Order, Person};
use crate::{app::App, error::Result, session};

/// How often everybody is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Sessions in one statement.
const BATCH: usize = 1_000;

/// Looks after the rights of all connections of a hub, for as long as there is one. A task for a
/// server, however many connections it has.
pub async fn watch(hub: Weak<Hub>, app: Arc<App>) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let Some(hub) = hub.upgrade() else { return };
        let people = hub.connections.people();
        for person in &people {
            end_if_over(&hub, &app, person);
        }
        for batch in people.chunks(BATCH) {
            if let Err(error) = look(&hub, &app, batch).await {
                tracing::warn!(?error, "the rights of live connections cannot be read");
                break;
            }
        }
    }
}

fn end_if_over(hub: &Hub, app: &App, (id, person): &(u64, Person)) {
    if person.ends_at <= app.clock.now() {
        hub.connections.tell(*id, Order::Expired);
    }
}

async fn look(hub: &Hub, app: &App, people: &[(u64, Person)]) -> Result<()> {
    let sessions: HashSet<SessionId> = people.iter().map(|(_, one)| one.session_id).collect();
    let sessions: Vec<_> = sessions.into_iter().collect();
    let now = session::standing(app, &sessions).await?;
    for (id, person) in people {
        match now.get(&person.session_id) {
            None => hub.connections.tell(*id, Order::SignedOut),
            Some(actor) if *actor != *person.actor => {
                hub.connections.change(*id, Arc::new(actor.clone()));
            }
            Some(_) => {}
        }
    }
    Ok(())
}
