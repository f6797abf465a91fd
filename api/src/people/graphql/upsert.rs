//! People and organizations made or changed by the keys that another system has for them.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, Result, SimpleObject};
use entity::ids::TeamId;

use super::{
    enums::Role,
    types::{Organization, User},
};
use crate::{
    app::retry,
    graphql::{Caller, GlobalId, UserError, split_errors},
    input::Named,
    people::upsert::{self, GivenOrganization, GivenUser},
};

/// An organization as another system has it; what is absent stays.
#[derive(InputObject)]
pub struct UpsertOrganizationInput {
    /// Its key in the other system, at most 255 characters: which organization, or a new one.
    external_id: String,
    /// The organization's name, at most 255 characters. Required of a new one.
    name: Option<String>,
    /// Whether its members read each other's tickets; no, of a new one where absent.
    shares_tickets: Option<bool>,
}

/// A person as another system has them; what is absent stays.
#[derive(InputObject)]
pub struct UpsertUserInput {
    /// The person's key in the other system, at most 255 characters: who, or somebody new.
    external_id: String,
    /// The address to sign in with; required of somebody new, and no other person may have it. Who is there keeps theirs:
    /// another one is refused with `FORBIDDEN`.
    email: Option<String>,
    /// The person's name, at most 255 characters. Required of somebody new.
    name: Option<String>,
    /// What the person does at the desk; `REQUESTER`, of somebody new where absent.
    role: Option<Role>,
    /// The language of messages to the person: `fr` or `en`; of somebody new where absent the viewer's own.
    locale: Option<String>,
    /// Where a requester belongs; null for nowhere.
    organization_id: MaybeUndefined<ID>,
    /// All the teams to be in, at most 100; requesters have none.
    team_ids: Option<Vec<ID>>,
    /// An IANA name such as `Europe/Paris`; `UTC`, of somebody new where absent.
    time_zone: Option<String>,
}

/// What came of `upsertOrganization`.
#[derive(SimpleObject)]
pub struct UpsertOrganizationPayload {
    /// The organization as it is now; null when refused.
    organization: Option<Organization>,
    /// Whether it was not there before.
    created: bool,
    /// What a person can put right; empty when it was done.
    user_errors: Vec<UserError>,
}

/// What came of `upsertUser`.
#[derive(SimpleObject)]
pub struct UpsertUserPayload {
    /// The person as they are now; null when refused.
    user: Option<User>,
    /// Whether they were not there before.
    created: bool,
    /// What a person can put right; empty when it was done.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct PeopleUpsertMutation;

#[Object]
impl PeopleUpsertMutation {
    /// Makes an organization with this `externalId`, or changes the one that has it. For admins. Of two at once one makes it.
    async fn upsert_organization(
        &self,
        ctx: &Context<'_>,
        input: UpsertOrganizationInput,
    ) -> Result<UpsertOrganizationPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let given = GivenOrganization {
            external_id: input.external_id,
            name: input.name,
            shares_tickets: input.shares_tickets,
        };
        let result = retry(|| upsert::upsert_organization(app, actor, &given)).await;
        let (upserted, user_errors) = split_errors(result, actor.locale())?;
        let (organization, created) = upserted.unzip();
        Ok(UpsertOrganizationPayload {
            organization: organization.map(|row| Organization(Arc::new(row))),
            created: created.unwrap_or_default(),
            user_errors,
        })
    }

    /// Makes a person with this `externalId`, or changes the one who has it. For admins. Nobody is found by their address:
    /// one that somebody without this key has is refused with `TAKEN`.
    async fn upsert_user(
        &self,
        ctx: &Context<'_>,
        input: UpsertUserInput,
    ) -> Result<UpsertUserPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let given = GivenUser::from(input);
        let result = retry(|| upsert::upsert_user(app, actor, &given)).await;
        let (upserted, user_errors) = split_errors(result, actor.locale())?;
        let (user, created) = upserted.unzip();
        Ok(UpsertUserPayload {
            user: user.map(|row| User::of(Arc::new(row))),
            created: created.unwrap_or_default(),
            user_errors,
        })
    }
}

impl From<UpsertUserInput> for GivenUser {
    fn from(input: UpsertUserInput) -> Self {
        // The key of an id of another kind is one that no team has: it is not found.
        let team = |id: &ID| TeamId::of(id).unwrap_or(TeamId(uuid::Uuid::nil()));
        Self {
            external_id: input.external_id,
            email: input.email,
            name: input.name,
            role: input.role.map(Into::into),
            locale: input.locale,
            organization: match &input.organization_id {
                MaybeUndefined::Undefined => Named::Absent,
                MaybeUndefined::Null => Named::Null,
                MaybeUndefined::Value(id) => GlobalId::of(id).map_or(Named::Unknown, Named::Id),
            },
            team_ids: input.team_ids.map(|ids| ids.iter().map(team).collect()),
            time_zone: input.time_zone,
        }
    }
}
