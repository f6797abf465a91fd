//! Changing what a ticket says, its priority and its tags.

use std::collections::BTreeSet;

use entity::{
    ids::{TextRevisionId, TicketId},
    json::CustomField,
    text_revision,
    ticket::{self, Priority},
    ticket_detail, ticket_tag,
};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, Set};

use super::{super::Change, create::insert_tags, draft::TAGS_MAX};
use crate::{
    actor::Actor,
    app::{App, Tx},
    error::{Result, refuse_if_any},
    events::{Event, TicketField},
    input::{self, Checked, with},
    policy::{self, Action},
    refusal::{Refusal, Why},
    text,
};

/// What to change; what is not given stays.
#[derive(Clone, Debug, Default)]
pub struct Edit {
    pub subject: Option<String>,
    pub description: Option<String>,
    /// Fields to set by key; a null value takes the field away.
    pub custom_fields: Vec<CustomField>,
}

pub async fn edit(
    app: &App,
    actor: &Actor,
    id: Option<TicketId>,
    expected_version: Option<i32>,
    edit: &Edit,
) -> Result<ticket::Model> {
    let mut checked = Checked::default();
    let subject = edit
        .subject
        .as_deref()
        .map(|text| checked.line("subject", text, text::SUBJECT_CHARS_MAX));
    let description = edit
        .description
        .as_deref()
        .map(|text| checked.body("description", text));
    let changes = checked.custom_fields("customFields", &edit.custom_fields);
    refuse_if_any(checked.refusals)?;

    let mut tx = app.begin(actor).await?;
    let mut change = Change::lock(&mut tx, id).await?;
    policy::authorize(actor, Action::EditTicket(&change.after))?;
    change.expect_version(expected_version)?;
    let details = details_of(&tx, change.after.id).await?;
    let mut edited = details.clone();
    edited.description = description.unwrap_or(edited.description);
    edited.custom_fields = with(edited.custom_fields, &changes);
    let mut checked = Checked::default();
    checked.json("customFields", &edited.custom_fields, input::JSON_BYTES_MAX);
    refuse_if_any(checked.refusals)?;
    let new_subject = subject.unwrap_or_else(|| change.after.subject.clone());

    let fields = changed_fields(&change.after, &new_subject, &details, &edited);
    if fields.is_empty() {
        return change.save(&mut tx).await;
    }
    let is_text = |field: &TicketField| *field != TicketField::CustomFields;
    let revision_id = if fields.iter().any(is_text) {
        Some(keep_earlier_text(&tx, &change.after, &details).await?)
    } else {
        None
    };
    edited.description_html = text::markdown::to_html(&edited.description);
    edited.into_active_model().reset_all().update(&*tx).await?;
    change.after.subject_folded = text::fold(&new_subject);
    change.after.subject = new_subject;
    change.touch();
    tx.record(Event::TicketEdited {
        ticket_id: change.after.id,
        fields,
        revision_id,
    });
    change.finish(tx).await
}

pub async fn set_priority(
    app: &App,
    actor: &Actor,
    id: Option<TicketId>,
    expected_version: Option<i32>,
    priority: Priority,
) -> Result<ticket::Model> {
    let mut tx = app.begin(actor).await?;
    let mut change = Change::lock(&mut tx, id).await?;
    policy::authorize(actor, Action::SetTicketPriority(&change.after))?;
    change.expect_version(expected_version)?;
    let from = std::mem::replace(&mut change.after.priority, priority);
    if change.is_change() {
        tx.record(Event::TicketPrioritySet {
            ticket_id: change.after.id,
            from,
            to: priority,
        });
    }
    change.finish(tx).await
}

/// Adds and removes tags; one in both lists is removed.
pub async fn tag(
    app: &App,
    actor: &Actor,
    id: Option<TicketId>,
    add: &[String],
    remove: &[String],
) -> Result<ticket::Model> {
    let mut checked = Checked::default();
    let add = checked.tags("add", add, TAGS_MAX);
    let remove = checked.tags("remove", remove, TAGS_MAX);
    refuse_if_any(checked.refusals)?;

    let mut tx = app.begin(actor).await?;
    let mut change = Change::lock(&mut tx, id).await?;
    policy::authorize(actor, Action::TagTicket(&change.after))?;
    let old = change.after.tags.0.clone();
    let mut seen = BTreeSet::new();
    change.after.tags.0.extend(add);
    change
        .after
        .tags
        .0
        .retain(|tag| !remove.contains(tag) && seen.insert(tag.clone()));
    let new = change.after.tags.0.clone();
    if new.len() > TAGS_MAX {
        return Err(Refusal::Invalid {
            field: "add",
            why: Why::TooMany { max: TAGS_MAX },
        }
        .into());
    }
    let added: Vec<_> = new
        .iter()
        .filter(|tag| !old.contains(tag))
        .cloned()
        .collect();
    let removed: Vec<_> = old.into_iter().filter(|tag| !new.contains(tag)).collect();
    if !added.is_empty() || !removed.is_empty() {
        insert_tags(&tx, change.after.id, &added).await?;
        delete_tags(&tx, change.after.id, &removed).await?;
        tx.record(Event::TicketTagged {
            ticket_id: change.after.id,
            added,
            removed,
        });
    }
    change.finish(tx).await
}

async fn details_of(tx: &Tx<'_>, id: TicketId) -> Result<ticket_detail::Model> {
    let details = ticket_detail::Entity::find_by_id(id).one(&**tx).await?;
    Ok(details.ok_or_else(|| anyhow::anyhow!("a ticket without details"))?)
}

fn changed_fields(
    ticket: &ticket::Model,
    new_subject: &str,
    details: &ticket_detail::Model,
    edited: &ticket_detail::Model,
) -> Vec<TicketField> {
    let changed = [
        (ticket.subject != new_subject, TicketField::Subject),
        (
            details.description != edited.description,
            TicketField::Description,
        ),
        (
            details.custom_fields != edited.custom_fields,
            TicketField::CustomFields,
        ),
    ];
    changed
        .into_iter()
        .filter_map(|(is_changed, field)| is_changed.then_some(field))
        .collect()
}

async fn keep_earlier_text(
    tx: &Tx<'_>,
    ticket: &ticket::Model,
    details: &ticket_detail::Model,
) -> Result<TextRevisionId> {
    let id = TextRevisionId(tx.new_id());
    let revision = text_revision::ActiveModel {
        id: Set(id),
        ticket_id: Set(ticket.id),
        comment_id: Set(None),
        subject: Set(Some(ticket.subject.clone())),
        body: Set(details.description.clone()),
        edited_by_id: Set(tx.actor().id()),
        edited_at: Set(tx.now()),
    };
    text_revision::Entity::insert(revision)
        .exec_without_returning(&**tx)
        .await?;
    Ok(id)
}

async fn delete_tags(tx: &Tx<'_>, ticket_id: TicketId, tags: &[String]) -> Result<()> {
    if tags.is_empty() {
        return Ok(());
    }
    ticket_tag::Entity::delete_many()
        .filter(ticket_tag::Column::TicketId.eq(ticket_id))
        .filter(ticket_tag::Column::Tag.is_in(tags.iter().map(String::as_str)))
        .exec(&**tx)
        .await?;
    Ok(())
}
