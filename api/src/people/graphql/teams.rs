//! What can be changed about teams and organizations that are there already.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, Result, SimpleObject};
use entity::{
    ids::{OrganizationId, TeamId, UserId},
    team,
};

use super::{
    enums::TeamKind,
    types::{Organization, Team},
};
use crate::{
    app::retry,
    error::Result as CommandResult,
    graphql::{Caller, GlobalId, UserError, split_errors},
    people::teams::{self, EditOrganization, EditTeam},
};

/// What to change of a team; what is absent stays.
#[derive(InputObject)]
pub struct EditTeamInput {
    /// The team's id.
    team_id: ID,
    /// The team's name, at most 255 characters; no other team may have it.
    name: Option<String>,
    /// How much of the desk its members see.
    kind: Option<TeamKind>,
}

/// Who comes into which team.
#[derive(InputObject)]
pub struct AddTeamMemberInput {
    /// The team's id.
    team_id: ID,
    /// Who comes; a requester cannot.
    user_id: ID,
}

/// Who leaves which team.
#[derive(InputObject)]
pub struct RemoveTeamMemberInput {
    /// The team's id.
    team_id: ID,
    /// Who leaves.
    user_id: ID,
}

/// What to change of an organization; what is absent stays.
#[derive(InputObject)]
pub struct EditOrganizationInput {
    /// The organization's id.
    organization_id: ID,
    /// The organization's name, at most 255 characters.
    name: Option<String>,
    /// Whether its members read each other's tickets.
    shares_tickets: Option<bool>,
    /// Its key in another system, at most 255 characters, or null for none; no other organization may
    /// have it.
    external_id: MaybeUndefined<String>,
}

macro_rules! team_payload {
    ($(#[$doc:meta] $payload:ident)+) => {$(
        #[$doc]
        #[derive(SimpleObject)]
        pub struct $payload {
            /// The team as it is now; null when refused.
            team: Option<Team>,
            /// What a person can put right; empty when it was done.
            user_errors: Vec<UserError>,
        }

        impl $payload {
            fn of(ctx: &Context<'_>, result: CommandResult<team::Model>) -> Result<Self> {
                let locale = Caller::of(ctx)?.actor.locale();
                let (team, user_errors) = split_errors(result, locale)?;
                Ok(Self { team: team.map(Team), user_errors })
            }
        }
    )+};
}

team_payload! {
    /// What came of changing a team.
    EditTeamPayload
    /// What came of putting somebody into a team.
    AddTeamMemberPayload
    /// What came of taking somebody out of a team.
    RemoveTeamMemberPayload
}

/// What came of changing an organization.
#[derive(SimpleObject)]
pub struct EditOrganizationPayload {
    /// The organization as it is now; null when refused.
    organization: Option<Organization>,
    /// What a person can put right; empty when it was done.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct TeamsMutation;

#[Object]
impl TeamsMutation {
    /// Changes a team. For admins. Where its kind changes, its members see more or less of the desk
    /// from now on, and what they follow live begins anew within two seconds.
    async fn edit_team(&self, ctx: &Context<'_>, input: EditTeamInput) -> Result<EditTeamPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let id = TeamId::of(&input.team_id);
        let edit = EditTeam {
            name: input.name,
            kind: input.kind.map(Into::into),
        };
        EditTeamPayload::of(ctx, retry(|| teams::edit_team(app, actor, id, &edit)).await)
    }

    /// Puts somebody into a team. For admins, and the team's leads; only admins let somebody who saw
    /// the tickets of external teams see the whole desk, or the other way round. Doing it twice changes
    /// nothing.
    async fn add_team_member(
        &self,
        ctx: &Context<'_>,
        input: AddTeamMemberInput,
    ) -> Result<AddTeamMemberPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let (team, user) = (TeamId::of(&input.team_id), UserId::of(&input.user_id));
        let result = retry(|| teams::add_team_member(app, actor, team, user)).await;
        AddTeamMemberPayload::of(ctx, result)
    }

    /// Takes somebody out of a team; the tickets that they hold stay theirs. For admins, and the team's
    /// leads; only admins let somebody who saw the tickets of external teams see the whole desk, or the
    /// other way round. Doing it twice changes nothing.
    async fn remove_team_member(
        &self,
        ctx: &Context<'_>,
        input: RemoveTeamMemberInput,
    ) -> Result<RemoveTeamMemberPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let (team, user) = (TeamId::of(&input.team_id), UserId::of(&input.user_id));
        let result = retry(|| teams::remove_team_member(app, actor, team, user)).await;
        RemoveTeamMemberPayload::of(ctx, result)
    }

    /// Changes an organization. For admins. Where it shares tickets from now on, or no longer does,
    /// what its members follow live begins anew within two seconds.
    async fn edit_organization(
        &self,
        ctx: &Context<'_>,
        input: EditOrganizationInput,
    ) -> Result<EditOrganizationPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let id = OrganizationId::of(&input.organization_id);
        let edit = EditOrganization {
            name: input.name,
            shares_tickets: input.shares_tickets,
            external_id: match input.external_id {
                MaybeUndefined::Undefined => None,
                MaybeUndefined::Null => Some(None),
                MaybeUndefined::Value(key) => Some(Some(key)),
            },
        };
        let result = retry(|| teams::edit_organization(app, actor, id, &edit)).await;
        let (organization, user_errors) = split_errors(result, actor.locale())?;
        Ok(EditOrganizationPayload {
            organization: organization.map(|row| Organization(Arc::new(row))),
            user_errors,
        })
    }
}
