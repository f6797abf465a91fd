//! The kinds of events that endpoints are told.

use async_graphql::Enum;

/// What can be told to a webhook endpoint: the `type` that its requests carry, and when it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::webhook_event::WebhookEvent")]
pub enum WebhookEvent {
    /// `ticket.created`: a ticket was opened.
    TicketCreated,
    /// `ticket.edited`: a ticket's subject, description or undefined custom fields were changed.
    TicketEdited,
    /// `ticket.fields_set`: custom fields of a ticket were filled in.
    TicketFieldsSet,
    /// `comment.added`: somebody wrote a comment on a ticket.
    CommentAdded,
    /// `comment.edited`: a comment on a ticket was changed.
    CommentEdited,
    /// `ticket.claimed`: an agent took a ticket.
    TicketClaimed,
    /// `ticket.assigned`: somebody gave a ticket to an agent or a team.
    TicketAssigned,
    /// `ticket.handed`: the desk itself gave a ticket to an agent, or took it back to its team.
    TicketHanded,
    /// `ticket.level_changed`: a ticket was moved to another level.
    TicketLevelChanged,
    /// `ticket.priority_set`: a ticket was given another priority.
    TicketPrioritySet,
    /// `ticket.tagged`: tags were put on a ticket, or taken off it.
    TicketTagged,
    /// `ticket.opened`: somebody works on a ticket, or goes on with it.
    TicketOpened,
    /// `ticket.waited`: a ticket waits.
    TicketWaited,
    /// `ticket.solved`: a ticket was solved.
    TicketSolved,
    /// `ticket.reopened`: a ticket that was solved is not.
    TicketReopened,
    /// `ticket.closed`: a ticket was closed.
    TicketClosed,
    /// `ticket.merged`: a ticket goes on as another.
    TicketMerged,
    /// `ticket.unmerged`: a ticket does not go on as another after all.
    TicketUnmerged,
    /// `ticket.merge_received`: another ticket was merged into a ticket.
    MergeReceived,
    /// `ticket.merge_withdrawn`: another ticket was taken out of a ticket again.
    MergeWithdrawn,
    /// `ticket.split`: a comment of a ticket goes on as a ticket of its own.
    TicketSplit,
    /// `ticket.rated`: a requester said how good the help was.
    TicketRated,
    /// `ticket.at_risk`: four fifths of a target of a ticket are used.
    TicketAtRisk,
    /// `ticket.breached`: a target of a ticket is missed.
    TicketBreached,
    /// `ticket.linked`: a ticket was linked to another.
    TicketLinked,
    /// `ticket.knowledge_linked`: a ticket was linked to an article.
    KnowledgeLinked,
    /// `ticket.service_level_changed`: other terms came into force for a ticket.
    ServiceLevelChanged,
    /// `article.created`: an article was begun.
    ArticleCreated,
    /// `article.published`: an article was published.
    ArticlePublished,
    /// `article.archived`: an article was archived.
    ArticleArchived,
    /// `article.translated`: an article's text of a language was written.
    ArticleTranslated,
    /// `article.helped`: a requester needed no ticket for an article.
    ArticleHelped,
    /// `article.edited`: what an article has besides its texts was changed.
    ArticleEdited,
    /// `article.scheduled`: when an article publishes or archives itself was said.
    ArticleScheduled,
    /// `article.reviewed`: somebody said that an article still holds.
    ArticleReviewed,
    /// `article.feedback_given`: a reader said whether an article helped.
    ArticleFeedbackGiven,
    /// `article_category.created`: a category of articles was made.
    ArticleCategoryCreated,
    /// `article_category.edited`: a category of articles was changed.
    ArticleCategoryEdited,
    /// `article_category.deleted`: a category of articles was deleted.
    ArticleCategoryDeleted,
    /// `user.created`: a person or machine was made.
    UserCreated,
    /// `user.edited`: a person or machine was changed.
    UserEdited,
    /// `user.disabled`: a person or machine was kept out.
    UserDisabled,
    /// `user.enabled`: a person or machine was let in again.
    UserEnabled,
    /// `user.availability_set`: an agent takes tickets now, or does not.
    AvailabilitySet,
    /// `user.capacity_set`: it was said how many tickets an agent takes.
    CapacitySet,
    /// `organization.created`: an organization was made.
    OrganizationCreated,
    /// `organization.edited`: an organization was changed.
    OrganizationEdited,
    /// `team.created`: a team was made.
    TeamCreated,
    /// `team.edited`: a team was changed.
    TeamEdited,
    /// `team.member_added`: somebody was put into a team.
    TeamMemberAdded,
    /// `team.member_removed`: somebody was taken out of a team.
    TeamMemberRemoved,
    /// `team.assignment_set`: how a team gives out its tickets was changed.
    TeamAssignmentSet,
    /// `custom_field.created`: a custom field was defined.
    CustomFieldCreated,
    /// `custom_field.edited`: a custom field was changed.
    CustomFieldEdited,
    /// `level.created`: a level was made.
    LevelCreated,
    /// `level.edited`: a level was changed.
    LevelEdited,
    /// `level.escalation_set`: what a level does by itself was changed.
    LevelEscalationSet,
    /// `calendar.created`: a calendar was made.
    CalendarCreated,
    /// `calendar.edited`: a calendar was changed.
    CalendarEdited,
    /// `calendar.deleted`: a calendar was deleted.
    CalendarDeleted,
    /// `service_level_policy.created`: a service-level policy was made.
    ServiceLevelPolicyCreated,
    /// `service_level_policy.edited`: a service-level policy was changed.
    ServiceLevelPolicyEdited,
    /// `service_level_policy.deleted`: a service-level policy was deleted.
    ServiceLevelPolicyDeleted,
    /// `webhook.ping`: a test, by `pingWebhookEndpoint`: it is sent whatever an endpoint is told.
    Ping,
}
