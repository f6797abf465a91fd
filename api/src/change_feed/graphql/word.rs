//! What happened, as a word.

use async_graphql::Enum;

use crate::events::Event;

/// What happened to a thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum ChangeType {
    /// A ticket was opened.
    TicketCreated,
    /// Its subject, description or custom fields were edited.
    TicketEdited,
    /// Its team or assignee is another.
    TicketAssigned,
    /// It moved to another level.
    TicketLevelChanged,
    /// Its priority is another.
    TicketPrioritySet,
    /// Its tags are others.
    TicketTagged,
    /// Work on it began, or went on.
    TicketOpened,
    /// It waits.
    TicketWaited,
    /// It was solved.
    TicketSolved,
    /// It was reopened.
    TicketReopened,
    /// It was closed.
    TicketClosed,
    /// It goes on as another.
    TicketMerged,
    /// It does not go on as another any more.
    TicketUnmerged,
    /// Another was merged into it.
    TicketMergeReceived,
    /// Another is not merged into it any more.
    TicketMergeWithdrawn,
    /// A comment of it goes on as a ticket of its own, with those in `movedIds`.
    TicketSplit,
    /// Its requester said how good the help was.
    TicketRated,
    /// Four fifths of the time for a target are used.
    TicketAtRisk,
    /// A target was missed.
    TicketBreached,
    /// It was linked to another ticket.
    TicketLinked,
    /// Other terms of service are in force for it.
    TicketServiceLevelChanged,
    /// It was linked to an article.
    TicketKnowledgeLinked,
    /// A comment was written; its ticket changed along with it.
    CommentAdded,
    /// A comment was edited.
    CommentEdited,
    /// An article was begun.
    ArticleCreated,
    /// It was published.
    ArticlePublished,
    /// It was archived.
    ArticleArchived,
    /// It was written in a language, or edited there.
    ArticleTranslated,
    /// It helped a requester who then opened no ticket.
    ArticleHelped,
    /// What it has besides its texts was edited.
    ArticleEdited,
    /// It was said when it publishes or archives itself.
    ArticleScheduled,
    /// Somebody said that it still holds.
    ArticleReviewed,
    /// A reader said whether it helped.
    ArticleFeedbackGiven,
    /// A category was made.
    ArticleCategoryCreated,
    /// A category was edited.
    ArticleCategoryEdited,
    /// A category was deleted.
    ArticleCategoryDeleted,
    /// A person came.
    UserCreated,
    /// What is known of a person is different.
    UserEdited,
    /// They cannot sign in any more.
    UserDisabled,
    /// They can sign in again.
    UserEnabled,
    /// They joined a team.
    TeamMemberAdded,
    /// They left a team.
    TeamMemberRemoved,
    /// An organization came.
    OrganizationCreated,
    /// An organization was edited.
    OrganizationEdited,
    /// A team was made.
    TeamCreated,
    /// A team was edited.
    TeamEdited,
}

impl ChangeType {
    /// None for what is no change of a record.
    #[expect(clippy::too_many_lines, reason = "one arm for each event")]
    pub(super) const fn of(event: &Event) -> Option<Self> {
        let word = match event {
            Event::TicketCreated { .. } => Self::TicketCreated,
            Event::TicketEdited { .. } | Event::TicketFieldsSet { .. } => Self::TicketEdited,
            Event::TicketClaimed { .. }
            | Event::TicketAssigned { .. }
            | Event::TicketHanded { .. } => Self::TicketAssigned,
            Event::TicketLevelChanged { .. } => Self::TicketLevelChanged,
            Event::TicketPrioritySet { .. } => Self::TicketPrioritySet,
            Event::TicketTagged { .. } => Self::TicketTagged,
            Event::TicketOpened { .. } => Self::TicketOpened,
            Event::TicketWaited { .. } => Self::TicketWaited,
            Event::TicketSolved { .. } => Self::TicketSolved,
            Event::TicketReopened { .. } => Self::TicketReopened,
            Event::TicketClosed { .. } => Self::TicketClosed,
            Event::TicketMerged { .. } => Self::TicketMerged,
            Event::TicketUnmerged { .. } => Self::TicketUnmerged,
            Event::MergeReceived { .. } => Self::TicketMergeReceived,
            Event::MergeWithdrawn { .. } => Self::TicketMergeWithdrawn,
            Event::TicketSplit { .. } => Self::TicketSplit,
            Event::TicketRated { .. } => Self::TicketRated,
            Event::TicketAtRisk { .. } => Self::TicketAtRisk,
            Event::TicketBreached { .. } => Self::TicketBreached,
            Event::TicketLinked { .. } => Self::TicketLinked,
            Event::ServiceLevelChanged { .. } => Self::TicketServiceLevelChanged,
            Event::KnowledgeLinked { .. } => Self::TicketKnowledgeLinked,
            Event::CommentAdded { .. } => Self::CommentAdded,
            Event::CommentEdited { .. } => Self::CommentEdited,
            Event::ArticleCreated { .. } => Self::ArticleCreated,
            Event::ArticlePublished { .. } => Self::ArticlePublished,
            Event::ArticleArchived { .. } => Self::ArticleArchived,
            Event::ArticleTranslated { .. } => Self::ArticleTranslated,
            Event::ArticleHelped { .. } => Self::ArticleHelped,
            Event::ArticleEdited { .. } => Self::ArticleEdited,
            Event::ArticleScheduled { .. } => Self::ArticleScheduled,
            Event::ArticleReviewed { .. } => Self::ArticleReviewed,
            Event::ArticleFeedbackGiven { .. } => Self::ArticleFeedbackGiven,
            Event::ArticleCategoryCreated { .. } => Self::ArticleCategoryCreated,
            Event::ArticleCategoryEdited { .. } => Self::ArticleCategoryEdited,
            Event::ArticleCategoryDeleted { .. } => Self::ArticleCategoryDeleted,
            Event::UserCreated { .. } => Self::UserCreated,
            Event::UserEdited { .. }
            | Event::AvailabilitySet { .. }
            | Event::CapacitySet { .. } => Self::UserEdited,
            Event::UserDisabled { .. } => Self::UserDisabled,
            Event::UserEnabled { .. } => Self::UserEnabled,
            Event::TeamMemberAdded { .. } => Self::TeamMemberAdded,
            Event::TeamMemberRemoved { .. } => Self::TeamMemberRemoved,
            Event::OrganizationCreated { .. } => Self::OrganizationCreated,
            Event::OrganizationEdited { .. } => Self::OrganizationEdited,
            Event::TeamCreated { .. } => Self::TeamCreated,
            Event::TeamEdited { .. } | Event::TeamAssignmentSet { .. } => Self::TeamEdited,
            Event::QueueCreated { .. }
            | Event::QueueEdited { .. }
            | Event::QueueDeleted { .. }
            | Event::MacroCreated { .. }
            | Event::MacroEdited { .. }
            | Event::MacroDeleted { .. }
            | Event::CustomFieldCreated { .. }
            | Event::CustomFieldEdited { .. }
            | Event::PasswordChanged { .. }
            | Event::CalendarCreated { .. }
            | Event::CalendarEdited { .. }
            | Event::CalendarDeleted { .. }
            | Event::ServiceLevelPolicyCreated { .. }
            | Event::ServiceLevelPolicyEdited { .. }
            | Event::ServiceLevelPolicyDeleted { .. }
            | Event::LevelCreated { .. }
            | Event::LevelEdited { .. }
            | Event::LevelEscalationSet { .. } => return None,
        };
        Some(word)
    }
}
