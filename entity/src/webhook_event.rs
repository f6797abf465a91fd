//! What can be told to a webhook endpoint, in the words that its requests carry.

use sea_orm::entity::prelude::*;

/// One kind of event. The words are part of what is published: they never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum WebhookEvent {
    #[sea_orm(string_value = "ticket.created")]
    TicketCreated,
    #[sea_orm(string_value = "ticket.edited")]
    TicketEdited,
    #[sea_orm(string_value = "ticket.fields_set")]
    TicketFieldsSet,
    #[sea_orm(string_value = "comment.added")]
    CommentAdded,
    #[sea_orm(string_value = "comment.edited")]
    CommentEdited,
    #[sea_orm(string_value = "ticket.claimed")]
    TicketClaimed,
    #[sea_orm(string_value = "ticket.assigned")]
    TicketAssigned,
    #[sea_orm(string_value = "ticket.handed")]
    TicketHanded,
    #[sea_orm(string_value = "ticket.level_changed")]
    TicketLevelChanged,
    #[sea_orm(string_value = "ticket.priority_set")]
    TicketPrioritySet,
    #[sea_orm(string_value = "ticket.tagged")]
    TicketTagged,
    #[sea_orm(string_value = "ticket.opened")]
    TicketOpened,
    #[sea_orm(string_value = "ticket.waited")]
    TicketWaited,
    #[sea_orm(string_value = "ticket.solved")]
    TicketSolved,
    #[sea_orm(string_value = "ticket.reopened")]
    TicketReopened,
    #[sea_orm(string_value = "ticket.closed")]
    TicketClosed,
    #[sea_orm(string_value = "ticket.merged")]
    TicketMerged,
    #[sea_orm(string_value = "ticket.unmerged")]
    TicketUnmerged,
    #[sea_orm(string_value = "ticket.merge_received")]
    MergeReceived,
    #[sea_orm(string_value = "ticket.merge_withdrawn")]
    MergeWithdrawn,
    #[sea_orm(string_value = "ticket.split")]
    TicketSplit,
    #[sea_orm(string_value = "ticket.rated")]
    TicketRated,
    #[sea_orm(string_value = "ticket.at_risk")]
    TicketAtRisk,
    #[sea_orm(string_value = "ticket.breached")]
    TicketBreached,
    #[sea_orm(string_value = "ticket.linked")]
    TicketLinked,
    #[sea_orm(string_value = "ticket.knowledge_linked")]
    KnowledgeLinked,
    #[sea_orm(string_value = "ticket.service_level_changed")]
    ServiceLevelChanged,
    #[sea_orm(string_value = "article.created")]
    ArticleCreated,
    #[sea_orm(string_value = "article.published")]
    ArticlePublished,
    #[sea_orm(string_value = "article.archived")]
    ArticleArchived,
    #[sea_orm(string_value = "article.translated")]
    ArticleTranslated,
    #[sea_orm(string_value = "article.helped")]
    ArticleHelped,
    #[sea_orm(string_value = "article.edited")]
    ArticleEdited,
    #[sea_orm(string_value = "article.scheduled")]
    ArticleScheduled,
    #[sea_orm(string_value = "article.reviewed")]
    ArticleReviewed,
    #[sea_orm(string_value = "article.feedback_given")]
    ArticleFeedbackGiven,
    #[sea_orm(string_value = "article_category.created")]
    ArticleCategoryCreated,
    #[sea_orm(string_value = "article_category.edited")]
    ArticleCategoryEdited,
    #[sea_orm(string_value = "article_category.deleted")]
    ArticleCategoryDeleted,
    #[sea_orm(string_value = "user.created")]
    UserCreated,
    #[sea_orm(string_value = "user.edited")]
    UserEdited,
    #[sea_orm(string_value = "user.disabled")]
    UserDisabled,
    #[sea_orm(string_value = "user.enabled")]
    UserEnabled,
    #[sea_orm(string_value = "user.availability_set")]
    AvailabilitySet,
    #[sea_orm(string_value = "user.capacity_set")]
    CapacitySet,
    #[sea_orm(string_value = "organization.created")]
    OrganizationCreated,
    #[sea_orm(string_value = "organization.edited")]
    OrganizationEdited,
    #[sea_orm(string_value = "team.created")]
    TeamCreated,
    #[sea_orm(string_value = "team.edited")]
    TeamEdited,
    #[sea_orm(string_value = "team.member_added")]
    TeamMemberAdded,
    #[sea_orm(string_value = "team.member_removed")]
    TeamMemberRemoved,
    #[sea_orm(string_value = "team.assignment_set")]
    TeamAssignmentSet,
    #[sea_orm(string_value = "custom_field.created")]
    CustomFieldCreated,
    #[sea_orm(string_value = "custom_field.edited")]
    CustomFieldEdited,
    #[sea_orm(string_value = "level.created")]
    LevelCreated,
    #[sea_orm(string_value = "level.edited")]
    LevelEdited,
    #[sea_orm(string_value = "level.escalation_set")]
    LevelEscalationSet,
    #[sea_orm(string_value = "calendar.created")]
    CalendarCreated,
    #[sea_orm(string_value = "calendar.edited")]
    CalendarEdited,
    #[sea_orm(string_value = "calendar.deleted")]
    CalendarDeleted,
    #[sea_orm(string_value = "service_level_policy.created")]
    ServiceLevelPolicyCreated,
    #[sea_orm(string_value = "service_level_policy.edited")]
    ServiceLevelPolicyEdited,
    #[sea_orm(string_value = "service_level_policy.deleted")]
    ServiceLevelPolicyDeleted,
    /// A test, which no event is behind.
    #[sea_orm(string_value = "webhook.ping")]
    Ping,
}
