//! What an actor may see: each rule, and the same answer as a query filter beside it.

use entity::{
    api_token::ApiScope,
    article, comment,
    custom_field::{self, Audience},
    event,
    ids::{OrganizationId, TeamId, UserId},
    json::MergedTicket,
    organization, queue, team, team_member, ticket, ticket_macro, user,
    user::Role,
};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect, QueryTrait,
    sea_query::{Expr, SelectStatement},
};

use super::{rules::is_staff, scopes::holds};
use crate::actor::Actor;

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
    let holders = (ticket.requester_id, ticket.organization_id, ticket.team_id);
    sees(actor, holders)
}

/// [`sees_ticket`] for one that was merged, as the other keeps it.
pub fn sees_merged(actor: &Actor, ticket: &MergedTicket) -> bool {
    let holders = (ticket.requester_id, ticket.organization_id, ticket.team_id);
    sees(actor, holders)
}

fn sees(
    actor: &Actor,
    (requester_id, organization_id, team_id): (UserId, Option<OrganizationId>, Option<TeamId>),
) -> bool {
    if !reads_tickets(actor) {
        return false;
    }
    match scope(actor) {
        Scope::Desk => true,
        Scope::Teams(teams) => team_id.is_some_and(|team| teams.contains(&team)),
        Scope::Own { user, organization } => {
            requester_id == user || organization.is_some() && organization_id == organization
        }
    }
}

/// Whether every requester who may read one of these tickets may read the other. `shares`: whether
/// the members of the first one's organization read each other's.
pub fn are_read_alike(one: &ticket::Model, other: &ticket::Model, shares: bool) -> bool {
    one.organization_id == other.organization_id
        && (one.requester_id == other.requester_id || shares)
}

