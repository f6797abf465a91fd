//! Which event makes which entry.

use async_graphql::Result;
use entity::{event, ticket::Status};

use super::{
    AssignmentEntry, CustomFieldsEntry, MergeEntry, ServiceLevelChangedEntry, ServiceLevelEntry,
    SplitEntry, TimelineEntry,
    entries::{
        CommentEditedEntry, CommentEntry, KnowledgeEntry, LevelEntry, PriorityEntry, RatingEntry,
        StatusEntry, TagsEntry, TicketEditedEntry, TicketLinkEntry, TicketOpenedEntry,
    },
};
use crate::{
    error::Error,
    events::{Event, log, log::Placed},
};

impl TimelineEntry {
    pub(super) fn of(row: &event::Model) -> Result<Self> {
        Self::about(row.clone(), log::entry(row)?.event)
    }

    /// The entry of an event that was read from the log.
    pub fn placed(placed: &Placed) -> Result<Self> {
        let row = event::Model {
            id: placed.id,
            ticket_id: placed.ticket_id,
            actor_id: placed.actor_id,
            actor_kind: placed.actor_kind,
            is_internal: placed.is_internal,
            at: placed.at,
            data: sea_orm::JsonValue::Null,
            pos: None,
            facts: None,
        };
        Self::about(row, placed.event.clone())
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each event")]
    fn about(row: event::Model, event: Event) -> Result<Self> {
        let is_claim = matches!(event, Event::TicketClaimed { .. });
        Ok(match event {
            Event::TicketCreated { .. } => Self::Opened(TicketOpenedEntry { row }),
            Event::TicketEdited { fields, .. } => Self::Edited(TicketEditedEntry { row, fields }),
            Event::TicketFieldsSet {
                field_change_id, ..
            } => Self::FieldsSet(CustomFieldsEntry::of(row, field_change_id)),
            Event::CommentAdded { comment_id, .. } => {
                Self::Commented(CommentEntry { row, comment_id })
            }
            Event::CommentEdited { comment_id, .. } => {
                Self::CommentEdited(CommentEditedEntry { row, comment_id })
            }
            Event::TicketClaimed { from, to, .. } | Event::TicketAssigned { from, to, .. } => {
                Self::Assigned(AssignmentEntry::by_somebody(row, from, to, is_claim))
            }
            Event::TicketHanded { from, to, why, .. } => {
                Self::Assigned(AssignmentEntry::by_rule(row, from, to, why))
            }
            Event::TicketLevelChanged {
                level_change_id,
                from,
                to,
                ..
            } => Self::LevelChanged(LevelEntry {
                row,
                level_change_id,
                from,
                to,
            }),
            Event::ServiceLevelChanged { .. } => {
                Self::ServiceLevelChanged(ServiceLevelChangedEntry::of(row))
            }
            Event::TicketPrioritySet { from, to, .. } => {
                Self::PrioritySet(PriorityEntry { row, from, to })
            }
            Event::TicketTagged { added, removed, .. } => Self::Tagged(TagsEntry {
                row,
                added,
                removed,
            }),
            Event::TicketOpened { from, .. } => {
                Self::StatusChanged(status(row, from, Status::Open))
            }
            Event::TicketSolved { from, .. } => {
                Self::StatusChanged(status(row, from, Status::Solved))
            }
            Event::TicketClosed { from, .. } => {
                Self::StatusChanged(status(row, from, Status::Closed))
            }
            Event::TicketReopened { from, .. } => Self::StatusChanged(StatusEntry {
                is_reopen: true,
                ..status(row, from, Status::Open)
            }),
            Event::TicketWaited {
                from,
                reason,
                until,
                ..
            } => Self::StatusChanged(StatusEntry {
                waiting_reason: Some(reason),
                waiting_until: until,
                ..status(row, from, Status::Waiting)
            }),
            Event::TicketRated {
                score, is_changed, ..
            } => Self::Rated(RatingEntry {
                row,
                score,
                is_changed,
            }),
            Event::TicketSplit {
                into_id,
                comment_id,
                moved,
                ..
            } => Self::Split(SplitEntry::of(row, into_id, comment_id, moved.len())),
            Event::TicketMerged { into_id, from, .. } => {
                Self::Merged(MergeEntry::outward(row, into_id, (from, Status::Closed)))
            }
            Event::TicketUnmerged { into_id, to, .. } => {
                Self::Merged(MergeEntry::outward(row, into_id, (Status::Closed, to)))
            }
            Event::MergeReceived { merged_id, .. } => {
                Self::Merged(MergeEntry::inward(row, merged_id, false))
            }
            Event::MergeWithdrawn { merged_id, .. } => {
                Self::Merged(MergeEntry::inward(row, merged_id, true))
            }
            Event::TicketAtRisk { timer, .. } => {
                Self::ServiceLevel(ServiceLevelEntry::at_risk(row, timer))
            }
            Event::TicketBreached { timer, .. } => {
                Self::ServiceLevel(ServiceLevelEntry::breached(row, timer))
            }
            Event::TicketLinked { other_id, kind, .. } => Self::Linked(TicketLinkEntry {
                row,
                other_id,
                kind,
            }),
            Event::KnowledgeLinked {
                ticket_id, link_id, ..
            } => Self::KnowledgeLinked(KnowledgeEntry {
                row,
                ticket_id,
                link_id,
            }),
            Event::ArticleCreated { .. }
            | Event::ArticlePublished { .. }
            | Event::ArticleArchived { .. }
            | Event::ArticleTranslated { .. }
            | Event::ArticleHelped { .. }
            | Event::ArticleEdited { .. }
            | Event::ArticleScheduled { .. }
            | Event::ArticleReviewed { .. }
            | Event::ArticleFeedbackGiven { .. }
            | Event::ArticleCategoryCreated { .. }
            | Event::ArticleCategoryEdited { .. }
            | Event::ArticleCategoryDeleted { .. }
            | Event::QueueCreated { .. }
            | Event::QueueEdited { .. }
            | Event::QueueDeleted { .. }
            | Event::MacroCreated { .. }
            | Event::MacroEdited { .. }
            | Event::MacroDeleted { .. }
            | Event::CustomFieldCreated { .. }
            | Event::CustomFieldEdited { .. }
            | Event::UserCreated { .. }
            | Event::UserEdited { .. }
            | Event::UserDisabled { .. }
            | Event::UserEnabled { .. }
            | Event::PasswordChanged { .. }
            | Event::OrganizationCreated { .. }
            | Event::CalendarCreated { .. }
            | Event::CalendarEdited { .. }
            | Event::CalendarDeleted { .. }
            | Event::ServiceLevelPolicyCreated { .. }
            | Event::ServiceLevelPolicyEdited { .. }
            | Event::ServiceLevelPolicyDeleted { .. }
            | Event::LevelCreated { .. }
            | Event::LevelEdited { .. }
            | Event::LevelEscalationSet { .. }
            | Event::OrganizationEdited { .. }
            | Event::TeamCreated { .. }
            | Event::TeamEdited { .. }
            | Event::TeamMemberAdded { .. }
            | Event::TeamMemberRemoved { .. }
            | Event::AvailabilitySet { .. }
            | Event::CapacitySet { .. }
            | Event::TeamAssignmentSet { .. } => return Err(Error::NotFound("entry").into()),
        })
    }
}

const fn status(row: event::Model, from: Status, to: Status) -> StatusEntry {
    StatusEntry {
        row,
        from,
        to,
        is_reopen: false,
        waiting_reason: None,
        waiting_until: None,
    }
}
