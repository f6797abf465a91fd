//! Which events are told, what they are about, and which of them an endpoint is to be told of.

use std::{collections::HashSet, sync::Arc};

use entity::{
    ids::{
        ArticleCategoryId, ArticleId, CalendarId, CommentId, OrganizationId, ServiceLevelPolicyId,
        TeamId, TicketId, UserId,
    },
    webhook_endpoint::Model,
    webhook_event::WebhookEvent as Kind,
};
use sea_orm::ActiveEnum;

use crate::{
    actor::Actor,
    app::App,
    error::Result,
    events::{Event, Pos, log::Placed},
    policy,
    ticket::{self, Filter},
};

use super::{graphql::read_filter, seen::Seen};

/// What an event is called outside, and what it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct About {
    pub(super) kind: Kind,
    pub(super) subject: Subject,
    /// What else it names.
    pub(super) related: Option<Subject>,
}

/// A thing that an event is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    Ticket(TicketId),
    Comment(CommentId),
    Article(ArticleId),
    ArticleCategory(ArticleCategoryId),
    User(UserId),
    Organization(OrganizationId),
    Team(TeamId),
    CustomField(String),
    Level(i16),
    Calendar(CalendarId),
    ServiceLevelPolicy(ServiceLevelPolicyId),
}

impl About {
    const fn between(kind: Kind, subject: Subject, related: Subject) -> Self {
        Self {
            kind,
            subject,
            related: Some(related),
        }
    }
}

/// An event that an endpoint is to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Selected {
    pub(super) pos: Pos,
    pub(super) kind: Kind,
}