/// [`sees_ticket`] for a query.
pub fn visible_tickets(actor: &Actor) -> Condition {
    if !reads_tickets(actor) {
        return none();
    }
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

/// Whether the actor's token, if there is one, is for tickets.
fn reads_tickets(actor: &Actor) -> bool {
    holds(actor, ApiScope::TicketsRead)
}

/// Whether an actor stands behind the counter: the staff, and the system.
pub fn is_at_desk(actor: &Actor) -> bool {
    !matches!(scope(actor), Scope::Own { .. })
}

/// Whether an actor who sees a ticket sees its internal side too: comments and events of the staff's own.
pub fn sees_internal(actor: &Actor) -> bool {
    is_at_desk(actor) && holds(actor, ApiScope::CommentsInternalRead)
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
    (scope(actor) != Scope::Desk || !reads_tickets(actor))
        .then(|| ticket_id.in_subquery(visible_ticket_ids(actor)))
}

fn visible_ticket_ids(actor: &Actor) -> SelectStatement {
    ticket::Entity::find()
        .select_only()
        .column(ticket::Column::Id)
        .filter(visible_tickets(actor))
        .into_query()
}

pub fn sees_article(actor: &Actor, article: &article::Model) -> bool {
    holds(actor, ApiScope::ArticlesRead)
        && (is_at_desk(actor)
            || article.status == article::Status::Published
                && article.visibility == article::Visibility::Public)
}

/// [`sees_article`] for a query.
pub fn visible_articles(actor: &Actor) -> Condition {
    if !holds(actor, ApiScope::ArticlesRead) {
        return none();
    }
    if is_at_desk(actor) {
        return Condition::all();
    }
    Condition::all()
        .add(article::Column::Status.eq(article::Status::Published))
        .add(article::Column::Visibility.eq(article::Visibility::Public))
}

/// Whether categories are shown in which no article is that they may read: what one is called may say too much.
pub fn sees_all_categories(actor: &Actor) -> bool {
    is_at_desk(actor) && holds(actor, ApiScope::ArticlesRead)
}

/// Whether all of a person is shown: address, organization, teams, whether they can sign in. Of who is
/// named on a visible ticket everyone who sees it is shown name, role, language and availability.
pub fn sees_user(actor: &Actor, user: &user::Model, teams: &[TeamId]) -> bool {
    if !reads_people(actor) {
        return Some(user.id) == actor.id();
    }
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
    let own = actor
        .id()
        .map_or_else(|| Expr::val(false), |id| user::Column::Id.eq(id));
    if !reads_people(actor) {
        return only(own);
    }
    match scope(actor) {
        Scope::Desk => Condition::all(),
        Scope::Teams(teams) => Condition::any()
            .add(own)
            .add(user::Column::Id.in_subquery(members_of(teams))),
        Scope::Own { user, organization } => {
            Condition::any().add(user::Column::Id.eq(user)).add_option(
                organization.map(|organization| user::Column::OrganizationId.eq(organization)),
            )
        }
    }
}

/// Whether the actor's token, if there is one, is for people.
/// Whether it is the actor's to know who is in a team.
pub fn sees_members(actor: &Actor, team: TeamId) -> bool {
    reads_people(actor) && sees_team(actor, team)
}

fn reads_people(actor: &Actor) -> bool {
    holds(actor, ApiScope::PeopleRead)
}

fn members_of(teams: Vec<TeamId>) -> SelectStatement {
    team_member::Entity::find()
        .select_only()
        .column(team_member::Column::UserId)
        .filter(team_member::Column::TeamId.is_in(teams))
        .into_query()
}

/// The memberships of those who lead these teams, and hear where one of their tickets is late.
pub fn leads_of(teams: impl IntoIterator<Item = TeamId>) -> Condition {
    let leads = user::Entity::find()
        .select_only()
        .column(user::Column::Id)
        .filter(user::Column::Role.eq(Role::Lead))
        .into_query();
    only(team_member::Column::TeamId.is_in(teams))
        .add(team_member::Column::UserId.in_subquery(leads))
}

/// The organizations that can be listed and looked up.
pub fn visible_organizations(actor: &Actor) -> Condition {
    if !reads_people(actor) {
        return none();
    }
    match scope(actor) {
        Scope::Desk => Condition::all(),
        Scope::Own { .. } => only(organization::Column::Id.is_in(actor.organization_id())),
        Scope::Teams(_) => none(),
    }
}

/// [`visible_organizations`] for one organization.
pub fn sees_organization(actor: &Actor, organization: OrganizationId) -> bool {
    if !reads_people(actor) {
        return false;
    }
    match scope(actor) {
        Scope::Desk => true,
        Scope::Own { .. } => actor.organization_id() == Some(organization),
        Scope::Teams(_) => false,
    }
}

/// Whether the actor's token, if there is one, is for teams: tickets are routed to them, and people are in them.
fn reads_teams(actor: &Actor) -> bool {
    reads_tickets(actor) || reads_people(actor)
}

/// The teams that can be listed and looked up.
pub fn visible_teams(actor: &Actor) -> Condition {
    if !reads_teams(actor) {
        return none();
    }
    match scope(actor) {
        Scope::Desk => Condition::all(),
        Scope::Teams(teams) => only(team::Column::Id.is_in(teams)),
        Scope::Own { .. } => none(),
    }
}

/// [`visible_teams`] for one team.
pub fn sees_team(actor: &Actor, team: TeamId) -> bool {
    if !reads_teams(actor) {
        return false;
    }
    match scope(actor) {
        Scope::Desk => true,
        Scope::Teams(teams) => teams.contains(&team),
        Scope::Own { .. } => false,
    }
}

/// Whether there are levels for them: for everybody, but for tokens that are not for tickets.
pub fn sees_levels(actor: &Actor) -> bool {
    reads_tickets(actor)
}

/// Whether a custom field is the staff's alone.
pub const fn is_internal_field(field: &custom_field::Model) -> bool {
    matches!(field.audience, Audience::Agents)
}

/// Whether they see a custom field, on the tickets that they see.
pub fn sees_custom_field(actor: &Actor, field: &custom_field::Model) -> bool {
    reads_tickets(actor) && (!is_internal_field(field) || is_at_desk(actor))
}

/// Whether they fill a custom field, on the tickets that they may edit.
pub fn fills_custom_field(actor: &Actor, field: &custom_field::Model) -> bool {
    matches!(field.audience, Audience::RequestersFill) || is_at_desk(actor)
}

/// Whether there are queues for them at all: those that staff have from the start, and saved ones.
pub fn sees_queues(actor: &Actor) -> bool {
    match actor {
        Actor::User(user) => is_staff(user) && reads_tickets(actor),
        Actor::System => true,
    }
}

/// Personal queues of the actor, and those of their teams; admins see every team's.
pub fn visible_queues(actor: &Actor) -> Condition {
    kept(actor, queue::Column::OwnerId, queue::Column::TeamId)
}

/// The same of macros.
pub fn visible_macros(actor: &Actor) -> Condition {
    let (owner, team) = (ticket_macro::Column::OwnerId, ticket_macro::Column::TeamId);
    kept(actor, owner, team)
}

/// What the actor saved, and what their teams share.
fn kept(actor: &Actor, owner_id: impl ColumnTrait, team_id: impl ColumnTrait) -> Condition {
    let Actor::User(user) = actor else {
        return Condition::all();
    };
    if !sees_queues(actor) {
        return none();
    }
    let teams = if user.role == Role::Admin {
        team_id.is_not_null()
    } else {
        team_id.is_in(user.teams.iter().map(|(id, _)| *id))
    };
    Condition::any().add(owner_id.eq(user.id)).add(teams)
}

pub(super) fn none() -> Condition {
    only(Expr::val(false))
}

pub(super) fn only(expr: Expr) -> Condition {
    Condition::all().add(expr)
}
