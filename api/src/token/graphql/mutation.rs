//! What can be changed about tokens and machines, by somebody who is signed in.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};
use entity::{
    api_token,
    ids::{ApiTokenId, TeamId, UserId},
    user,
};

use super::types::{ApiScope, ApiToken};
use crate::{
    app::retry,
    error::Result as CommandResult,
    graphql::{Caller, GlobalId, UserError, split_errors},
    input::Named,
    people::graphql::{Machine, Role},
    policy::ROLE_OF_MACHINES,
    token::{self, EditMachine, EditToken, Made, NewMachine, NewToken, Rotation},
};

/// A new machine.
#[derive(InputObject)]
pub struct CreateMachineInput {
    /// What people call it, at most 255 characters.
    name: String,
    /// What it may do at most, through tokens of all scopes; not `REQUESTER`.
    #[graphql(default_with = "Role::from(ROLE_OF_MACHINES)")]
    role: Role,
    /// Its teams, at most 100: one that is in external teams only sees what is routed to these.
    team_ids: Option<Vec<ID>>,
}

/// What to change of a machine; what is absent stays.
#[derive(InputObject)]
pub struct EditMachineInput {
    /// Which machine.
    machine_id: ID,
    /// What people call it, at most 255 characters.
    name: Option<String>,
    /// What it may do at most; not `REQUESTER`.
    role: Option<Role>,
    /// All its teams, at most 100.
    team_ids: Option<Vec<ID>>,
    /// Whether its tokens are taken.
    is_active: Option<bool>,
}

/// A new token.
#[derive(InputObject)]
pub struct CreateApiTokenInput {
    /// What it is for, at most 255 characters.
    name: String,
    /// What it may be used for; one at least.
    scopes: Vec<ApiScope>,
    /// The machine that it is for; the viewer's own where absent.
    machine_id: Option<ID>,
    /// When it is over: 90 days from now where absent, at most 365.
    expires_at: Option<DateTime<Utc>>,
}

/// What to change of a token; what is absent stays.
#[derive(InputObject)]
pub struct EditApiTokenInput {
    /// Which token; one that is good.
    token_id: ID,
    /// What it is for, at most 255 characters.
    name: Option<String>,
    /// All that it may be used for; one at least.
    scopes: Option<Vec<ApiScope>>,
    /// When it is over, at most 365 days from now.
    expires_at: Option<DateTime<Utc>>,
}

/// Which token to replace.
#[derive(InputObject)]
pub struct RotateApiTokenInput {
    /// Which token; one that is good.
    token_id: ID,
    /// How many hours it stays good beside the new one: 24 where absent, from 0 to 168; never longer than it would
    /// have been.
    overlap_hours: Option<i32>,
    /// When the new one is over: 90 days from now where absent, at most 365.
    expires_at: Option<DateTime<Utc>>,
}

/// Which token to end.
#[derive(InputObject)]
pub struct RevokeApiTokenInput {
    /// Which token.
    token_id: ID,
}

macro_rules! machine_payload {
    ($(#[$doc:meta] $payload:ident)+) => {$(
        #[$doc]
        #[derive(SimpleObject)]
        pub struct $payload {
            /// The machine as it is now; null when refused.
            machine: Option<Machine>,
            /// What a person can put right; empty when it was done.
            user_errors: Vec<UserError>,
        }

        impl $payload {
            fn of(ctx: &Context<'_>, result: CommandResult<user::Model>) -> Result<Self> {
                let locale = Caller::of(ctx)?.actor.locale();
                let (machine, user_errors) = split_errors(result, locale)?;
                let machine = machine.map(|row| Machine::of(Arc::new(row)));
                Ok(Self { machine, user_errors })
            }
        }
    )+};
}

machine_payload! {
    /// What came of creating a machine.
    CreateMachinePayload
    /// What came of changing a machine.
    EditMachinePayload
}

macro_rules! secret_payload {
    ($(#[$doc:meta] $payload:ident)+) => {$(
        #[$doc]
        #[derive(SimpleObject)]
        pub struct $payload {
            /// The new token; null when refused.
            api_token: Option<ApiToken>,
            /// The text to send as `Authorization: Bearer …`. It is shown this once, and kept nowhere.
            secret: Option<String>,
            /// What a person can put right; empty when it was done.
            user_errors: Vec<UserError>,
        }

        impl $payload {
            fn of(ctx: &Context<'_>, result: CommandResult<Made>) -> Result<Self> {
                let locale = Caller::of(ctx)?.actor.locale();
                let (made, user_errors) = split_errors(result, locale)?;
                let secret = made.as_ref().map(|made| made.secret.reveal().to_owned());
                let api_token = made.map(|made| ApiToken(made.token));
                Ok(Self { api_token, secret, user_errors })
            }
        }
    )+};
}

secret_payload! {
    /// What came of creating a token.
    CreateApiTokenPayload
    /// What came of replacing a token.
    RotateApiTokenPayload
}

