//! Users, machines, teams and organizations as clients see them.

use std::sync::Arc;

use async_graphql::{Context, Description, ID, Object, Result, SimpleObject, Union};
use entity::{
    organization, team,
    user::{self, Kind},
};

use super::{
    enums::{Availability, Role, TeamKind},
    fields::{organization_seen_by, teams_of},
    query::{UserConnection, member_page},
};
use crate::{
    actor,
    assignment::graphql::TeamAssignment,
    graphql::{Caller, GlobalId},
    page::Args,
    people::locale_name,
    policy::{self, Action, Scope},
};

/// A person: someone who asks for help, or who gives it.
#[derive(Description)]
pub struct User {
    row: Arc<user::Model>,
    /// Who looks, where that is not the caller: one who has just signed in sees themselves.
    viewer: Option<Arc<actor::Actor>>,
}

/// Agents who take tickets together.
#[derive(Description)]
pub struct Team(pub team::Model);

/// The company or department of requesters.
#[derive(Description)]
pub struct Organization(pub Arc<organization::Model>);

/// A program that acts through the API with a token of its own.
#[derive(Description)]
pub struct Machine(Arc<user::Model>);

/// Guichet itself: an import, a timer.
#[derive(SimpleObject)]
pub struct System {
    /// What to show for it.
    name: &'static str,
}

/// Who did something.
#[derive(Union)]
pub enum Actor {
    User(User),
    Machine(Machine),
    System(System),
}

#[Object(use_type_description)]
impl User {
    /// The person's id.
    pub async fn id(&self) -> ID {
        self.row.id.global()
    }

    /// The person's name.
    async fn name(&self) -> &str {
        &self.row.name
    }

    /// The address to sign in with; null where the viewer sees no more of the person than the name.
    async fn email(&self, ctx: &Context<'_>) -> Result<Option<&str>> {
        let is_seen = self.is_seen(ctx).await?;
        Ok(self.row.email.as_deref().filter(|_| is_seen))
    }

    /// What another system calls the person; for staff, and null for others.
    async fn external_id(&self, ctx: &Context<'_>) -> Result<Option<&str>> {
        let is_seen = self.is_seen(ctx).await? && policy::is_at_desk(self.viewer(ctx)?);
        Ok(self.row.external_id.as_deref().filter(|_| is_seen))
    }

    /// What the person does at the desk.
    async fn role(&self) -> Role {
        self.row.role.into()
    }

    /// The language of messages to the person: `fr` or `en`.
    async fn locale(&self) -> &'static str {
        locale_name(self.row.locale)
    }

    /// The person's time zone, an IANA name such as `Europe/Paris`; null where the viewer sees no more of
    /// the person than the name.
    async fn time_zone(&self, ctx: &Context<'_>) -> Result<Option<&str>> {
        let is_seen = self.is_seen(ctx).await?;
        Ok(is_seen.then_some(self.row.time_zone.as_str()))
    }

    /// Where a requester belongs; null for others, and where the viewer may not know.
    async fn organization(&self, ctx: &Context<'_>) -> Result<Option<Organization>> {
        if !self.is_seen(ctx).await? {
            return Ok(None);
        }
        organization_seen_by(ctx, self.viewer(ctx)?, self.row.organization_id).await
    }

    /// The teams that an agent is a member of, by name; only those that the viewer may know.
    async fn teams(&self, ctx: &Context<'_>) -> Result<Vec<Team>> {
        if !self.is_seen(ctx).await? {
            return Ok(Vec::new());
        }
        let viewer = self.viewer(ctx)?;
        let directory = Caller::app_of(ctx).directory().await?;
        let teams = teams_of(ctx, self.row.id).await?;
        let mut teams: Vec<_> = teams
            .iter()
            .filter(|id| policy::sees_team(viewer, **id))
            .filter_map(|id| directory.teams.get(id).cloned())
            .collect();
        teams.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(teams.into_iter().map(Team).collect())
    }

    /// Whether an agent can take tickets now.
    async fn availability(&self) -> Availability {
        self.row.availability.into()
    }

    /// How many NEW and OPEN tickets teams give an agent at most by themselves; null where the viewer
    /// sees no more of the person than the name, and for requesters.
    async fn capacity(&self, ctx: &Context<'_>) -> Result<Option<i16>> {
        let is_seen = self.is_seen(ctx).await?;
        Ok((is_seen && policy::joins_teams(self.row.role)).then_some(self.row.capacity))
    }

    /// Whether the person can sign in: false once an admin has disabled them; null where the viewer
    /// sees no more of the person than the name.
    async fn is_active(&self, ctx: &Context<'_>) -> Result<Option<bool>> {
        let is_seen = self.is_seen(ctx).await?;
        Ok(is_seen.then_some(self.row.disabled_at.is_none()))
    }
}

