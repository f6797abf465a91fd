//! The log itself: appended to in the transaction of the change, read by ticket.

use chrono::{DateTime, Utc};
use entity::{
    event::{self, ActorKind},
    ids::UserId,
};
use sea_orm::{ConnectionTrait, EntityTrait, Set};
use serde::{Deserialize, Serialize};

use super::{Event, facts::Change};
use crate::error::Result;

/// What a row's `data` holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    #[serde(flatten)]
    pub event: Event,
    /// Of one change, the last event says what it changed.
    #[serde(flatten)]
    pub change: Change,
}

/// Who did it, and when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signature {
    pub actor_id: Option<UserId>,
    pub actor_kind: ActorKind,
    pub at: DateTime<Utc>,
}

/// Events in one statement: each is seven values, and SQLite takes 32,766 of them.
const STATEMENT_ROWS_MAX: usize = 4_000;

/// Writes `entries` in their order, in one statement unless they are very many.
pub(crate) async fn append(
    db: &impl ConnectionTrait,
    entries: &[(Signature, Entry)],
) -> Result<()> {
    for some in entries.chunks(STATEMENT_ROWS_MAX) {
        let rows = some.iter().map(row).collect::<Result<Vec<_>>>()?;
        event::Entity::insert_many(rows)
            .exec_without_returning(db)
            .await?;
    }
    Ok(())
}

fn row((signature, entry): &(Signature, Entry)) -> Result<event::ActiveModel> {
    Ok(event::ActiveModel {
        id: sea_orm::NotSet,
        ticket_id: Set(entry.event.ticket_id()),
        actor_id: Set(signature.actor_id),
        actor_kind: Set(signature.actor_kind),
        is_internal: Set(entry.event.is_internal()),
        at: Set(signature.at),
        data: Set(serde_json::to_value(entry).map_err(anyhow::Error::from)?),
    })
}

/// Reads what a row holds.
pub fn entry(row: &event::Model) -> Result<Entry> {
    Ok(Entry::deserialize(&row.data).map_err(anyhow::Error::from)?)
}
