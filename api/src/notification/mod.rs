//! What concerns whom: worked out from the log for those who listen, never stored.

pub mod graphql;
mod loaders;

pub use loaders::Audiences;

use entity::ids::{TeamId, TicketId, UserId};

use crate::{
    events::{Event, log::Placed},
    graphql::GlobalId,
    text::markdown,
};

/// People whom one comment can mention; the others are not told.
const MENTIONED_MAX: usize = 100;

/// Why somebody is told of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Assigned,
    Mentioned,
    Commented,
    Solved,
    Reopened,
    Closed,
    Merged,
    Rated,
    AtRisk,
    Breached,
}

/// What has to be known before it is clear whether an event concerns somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Question {
    /// Nothing: the event says it.
    Settled(Kind),
    /// Whether they are part of the ticket.
    Part(TicketId, Kind),
    /// Whether they answer for it.
    Charge(TicketId, Kind),
    /// Whether they answer for it, or are of this team.
    ChargeOrTeam(TicketId, TeamId, Kind),
}

/// Whom a comment mentions: each once.
pub fn mentioned(body: &str) -> Vec<UserId> {
    let ids = markdown::mentions(body).into_iter();
    let mut users: Vec<_> = ids.filter_map(|id| UserId::of(&id.into())).collect();
    users.sort_unstable();
    users.dedup();
    users.truncate(MENTIONED_MAX);
    users
}

/// What an event may mean to `user`; none where it does not concern them. Nobody is told of what they
/// did themselves.
#[expect(clippy::too_many_lines, reason = "one arm for each event")]
fn question(event: &Placed, user: UserId) -> Option<Question> {
    if event.actor_id == Some(user) {
        return None;
    }
    match &event.event {
        Event::TicketAssigned { from, to, .. }
        | Event::TicketClaimed { from, to, .. }
        | Event::TicketHanded { from, to, .. } => {
            let is_new = to.assignee_id == Some(user) && from.assignee_id != Some(user);
            is_new.then_some(Question::Settled(Kind::Assigned))
        }
        Event::TicketCreated { .. } => {
            let assignee = event.change.as_ref()?.after.assignee;
            (assignee == Some(user)).then_some(Question::Settled(Kind::Assigned))
        }
        Event::CommentAdded { mentioned, .. } | Event::CommentEdited { mentioned, .. }
            if mentioned.contains(&user) =>
        {
            Some(Question::Settled(Kind::Mentioned))
        }
        Event::CommentAdded { ticket_id, .. } => Some(Question::Part(*ticket_id, Kind::Commented)),
        Event::TicketSolved { ticket_id, .. } => Some(Question::Part(*ticket_id, Kind::Solved)),
        Event::TicketReopened { ticket_id, .. } => Some(Question::Part(*ticket_id, Kind::Reopened)),
        Event::TicketClosed { ticket_id, .. } => Some(Question::Part(*ticket_id, Kind::Closed)),
        Event::TicketMerged { ticket_id, .. } => Some(Question::Part(*ticket_id, Kind::Merged)),
        Event::TicketRated { ticket_id, .. } => Some(Question::Charge(*ticket_id, Kind::Rated)),
        Event::TicketAtRisk {
            ticket_id,
            notify_team_id,
            ..
        } => Some(warned(*ticket_id, *notify_team_id, Kind::AtRisk)),
        Event::TicketBreached {
            ticket_id,
            notify_team_id,
            ..
        } => Some(warned(*ticket_id, *notify_team_id, Kind::Breached)),
        Event::TicketEdited { .. }
        | Event::TicketFieldsSet { .. }
        | Event::CommentEdited { .. }
        | Event::TicketLevelChanged { .. }
        | Event::TicketPrioritySet { .. }
        | Event::TicketTagged { .. }
        | Event::TicketOpened { .. }
        | Event::TicketWaited { .. }
        | Event::TicketUnmerged { .. }
        | Event::MergeReceived { .. }
        | Event::MergeWithdrawn { .. }
        | Event::TicketSplit { .. }
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
        | Event::ServiceLevelChanged { .. }
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
        | Event::TeamAssignmentSet { .. } => None,
    }
}

fn warned(ticket_id: TicketId, notified: Option<TeamId>, kind: Kind) -> Question {
    match notified {
        Some(team) => Question::ChargeOrTeam(ticket_id, team, kind),
        None => Question::Charge(ticket_id, kind),
    }
}
