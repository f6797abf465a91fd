//! What an event is about, and who may learn of it.

use entity::{comment::Visibility, ids::TicketId};

use super::Event;

impl Event {
    /// The ticket whose timeline it stands in.
    #[expect(clippy::too_many_lines, reason = "one arm for each event")]
    pub const fn ticket_id(&self) -> Option<TicketId> {
        match self {
            Self::TicketCreated { ticket_id }
            | Self::TicketEdited { ticket_id, .. }
            | Self::TicketFieldsSet { ticket_id, .. }
            | Self::CommentAdded { ticket_id, .. }
            | Self::CommentEdited { ticket_id, .. }
            | Self::TicketClaimed { ticket_id, .. }
            | Self::TicketAssigned { ticket_id, .. }
            | Self::TicketHanded { ticket_id, .. }
            | Self::TicketLevelChanged { ticket_id, .. }
            | Self::TicketPrioritySet { ticket_id, .. }
            | Self::TicketTagged { ticket_id, .. }
            | Self::TicketOpened { ticket_id, .. }
            | Self::TicketWaited { ticket_id, .. }
            | Self::TicketSolved { ticket_id, .. }
            | Self::TicketReopened { ticket_id, .. }
            | Self::TicketClosed { ticket_id, .. }
            | Self::TicketMerged { ticket_id, .. }
            | Self::TicketUnmerged { ticket_id, .. }
            | Self::MergeReceived { ticket_id, .. }
            | Self::MergeWithdrawn { ticket_id, .. }
            | Self::TicketSplit { ticket_id, .. }
            | Self::TicketRated { ticket_id, .. }
            | Self::TicketAtRisk { ticket_id, .. }
            | Self::TicketBreached { ticket_id, .. }
            | Self::TicketLinked { ticket_id, .. }
            | Self::ServiceLevelChanged { ticket_id }
            | Self::KnowledgeLinked { ticket_id, .. } => Some(*ticket_id),
            Self::ArticleCreated { .. }
            | Self::ArticlePublished { .. }
            | Self::ArticleArchived { .. }
            | Self::ArticleTranslated { .. }
            | Self::ArticleHelped { .. }
            | Self::ArticleEdited { .. }
            | Self::ArticleScheduled { .. }
            | Self::ArticleReviewed { .. }
            | Self::ArticleFeedbackGiven { .. }
            | Self::ArticleCategoryCreated { .. }
            | Self::ArticleCategoryEdited { .. }
            | Self::ArticleCategoryDeleted { .. }
            | Self::QueueCreated { .. }
            | Self::QueueEdited { .. }
            | Self::QueueDeleted { .. }
            | Self::MacroCreated { .. }
            | Self::MacroEdited { .. }
            | Self::MacroDeleted { .. }
            | Self::CustomFieldCreated { .. }
            | Self::CustomFieldEdited { .. }
            | Self::UserCreated { .. }
            | Self::UserEdited { .. }
            | Self::UserDisabled { .. }
            | Self::UserEnabled { .. }
            | Self::PasswordChanged { .. }
            | Self::OrganizationCreated { .. }
            | Self::CalendarCreated { .. }
            | Self::CalendarEdited { .. }
            | Self::CalendarDeleted { .. }
            | Self::ServiceLevelPolicyCreated { .. }
            | Self::ServiceLevelPolicyEdited { .. }
            | Self::ServiceLevelPolicyDeleted { .. }
            | Self::LevelCreated { .. }
            | Self::LevelEdited { .. }
            | Self::LevelEscalationSet { .. }
            | Self::OrganizationEdited { .. }
            | Self::TeamCreated { .. }
            | Self::TeamEdited { .. }
            | Self::TeamMemberAdded { .. }
            | Self::TeamMemberRemoved { .. }
            | Self::AvailabilitySet { .. }
            | Self::CapacitySet { .. }
            | Self::TeamAssignmentSet { .. } => None,
        }
    }

    /// Whether requesters must not learn that it happened. Internal comments are the staff's, and
    /// so is the work between agents: tags, warnings of targets, articles that were only considered, links to tickets
    /// that the requester may not know.
    #[expect(clippy::too_many_lines, reason = "one arm for each event")]
    pub const fn is_internal(&self) -> bool {
        match self {
            Self::CommentAdded { visibility, .. } | Self::CommentEdited { visibility, .. } => {
                matches!(visibility, Visibility::Internal)
            }
            Self::MergeReceived { is_internal, .. }
            | Self::MergeWithdrawn { is_internal, .. }
            | Self::TicketFieldsSet { is_internal, .. } => *is_internal,
            Self::TicketCreated { .. }
            | Self::TicketEdited { .. }
            | Self::TicketClaimed { .. }
            | Self::TicketAssigned { .. }
            | Self::TicketHanded { .. }
            | Self::TicketLevelChanged { .. }
            | Self::TicketPrioritySet { .. }
            | Self::ServiceLevelChanged { .. }
            | Self::TicketOpened { .. }
            | Self::TicketWaited { .. }
            | Self::TicketSolved { .. }
            | Self::TicketReopened { .. }
            | Self::TicketClosed { .. }
            | Self::TicketMerged { .. }
            | Self::TicketUnmerged { .. }
            | Self::TicketRated { .. } => false,
            Self::TicketTagged { .. }
            | Self::TicketSplit { .. }
            | Self::TicketAtRisk { .. }
            | Self::TicketBreached { .. }
            | Self::TicketLinked { .. }
            | Self::KnowledgeLinked { .. }
            | Self::ArticleCreated { .. }
            | Self::ArticlePublished { .. }
            | Self::ArticleArchived { .. }
            | Self::ArticleTranslated { .. }
            | Self::ArticleHelped { .. }
            | Self::ArticleEdited { .. }
            | Self::ArticleScheduled { .. }
            | Self::ArticleReviewed { .. }
            | Self::ArticleFeedbackGiven { .. }
            | Self::ArticleCategoryCreated { .. }
            | Self::ArticleCategoryEdited { .. }
            | Self::ArticleCategoryDeleted { .. }
            | Self::QueueCreated { .. }
            | Self::QueueEdited { .. }
            | Self::QueueDeleted { .. }
            | Self::MacroCreated { .. }
            | Self::MacroEdited { .. }
            | Self::MacroDeleted { .. }
            | Self::CustomFieldCreated { .. }
            | Self::CustomFieldEdited { .. }
            | Self::UserCreated { .. }
            | Self::UserEdited { .. }
            | Self::UserDisabled { .. }
            | Self::UserEnabled { .. }
            | Self::PasswordChanged { .. }
            | Self::OrganizationCreated { .. }
            | Self::CalendarCreated { .. }
            | Self::CalendarEdited { .. }
            | Self::CalendarDeleted { .. }
            | Self::ServiceLevelPolicyCreated { .. }
            | Self::ServiceLevelPolicyEdited { .. }
            | Self::ServiceLevelPolicyDeleted { .. }
            | Self::LevelCreated { .. }
            | Self::LevelEdited { .. }
            | Self::LevelEscalationSet { .. }
            | Self::OrganizationEdited { .. }
            | Self::TeamCreated { .. }
            | Self::TeamEdited { .. }
            | Self::TeamMemberAdded { .. }
            | Self::TeamMemberRemoved { .. }
            | Self::AvailabilitySet { .. }
            | Self::CapacitySet { .. }
            | Self::TeamAssignmentSet { .. } => true,
        }
    }
}