macro_rules! token_payload {
    ($(#[$doc:meta] $payload:ident)+) => {$(
        #[$doc]
        #[derive(SimpleObject)]
        pub struct $payload {
            /// The token as it is now; null when refused.
            api_token: Option<ApiToken>,
            /// What a person can put right; empty when it was done.
            user_errors: Vec<UserError>,
        }

        impl $payload {
            fn of(ctx: &Context<'_>, result: CommandResult<api_token::Model>) -> Result<Self> {
                let locale = Caller::of(ctx)?.actor.locale();
                let (token, user_errors) = split_errors(result, locale)?;
                Ok(Self { api_token: token.map(ApiToken), user_errors })
            }
        }
    )+};
}

token_payload! {
    /// What came of changing a token.
    EditApiTokenPayload
    /// What came of ending a token.
    RevokeApiTokenPayload
}

#[derive(Default)]
pub struct TokenMutation;

#[Object]
impl TokenMutation {
    /// Makes a machine, which acts through tokens. For admins.
    async fn create_machine(
        &self,
        ctx: &Context<'_>,
        input: CreateMachineInput,
    ) -> Result<CreateMachinePayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let new = NewMachine {
            name: input.name,
            role: input.role.into(),
            team_ids: team_ids(input.team_ids.as_deref().unwrap_or_default()),
        };
        let result = retry(|| token::create_machine(app, actor, &new)).await;
        CreateMachinePayload::of(ctx, result)
    }

    /// Changes a machine. For admins. One that is not active any more is refused, and its live streams end, within
    /// two seconds.
    async fn edit_machine(
        &self,
        ctx: &Context<'_>,
        input: EditMachineInput,
    ) -> Result<EditMachinePayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let id = UserId::of(&input.machine_id);
        let edit = EditMachine {
            name: input.name,
            role: input.role.map(Into::into),
            team_ids: input.team_ids.as_deref().map(team_ids),
            is_active: input.is_active,
        };
        let result = retry(|| token::edit_machine(app, actor, id, &edit)).await;
        EditMachinePayload::of(ctx, result)
    }

    /// Makes a token: for one's own scripts (staff), or for a machine (admins). At most 50 of one owner are good at a
    /// time.
    async fn create_api_token(
        &self,
        ctx: &Context<'_>,
        input: CreateApiTokenInput,
    ) -> Result<CreateApiTokenPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let machine = match &input.machine_id {
            None => Named::Absent,
            Some(id) => UserId::of(id).map_or(Named::Unknown, Named::Id),
        };
        let new = NewToken {
            name: input.name,
            scopes: input.scopes.into_iter().map(Into::into).collect(),
            machine,
            expires_at: input.expires_at,
        };
        let result = retry(|| token::create(app, actor, &new)).await;
        CreateApiTokenPayload::of(ctx, result)
    }

    /// Changes the name, scopes or end of one's own token, or, for admins, of a machine's. Requests and live streams
    /// follow within two seconds.
    async fn edit_api_token(
        &self,
        ctx: &Context<'_>,
        input: EditApiTokenInput,
    ) -> Result<EditApiTokenPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let id = ApiTokenId::of(&input.token_id);
        let scopes = input.scopes;
        let edit = EditToken {
            name: input.name,
            scopes: scopes.map(|scopes| scopes.into_iter().map(Into::into).collect()),
            expires_at: input.expires_at,
        };
        let result = retry(|| token::edit(app, actor, id, &edit)).await;
        EditApiTokenPayload::of(ctx, result)
    }

    /// Makes a token with the name and scopes of another, which stays good for a while: time to bring the new one to
    /// where it is used.
    async fn rotate_api_token(
        &self,
        ctx: &Context<'_>,
        input: RotateApiTokenInput,
    ) -> Result<RotateApiTokenPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let id = ApiTokenId::of(&input.token_id);
        let rotation = Rotation {
            overlap_hours: input.overlap_hours,
            expires_at: input.expires_at,
        };
        let result = retry(|| token::rotate(app, actor, id, rotation)).await;
        RotateApiTokenPayload::of(ctx, result)
    }

    /// Ends one's own token, or, for admins, anybody's: requests with it are refused, and live streams end, within
    /// two seconds. Doing it twice changes nothing.
    async fn revoke_api_token(
        &self,
        ctx: &Context<'_>,
        input: RevokeApiTokenInput,
    ) -> Result<RevokeApiTokenPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let id = ApiTokenId::of(&input.token_id);
        let result = retry(|| token::revoke(app, actor, id)).await;
        RevokeApiTokenPayload::of(ctx, result)
    }
}

/// The key of an id of another kind is one that no team has: it is not found.
fn team_ids(ids: &[ID]) -> Vec<TeamId> {
    let id = |id: &ID| TeamId::of(id).unwrap_or(TeamId(uuid::Uuid::nil()));
    ids.iter().map(id).collect()
}
