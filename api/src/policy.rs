//! Who may do what: the rules, and the same answers as query filters, side by side. Nothing else
//! decides; what may not be seen cannot be loaded.

use entity::{
    article, comment, event,
    ids::{OrganizationId, TeamId, UserId},
    organization, queue, team, ticket, user,
    user::{Kind, Role},
};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect, QueryTrait,
    sea_query::{Expr, SelectStatement},
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
    FollowTicket(&'a ticket::Model),
    ReadPresence(&'a ticket::Model),
    SetPresence(&'a ticket::Model),
    LinkTickets(&'a ticket::Model),
    LinkKnowledge(&'a ticket::Model),
    CreateArticle,
    EditArticle(&'a article::Model),
    PublishArticle,
    ArchiveArticle,
    CreateQueue {
        team: Option<TeamId>,
    },
    CreateUser,
    CreateOrganization,
    CreateTeam,
}

/// The first line of a command; actions on a row are asked once it is loaded, in the transaction
/// that changes it.
pub fn authorize(actor: &Actor, action: Action<'_>) -> Result<()> {
    if may(actor, action) {
        Ok(())
    } else {
        Err(Error::Forbidden)
    }
}

/// The table of `product.md`, line by line.
pub fn may(actor: &Actor, action: Action<'_>) -> bool {
    let Actor::User(user) = actor else {
        return true;
    };
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
        | Action::LinkTickets(ticket)
        | Action::LinkKnowledge(ticket)
        | Action::ReadPresence(ticket) => works_on(actor, ticket),
        // Only people look and type.
        Action::SetPresence(ticket) => user.kind == Kind::Person && works_on(actor, ticket),
        // What is published was approved; so must be its changes.
        Action::EditArticle(article) => {
            is_staff(user) && (article.status == article::Status::Draft || approves(user))
        }
        Action::PublishArticle | Action::ArchiveArticle => approves(user),
        Action::SetExternalId | Action::CreateArticle | Action::CreateQueue { team: None } => {
            is_staff(user)
        }
        Action::CreateQueue { team: Some(team) } => match user.role {
            Role::Admin => true,
            Role::Lead => is_member(user, team),
            Role::Agent | Role::Requester => false,
        },
        Action::CreateUser | Action::CreateOrganization | Action::CreateTeam => {
            user.role == Role::Admin
        }
    }
}

/// How much of the desk an actor sees. Streams and pages of actors with equal scopes are alike.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Internal staff, and the system.
    Desk,
    /// Agents of external teams only: what is routed to these.
    Teams(Vec<TeamId>),
    /// A requester: their own, and their organization's where it shares.
    Own {
        user: UserId,
        organization: Option<OrganizationId>,
    },
}

/// The scope that rules and filters alike are made of.
pub fn scope(actor: &Actor) -> Scope {
    let Actor::User(user) = actor else {
        return Scope::Desk;
    };
    match user.role {
        Role::Admin => Scope::Desk,
        Role::Agent | Role::Lead => {
            let kinds: Vec<_> = user.teams.iter().map(|(_, kind)| *kind).collect();
            if is_external(user.role, &kinds) {
                Scope::Teams(user.teams.iter().map(|(id, _)| *id).collect())
            } else {
                Scope::Desk
            }
        }
        Role::Requester => {
            let sharing = user
                .organization
                .filter(|organization| organization.shares_tickets);
            Scope::Own {
                user: user.id,
                organization: sharing.map(|organization| organization.id),
            }
        }
    }
}

/// Whether somebody with teams of these kinds sees only what is routed to these. Who is in an
/// internal team as well, or in none, sees the whole desk.
pub fn is_external(role: Role, teams: &[team::Kind]) -> bool {
    role != Role::Admin
        && !teams.is_empty()
        && teams.iter().all(|kind| *kind == team::Kind::External)
}

pub fn sees_ticket(actor: &Actor, ticket: &ticket::Model) -> bool {
    match scope(actor) {
        Scope::Desk => true,
        Scope::Teams(teams) => ticket.team_id.is_some_and(|team| teams.contains(&team)),
        Scope::Own { user, organization } => {
            ticket.requester_id == user
                || organization.is_some() && ticket.organization_id == organization
        }
    }
}

/// [`sees_ticket`] for a query.
pub fn visible_tickets(actor: &Actor) -> Condition {
    match scope(actor) {
        Scope::Desk => Condition::all(),
        Scope::Teams(teams) => only(ticket::Column::TeamId.is_in(teams)),
        Scope::Own { user, organization } => Condition::any()
            .add(ticket::Column::RequesterId.eq(user))
            .add_option(
                organization.map(|organization| ticket::Column::OrganizationId.eq(organization)),
            ),
    }
}

/// Whether an actor who sees a ticket sees its internal side too.
pub fn sees_internal(actor: &Actor) -> bool {
    !matches!(scope(actor), Scope::Own { .. })
}

pub fn sees_comment(actor: &Actor, ticket: &ticket::Model, comment: &comment::Model) -> bool {
    sees_ticket(actor, ticket)
        && (comment.visibility == comment::Visibility::Public || sees_internal(actor))
}

/// [`sees_comment`] for a query on comments whose tickets are visible already.
pub fn visible_comments_of_visible_tickets(actor: &Actor) -> Condition {
    if sees_internal(actor) {
        Condition::all()
    } else {
        only(comment::Column::Visibility.eq(comment::Visibility::Public))
    }
}

/// [`sees_comment`] for a query.
pub fn visible_comments(actor: &Actor) -> Condition {
    visible_comments_of_visible_tickets(actor)
        .add_option(within_visible_tickets(actor, comment::Column::TicketId))
}

/// Events of visible tickets that the actor may learn of.
pub fn visible_events_of_visible_tickets(actor: &Actor) -> Condition {
    if sees_internal(actor) {
        Condition::all()
    } else {
        only(event::Column::IsInternal.eq(false))
    }
}

/// Restricts a table to rows whose ticket is visible; none where all are.
pub fn within_visible_tickets(actor: &Actor, ticket_id: impl ColumnTrait) -> Option<Expr> {
    (scope(actor) != Scope::Desk).then(|| ticket_id.in_subquery(visible_ticket_ids(actor)))
}

fn visible_ticket_ids(actor: &Actor) -> SelectStatement {
    ticket::Entity::find()
        .select_only()
        .column(ticket::Column::Id)
        .filter(visible_tickets(actor))
        .into_query()
}

pub fn sees_article(actor: &Actor, article: &article::Model) -> bool {
    sees_internal(actor)
        || article.status == article::Status::Published
            && article.visibility == article::Visibility::Public
}

/// [`sees_article`] for a query.
pub fn visible_articles(actor: &Actor) -> Condition {
    if sees_internal(actor) {
        return Condition::all();
    }
    Condition::all()
        .add(article::Column::Status.eq(article::Status::Published))
        .add(article::Column::Visibility.eq(article::Visibility::Public))
}

/// Whether all of a person is shown: address, organization, teams, whether they can sign in. Of who is
/// named on a visible ticket everyone who sees it is shown name, role, language and availability.
pub fn sees_user(actor: &Actor, user: &user::Model, teams: &[TeamId]) -> bool {
    match scope(actor) {
        Scope::Desk => true,
        Scope::Teams(own) => {
            Some(user.id) == actor.id() || teams.iter().any(|team| own.contains(team))
        }
        Scope::Own {
            user: own,
            organization,
        } => user.id == own || organization.is_some() && user.organization_id == organization,
    }
}

/// [`sees_user`] for a query.
pub fn visible_users(actor: &Actor) -> Condition {
    match scope(actor) {
        Scope::Desk => Condition::all(),
        Scope::Teams(teams) => Condition::any()
            .add(
                actor
                    .id()
                    .map_or_else(|| Expr::val(false), |id| user::Column::Id.eq(id)),
            )
            .add(user::Column::Id.in_subquery(members_of(teams))),
        Scope::Own { user, organization } => {
            Condition::any().add(user::Column::Id.eq(user)).add_option(
                organization.map(|organization| user::Column::OrganizationId.eq(organization)),
            )
        }
    }
}

fn members_of(teams: Vec<TeamId>) -> SelectStatement {
    entity::team_member::Entity::find()
        .select_only()
        .column(entity::team_member::Column::UserId)
        .filter(entity::team_member::Column::TeamId.is_in(teams))
        .into_query()
}

/// The organizations that can be listed and looked up.
pub fn visible_organizations(actor: &Actor) -> Condition {
    match scope(actor) {
        Scope::Desk => Condition::all(),
        Scope::Own { .. } => only(organization::Column::Id.is_in(actor.organization_id())),
        Scope::Teams(_) => none(),
    }
}

/// [`visible_organizations`] for one organization.
pub fn sees_organization(actor: &Actor, organization: OrganizationId) -> bool {
    match scope(actor) {
        Scope::Desk => true,
        Scope::Own { .. } => actor.organization_id() == Some(organization),
        Scope::Teams(_) => false,
    }
}

/// The teams that can be listed and looked up.
pub fn visible_teams(actor: &Actor) -> Condition {
    match scope(actor) {
        Scope::Desk => Condition::all(),
        Scope::Teams(teams) => only(team::Column::Id.is_in(teams)),
        Scope::Own { .. } => none(),
    }
}

/// [`visible_teams`] for one team.
pub fn sees_team(actor: &Actor, team: TeamId) -> bool {
    match scope(actor) {
        Scope::Desk => true,
        Scope::Teams(teams) => teams.contains(&team),
        Scope::Own { .. } => false,
    }
}

/// Personal queues of the actor, and those of their teams; admins see every team's.
pub fn visible_queues(actor: &Actor) -> Condition {
    let Actor::User(user) = actor else {
        return Condition::all();
    };
    if !is_staff(user) {
        return none();
    }
    let teams = if user.role == Role::Admin {
        queue::Column::TeamId.is_not_null()
    } else {
        queue::Column::TeamId.is_in(user.teams.iter().map(|(id, _)| *id))
    };
    Condition::any()
        .add(queue::Column::OwnerId.eq(user.id))
        .add(teams)
}

/// The role of somebody who is known only by having asked for help.
pub const ROLE_OF_STRANGERS: Role = Role::Requester;

/// Whether tickets can be assigned to them.
pub fn takes_tickets(user: &user::Model) -> bool {
    user.role != Role::Requester && user.disabled_at.is_none()
}

/// Whether people of this role can be members of a team.
pub fn joins_teams(role: Role) -> bool {
    role != Role::Requester
}

/// Whether their comment counts as the requester's: it is, or that of a colleague who shares.
pub fn is_requesting(actor: &Actor, ticket: &ticket::Model) -> bool {
    match actor {
        Actor::User(user) => user.id == ticket.requester_id || !is_staff(user),
        Actor::System => false,
    }
}

fn none() -> Condition {
    only(Expr::val(false))
}

fn works_on(actor: &Actor, ticket: &ticket::Model) -> bool {
    sees_internal(actor) && sees_ticket(actor, ticket)
}

fn is_staff(user: &User) -> bool {
    user.role != Role::Requester
}

fn approves(user: &User) -> bool {
    matches!(user.role, Role::Lead | Role::Admin)
}

fn is_member(user: &User, team: TeamId) -> bool {
    user.teams.iter().any(|(id, _)| *id == team)
}

fn only(expr: Expr) -> Condition {
    Condition::all().add(expr)
}

#[cfg(test)]
mod tests;
