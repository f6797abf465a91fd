//! The rights of now: what changes in them while a stream is open ends it within two seconds.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Weak},
    time::Duration,
};

use super::{Hub, Order, Person};
use crate::{
    actor::{Actor, CredentialId},
    app::App,
    error::Result,
    session, token,
};

/// How often everybody is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Sessions and tokens in one statement.
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
    let now = standing(app, people).await?;
    for (id, person) in people {
        match now.get(&person.credential) {
            None => hub.connections.tell(*id, Order::SignedOut),
            Some(actor) if *actor != *person.actor => {
                hub.connections.change(*id, Arc::new(actor.clone()));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// What everybody may do now by what they hold.
async fn standing(app: &App, people: &[(u64, Person)]) -> Result<HashMap<CredentialId, Actor>> {
    let (mut sessions, mut tokens) = (HashSet::new(), HashSet::new());
    for (_, person) in people {
        match person.credential {
            CredentialId::Session(id) => sessions.insert(id),
            CredentialId::ApiToken(id) => tokens.insert(id),
        };
    }
    let mut now = HashMap::new();
    if !sessions.is_empty() {
        let sessions: Vec<_> = sessions.into_iter().collect();
        let found = session::standing(app, &sessions).await?.into_iter();
        now.extend(found.map(|(id, actor)| (CredentialId::Session(id), actor)));
    }
    if !tokens.is_empty() {
        let tokens: Vec<_> = tokens.into_iter().collect();
        let found = token::standing(app, &tokens).await?.into_iter();
        now.extend(found.map(|(id, actor)| (CredentialId::ApiToken(id), actor)));
    }
    Ok(now)
}
