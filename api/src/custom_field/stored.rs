//! A ticket's custom fields as filters and timelines read them.

use entity::{
    field_change,
    ids::{FieldChangeId, TicketId},
    json::{FieldChange, FieldChanges, FieldFact, Fields},
    ticket_field,
};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, Set};

use crate::{app::Tx, error::Result, events::Event};

/// Writes as rows, for filters, what is different.
pub async fn store(
    tx: &Tx<'_>,
    ticket_id: TicketId,
    before: &Fields,
    after: &Fields,
) -> Result<()> {
    let is_other =
        |key: &String, fact: &FieldFact, others: &Fields| others.0.get(key) != Some(fact);
    let gone = before
        .0
        .iter()
        .filter(|(key, fact)| is_other(key, fact, after));
    let gone: Vec<&str> = gone.map(|(key, _)| key.as_str()).collect();
    if !gone.is_empty() {
        ticket_field::Entity::delete_many()
            .filter(ticket_field::Column::TicketId.eq(ticket_id))
            .filter(ticket_field::Column::Key.is_in(gone))
            .exec(&**tx)
            .await?;
    }
    let new = after
        .0
        .iter()
        .filter(|(key, fact)| is_other(key, fact, before));
    let rows: Vec<_> = new
        .flat_map(|(key, fact)| rows(ticket_id, key, fact))
        .map(|row| row.into_active_model().reset_all())
        .collect();
    if !rows.is_empty() {
        ticket_field::Entity::insert_many(rows)
            .exec_without_returning(&**tx)
            .await?;
    }
    Ok(())
}

/// All rows of a ticket that has none yet.
pub fn rows_of(ticket_id: TicketId, fields: &Fields) -> impl Iterator<Item = ticket_field::Model> {
    let facts = fields.0.iter();
    facts.flat_map(move |(key, fact)| rows(ticket_id, key, fact))
}

/// One for each item; one where there is none, but a number or a text.
fn rows(ticket_id: TicketId, key: &str, fact: &FieldFact) -> Vec<ticket_field::Model> {
    let row = |item: &str| ticket_field::Model {
        ticket_id,
        key: key.to_owned(),
        item: item.to_owned(),
        number: fact.number,
    };
    if fact.items.is_empty() {
        return vec![row("")];
    }
    fact.items.iter().map(|item| row(item)).collect()
}

/// Says that fields were set, and keeps what they were: the log has no values.
pub async fn record(
    tx: &mut Tx<'_>,
    ticket_id: TicketId,
    changes: Vec<FieldChange>,
    is_internal: bool,
) -> Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    let id = FieldChangeId(tx.new_id());
    let row = field_change::ActiveModel {
        id: Set(id),
        ticket_id: Set(ticket_id),
        changes: Set(FieldChanges(changes)),
    };
    field_change::Entity::insert(row)
        .exec_without_returning(&**tx)
        .await?;
    tx.record(Event::TicketFieldsSet {
        ticket_id,
        field_change_id: id,
        is_internal,
    });
    Ok(())
}
