//! Timelines as clients see them: typed entries, each with what it is about.

mod assignment;
mod entries;
pub mod fields;
mod merge;
mod reading;
mod service_level;

use async_graphql::{Context, ID, Interface, Result};
use chrono::{DateTime, Utc};
use entity::ids::TicketId;

use self::entries::{
    CommentEditedEntry, CommentEntry, KnowledgeEntry, LevelEntry, PriorityEntry, RatingEntry,
    StatusEntry, TagsEntry, TicketEditedEntry, TicketLinkEntry, TicketOpenedEntry,
};
pub use self::{
    assignment::AssignmentEntry,
    fields::CustomFieldsEntry,
    merge::{MergeEntry, SplitEntry},
    service_level::{ServiceLevelChangedEntry, ServiceLevelEntry},
};
use super::{
    loaders::TimelineLoader,
    queries::{ORDER, place},
};
use crate::{
    connection,
    graphql::{loader::Batched, selects_total},
    page,
    people::graphql::Actor,
};

/// Something that happened on a ticket.
#[derive(Interface)]
#[graphql(
    field(
        name = "id",
        ty = "ID",
        desc = "The entry's place in the log; unique, and growing with time."
    ),
    field(name = "at", ty = "DateTime<Utc>", desc = "When it happened."),
    field(name = "actor", ty = "Actor", desc = "Who did it.")
)]
pub enum TimelineEntry {
    Opened(TicketOpenedEntry),
    Edited(TicketEditedEntry),
    FieldsSet(CustomFieldsEntry),
    Commented(CommentEntry),
    CommentEdited(CommentEditedEntry),
    Assigned(AssignmentEntry),
    LevelChanged(LevelEntry),
    PrioritySet(PriorityEntry),
    ServiceLevelChanged(ServiceLevelChangedEntry),
    Tagged(TagsEntry),
    StatusChanged(StatusEntry),
    ServiceLevel(ServiceLevelEntry),
    Linked(TicketLinkEntry),
    Merged(MergeEntry),
    Split(SplitEntry),
    Rated(RatingEntry),
    KnowledgeLinked(KnowledgeEntry),
}

connection! {
    /// What happened on a ticket, oldest first.
    TimelineEntryConnection, TimelineEntryEdge, TimelineEntry
}

/// A ticket's timeline, as far as the viewer may know it.
pub async fn timeline_field(
    ctx: &Context<'_>,
    ticket_id: TicketId,
    args: page::Args,
) -> Result<TimelineEntryConnection> {
    let window = args.window(ORDER)?;
    let loader = ctx.data_unchecked::<Batched<TimelineLoader>>();
    let rows = loader
        .load_one((ticket_id, window.clone()))
        .await?
        .unwrap_or_default();
    let entries: Result<Vec<_>> = rows
        .iter()
        .map(|row| Ok((place(row), TimelineEntry::of(row)?)))
        .collect();
    let page = window.page(entries?);
    let total = if selects_total(ctx) {
        loader.load_one(ticket_id).await?.or(Some(0))
    } else {
        None
    };
    let total = total.map(i64::cast_unsigned);
    Ok(TimelineEntryConnection::of(
        page,
        ORDER,
        total,
        |(place, _)| place.clone(),
        |(_, entry)| entry,
    ))
}
