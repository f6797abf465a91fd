//! What admins can change about people.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use entity::ids::{OrganizationId, TeamId, UserId};
use uuid::Uuid;

use super::{
    enums::{Role, TeamKind},
    types::{Organization, Team, User},
};
use crate::{
    app::retry,
    graphql::{Caller, GlobalId, UserError, split_errors},
    people::commands::{self, NewOrganization, NewTeam, NewUser},
};

/// A new person.
#[derive(InputObject)]
pub struct CreateUserInput {
    /// The person's name, at most 255 characters.
    name: String,
    /// The address to sign in with; no other person may have it.
    email: String,
    /// What the person does at the desk.
    #[graphql(default)]
    role: Role,
    /// From 10 to 256 characters. Without one the person cannot sign in by password.
    password: Option<String>,
    /// Where a requester belongs.
    organization_id: Option<ID>,
    /// The teams of an agent, lead or admin, at most 100; requesters have none.
    team_ids: Option<Vec<ID>>,
    /// The language of messages to the person: `fr` or `en`; the viewer's own where absent.
    locale: Option<String>,
    /// An IANA name such as `Europe/Paris`; `UTC` where absent.
    time_zone: Option<String>,
}

/// A new organization.
#[derive(InputObject)]
pub struct CreateOrganizationInput {
    /// The organization's name, at most 255 characters.
    name: String,
    /// Whether its members read each other's tickets.
    #[graphql(default)]
    shares_tickets: bool,
    /// Its key in another system, at most 255 characters; no other organization may have it.
    external_id: Option<String>,
}

/// A new team.
#[derive(InputObject)]
pub struct CreateTeamInput {
    /// The team's name, at most 255 characters; no other team may have it.
    name: String,
    /// How much of the desk its members see.
    #[graphql(default)]
    kind: TeamKind,
    /// Who is in it from the start, at most 100; requesters cannot be.
    member_ids: Option<Vec<ID>>,
}

/// What came of creating a person.
#[derive(SimpleObject)]
pub struct CreateUserPayload {
    /// The new person; null when refused.
    user: Option<User>,
    /// What a person can put right; empty when it was done.
    user_errors: Vec<UserError>,
}

/// What came of creating an organization.
#[derive(SimpleObject)]
pub struct CreateOrganizationPayload {
    /// The new organization; null when refused.
    organization: Option<Organization>,
    /// What a person can put right; empty when it was done.
    user_errors: Vec<UserError>,
}

/// What came of creating a team.
#[derive(SimpleObject)]
pub struct CreateTeamPayload {
    /// The new team; null when refused.
    team: Option<Team>,
    /// What a person can put right; empty when it was done.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct PeopleMutation;

#[Object]
impl PeopleMutation {
    /// Creates a person. For admins.
    async fn create_user(
        &self,
        ctx: &Context<'_>,
        input: CreateUserInput,
    ) -> Result<CreateUserPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let new = NewUser::from(input);
        let result = retry(|| commands::create_user(app, actor, new.clone())).await;
        let (user, user_errors) = split_errors(result, actor.locale())?;
        Ok(CreateUserPayload {
            user: user.map(|row| User::of(Arc::new(row))),
            user_errors,
        })
    }

    /// Creates an organization of requesters. For admins.
    async fn create_organization(
        &self,
        ctx: &Context<'_>,
        input: CreateOrganizationInput,
    ) -> Result<CreateOrganizationPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let new = NewOrganization {
            name: input.name,
            shares_tickets: input.shares_tickets,
            external_id: input.external_id,
        };
        let result = retry(|| commands::create_organization(app, actor, new.clone())).await;
        let (organization, user_errors) = split_errors(result, actor.locale())?;
        Ok(CreateOrganizationPayload {
            organization: organization.map(|row| Organization(Arc::new(row))),
            user_errors,
        })
    }

    /// Creates a team of agents. For admins.
    async fn create_team(
        &self,
        ctx: &Context<'_>,
        input: CreateTeamInput,
    ) -> Result<CreateTeamPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let new = NewTeam {
            name: input.name,
            kind: input.kind.into(),
            member_ids: keys_of(input.member_ids, UserId),
        };
        let result = retry(|| commands::create_team(app, actor, new.clone())).await;
        let (team, user_errors) = split_errors(result, actor.locale())?;
        Ok(CreateTeamPayload {
            team: team.map(Team),
            user_errors,
        })
    }
}

impl From<CreateUserInput> for NewUser {
    fn from(input: CreateUserInput) -> Self {
        Self {
            name: input.name,
            email: input.email,
            role: input.role.into(),
            password: input.password,
            organization_id: input.organization_id.map(|id| key_of(&id, OrganizationId)),
            team_ids: keys_of(input.team_ids, TeamId),
            locale: input.locale,
            time_zone: input.time_zone,
        }
    }
}

fn keys_of<I: GlobalId>(ids: Option<Vec<ID>>, of: fn(Uuid) -> I) -> Vec<I> {
    let ids = ids.unwrap_or_default();
    ids.iter().map(|id| key_of(id, of)).collect()
}

/// The key of an id of another kind is one that no row has: it is not found.
fn key_of<I: GlobalId>(id: &ID, of: fn(Uuid) -> I) -> I {
    I::of(id).unwrap_or_else(|| of(Uuid::nil()))
}
