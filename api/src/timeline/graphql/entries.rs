//! The kinds of entries, and which event makes which.

use async_graphql::{Context, ID, Result};
use chrono::{DateTime, Utc};
use entity::{
    event,
    ids::{CommentId, KnowledgeLinkId, LevelChangeId, TicketId},
    ticket::{self, Status},
    ticket_link,
};

use super::{
    super::loaders::LevelChangeLoader, AssignmentEntry, CustomFieldsEntry, MergeEntry,
    ServiceLevelChangedEntry, ServiceLevelEntry, SplitEntry, TimelineEntry,
};
use crate::{
    comment::graphql::{Comment, comment_field},
    error::Error,
    events::{Event, TicketField, log, log::Placed},
    graphql::{
        Caller,
        enums::{Priority, TicketStatus},
        loader::Batched,
    },
    knowledge::graphql::{KnowledgeLink, knowledge_links_field},
    level::graphql::Level,
    people::graphql::{Actor, actor_field},
    policy,
    ticket::graphql::{Ticket, TicketLinkKind, WaitingReason, ticket_field},
};

/// Defines one kind of entry: when, who, and what of its own.
macro_rules! entry {
    ($(#[$doc:meta])* $name:ident { $($own:ident: $ty:ty),* } $($fields:tt)*) => {
        $(#[$doc])*
        #[derive(async_graphql::Description)]
        pub struct $name {
            row: event::Model,
            $($own: $ty,)*
        }

        #[async_graphql::Object(use_type_description)]
        impl $name {
            /// The entry's place in the log; unique, and growing with time.
            pub async fn id(&self) -> ID {
                ID(format!("evt_{}", self.row.id))
            }

            /// When it happened.
            pub async fn at(&self) -> DateTime<Utc> {
                self.row.at
            }

            /// Who did it.
            pub async fn actor(&self, ctx: &Context<'_>) -> Result<Actor> {
                actor_field(ctx, self.row.actor_kind, self.row.actor_id).await
            }

            $($fields)*
        }
    };
}
pub(super) use entry;

entry! {
    /// The ticket was opened.
    TicketOpenedEntry {}
}

entry! {
    /// Subject, description or custom fields that the desk has not defined were changed.
    TicketEditedEntry { fields: Vec<TicketField> }

    /// Which of `subject`, `description` and `customFields`.
    async fn fields(&self) -> Vec<&'static str> {
        let name = |field: &TicketField| match field {
            TicketField::Subject => "subject",
            TicketField::Description => "description",
            TicketField::CustomFields => "customFields",
        };
        self.fields.iter().map(name).collect()
    }
}

entry! {
    /// Somebody commented.
    CommentEntry { comment_id: CommentId }

    /// The comment, as it is now; null where the viewer may not read it.
    async fn comment(&self, ctx: &Context<'_>) -> Result<Option<Comment>> {
        comment_field(ctx, self.comment_id).await
    }
}

entry! {
    /// Somebody changed the text of their comment.
    CommentEditedEntry { comment_id: CommentId }

    /// The comment, as it is now; null where the viewer may not read it.
    async fn comment(&self, ctx: &Context<'_>) -> Result<Option<Comment>> {
        comment_field(ctx, self.comment_id).await
    }
}

entry! {
    /// The ticket moved to another level.
    LevelEntry { level_change_id: LevelChangeId, from: i16, to: i16 }

    /// The level before.
    async fn from(&self, ctx: &Context<'_>) -> Result<Level> {
        level(ctx, self.from).await
    }

    /// The level since then.
    async fn to(&self, ctx: &Context<'_>) -> Result<Level> {
        level(ctx, self.to).await
    }

    /// Why; staff only, null for others.
    async fn reason(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        if !policy::sees_internal(Caller::of(ctx)?.actor) {
            return Ok(None);
        }
        let change = ctx.data_unchecked::<Batched<LevelChangeLoader>>().load_one(self.level_change_id).await?;
        Ok(change.map(|change| change.reason.clone()))
    }
}

async fn level(ctx: &Context<'_>, rank: i16) -> Result<Level> {
    let Caller { app, actor } = Caller::of(ctx)?;
    let level = Level::of(app.directory().await?, rank, actor);
    level.ok_or_else(|| Error::NotFound("level").into())
}

entry! {
    /// The ticket's priority was changed.
    PriorityEntry { from: ticket::Priority, to: ticket::Priority }

    /// The priority before.
    async fn from(&self) -> Priority {
        self.from.into()
    }

    /// The priority since then.
    async fn to(&self) -> Priority {
        self.to.into()
    }
}

entry! {
    /// Tags were added or removed.
    TagsEntry { added: Vec<String>, removed: Vec<String> }

    /// The tags that were added.
    async fn added(&self) -> &[String] {
        &self.added
    }

    /// The tags that were removed.
    async fn removed(&self) -> &[String] {
        &self.removed
    }
}

entry! {
    /// The ticket's status changed.
    StatusEntry {
        from: Status,
        to: Status,
        is_reopen: bool,
        waiting_reason: Option<ticket::WaitingReason>,
        waiting_until: Option<DateTime<Utc>>
    }

    /// The status before.
    async fn from(&self) -> TicketStatus {
        self.from.into()
    }

    /// The status since then.
    async fn to(&self) -> TicketStatus {
        self.to.into()
    }

    /// Whether a solved ticket was reopened.
    async fn is_reopen(&self) -> bool {
        self.is_reopen
    }

    /// For what it waits; null unless it waits.
    async fn waiting_reason(&self) -> Option<WaitingReason> {
        self.waiting_reason.map(Into::into)
    }

    /// Until when it waits; null unless it waits for a date.
    async fn waiting_until(&self) -> Option<DateTime<Utc>> {
        self.waiting_until
    }
}

entry! {
    /// The ticket was linked to another.
    TicketLinkEntry { other_id: TicketId, kind: ticket_link::Kind }

    /// How this ticket stands to the other.
    async fn kind(&self) -> TicketLinkKind {
        self.kind.into()
    }

    /// The other ticket; null where the viewer may not read it.
    async fn ticket(&self, ctx: &Context<'_>) -> Result<Option<Ticket>> {
        ticket_field(ctx, self.other_id).await
    }
}

entry! {
    /// The requester said how good the help was.
    RatingEntry { score: i16, is_changed: bool }

    /// From 1 (bad) to 5 (good).
    async fn score(&self) -> i32 {
        self.score.into()
    }

    /// Whether they had said so before.
    async fn is_changed(&self) -> bool {
        self.is_changed
    }
}

entry! {
    /// An article was put on the ticket.
    KnowledgeEntry { ticket_id: TicketId, link_id: KnowledgeLinkId }

    /// The link to the article; null where the viewer may not read the article.
    async fn link(&self, ctx: &Context<'_>) -> Result<Option<KnowledgeLink>> {
        let links = knowledge_links_field(ctx, [self.ticket_id]).await?;
        Ok(links.into_iter().find(|link| link.link_id() == self.link_id))
    }
}

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
            | Event::QueueCreated { .. }
            | Event::QueueEdited { .. }
            | Event::QueueDeleted { .. }
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
