//! The events themselves: what can happen, and what is noted of it.

use chrono::{DateTime, Utc};
use entity::{
    comment::Visibility,
    ids::{
        ArticleCategoryId, ArticleId, CalendarId, CommentId, FieldChangeId, KnowledgeLinkId,
        LevelChangeId, MacroId, OrganizationId, QueueId, ServiceLevelPolicyId, TeamId,
        TextRevisionId, TicketId, TicketLinkId, UserId,
    },
    knowledge_link, team,
    ticket::{Priority, Status, TimerKind, WaitingReason},
    ticket_link,
    user::{Availability, Locale},
};
use serde::{Deserialize, Serialize};

/// One thing that happened. Never a text that a person wrote: whoever hears of it reads the rest
/// under their own rights.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all_fields = "camelCase")]
pub enum Event {
    TicketCreated {
        ticket_id: TicketId,
    },
    /// Subject, description or custom fields that the desk has not defined.
    TicketEdited {
        ticket_id: TicketId,
        fields: Vec<TicketField>,
        /// What was there before, where subject or description changed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        revision_id: Option<TextRevisionId>,
    },
    /// Custom fields that the desk has defined: those that requesters may see, or those of the staff.
    TicketFieldsSet {
        ticket_id: TicketId,
        field_change_id: FieldChangeId,
        is_internal: bool,
    },
    CommentAdded {
        ticket_id: TicketId,
        comment_id: CommentId,
        visibility: Visibility,
        /// Whom it mentions.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        mentioned: Vec<UserId>,
    },
    CommentEdited {
        ticket_id: TicketId,
        comment_id: CommentId,
        visibility: Visibility,
        /// Whom it mentions and did not before.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        mentioned: Vec<UserId>,
    },
    TicketClaimed {
        ticket_id: TicketId,
        from: Assignment,
        to: Assignment,
    },
    TicketAssigned {
        ticket_id: TicketId,
        from: Assignment,
        to: Assignment,
    },
    /// The desk itself gave it to an agent, or took it back to its team.
    TicketHanded {
        ticket_id: TicketId,
        from: Assignment,
        to: Assignment,
        why: Handing,
    },
    TicketLevelChanged {
        ticket_id: TicketId,
        level_change_id: LevelChangeId,
        from: i16,
        to: i16,
    },
    TicketPrioritySet {
        ticket_id: TicketId,
        from: Priority,
        to: Priority,
    },
    TicketTagged {
        ticket_id: TicketId,
        added: Vec<String>,
        removed: Vec<String>,
    },
    TicketOpened {
        ticket_id: TicketId,
        from: Status,
    },
    TicketWaited {
        ticket_id: TicketId,
        from: Status,
        reason: WaitingReason,
        until: Option<DateTime<Utc>>,
    },
    TicketSolved {
        ticket_id: TicketId,
        from: Status,
    },
    TicketReopened {
        ticket_id: TicketId,
        from: Status,
    },
    TicketClosed {
        ticket_id: TicketId,
        from: Status,
    },
    /// It was closed because it goes on as another.
    TicketMerged {
        ticket_id: TicketId,
        into_id: TicketId,
        from: Status,
    },
    /// That was undone: it is again what it was.
    TicketUnmerged {
        ticket_id: TicketId,
        into_id: TicketId,
        to: Status,
    },
    /// Another was merged into it.
    MergeReceived {
        ticket_id: TicketId,
        merged_id: TicketId,
        /// Whether its readers may not all read the other.
        is_internal: bool,
    },
    /// That was undone.
    MergeWithdrawn {
        ticket_id: TicketId,
        merged_id: TicketId,
        is_internal: bool,
    },
    /// A comment of it goes on as a ticket of its own, with those that moved there.
    TicketSplit {
        ticket_id: TicketId,
        into_id: TicketId,
        comment_id: CommentId,
        moved: Vec<CommentId>,
    },
    /// Its requester said how good the help was.
    TicketRated {
        ticket_id: TicketId,
        score: i16,
        /// Whether they had said so before.
        is_changed: bool,
    },
    /// Four fifths of a target are used.
    TicketAtRisk {
        ticket_id: TicketId,
        timer: TimerKind,
        /// The team that the level's rule wants told besides.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        notify_team_id: Option<TeamId>,
    },
    /// A target is missed.
    TicketBreached {
        ticket_id: TicketId,
        timer: TimerKind,
        /// The team that the level's rule wants told besides.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        notify_team_id: Option<TeamId>,
    },
    TicketLinked {
        ticket_id: TicketId,
        link_id: TicketLinkId,
        other_id: TicketId,
        kind: ticket_link::Kind,
    },
    KnowledgeLinked {
        ticket_id: TicketId,
        link_id: KnowledgeLinkId,
        article_id: ArticleId,
        role: knowledge_link::Role,
    },
    ArticleCreated {
        article_id: ArticleId,
    },
    ArticlePublished {
        article_id: ArticleId,
    },
    ArticleArchived {
        article_id: ArticleId,
    },
    ArticleTranslated {
        article_id: ArticleId,
        locale: Locale,
    },
    /// A requester needed no ticket for it.
    ArticleHelped {
        article_id: ArticleId,
    },
    /// What it has besides its texts.
    ArticleEdited {
        article_id: ArticleId,
        fields: Vec<ArticleField>,
    },
    /// When it publishes or archives itself; none: it does not.
    ArticleScheduled {
        article_id: ArticleId,
        publish_at: Option<DateTime<Utc>>,
        archive_at: Option<DateTime<Utc>>,
    },
    /// Somebody said that it still holds.
    ArticleReviewed {
        article_id: ArticleId,
    },
    /// A reader said whether it helped, or took that back.
    ArticleFeedbackGiven {
        article_id: ArticleId,
    },
    ArticleCategoryCreated {
        category_id: ArticleCategoryId,
    },
    ArticleCategoryEdited {
        category_id: ArticleCategoryId,
    },
    ArticleCategoryDeleted {
        category_id: ArticleCategoryId,
    },
    QueueCreated {
        queue_id: QueueId,
    },
    QueueEdited {
        queue_id: QueueId,
        fields: Vec<QueueField>,
    },
    QueueDeleted {
        queue_id: QueueId,
    },
    MacroCreated {
        macro_id: MacroId,
    },
    MacroEdited {
        macro_id: MacroId,
    },
    MacroDeleted {
        macro_id: MacroId,
    },
    CustomFieldCreated {
        key: String,
    },
    CustomFieldEdited {
        key: String,
    },
    UserCreated {
        user_id: UserId,
    },
    /// Name, role, language, time zone, organization or teams.
    UserEdited {
        user_id: UserId,
    },
    UserDisabled {
        user_id: UserId,
    },
    UserEnabled {
        user_id: UserId,
    },
    /// By its owner or by an admin.
    PasswordChanged {
        user_id: UserId,
    },
    OrganizationCreated {
        organization_id: OrganizationId,
    },
    OrganizationEdited {
        organization_id: OrganizationId,
    },
    TeamCreated {
        team_id: TeamId,
    },
    TeamEdited {
        team_id: TeamId,
    },
    TeamMemberAdded {
        team_id: TeamId,
        user_id: UserId,
    },
    TeamMemberRemoved {
        team_id: TeamId,
        user_id: UserId,
    },
    AvailabilitySet {
        user_id: UserId,
        from: Availability,
        to: Availability,
    },
    CapacitySet {
        user_id: UserId,
        from: i16,
        to: i16,
    },
    TeamAssignmentSet {
        team_id: TeamId,
        assignment: team::Assignment,
        returns_when_away: bool,
    },
    /// Other terms came into force for the ticket: a policy, a level or a calendar was changed.
    ServiceLevelChanged {
        ticket_id: TicketId,
    },
    CalendarCreated {
        calendar_id: CalendarId,
    },
    CalendarEdited {
        calendar_id: CalendarId,
    },
    CalendarDeleted {
        calendar_id: CalendarId,
    },
    ServiceLevelPolicyCreated {
        policy_id: ServiceLevelPolicyId,
    },
    ServiceLevelPolicyEdited {
        policy_id: ServiceLevelPolicyId,
    },
    ServiceLevelPolicyDeleted {
        policy_id: ServiceLevelPolicyId,
    },
    LevelCreated {
        rank: i16,
    },
    LevelEdited {
        rank: i16,
    },
    LevelEscalationSet {
        rank: i16,
    },
}

/// Why the desk itself moved a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Handing {
    RoundRobin,
    LeastLoaded,
    /// Who had it went away.
    HolderAway,
    /// A target was near or missed, and the level's rule names the team.
    Escalation,
}

/// Who holds a ticket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Assignment {
    pub team_id: Option<TeamId>,
    pub assignee_id: Option<UserId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TicketField {
    Subject,
    Description,
    CustomFields,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ArticleField {
    Slug,
    Url,
    Visibility,
    Category,
    Tags,
    Files,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum QueueField {
    Name,
    Filter,
    OrderBy,
    /// Whose it is.
    Sharing,
}
