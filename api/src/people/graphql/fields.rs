//! Fields of any type that name people.

use std::sync::Arc;

use async_graphql::{Context, Result};
use entity::{
    event::ActorKind,
    ids::{OrganizationId, TeamId, UserId},
    user,
};

use super::types::{Actor, Organization, Team, User};
use crate::{
    actor,
    error::Error,
    graphql::{Caller, loader::Batched},
    people::loaders::{OrganizationLoader, TeamsOfUserLoader, UserLoader},
    policy,
};

/// A field that names a person.
pub async fn user_field(ctx: &Context<'_>, id: UserId) -> Result<User> {
    Ok(User::of(user_row(ctx, id).await?))
}

/// A field that tells who did something. The system has no id.
pub async fn actor_field(ctx: &Context<'_>, kind: ActorKind, id: Option<UserId>) -> Result<Actor> {
    match (kind, id) {
        (ActorKind::Person | ActorKind::Machine, Some(id)) => {
            Ok(Actor::of(user_row(ctx, id).await?))
        }
        (ActorKind::System, _) | (_, None) => Ok(Actor::system()),
    }
}

/// A field of something visible that names a team: its name may be known where it stands.
pub async fn team_field(ctx: &Context<'_>, id: Option<TeamId>) -> Result<Option<Team>> {
    let Some(id) = id else { return Ok(None) };
    let directory = Caller::app_of(ctx).directory().await?;
    Ok(directory.teams.get(&id).cloned().map(Team))
}

/// A field of something visible that names an organization: its name may be known where it stands.
pub async fn organization_field(
    ctx: &Context<'_>,
    id: Option<OrganizationId>,
) -> Result<Option<Organization>> {
    let Some(id) = id else { return Ok(None) };
    // What is in memory need not wait for a batch.
    if let Some(row) = Caller::app_of(ctx).people.organization(id) {
        return Ok(Some(Organization(row)));
    }
    let loader = ctx.data_unchecked::<Batched<OrganizationLoader>>();
    Ok(loader.load_one(id).await?.map(Organization))
}

/// A person's organization, where the viewer sees it.
pub(super) async fn organization_seen_by(
    ctx: &Context<'_>,
    viewer: &actor::Actor,
    id: Option<OrganizationId>,
) -> Result<Option<Organization>> {
    organization_field(ctx, id.filter(|id| policy::sees_organization(viewer, *id))).await
}

/// The organization of this id, where it can be looked up.
pub async fn organization_node(
    ctx: &Context<'_>,
    id: OrganizationId,
) -> Result<Option<Organization>> {
    organization_seen_by(ctx, Caller::of(ctx)?.actor, Some(id)).await
}

/// The person of this id, where the viewer sees all of them.
pub async fn user_node(ctx: &Context<'_>, id: UserId) -> Result<Option<User>> {
    let row = find_row(ctx, id).await?;
    let Some(user) = row.and_then(User::of_person) else {
        return Ok(None);
    };
    Ok(user.is_seen(ctx).await?.then_some(user))
}

async fn user_row(ctx: &Context<'_>, id: UserId) -> Result<Arc<user::Model>> {
    let row = find_row(ctx, id).await?;
    Ok(row.ok_or(Error::NotFound("user"))?)
}

async fn find_row(ctx: &Context<'_>, id: UserId) -> Result<Option<Arc<user::Model>>> {
    if let Some(row) = Caller::app_of(ctx).people.user(id) {
        return Ok(Some(row));
    }
    let loader = ctx.data_unchecked::<Batched<UserLoader>>();
    Ok(loader.load_one(id).await?)
}

pub(super) async fn teams_of(ctx: &Context<'_>, id: UserId) -> Result<Vec<TeamId>> {
    let loader = ctx.data_unchecked::<Batched<TeamsOfUserLoader>>();
    Ok(loader.load_one(id).await?.unwrap_or_default())
}
