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
    custom_field,
    error::{Error, Result, refuse_if_any},
    events::{Event, TicketField},
    input::{self, Checked},
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
    let given = checked.custom_fields("customFields", &edit.custom_fields);
    refuse_if_any(checked.refusals)?;
    let directory = app.directory().await?;

    let mut tx = app.begin(actor).await?;
    let mut change = Change::lock(&mut tx, id).await?;
    policy::authorize(actor, Action::EditTicket(&change.after))?;
    change.expect_version(expected_version)?;
    let details = details_of(&tx, change.after.id).await?;
    let mut edited = details.clone();
    edited.description = description.unwrap_or(edited.description);
    edited.custom_fields =
        custom_field::apply(&directory.fields, actor, &details.custom_fields, &given)
            .map_err(Error::Refused)?;
    let mut checked = Checked::default();
    checked.json("customFields", &edited.custom_fields, input::JSON_BYTES_MAX);
    refuse_if_any(checked.refusals)?;
    let new_subject = subject.unwrap_or_else(|| change.after.subject.clone());

    let fields = custom_field::changed(
        &directory.fields,
        &details.custom_fields,
        &edited.custom_fields,
    );
    let texts = changed_texts(
        &change.after,
        &new_subject,
        &details,
        &edited,
        fields.is_undefined,
    );
    if texts.is_empty() && fields.is_empty() {
        return change.save(&mut tx).await;
    }
    let is_text = |field: &TicketField| *field != TicketField::CustomFields;
    let revision_id = if texts.iter().any(is_text) {
        Some(keep_earlier_text(&tx, &change.after, &details).await?)
    } else {
        None
    };
    let facts = custom_field::facts_of(&directory.fields, &edited.custom_fields);
    custom_field::store(&tx, change.after.id, &change.after.fields, &facts).await?;
    change.after.fields = facts;
    edited.description_html = text::markdown::to_html(&edited.description);
    edited.into_active_model().reset_all().update(&*tx).await?;
    change.after.subject_folded = text::fold(&new_subject);
    change.after.subject = new_subject;
    tell(&mut tx, &mut change, fields, texts, revision_id).await?;
    change.finish(tx).await
}

/// What only staff may know comes first: of the newest event it is said what the change changed.
async fn tell(
    tx: &mut Tx<'_>,
    change: &mut Change,
    fields: custom_field::Changed,
    texts: Vec<TicketField>,
    revision_id: Option<TextRevisionId>,
) -> Result<()> {
    let ticket_id = change.after.id;
    let is_public = !texts.is_empty() || !fields.public.is_empty();
    custom_field::record(tx, ticket_id, fields.internal, true).await?;
    if !texts.is_empty() {
        tx.record(Event::TicketEdited {
            ticket_id,
            fields: texts,
            revision_id,
        });
    }
    custom_field::record(tx, ticket_id, fields.public, false).await?;
    if is_public {
        change.touch();
    } else {
        change.note();
    }
    Ok(())
}

pub async fn set_priority(
    app: &App,
    actor: &Actor,
    id: Option<TicketId>,
    expected_version: Option<i32>,
    priority: Priority,
) -> Result<ticket::Model> {
    let mut tx = app.begin(actor).await?;
    let mut change = Change::lock_met(&mut tx, id).await?;
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

pub(super) async fn details_of(tx: &Tx<'_>, id: TicketId) -> Result<ticket_detail::Model> {
    let details = ticket_detail::Entity::find_by_id(id).one(&**tx).await?;
    Ok(details.ok_or_else(|| anyhow::anyhow!("a ticket without details"))?)
}

fn changed_texts(
    ticket: &ticket::Model,
    new_subject: &str,
    details: &ticket_detail::Model,
    edited: &ticket_detail::Model,
    is_undefined_field: bool,
) -> Vec<TicketField> {
    let changed = [
        (ticket.subject != new_subject, TicketField::Subject),
        (
            details.description != edited.description,
            TicketField::Description,
        ),
        (is_undefined_field, TicketField::CustomFields),
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
