//! What an actor may do: the rules, action by action.

use entity::{
    api_token::ApiScopes,
    article, comment,
    ids::{TeamId, UserId},
    queue, ticket, ticket_macro, user,
    user::{Kind, Role},
};

use sea_orm::{ColumnTrait, Condition};

use super::{
    scopes,
    sight::{Scope, is_at_desk, scope, sees_article, sees_ticket},
};
use crate::{
    actor::{Actor, User},
    error::{Error, Result},
};

/// Everything that can be done, with the row it is done to.
#[derive(Clone, Copy, Debug)]
pub enum Action<'a> {
    CreateTicket {
        requester: UserId,
    },
    /// Numbers from other systems name a ticket; people do not make them up.
    SetExternalId,
    EditTicket(&'a ticket::Model),
    AddComment(&'a ticket::Model, comment::Visibility),
    EditComment(&'a ticket::Model, &'a comment::Model),
    /// To be attached to something afterwards, which is asked for itself.
    CreateUpload,
    MarkSolution(&'a ticket::Model),
    ClaimTicket(&'a ticket::Model),
    AssignTicket(&'a ticket::Model),
    ChangeTicketLevel(&'a ticket::Model),
    SetTicketPriority(&'a ticket::Model),
    TagTicket(&'a ticket::Model),
    WaitTicket(&'a ticket::Model),
    SolveTicket(&'a ticket::Model),
    ReopenTicket(&'a ticket::Model),
    CloseTicket(&'a ticket::Model),
    /// Into another, or another into it, and undoing that; both are asked about.
    MergeTicket(&'a ticket::Model),
    SplitTicket(&'a ticket::Model),
    /// Of a problem: solving what it caused along with it.
    SolveIncidents(&'a ticket::Model),
    /// Saying how good the help was.
    RateTicket(&'a ticket::Model),
    FollowTicket(&'a ticket::Model),
    ReadPresence(&'a ticket::Model),
    SetPresence(&'a ticket::Model),
    LinkTickets(&'a ticket::Model),
    LinkKnowledge(&'a ticket::Model),
    CreateArticle,
    EditArticle(&'a article::Model),
    PublishArticle,
    ArchiveArticle,
    /// Says when it publishes or archives itself.
    ScheduleArticle,
    /// Says that it still holds.
    ReviewArticle,
    /// Says whether it helped.
    GiveArticleFeedback(&'a article::Model),
    /// How often articles are opened, what readers say of them, which pages are gone and which need a look.
    ReadArticleReport,
    /// What categories there are, for the whole desk.
    ChangeArticleCategories,
    /// Asks the desk for the next piece of work.
    TakeNextTicket,
    CreateQueue {
        team: Option<TeamId>,
    },
    EditQueue(&'a queue::Model),
    DeleteQueue(&'a queue::Model),
    CreateMacro {
        team: Option<TeamId>,
    },
    EditMacro(&'a ticket_macro::Model),
    DeleteMacro(&'a ticket_macro::Model),
    CreateCustomField,
    EditCustomField,
    /// Making somebody of an address, by opening a ticket for them.
    CreateRequester,
    CreateUser,
    EditUser,
    /// Keeping somebody out, and letting them in again.
    DisableUser,
    SetPassword,
    /// Taking somebody's authenticator, who has lost it.
    ResetTotp,
    /// One's own name, language, password and authenticator.
    EditProfile,
    CreateOrganization,
    EditOrganization,
    CreateTeam,
    EditTeam,
    ChangeTeamMembers {
        team: TeamId,
    },
    /// Of somebody in these teams.
    SetAvailability {
        of: UserId,
        teams: &'a [TeamId],
    },
    /// Of somebody in these teams.
    SetCapacity {
        teams: &'a [TeamId],
    },
    SetTeamAssignment {
        team: TeamId,
    },
    /// How long the desk takes, and how much it does, of the tickets that they see.
    ReadMetrics,
    /// What recurs without an article, in the tickets that they see.
    FindKnowledgeGaps,
    /// What requesters did with what was suggested, whoever they are.
    ReadHelpMetrics,
    /// Calendars and service-level policies, which name organizations.
    ReadServiceTerms,
    /// Calendars, service-level policies and levels.
    ChangeServiceTerms,
    SetLevelEscalation,
    /// Making somebody an admin.
    AppointAdmin,
    CreateMachine,
    EditMachine,
    /// All machines, and the tokens of everybody.
    ReadMachines,
    CreateApiToken {
        of: UserId,
        kind: Kind,
    },
    /// Renaming it, and what gives out the secret of another in its place.
    EditApiToken {
        of: UserId,
        kind: Kind,
    },
    RevokeApiToken {
        of: UserId,
    },
    ReadAuditLog,
    /// Having events told to an address elsewhere, in somebody's name.
    CreateWebhook {
        of: UserId,
        kind: Kind,
    },
    /// Anything about one, which goes as far as these scopes of its owner (none: as far as they may).
    EditWebhook {
        of: UserId,
        scopes: Option<ApiScopes>,
    },
    /// What happened to all that they see, for mirrors.
    ReadChanges,
    /// Taking out all that they see.
    ExportRecords,
    /// The same steps on many tickets; each is asked for itself when it is its turn.
    BulkChangeTickets,
    ReadApplications,
    /// And their keys: whoever has one makes sign-ins.
    ChangeApplications,
}

/// The first line of a command; actions on a row are asked once it is loaded, in the transaction
/// that changes it.
pub fn authorize(actor: &Actor, action: Action<'_>) -> Result<()> {
    scopes::require_for(actor, action)?;
    if may(actor, action) {
        Ok(())
    } else {
        Err(Error::Forbidden)
    }
}

/// The table of `product.md`, line by line.
#[expect(
    clippy::too_many_lines,
    reason = "one line of the table for each action"
)]
pub fn may(actor: &Actor, action: Action<'_>) -> bool {
    let Actor::User(user) = actor else {
        return true;
    };
    if scopes::require_for(actor, action).is_err() {
        return false;
    }
    match action {
        Action::CreateTicket { requester } => requester == user.id || is_staff(user),
        Action::AddComment(ticket, comment::Visibility::Public) | Action::FollowTicket(ticket) => {
            sees_ticket(actor, ticket)
        }
        Action::EditComment(ticket, comment) => {
            sees_ticket(actor, ticket) && comment.author_id == Some(user.id)
        }
        Action::EditTicket(ticket) | Action::SolveTicket(ticket) | Action::ReopenTicket(ticket) => {
            works_on(actor, ticket) || ticket.requester_id == user.id && sees_ticket(actor, ticket)
        }
        Action::AddComment(ticket, comment::Visibility::Internal)
        | Action::MarkSolution(ticket)
        | Action::ClaimTicket(ticket)
        | Action::AssignTicket(ticket)
        | Action::ChangeTicketLevel(ticket)
        | Action::SetTicketPriority(ticket)
        | Action::TagTicket(ticket)
        | Action::WaitTicket(ticket)
        | Action::CloseTicket(ticket)
        | Action::MergeTicket(ticket)
        | Action::SplitTicket(ticket)
        | Action::SolveIncidents(ticket)
        | Action::LinkTickets(ticket)
        | Action::LinkKnowledge(ticket)
        | Action::ReadPresence(ticket) => works_on(actor, ticket),
        // Nobody rates themselves in another's name.
        Action::RateTicket(ticket) => ticket.requester_id == user.id && sees_ticket(actor, ticket),
        Action::CreateUpload => true,
        // Only people look and type.
        Action::SetPresence(ticket) => user.kind == Kind::Person && works_on(actor, ticket),
        // What is published was approved; so must be its changes.
        Action::EditArticle(article) => {
            is_staff(user) && (article.status == article::Status::Draft || approves(user))
        }
        Action::PublishArticle | Action::ArchiveArticle | Action::ScheduleArticle => approves(user),
        // Machines have no problem that an article could solve.
        Action::GiveArticleFeedback(article) => {
            user.kind == Kind::Person
                && article.status == article::Status::Published
                && sees_article(actor, article)
        }
        Action::ChangeArticleCategories => approves(user) && scope(actor) == Scope::Desk,
        Action::SetExternalId
        | Action::CreateArticle
        | Action::ReviewArticle
        | Action::TakeNextTicket
        | Action::ReadMetrics
        | Action::FindKnowledgeGaps
        | Action::ReadChanges
        | Action::ExportRecords
        | Action::BulkChangeTickets
        | Action::CreateQueue { team: None }
        | Action::CreateMacro { team: None } => is_staff(user),
        Action::CreateQueue { team: Some(team) }
        | Action::CreateMacro { team: Some(team) }
        | Action::SetTeamAssignment { team }
        | Action::ChangeTeamMembers { team } => leads_any(user, &[team]),
        Action::EditQueue(queue) | Action::DeleteQueue(queue) => {
            keeps(user, queue.team_id, queue.owner_id)
        }
        Action::EditMacro(kept) | Action::DeleteMacro(kept) => {
            keeps(user, kept.team_id, kept.owner_id)
        }
        // Who does not see everybody would learn from it which addresses are known, who has a policy, and what
        // others read.
        Action::CreateRequester
        | Action::ReadServiceTerms
        | Action::ReadHelpMetrics
        | Action::ReadArticleReport => scope(actor) == Scope::Desk,
        Action::SetAvailability { of, teams } => {
            is_staff(user) && of == user.id || leads_any(user, teams)
        }
        Action::SetCapacity { teams } => leads_any(user, teams),
        // Machines have neither.
        Action::EditProfile => user.kind == Kind::Person,
        // Nobody else holds a token that acts in a person's name.
        Action::CreateApiToken { of, kind } | Action::EditApiToken { of, kind } => match kind {
            Kind::Person => is_staff(user) && of == user.id,
            Kind::Machine => user.role == Role::Admin,
        },
        Action::RevokeApiToken { of } => of == user.id || user.role == Role::Admin,
        // Nobody else sends away what a person may read.
        Action::CreateWebhook { of, kind } => match kind {
            Kind::Person => user.role == Role::Admin && of == user.id,
            Kind::Machine => {
                user.role == Role::Admin || user.kind == Kind::Machine && of == user.id
            }
        },
        Action::EditWebhook { of, scopes } => {
            (user.role == Role::Admin || user.kind == Kind::Machine && of == user.id)
                && scopes::reach(actor, scopes)
        }
        Action::CreateCustomField
        | Action::EditCustomField
        | Action::CreateUser
        | Action::EditUser
        | Action::DisableUser
        | Action::SetPassword
        | Action::ResetTotp
        | Action::CreateOrganization
        | Action::EditOrganization
        | Action::CreateTeam
        | Action::EditTeam
        | Action::ChangeServiceTerms
        | Action::SetLevelEscalation
        | Action::AppointAdmin
        | Action::CreateMachine
        | Action::EditMachine
        | Action::ReadMachines
        | Action::ReadApplications
        | Action::ChangeApplications
        | Action::ReadAuditLog => user.role == Role::Admin,
    }
}

/// The role of somebody who is known only by having asked for help.
pub const ROLE_OF_STRANGERS: Role = Role::Requester;

/// The role of a machine where nobody says another.
pub const ROLE_OF_MACHINES: Role = Role::Agent;

/// The role that the desk cannot do without: nobody else could give it back.
pub const ROLE_OF_ADMINS: Role = Role::Admin;

/// Whether tickets can be assigned to them.
pub fn takes_tickets(user: &user::Model) -> bool {
    user.role != Role::Requester && user.disabled_at.is_none()
}

/// Whether people of this role can be members of a team.
pub fn joins_teams(role: Role) -> bool {
    role != Role::Requester
}

/// Whether what they write is a request for help, whoever opened the ticket.
pub fn asks_for_help(user: &user::Model) -> bool {
    user.role == Role::Requester
}

/// Whether they are of those who ask for help.
pub fn is_requester(actor: &Actor) -> bool {
    matches!(actor, Actor::User(user) if !is_staff(user))
}

/// [`asks_for_help`] for a query.
pub fn asking_for_help() -> Condition {
    Condition::all().add(user::Column::Role.eq(Role::Requester))
}

/// Whether their comment counts as the requester's: it is, or that of a colleague who shares.
pub fn is_requesting(actor: &Actor, ticket: &ticket::Model) -> bool {
    match actor {
        Actor::User(user) => user.id == ticket.requester_id || !is_staff(user),
        Actor::System => false,
    }
}

fn works_on(actor: &Actor, ticket: &ticket::Model) -> bool {
    is_at_desk(actor) && sees_ticket(actor, ticket)
}

pub(super) fn is_staff(user: &User) -> bool {
    user.role != Role::Requester
}

fn approves(user: &User) -> bool {
    matches!(user.role, Role::Lead | Role::Admin)
}

/// Whether what somebody saved is theirs to change: their own, or their team's.
fn keeps(user: &User, team: Option<TeamId>, owner: Option<UserId>) -> bool {
    match team {
        Some(team) => leads_any(user, &[team]),
        None => is_staff(user) && owner == Some(user.id),
    }
}

/// Whether they look after one of these teams: its leads do, and admins after all people.
fn leads_any(user: &User, teams: &[TeamId]) -> bool {
    match user.role {
        Role::Admin => true,
        Role::Lead => user.teams.iter().any(|(id, _)| teams.contains(id)),
        Role::Agent | Role::Requester => false,
    }
}