/// What is told of an event; nothing of what people save for themselves, and of passwords.
#[expect(clippy::too_many_lines, reason = "one arm for each event")]
pub(super) fn about(event: &Event) -> Option<About> {
    let (kind, subject) = match event {
        Event::TicketCreated { ticket_id: id, .. } => (Kind::TicketCreated, Subject::Ticket(*id)),
        Event::TicketEdited { ticket_id: id, .. } => (Kind::TicketEdited, Subject::Ticket(*id)),
        Event::TicketFieldsSet { ticket_id: id, .. } => {
            (Kind::TicketFieldsSet, Subject::Ticket(*id))
        }
        Event::TicketClaimed { ticket_id: id, .. } => (Kind::TicketClaimed, Subject::Ticket(*id)),
        Event::TicketAssigned { ticket_id: id, .. } => (Kind::TicketAssigned, Subject::Ticket(*id)),
        Event::TicketHanded { ticket_id: id, .. } => (Kind::TicketHanded, Subject::Ticket(*id)),
        Event::TicketLevelChanged { ticket_id: id, .. } => {
            (Kind::TicketLevelChanged, Subject::Ticket(*id))
        }
        Event::TicketPrioritySet { ticket_id: id, .. } => {
            (Kind::TicketPrioritySet, Subject::Ticket(*id))
        }
        Event::TicketTagged { ticket_id: id, .. } => (Kind::TicketTagged, Subject::Ticket(*id)),
        Event::TicketOpened { ticket_id: id, .. } => (Kind::TicketOpened, Subject::Ticket(*id)),
        Event::TicketWaited { ticket_id: id, .. } => (Kind::TicketWaited, Subject::Ticket(*id)),
        Event::TicketSolved { ticket_id: id, .. } => (Kind::TicketSolved, Subject::Ticket(*id)),
        Event::TicketReopened { ticket_id: id, .. } => (Kind::TicketReopened, Subject::Ticket(*id)),
        Event::TicketClosed { ticket_id: id, .. } => (Kind::TicketClosed, Subject::Ticket(*id)),
        Event::TicketRated { ticket_id: id, .. } => (Kind::TicketRated, Subject::Ticket(*id)),
        Event::TicketAtRisk { ticket_id: id, .. } => (Kind::TicketAtRisk, Subject::Ticket(*id)),
        Event::TicketBreached { ticket_id: id, .. } => (Kind::TicketBreached, Subject::Ticket(*id)),
        Event::ServiceLevelChanged { ticket_id: id } => {
            (Kind::ServiceLevelChanged, Subject::Ticket(*id))
        }
        Event::CommentAdded {
            ticket_id,
            comment_id,
            ..
        } => {
            return Some(About::between(
                Kind::CommentAdded,
                Subject::Ticket(*ticket_id),
                Subject::Comment(*comment_id),
            ));
        }
        Event::CommentEdited {
            ticket_id,
            comment_id,
            ..
        } => {
            return Some(About::between(
                Kind::CommentEdited,
                Subject::Ticket(*ticket_id),
                Subject::Comment(*comment_id),
            ));
        }
        Event::TicketMerged {
            ticket_id,
            into_id: other,
            ..
        } => {
            return Some(About::between(
                Kind::TicketMerged,
                Subject::Ticket(*ticket_id),
                Subject::Ticket(*other),
            ));
        }
        Event::TicketUnmerged {
            ticket_id,
            into_id: other,
            ..
        } => {
            return Some(About::between(
                Kind::TicketUnmerged,
                Subject::Ticket(*ticket_id),
                Subject::Ticket(*other),
            ));
        }
        Event::MergeReceived {
            ticket_id,
            merged_id: other,
            ..
        } => {
            return Some(About::between(
                Kind::MergeReceived,
                Subject::Ticket(*ticket_id),
                Subject::Ticket(*other),
            ));
        }
        Event::MergeWithdrawn {
            ticket_id,
            merged_id: other,
            ..
        } => {
            return Some(About::between(
                Kind::MergeWithdrawn,
                Subject::Ticket(*ticket_id),
                Subject::Ticket(*other),
            ));
        }
        Event::TicketSplit {
            ticket_id,
            into_id: other,
            ..
        } => {
            return Some(About::between(
                Kind::TicketSplit,
                Subject::Ticket(*ticket_id),
                Subject::Ticket(*other),
            ));
        }
        Event::TicketLinked {
            ticket_id,
            other_id: other,
            ..
        } => {
            return Some(About::between(
                Kind::TicketLinked,
                Subject::Ticket(*ticket_id),
                Subject::Ticket(*other),
            ));
        }
        Event::KnowledgeLinked {
            ticket_id,
            article_id,
            ..
        } => {
            return Some(About::between(
                Kind::KnowledgeLinked,
                Subject::Ticket(*ticket_id),
                Subject::Article(*article_id),
            ));
        }
        Event::ArticleCreated { article_id: id, .. } => {
            (Kind::ArticleCreated, Subject::Article(*id))
        }
        Event::ArticlePublished { article_id: id, .. } => {
            (Kind::ArticlePublished, Subject::Article(*id))
        }
        Event::ArticleArchived { article_id: id, .. } => {
            (Kind::ArticleArchived, Subject::Article(*id))
        }
        Event::ArticleTranslated { article_id: id, .. } => {
            (Kind::ArticleTranslated, Subject::Article(*id))
        }
        Event::ArticleHelped { article_id: id, .. } => (Kind::ArticleHelped, Subject::Article(*id)),
        Event::ArticleEdited { article_id: id, .. } => (Kind::ArticleEdited, Subject::Article(*id)),
        Event::ArticleScheduled { article_id: id, .. } => {
            (Kind::ArticleScheduled, Subject::Article(*id))
        }
        Event::ArticleReviewed { article_id: id, .. } => {
            (Kind::ArticleReviewed, Subject::Article(*id))
        }
        Event::ArticleFeedbackGiven { article_id: id, .. } => {
            (Kind::ArticleFeedbackGiven, Subject::Article(*id))
        }
        Event::ArticleCategoryCreated { category_id: id } => {
            (Kind::ArticleCategoryCreated, Subject::ArticleCategory(*id))
        }
        Event::ArticleCategoryEdited { category_id: id } => {
            (Kind::ArticleCategoryEdited, Subject::ArticleCategory(*id))
        }
        Event::ArticleCategoryDeleted { category_id: id } => {
            (Kind::ArticleCategoryDeleted, Subject::ArticleCategory(*id))
        }
        Event::UserCreated { user_id: id, .. } => (Kind::UserCreated, Subject::User(*id)),
        Event::UserEdited { user_id: id, .. } => (Kind::UserEdited, Subject::User(*id)),
        Event::UserDisabled { user_id: id, .. } => (Kind::UserDisabled, Subject::User(*id)),
        Event::UserEnabled { user_id: id, .. } => (Kind::UserEnabled, Subject::User(*id)),
        Event::AvailabilitySet { user_id: id, .. } => (Kind::AvailabilitySet, Subject::User(*id)),
        Event::CapacitySet { user_id: id, .. } => (Kind::CapacitySet, Subject::User(*id)),
        Event::OrganizationCreated {
            organization_id: id,
        } => (Kind::OrganizationCreated, Subject::Organization(*id)),
        Event::OrganizationEdited {
            organization_id: id,
        } => (Kind::OrganizationEdited, Subject::Organization(*id)),
        Event::TeamCreated { team_id: id, .. } => (Kind::TeamCreated, Subject::Team(*id)),
        Event::TeamEdited { team_id: id, .. } => (Kind::TeamEdited, Subject::Team(*id)),
        Event::TeamAssignmentSet { team_id: id, .. } => {
            (Kind::TeamAssignmentSet, Subject::Team(*id))
        }
        Event::TeamMemberAdded { team_id, user_id } => {
            return Some(About::between(
                Kind::TeamMemberAdded,
                Subject::Team(*team_id),
                Subject::User(*user_id),
            ));
        }
        Event::TeamMemberRemoved { team_id, user_id } => {
            return Some(About::between(
                Kind::TeamMemberRemoved,
                Subject::Team(*team_id),
                Subject::User(*user_id),
            ));
        }
        Event::CustomFieldCreated { key } => {
            (Kind::CustomFieldCreated, Subject::CustomField(key.clone()))
        }
        Event::CustomFieldEdited { key } => {
            (Kind::CustomFieldEdited, Subject::CustomField(key.clone()))
        }
        Event::LevelCreated { rank } => (Kind::LevelCreated, Subject::Level(*rank)),
        Event::LevelEdited { rank } => (Kind::LevelEdited, Subject::Level(*rank)),
        Event::LevelEscalationSet { rank } => (Kind::LevelEscalationSet, Subject::Level(*rank)),
        Event::CalendarCreated { calendar_id: id } => {
            (Kind::CalendarCreated, Subject::Calendar(*id))
        }
        Event::CalendarEdited { calendar_id: id } => (Kind::CalendarEdited, Subject::Calendar(*id)),
        Event::CalendarDeleted { calendar_id: id } => {
            (Kind::CalendarDeleted, Subject::Calendar(*id))
        }
        Event::ServiceLevelPolicyCreated { policy_id: id } => (
            Kind::ServiceLevelPolicyCreated,
            Subject::ServiceLevelPolicy(*id),
        ),
        Event::ServiceLevelPolicyEdited { policy_id: id } => (
            Kind::ServiceLevelPolicyEdited,
            Subject::ServiceLevelPolicy(*id),
        ),
        Event::ServiceLevelPolicyDeleted { policy_id: id } => (
            Kind::ServiceLevelPolicyDeleted,
            Subject::ServiceLevelPolicy(*id),
        ),
        Event::QueueCreated { .. }
        | Event::QueueEdited { .. }
        | Event::QueueDeleted { .. }
        | Event::MacroCreated { .. }
        | Event::MacroEdited { .. }
        | Event::MacroDeleted { .. }
        | Event::PasswordChanged { .. } => return None,
    };
    Some(About {
        kind,
        subject,
        related: None,
    })
}

