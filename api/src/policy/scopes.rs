//! How far an API token goes: what each action and each root field of the schema needs of it. A token does what its
//! owner may, as far as its scopes reach; for whoever is signed in all of this is as if it were not there.

use entity::{
    api_token::{ApiScope, ApiScopes},
    comment::Visibility,
};

use super::rules::Action;
use crate::{
    actor::Actor,
    error::{Error, Result},
};

/// What is needed of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Any token will do: what is answered is decided row by row.
    Nothing,
    Scope(&'static [ApiScope; 1]),
    /// One of these: what is answered is decided row by row.
    Either(&'static [ApiScope]),
    /// No token will do: it is about sign-ins, passwords and tokens themselves.
    SignIn,
}

const TICKETS_READ: Need = Need::Scope(&[ApiScope::TicketsRead]);
const TICKETS_WRITE: Need = Need::Scope(&[ApiScope::TicketsWrite]);
const COMMENTS_WRITE: Need = Need::Scope(&[ApiScope::CommentsWrite]);
const COMMENTS_INTERNAL_WRITE: Need = Need::Scope(&[ApiScope::CommentsInternalWrite]);
const QUEUES_WRITE: Need = Need::Scope(&[ApiScope::QueuesWrite]);
const ARTICLES_READ: Need = Need::Scope(&[ApiScope::ArticlesRead]);
const ARTICLES_WRITE: Need = Need::Scope(&[ApiScope::ArticlesWrite]);
const ARTICLES_PUBLISH: Need = Need::Scope(&[ApiScope::ArticlesPublish]);
const PEOPLE_READ: Need = Need::Scope(&[ApiScope::PeopleRead]);
const PEOPLE_WRITE: Need = Need::Scope(&[ApiScope::PeopleWrite]);
const METRICS_READ: Need = Need::Scope(&[ApiScope::MetricsRead]);
const ADMINISTRATION_READ: Need = Need::Scope(&[ApiScope::AdministrationRead]);
const ADMINISTRATION_WRITE: Need = Need::Scope(&[ApiScope::AdministrationWrite]);
const AUDIT_READ: Need = Need::Scope(&[ApiScope::AuditRead]);
const WEBHOOKS_READ: Need = Need::Scope(&[ApiScope::WebhooksRead]);
const WEBHOOKS_WRITE: Need = Need::Scope(&[ApiScope::WebhooksWrite]);
/// Whichever of them it is for.
const RECORDS_READ: Need = Need::Either(&[
    ApiScope::TicketsRead,
    ApiScope::ArticlesRead,
    ApiScope::PeopleRead,
]);
/// A file goes on a ticket, a comment or an article; that is asked for itself.
const UPLOAD: Need = Need::Either(&[
    ApiScope::TicketsWrite,
    ApiScope::CommentsWrite,
    ApiScope::CommentsInternalWrite,
    ApiScope::ArticlesWrite,
]);

/// What a token needs for a root field of the schema; none for a field that nobody has decided on, which no token is
/// good for.
#[expect(clippy::too_many_lines, reason = "one word for each root field")]
pub fn root_need(field: &str) -> Option<Need> {
    let need = match field {
        "__typename"
        | "__schema"
        | "__type"
        | "node"
        | "nodes"
        | "viewer"
        | "signIn"
        | "signInWithApplication"
        | "signInProviders"
        | "completeSignIn"
        | "refreshSession" => Need::Nothing,
        "search" | "changes" => RECORDS_READ,
        "ticket" | "tickets" | "levels" | "customFields" | "queue" | "queues" | "queueChanges"
        | "ticketChanges" | "notifications" | "presence" | "macros" | "bulkJob"
        | "bulkJobChanges" => TICKETS_READ,
        "createTicket" | "editTicket" | "claimTicket" | "assignTicket" | "changeTicketLevel"
        | "setTicketPriority" | "tagTicket" | "waitTicket" | "solveTicket" | "reopenTicket"
        | "closeTicket" | "followTicket" | "linkTickets" | "linkKnowledge" | "mergeTicket"
        | "unmergeTicket" | "splitTicket" | "solveIncidents" | "rateTicket" | "nextTicket"
        | "setPresence" | "recordHelpOutcome" | "previewMacro" | "runMacro"
        | "bulkChangeTickets" | "bulkCreateTickets" | "cancelBulkJob" => TICKETS_WRITE,
        "addComment" | "editComment" => {
            Need::Either(&[ApiScope::CommentsWrite, ApiScope::CommentsInternalWrite])
        }
        "createUpload" => UPLOAD,
        "createQueue" | "editQueue" | "deleteQueue" | "createMacro" | "editMacro"
        | "deleteMacro" => QUEUES_WRITE,
        "article" | "articles" | "articleCategories" | "staleArticles" | "helpSuggestions" => {
            ARTICLES_READ
        }
        "createArticle"
        | "editArticle"
        | "translateArticle"
        | "restoreArticleRevision"
        | "draftArticleFromTicket"
        | "attachToArticle"
        | "detachFromArticle"
        | "reviewArticle"
        | "giveArticleFeedback"
        | "upsertArticle" => ARTICLES_WRITE,
        "publishArticle"
        | "archiveArticle"
        | "scheduleArticle"
        | "createArticleCategory"
        | "editArticleCategory"
        | "deleteArticleCategory" => ARTICLES_PUBLISH,
        "user" | "users" | "teams" | "organization" | "organizations" => PEOPLE_READ,
        "createUser" | "editUser" | "disableUser" | "enableUser" | "createOrganization"
        | "editOrganization" | "createTeam" | "editTeam" | "addTeamMember" | "removeTeamMember"
        | "setTeamAssignment" | "setAvailability" | "setCapacity" | "upsertOrganization"
        | "upsertUser" => PEOPLE_WRITE,
        "metrics" | "helpMetrics" | "knowledgeGaps" => METRICS_READ,
        "calendars" | "serviceLevelPolicies" | "machines" | "apiTokens" | "applications" => {
            ADMINISTRATION_READ
        }
        "createCalendar"
        | "editCalendar"
        | "deleteCalendar"
        | "importHolidays"
        | "createServiceLevelPolicy"
        | "editServiceLevelPolicy"
        | "deleteServiceLevelPolicy"
        | "createLevel"
        | "editLevel"
        | "setLevelEscalation"
        | "createCustomField"
        | "editCustomField" => ADMINISTRATION_WRITE,
        "auditLog" => AUDIT_READ,
        "webhookEndpoint" | "webhookEndpoints" => WEBHOOKS_READ,
        "createWebhookEndpoint"
        | "editWebhookEndpoint"
        | "deleteWebhookEndpoint"
        | "enableWebhookEndpoint"
        | "disableWebhookEndpoint"
        | "rotateWebhookSecret"
        | "pingWebhookEndpoint"
        | "replayWebhookDelivery"
        | "replayWebhookEvents" => WEBHOOKS_WRITE,
        "signOut"
        | "changePassword"
        | "setPassword"
        | "editProfile"
        | "createMachine"
        | "editMachine"
        | "createApiToken"
        | "editApiToken"
        | "rotateApiToken"
        | "revokeApiToken"
        | "totp"
        | "startTotpEnrollment"
        | "confirmTotp"
        | "disableTotp"
        | "regenerateRecoveryCodes"
        | "resetTotp"
        | "createApplication"
        | "editApplication"
        | "deleteApplication"
        | "addApplicationKey"
        | "revokeApplicationKey" => Need::SignIn,
        _ => return None,
    };
    Some(need)
}

/// What a token needs for an action, besides what its owner may.
#[expect(clippy::too_many_lines, reason = "one arm for each action")]
pub(super) const fn need(action: Action<'_>) -> Need {
    match action {
        Action::ReadPresence(_) => TICKETS_READ,
        Action::CreateTicket { .. }
        | Action::SetExternalId
        | Action::EditTicket(_)
        | Action::MarkSolution(_)
        | Action::ClaimTicket(_)
        | Action::AssignTicket(_)
        | Action::ChangeTicketLevel(_)
        | Action::SetTicketPriority(_)
        | Action::TagTicket(_)
        | Action::WaitTicket(_)
        | Action::SolveTicket(_)
        | Action::ReopenTicket(_)
        | Action::CloseTicket(_)
        | Action::MergeTicket(_)
        | Action::SplitTicket(_)
        | Action::SolveIncidents(_)
        | Action::RateTicket(_)
        | Action::FollowTicket(_)
        | Action::SetPresence(_)
        | Action::LinkTickets(_)
        | Action::LinkKnowledge(_)
        | Action::TakeNextTicket
        | Action::BulkChangeTickets => TICKETS_WRITE,
        Action::AddComment(_, visibility) => need_to_comment(visibility),
        Action::EditComment(_, comment) => need_to_comment(comment.visibility),
        Action::CreateUpload => UPLOAD,
        Action::CreateQueue { .. }
        | Action::EditQueue(_)
        | Action::DeleteQueue(_)
        | Action::CreateMacro { .. }
        | Action::EditMacro(_)
        | Action::DeleteMacro(_) => QUEUES_WRITE,
        Action::ReadArticleReport => ARTICLES_READ,
        Action::CreateArticle
        | Action::EditArticle(_)
        | Action::ReviewArticle
        | Action::GiveArticleFeedback(_) => ARTICLES_WRITE,
        Action::PublishArticle
        | Action::ArchiveArticle
        | Action::ScheduleArticle
        | Action::ChangeArticleCategories => ARTICLES_PUBLISH,
        // Whoever does not see people would learn from it which addresses are known.
        Action::CreateRequester => PEOPLE_READ,
        Action::CreateUser
        | Action::EditUser
        | Action::DisableUser
        | Action::CreateOrganization
        | Action::EditOrganization
        | Action::CreateTeam
        | Action::EditTeam
        | Action::ChangeTeamMembers { .. }
        | Action::SetAvailability { .. }
        | Action::SetCapacity { .. }
        | Action::SetTeamAssignment { .. } => PEOPLE_WRITE,
        Action::ReadMetrics | Action::ReadHelpMetrics | Action::FindKnowledgeGaps => METRICS_READ,
        Action::ReadServiceTerms | Action::ReadMachines | Action::ReadApplications => {
            ADMINISTRATION_READ
        }
        Action::CreateCustomField
        | Action::EditCustomField
        | Action::ChangeServiceTerms
        | Action::SetLevelEscalation => ADMINISTRATION_WRITE,
        Action::ReadAuditLog => AUDIT_READ,
        Action::CreateWebhook { .. } | Action::EditWebhook { .. } => WEBHOOKS_WRITE,
        Action::ReadChanges | Action::ExportRecords => RECORDS_READ,
        // A token that made sign-ins, admins or tokens would go as far as these.
        Action::AppointAdmin
        | Action::SetPassword
        | Action::ResetTotp
        | Action::ChangeApplications
        | Action::EditProfile
        | Action::CreateMachine
        | Action::EditMachine
        | Action::CreateApiToken { .. }
        | Action::EditApiToken { .. }
        | Action::RevokeApiToken { .. } => Need::SignIn,
    }
}

const fn need_to_comment(visibility: Visibility) -> Need {
    match visibility {
        Visibility::Public => COMMENTS_WRITE,
        Visibility::Internal => COMMENTS_INTERNAL_WRITE,
    }
}

/// Fails where the actor's token does not go so far. Whoever came without a token passes.
pub fn require(actor: &Actor, need: Need) -> Result<()> {
    let Some(token) = actor.api_token() else {
        return Ok(());
    };
    let scopes: &[ApiScope] = match need {
        Need::Nothing => return Ok(()),
        Need::Scope(scope) => scope,
        Need::Either(scopes) => scopes,
        Need::SignIn => return Err(Error::SignInNeeded),
    };
    if scopes.iter().any(|scope| token.scopes.contains(*scope)) {
        Ok(())
    } else {
        Err(Error::MissingScope { scopes })
    }
}

/// [`require`] for a root field of the schema.
pub fn require_for_root(actor: &Actor, field: &str) -> Result<()> {
    require(actor, root_need(field).unwrap_or(Need::SignIn))
}

/// [`require`] for an action, whatever it is done to.
pub fn require_for(actor: &Actor, action: Action<'_>) -> Result<()> {
    require(actor, need(action))
}

/// Whether the actor came without a token, or with one that has this scope.
pub(super) fn holds(actor: &Actor, scope: ApiScope) -> bool {
    actor
        .api_token()
        .is_none_or(|token| token.scopes.contains(scope))
}

/// Whether the actor came without a token, or with one that goes as far as these scopes (none: as far as anybody). Who
/// goes less far would get more by changing what goes further.
pub(super) fn reach(actor: &Actor, scopes: Option<ApiScopes>) -> bool {
    actor
        .api_token()
        .is_none_or(|token| scopes.is_some_and(|scopes| token.scopes.contains_all(scopes)))
}

/// These scopes and those that they are no good without: who changes things reads them.
pub fn with_implied(scopes: impl IntoIterator<Item = ApiScope>) -> ApiScopes {
    let mut all = Vec::new();
    let mut left: Vec<_> = scopes.into_iter().collect();
    while let Some(scope) = left.pop() {
        left.extend(implied(scope));
        all.push(scope);
    }
    all.into_iter().collect()
}

/// Ends: each implies one that stands before it.
const fn implied(scope: ApiScope) -> Option<ApiScope> {
    match scope {
        ApiScope::TicketsRead
        | ApiScope::ArticlesRead
        | ApiScope::PeopleRead
        | ApiScope::AdministrationRead
        | ApiScope::AuditRead
        | ApiScope::WebhooksRead => None,
        ApiScope::TicketsWrite
        | ApiScope::CommentsWrite
        | ApiScope::CommentsInternalRead
        | ApiScope::QueuesWrite
        | ApiScope::MetricsRead => Some(ApiScope::TicketsRead),
        ApiScope::CommentsInternalWrite => Some(ApiScope::CommentsInternalRead),
        ApiScope::ArticlesWrite => Some(ApiScope::ArticlesRead),
        ApiScope::ArticlesPublish => Some(ApiScope::ArticlesWrite),
        ApiScope::PeopleWrite => Some(ApiScope::PeopleRead),
        ApiScope::AdministrationWrite => Some(ApiScope::AdministrationRead),
        ApiScope::WebhooksWrite => Some(ApiScope::WebhooksRead),
    }
}
