//! The log itself: appended to in the transaction of the change, read by ticket.

use chrono::{DateTime, Utc};
use entity::event;
use sea_orm::{ConnectionTrait, EntityTrait, Set};
use serde::{Deserialize, Serialize};

use super::{Event, facts::Change};
use crate::{actor::Actor, error::Result};

/// What a row's `data` holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    #[serde(flatten)]
    pub event: Event,
    /// Of one change, the last event says what it changed.
    #[serde(flatten)]
    pub change: Change,
}

/// Writes `entries` in their order, all in one statement.
pub(crate) async fn append(
    db: &impl ConnectionTrait,
    actor: &Actor,
    now: DateTime<Utc>,
    entries: Vec<Entry>,
) -> Result<()> {
    if entries.is_empty() {
        return Ok(());
    }
    let rows = entries
        .into_iter()
        .map(|entry| row(actor, now, &entry))
        .collect::<Result<Vec<_>>>()?;
    event::Entity::insert_many(rows)
        .exec_without_returning(db)
        .await?;
    Ok(())
}

fn row(actor: &Actor, now: DateTime<Utc>, entry: &Entry) -> Result<event::ActiveModel> {
    Ok(event::ActiveModel {
        id: sea_orm::NotSet,
        ticket_id: Set(entry.event.ticket_id()),
        actor_id: Set(actor.id()),
        actor_kind: Set(actor.kind()),
        is_internal: Set(entry.event.is_internal()),
        at: Set(now),
        data: Set(serde_json::to_value(entry).map_err(anyhow::Error::from)?),
    })
}

/// Reads what a row holds.
pub fn entry(row: &event::Model) -> Result<Entry> {
    Ok(Entry::deserialize(&row.data).map_err(anyhow::Error::from)?)
}
