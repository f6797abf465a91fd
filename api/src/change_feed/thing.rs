//! What an event of the log is about, where that is something a mirror keeps.

use entity::ids::{
    ArticleCategoryId, ArticleId, CommentId, OrganizationId, TeamId, TicketId, UserId,
};

use crate::events::Event;

/// A record that mirrors keep. Settings of the desk are none: queues, macros, calendars, policies, levels, custom fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thing {
    Ticket(TicketId),
    Comment(TicketId, CommentId),
    Article(ArticleId),
    ArticleCategory(ArticleCategoryId),
    User(UserId),
    Organization(OrganizationId),
    Team(TeamId),
}

impl Thing {
    /// None for what is no change of a record.
    #[expect(clippy::too_many_lines, reason = "one arm for each event")]
    pub const fn of(event: &Event) -> Option<Self> {
        let thing = match event {
            Event::TicketCreated { ticket_id }
            | Event::TicketEdited { ticket_id, .. }
            | Event::TicketFieldsSet { ticket_id, .. }
            | Event::TicketClaimed { ticket_id, .. }
            | Event::TicketAssigned { ticket_id, .. }
            | Event::TicketHanded { ticket_id, .. }
            | Event::TicketLevelChanged { ticket_id, .. }
            | Event::TicketPrioritySet { ticket_id, .. }
            | Event::TicketTagged { ticket_id, .. }
            | Event::TicketOpened { ticket_id, .. }
            | Event::TicketWaited { ticket_id, .. }
            | Event::TicketSolved { ticket_id, .. }
            | Event::TicketReopened { ticket_id, .. }
            | Event::TicketClosed { ticket_id, .. }
            | Event::TicketMerged { ticket_id, .. }
            | Event::TicketUnmerged { ticket_id, .. }
            | Event::MergeReceived { ticket_id, .. }
            | Event::MergeWithdrawn { ticket_id, .. }
            | Event::TicketSplit { ticket_id, .. }
            | Event::TicketRated { ticket_id, .. }
            | Event::TicketAtRisk { ticket_id, .. }
            | Event::TicketBreached { ticket_id, .. }
            | Event::TicketLinked { ticket_id, .. }
            | Event::ServiceLevelChanged { ticket_id }
            | Event::KnowledgeLinked { ticket_id, .. } => Self::Ticket(*ticket_id),
            Event::CommentAdded {
                ticket_id,
                comment_id,
                ..
            }
            | Event::CommentEdited {
                ticket_id,
                comment_id,
                ..
            } => Self::Comment(*ticket_id, *comment_id),
            Event::ArticleCreated { article_id }
            | Event::ArticlePublished { article_id }
            | Event::ArticleArchived { article_id }
            | Event::ArticleTranslated { article_id, .. }
            | Event::ArticleHelped { article_id }
            | Event::ArticleEdited { article_id, .. }
            | Event::ArticleScheduled { article_id, .. }
            | Event::ArticleReviewed { article_id }
            | Event::ArticleFeedbackGiven { article_id } => Self::Article(*article_id),
            Event::ArticleCategoryCreated { category_id }
            | Event::ArticleCategoryEdited { category_id }
            | Event::ArticleCategoryDeleted { category_id } => Self::ArticleCategory(*category_id),
            Event::UserCreated { user_id }
            | Event::UserEdited { user_id }
            | Event::UserDisabled { user_id }
            | Event::UserEnabled { user_id }
            | Event::TeamMemberAdded { user_id, .. }
            | Event::TeamMemberRemoved { user_id, .. }
            | Event::AvailabilitySet { user_id, .. }
            | Event::CapacitySet { user_id, .. } => Self::User(*user_id),
            Event::OrganizationCreated { organization_id }
            | Event::OrganizationEdited { organization_id } => Self::Organization(*organization_id),
            Event::TeamCreated { team_id }
            | Event::TeamEdited { team_id }
            | Event::TeamAssignmentSet { team_id, .. } => Self::Team(*team_id),
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
        Some(thing)
    }
}