impl User {
    pub const fn of(row: Arc<user::Model>) -> Self {
        Self { row, viewer: None }
    }

    /// None for a machine, which is no user in the API.
    pub fn of_person(row: Arc<user::Model>) -> Option<Self> {
        (row.kind == Kind::Person).then(|| Self::of(row))
    }

    /// For an answer to somebody who was not signed in when the request came.
    pub const fn seen_by(row: Arc<user::Model>, viewer: Arc<actor::Actor>) -> Self {
        Self {
            row,
            viewer: Some(viewer),
        }
    }

    fn viewer<'a>(&'a self, ctx: &Context<'a>) -> Result<&'a actor::Actor> {
        match &self.viewer {
            Some(viewer) => Ok(viewer),
            None => Ok(Caller::of(ctx)?.actor),
        }
    }

    pub(super) async fn is_seen(&self, ctx: &Context<'_>) -> Result<bool> {
        let viewer = self.viewer(ctx)?;
        let teams = match policy::scope(viewer) {
            Scope::Teams(_) => teams_of(ctx, self.row.id).await?,
            Scope::Desk | Scope::Own { .. } => Vec::new(),
        };
        Ok(policy::sees_user(viewer, &self.row, &teams))
    }
}

#[Object(use_type_description)]
impl Machine {
    /// The machine's id.
    pub async fn id(&self) -> ID {
        self.0.id.global()
    }

    /// What people call it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What it may do at most, through tokens of all scopes; null for whoever does not administer machines.
    async fn role(&self, ctx: &Context<'_>) -> Result<Option<Role>> {
        Ok(Self::is_seen(ctx)?.then(|| self.0.role.into()))
    }

    /// Whether its tokens are taken; null for whoever does not administer machines.
    async fn is_active(&self, ctx: &Context<'_>) -> Result<Option<bool>> {
        Ok(Self::is_seen(ctx)?.then(|| self.0.disabled_at.is_none()))
    }
}

impl Machine {
    pub const fn of(row: Arc<user::Model>) -> Self {
        Self(row)
    }

    fn is_seen(ctx: &Context<'_>) -> Result<bool> {
        let actor = Caller::of(ctx)?.actor;
        Ok(policy::may(actor, Action::ReadMachines))
    }
}

#[Object(use_type_description)]
impl Team {
    /// The team's id.
    pub async fn id(&self) -> ID {
        self.0.id.global()
    }

    /// The team's name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// How much of the desk its members see.
    async fn kind(&self) -> TeamKind {
        self.0.kind.into()
    }

    /// How it gives out the tickets that come to it.
    async fn assignment(&self) -> TeamAssignment {
        self.0.assignment.into()
    }

    /// Whether the NEW and OPEN tickets of a member who becomes `AWAY` or `OFFLINE` come back to it.
    async fn returns_when_away(&self) -> bool {
        self.0.returns_when_away
    }

    /// Its members by name.
    async fn members(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many at most, 25 where absent, at most 100.")] first: Option<i32>,
        #[graphql(desc = "A cursor: only what comes after it.")] after: Option<String>,
    ) -> Result<UserConnection> {
        member_page(ctx, self.0.id, &Args::forward(first, after)).await
    }
}

#[Object(use_type_description)]
impl Organization {
    /// The organization's id.
    pub async fn id(&self) -> ID {
        self.0.id.global()
    }

    /// The organization's name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What another system calls it; for staff who see all organizations, and null for others.
    async fn external_id(&self, ctx: &Context<'_>) -> Option<&str> {
        let viewer = Caller::actor_of(ctx)?;
        let is_seen = policy::is_at_desk(viewer) && policy::sees_organization(viewer, self.0.id);
        self.0.external_id.as_deref().filter(|_| is_seen)
    }

    /// Whether its members read each other's tickets.
    async fn shares_tickets(&self) -> bool {
        self.0.shares_tickets
    }
}

impl Actor {
    pub const fn system() -> Self {
        Self::System(System { name: "Guichet" })
    }

    /// A person or a machine, as its row says.
    pub fn of(user: Arc<user::Model>) -> Self {
        match user.kind {
            Kind::Person => Self::User(User::of(user)),
            Kind::Machine => Self::Machine(Machine::of(user)),
        }
    }
}
