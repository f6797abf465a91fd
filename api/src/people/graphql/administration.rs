//! What can be changed about people who are there already.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, Result, SimpleObject};
use entity::{
    ids::{TeamId, UserId},
    user,
};

use super::{enums::Role, types::User};
use crate::{
    app::retry,
    error::Result as CommandResult,
    graphql::{Caller, GlobalId, UserError, split_errors},
    input::Named,
    people::administration::{self, EditUser},
};

/// What to change of a person; what is absent stays.
#[derive(InputObject)]
pub struct EditUserInput {
    /// Whom.
    user_id: ID,
    /// The person's name, at most 255 characters.
    name: Option<String>,
    /// What the person does at the desk. Who becomes a requester leaves all teams; the last admin stays
    /// one.
    role: Option<Role>,
    /// The language of messages to the person: `fr` or `en`.
    locale: Option<String>,
    /// Where a requester belongs; null for nowhere.
    organization_id: MaybeUndefined<ID>,
    /// All the teams to be in, at most 100; requesters have none.
    team_ids: Option<Vec<ID>>,
    /// An IANA name such as `Europe/Paris`.
    time_zone: Option<String>,
}

/// Whom to keep out.
#[derive(InputObject)]
pub struct DisableUserInput {
    /// Whom; not oneself, and not the last admin.
    user_id: ID,
}

/// Whom to let in again.
#[derive(InputObject)]
pub struct EnableUserInput {
    /// Whom.
    user_id: ID,
}

/// What to change of oneself; what is absent stays.
#[derive(InputObject)]
pub struct EditProfileInput {
    /// One's name, at most 255 characters.
    name: Option<String>,
    /// The language of messages: `fr` or `en`.
    locale: Option<String>,
    /// An IANA name such as `Europe/Paris`.
    time_zone: Option<String>,
}

/// Another password for somebody.
#[derive(InputObject)]
pub struct SetPasswordInput {
    /// Whose; one's own is changed by `changePassword`.
    user_id: ID,
    /// From 10 to 256 characters.
    password: String,
}

macro_rules! user_payload {
    ($(#[$doc:meta] $payload:ident)+) => {$(
        #[$doc]
        #[derive(SimpleObject)]
        pub struct $payload {
            /// The person as they are now; null when refused.
            user: Option<User>,
            /// What a person can put right; empty when it was done.
            user_errors: Vec<UserError>,
        }

        impl $payload {
            fn of(ctx: &Context<'_>, result: CommandResult<user::Model>) -> Result<Self> {
                let locale = Caller::of(ctx)?.actor.locale();
                let (user, user_errors) = split_errors(result, locale)?;
                let user = user.map(|row| User::of(Arc::new(row)));
                Ok(Self { user, user_errors })
            }
        }
    )+};
}

user_payload! {
    /// What came of changing a person.
    EditUserPayload
    /// What came of keeping a person out.
    DisableUserPayload
    /// What came of letting a person in again.
    EnableUserPayload
    /// What came of changing oneself.
    EditProfilePayload
    /// What came of giving a person another password.
    SetPasswordPayload
}

#[derive(Default)]
pub struct AdministrationMutation;

#[Object]
impl AdministrationMutation {
    /// Changes what a person is. For admins. What they follow live begins anew in their new rights,
    /// within two seconds.
    async fn edit_user(&self, ctx: &Context<'_>, input: EditUserInput) -> Result<EditUserPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let (id, edit) = (UserId::of(&input.user_id), input.into());
        let result = retry(|| administration::edit_user(app, actor, id, &edit)).await;
        EditUserPayload::of(ctx, result)
    }

    /// Keeps a person out: their sessions and live streams end within two seconds, and they cannot sign
    /// in. What they did stays. For admins; doing it twice changes nothing.
    async fn disable_user(
        &self,
        ctx: &Context<'_>,
        input: DisableUserInput,
    ) -> Result<DisableUserPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let id = UserId::of(&input.user_id);
        let result = retry(|| administration::disable_user(app, actor, id)).await;
        DisableUserPayload::of(ctx, result)
    }

    /// Lets a person sign in again. For admins; doing it twice changes nothing.
    async fn enable_user(
        &self,
        ctx: &Context<'_>,
        input: EnableUserInput,
    ) -> Result<EnableUserPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let id = UserId::of(&input.user_id);
        let result = retry(|| administration::enable_user(app, actor, id)).await;
        EnableUserPayload::of(ctx, result)
    }

    /// Changes the viewer's own name, language and time zone.
    async fn edit_profile(
        &self,
        ctx: &Context<'_>,
        input: EditProfileInput,
    ) -> Result<EditProfilePayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let edit = EditUser {
            name: input.name,
            locale: input.locale,
            time_zone: input.time_zone,
            ..EditUser::default()
        };
        let result = retry(|| administration::edit_profile(app, actor, &edit)).await;
        EditProfilePayload::of(ctx, result)
    }

    /// Gives a person another password and ends their sessions. For admins.
    async fn set_password(
        &self,
        ctx: &Context<'_>,
        input: SetPasswordInput,
    ) -> Result<SetPasswordPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let id = UserId::of(&input.user_id);
        let set = || administration::set_password(app, actor, id, &input.password);
        SetPasswordPayload::of(ctx, retry(set).await)
    }
}

impl From<EditUserInput> for EditUser {
    fn from(input: EditUserInput) -> Self {
        let organization = match &input.organization_id {
            MaybeUndefined::Undefined => Named::Absent,
            MaybeUndefined::Null => Named::Null,
            MaybeUndefined::Value(id) => GlobalId::of(id).map_or(Named::Unknown, Named::Id),
        };
        // The key of an id of another kind is one that no team has: it is not found.
        let team = |id: &ID| TeamId::of(id).unwrap_or(TeamId(uuid::Uuid::nil()));
        Self {
            name: input.name,
            role: input.role.map(Into::into),
            locale: input.locale,
            organization,
            team_ids: input.team_ids.map(|ids| ids.iter().map(team).collect()),
            time_zone: input.time_zone,
        }
    }
}