/// Those of `events` that `endpoint` is to be told, as far as its owner may know of them.
pub(super) async fn select(
    app: &App,
    endpoint: &Model,
    owner: &Actor,
    events: &[Arc<Placed>],
) -> Result<Vec<Selected>> {
    let filter = endpoint
        .filter
        .as_ref()
        .map(|filter| read_filter(filter, owner))
        .transpose()?;
    let kinds: Option<HashSet<&str>> = endpoint
        .events
        .as_ref()
        .map(|words| words.0.iter().map(String::as_str).collect());
    let is_wanted = |kind: Kind| {
        kinds
            .as_ref()
            .is_none_or(|kinds| kinds.contains(kind.to_value().as_str()))
    };
    let told: Vec<&Placed> = events.iter().map(AsRef::as_ref).collect();
    let all = Filter::All(Vec::new());
    let rows = ticket::rows_after(app, filter.as_ref().unwrap_or(&all), &told).await?;
    let told = told.into_iter().zip(rows).filter_map(|(event, row)| {
        let about = about(&event.event)?;
        is_wanted(about.kind).then_some((event, row, about))
    });
    let told: Vec<_> = told.collect();
    // What is about no ticket; a filter of tickets passes none of it.
    let others = told
        .iter()
        .filter(|(_, row, _)| row.is_none() && filter.is_none());
    let seen = Seen::load(app, owner, others.map(|(_, _, about)| &about.subject)).await?;
    let mut selected = Vec::new();
    for (event, row, about) in told {
        let is_selected = match row {
            Some(row) => {
                policy::sees_ticket(owner, &row)
                    && (!event.is_internal || policy::sees_internal(owner))
                    && filter.as_ref().is_none_or(|filter| filter.matches(&row))
            }
            None => filter.is_none() && seen.has(owner, &about.subject),
        };
        if is_selected {
            let (pos, kind) = (event.pos, about.kind);
            selected.push(Selected { pos, kind });
        }
    }
    Ok(selected)
}
