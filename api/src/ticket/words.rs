//! The words of tickets as they were when something happened: the log has none, so they come from the
//! tickets and from their earlier texts.

use std::collections::HashMap;

use entity::{
    event,
    ids::{TextRevisionId, TicketId},
    text_revision,
    ticket::{self, Column},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::{
    app::App,
    error::Result,
    events::{
        Event,
        log::{Entry, Placed},
    },
    text,
};

/// The words of some tickets, now and before.
#[derive(Default)]
pub(super) struct Words(HashMap<TicketId, Told>);

/// What one ticket is called, and what it was called until which event.
struct Told {
    external_id: Option<String>,
    subject: String,
    earlier: Vec<(i64, String)>,
}

impl Words {
    /// Reads the words of the tickets that `events` are about.
    pub(super) async fn load<'a>(
        app: &App,
        events: impl Iterator<Item = &'a Placed> + Clone,
    ) -> Result<Self> {
        let ids: Vec<TicketId> = events.clone().filter_map(|event| event.ticket_id).collect();
        let Some(first) = events.map(|event| event.id).min() else {
            return Ok(Self::default());
        };
        // The present before the past: what is changed in between is then part of the past.
        let rows: Vec<(TicketId, Option<String>, String)> = ticket::Entity::find()
            .select_only()
            .columns([Column::Id, Column::ExternalId, Column::Subject])
            .filter(Column::Id.is_in(ids.iter().copied()))
            .into_tuple()
            .all(&app.store.read)
            .await?;
        let mut earlier = earlier_subjects(app, &ids, first).await?;
        let told = rows.into_iter().map(|(id, external_id, subject)| {
            let told = Told {
                external_id,
                subject,
                earlier: earlier.remove(&id).unwrap_or_default(),
            };
            (id, told)
        });
        Ok(Self(told.collect()))
    }

    /// Writes into `row` what it was called before, or after, the event of this id.
    pub(super) fn tell(&self, row: &mut ticket::Model, event_id: i64, is_after: bool) {
        let Some(told) = self.0.get(&row.id) else {
            return;
        };
        let is_later = |edit: i64| edit > event_id || edit == event_id && !is_after;
        let until = told.earlier.iter().find(|(edit, _)| is_later(*edit));
        let subject = until.map_or(&told.subject, |(_, subject)| subject);
        row.subject.clone_from(subject);
        row.subject_folded = text::fold(subject);
        row.external_id.clone_from(&told.external_id);
    }
}

/// For each ticket: the events since `first` that changed its text, and its subject until then.
async fn earlier_subjects(
    app: &App,
    ids: &[TicketId],
    first: i64,
) -> Result<HashMap<TicketId, Vec<(i64, String)>>> {
    let rows: Vec<(i64, TicketId, serde_json::Value)> = event::Entity::find()
        .select_only()
        .columns([
            event::Column::Id,
            event::Column::TicketId,
            event::Column::Data,
        ])
        .filter(event::Column::TicketId.is_in(ids.iter().copied()))
        .filter(event::Column::Id.gte(first))
        .order_by_asc(event::Column::Id)
        .into_tuple()
        .all(&app.store.read)
        .await?;
    let edits: Vec<(i64, TicketId, TextRevisionId)> = rows
        .into_iter()
        .filter_map(|(id, ticket_id, data)| {
            let entry: Entry = serde_json::from_value(data).ok()?;
            let Event::TicketEdited { revision_id, .. } = entry.event else {
                return None;
            };
            Some((id, ticket_id, revision_id?))
        })
        .collect();
    if edits.is_empty() {
        return Ok(HashMap::new());
    }
    let revisions: Vec<(TextRevisionId, Option<String>)> = text_revision::Entity::find()
        .select_only()
        .columns([text_revision::Column::Id, text_revision::Column::Subject])
        .filter(text_revision::Column::Id.is_in(edits.iter().map(|(_, _, revision)| *revision)))
        .into_tuple()
        .all(&app.store.read)
        .await?;
    let mut subjects: HashMap<_, _> = revisions.into_iter().collect();
    let mut earlier: HashMap<TicketId, Vec<(i64, String)>> = HashMap::new();
    for (id, ticket_id, revision) in edits {
        if let Some(subject) = subjects.remove(&revision).flatten() {
            earlier.entry(ticket_id).or_default().push((id, subject));
        }
    }
    Ok(earlier)
}
