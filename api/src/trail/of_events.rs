//! Which events are administration. There is no default: whoever adds an event decides whether it is audited.

use entity::{audit_entry::Action, ids::UserId};

use super::{Act, Subject};
use crate::events::Event;

/// What the audit log tells of an event that `actor` brought about; none of the work on tickets and articles.
#[expect(clippy::too_many_lines, reason = "one arm for each event")]
pub(crate) fn of(event: &Event, actor: Option<UserId>) -> Option<Act> {
    let (action, subject) = match event {
        Event::UserCreated { user_id } => (Action::UserCreated, Subject::User(*user_id)),
        Event::UserEdited { user_id } => (Action::UserEdited, Subject::User(*user_id)),
        Event::UserDisabled { user_id } => (Action::UserDisabled, Subject::User(*user_id)),
        Event::UserEnabled { user_id } => (Action::UserEnabled, Subject::User(*user_id)),
        Event::PasswordChanged { user_id } => (Action::PasswordChanged, Subject::User(*user_id)),
        // People come and go many times a day; somebody else saying it for them is administration.
        Event::AvailabilitySet { user_id, .. } if Some(*user_id) == actor => return None,
        Event::AvailabilitySet { user_id, .. } => {
            (Action::AvailabilitySet, Subject::User(*user_id))
        }
        Event::CapacitySet { user_id, .. } => (Action::CapacitySet, Subject::User(*user_id)),
        Event::TeamMemberAdded { team_id, user_id } => {
            return Some(membership(
                Action::TeamMemberAdded,
                Subject::Team(*team_id),
                *user_id,
            ));
        }
        Event::TeamMemberRemoved { team_id, user_id } => {
            return Some(membership(
                Action::TeamMemberRemoved,
                Subject::Team(*team_id),
                *user_id,
            ));
        }
        Event::OrganizationCreated {
            organization_id: id,
        } => (Action::OrganizationCreated, Subject::Organization(*id)),
        Event::OrganizationEdited {
            organization_id: id,
        } => (Action::OrganizationEdited, Subject::Organization(*id)),
        Event::TeamCreated { team_id } => (Action::TeamCreated, Subject::Team(*team_id)),
        Event::TeamEdited { team_id } => (Action::TeamEdited, Subject::Team(*team_id)),
        Event::TeamAssignmentSet { team_id, .. } => {
            (Action::TeamAssignmentSet, Subject::Team(*team_id))
        }
        Event::QueueCreated { queue_id } => (Action::QueueCreated, Subject::Queue(*queue_id)),
        Event::QueueEdited { queue_id, .. } => (Action::QueueEdited, Subject::Queue(*queue_id)),
        Event::QueueDeleted { queue_id } => (Action::QueueDeleted, Subject::Queue(*queue_id)),
        Event::MacroCreated { macro_id } => (Action::MacroCreated, Subject::Macro(*macro_id)),
        Event::MacroEdited { macro_id } => (Action::MacroEdited, Subject::Macro(*macro_id)),
        Event::MacroDeleted { macro_id } => (Action::MacroDeleted, Subject::Macro(*macro_id)),
        Event::CustomFieldCreated { key } => (
            Action::CustomFieldCreated,
            Subject::CustomField(key.clone()),
        ),
        Event::CustomFieldEdited { key } => {
            (Action::CustomFieldEdited, Subject::CustomField(key.clone()))
        }
        Event::LevelCreated { rank } => (Action::LevelCreated, Subject::Level(*rank)),
        Event::LevelEdited { rank } => (Action::LevelEdited, Subject::Level(*rank)),
        Event::LevelEscalationSet { rank } => (Action::LevelEscalationSet, Subject::Level(*rank)),
        Event::CalendarCreated { calendar_id: id } => {
            (Action::CalendarCreated, Subject::Calendar(*id))
        }
        Event::CalendarEdited { calendar_id: id } => {
            (Action::CalendarEdited, Subject::Calendar(*id))
        }
        Event::CalendarDeleted { calendar_id: id } => {
            (Action::CalendarDeleted, Subject::Calendar(*id))
        }
        Event::ServiceLevelPolicyCreated { policy_id } => (
            Action::ServiceLevelPolicyCreated,
            Subject::ServiceLevelPolicy(*policy_id),
        ),
        Event::ServiceLevelPolicyEdited { policy_id } => (
            Action::ServiceLevelPolicyEdited,
            Subject::ServiceLevelPolicy(*policy_id),
        ),
        Event::ServiceLevelPolicyDeleted { policy_id } => (
            Action::ServiceLevelPolicyDeleted,
            Subject::ServiceLevelPolicy(*policy_id),
        ),
        Event::TicketCreated { .. }
        | Event::TicketEdited { .. }
        | Event::TicketFieldsSet { .. }
        | Event::CommentAdded { .. }
        | Event::CommentEdited { .. }
        | Event::TicketClaimed { .. }
        | Event::TicketAssigned { .. }
        | Event::TicketHanded { .. }
        | Event::TicketLevelChanged { .. }
        | Event::TicketPrioritySet { .. }
        | Event::TicketTagged { .. }
        | Event::TicketOpened { .. }
        | Event::TicketWaited { .. }
        | Event::TicketSolved { .. }
        | Event::TicketReopened { .. }
        | Event::TicketClosed { .. }
        | Event::TicketMerged { .. }
        | Event::TicketUnmerged { .. }
        | Event::MergeReceived { .. }
        | Event::MergeWithdrawn { .. }
        | Event::TicketSplit { .. }
        | Event::TicketRated { .. }
        | Event::TicketAtRisk { .. }
        | Event::TicketBreached { .. }
        | Event::TicketLinked { .. }
        | Event::KnowledgeLinked { .. }
        | Event::ArticleCreated { .. }
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
        | Event::ServiceLevelChanged { .. } => return None,
    };
    Some(Act::on(action, subject))
}

const fn membership(action: Action, subject: Subject, member: UserId) -> Act {
    Act {
        action,
        subject,
        member: Some(member),
    }
}
