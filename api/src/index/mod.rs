//! The words of tickets, comments, articles and people, for searching: written with the change that they belong to.
//!
//! Both databases index the same words, which are cut and stemmed here, and so both find the same things. What may be
//! seen is not theirs to say: whoever searches joins the words to the visible rows.

mod document;
mod fields;
mod matching;
mod query;
mod spent;
mod sql;
mod stored;
mod terms;
mod write;

use entity::{
    ids::{ArticleId, CommentId, TicketId, UserId},
    index_fill::Kind,
};
use uuid::Uuid;

pub use document::Document;
pub use matching::{Found, Matcher};
pub use query::{Query, TEXT_CHARS_MAX};
pub use spent::Spent;
pub use sql::HasWords;
pub(crate) use write::Pending;
pub use write::refill;

use crate::events::Event;

/// Grows when the same text would be indexed as other words: then everything is indexed again.
pub const VERSION: i16 = 1;

/// What can be searched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Thing {
    Ticket(TicketId),
    Comment(CommentId),
    Article(ArticleId),
    User(UserId),
}

impl Thing {
    pub const fn kind(self) -> Kind {
        match self {
            Self::Ticket(_) => Kind::Ticket,
            Self::Comment(_) => Kind::Comment,
            Self::Article(_) => Kind::Article,
            Self::User(_) => Kind::User,
        }
    }

    pub const fn id(self) -> Uuid {
        match self {
            Self::Ticket(id) => id.0,
            Self::Comment(id) => id.0,
            Self::Article(id) => id.0,
            Self::User(id) => id.0,
        }
    }

    /// The thing of this kind with this id.
    pub const fn of(kind: Kind, id: Uuid) -> Self {
        match kind {
            Kind::Ticket => Self::Ticket(TicketId(id)),
            Kind::Comment => Self::Comment(CommentId(id)),
            Kind::Article => Self::Article(ArticleId(id)),
            Kind::User => Self::User(UserId(id)),
        }
    }

    /// Whose words are others after an event.
    #[expect(clippy::too_many_lines, reason = "one arm for each event")]
    pub(crate) const fn changed_by(event: &Event) -> Option<Self> {
        match event {
            Event::TicketCreated { ticket_id }
            | Event::TicketEdited { ticket_id, .. }
            | Event::TicketFieldsSet { ticket_id, .. } => Some(Self::Ticket(*ticket_id)),
            Event::CommentAdded { comment_id, .. } | Event::CommentEdited { comment_id, .. } => {
                Some(Self::Comment(*comment_id))
            }
            Event::ArticleCreated { article_id } | Event::ArticleTranslated { article_id, .. } => {
                Some(Self::Article(*article_id))
            }
            Event::UserCreated { user_id } | Event::UserEdited { user_id } => {
                Some(Self::User(*user_id))
            }
            Event::TicketClaimed { .. }
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
            | Event::TicketAtRisk { .. }
            | Event::TicketBreached { .. }
            | Event::TicketLinked { .. }
            | Event::KnowledgeLinked { .. }
            | Event::ServiceLevelChanged { .. }
            | Event::TicketRated { .. }
            | Event::TicketSplit { .. }
            | Event::TicketMerged { .. }
            | Event::TicketUnmerged { .. }
            | Event::MergeReceived { .. }
            | Event::MergeWithdrawn { .. }
            | Event::ArticlePublished { .. }
            | Event::ArticleArchived { .. }
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
            | Event::CalendarCreated { .. }
            | Event::CalendarEdited { .. }
            | Event::CalendarDeleted { .. }
            | Event::ServiceLevelPolicyCreated { .. }
            | Event::ServiceLevelPolicyEdited { .. }
            | Event::ServiceLevelPolicyDeleted { .. }
            | Event::LevelCreated { .. }
            | Event::LevelEdited { .. }
            | Event::LevelEscalationSet { .. }
            | Event::UserDisabled { .. }
            | Event::UserEnabled { .. }
            | Event::PasswordChanged { .. }
            | Event::OrganizationCreated { .. }
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
}

#[cfg(test)]
mod tests;
