//! Sessions as clients see them.

use std::{net::Ipv4Addr, sync::Arc};

use async_graphql::{Context, Description, InputObject, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};
use entity::user::Locale;

use super::{Attempt, Attempted, ClientAddress, NewPassword, PreferredLocale, SignedIn};
use crate::{
    actor::Actor,
    app::retry,
    error::Result as CommandResult,
    graphql::{Caller, UserError, split_errors},
    people::graphql::{User, user_field},
    refusal::Refusal,
    totp::graphql::TotpEnrollment,
};

/// Who signs in.
#[derive(InputObject)]
pub struct SignInInput {
    /// The address of the account; case does not count.
    email: String,
    /// The account's password.
    password: String,
    /// Where the account has an authenticator: the six digits that it shows, or a recovery code. Without it the answer to the
    /// right password is `CODE_REQUIRED`.
    code: Option<String>,
}

/// Which session to continue.
#[derive(InputObject)]
pub struct RefreshSessionInput {
    /// The newest refresh token of the session.
    refresh_token: String,
}

/// Which sessions to end.
#[derive(InputObject)]
pub struct SignOutInput {
    /// A refresh token of the session to end; where absent, the session of the access token that
    /// the request carries.
    refresh_token: Option<String>,
    /// Whether to end all sessions of that person, on all devices.
    #[graphql(default)]
    everywhere: bool,
}

/// A signed-in person on one device.
#[derive(Description)]
pub struct Session(SignedIn);

#[Object(use_type_description)]
impl Session {
    /// Goes with each request as `Authorization: Bearer …`. A JSON Web Token; its keys are at
    /// `/.well-known/jwks.json`.
    async fn access_token(&self) -> &str {
        &self.0.access_token
    }

    /// Gets the next access token from `refreshSession`, once: keep it as safe as a password.
    async fn refresh_token(&self) -> &str {
        &self.0.refresh_token
    }

    /// When the access token ends; refresh the session a little earlier.
    async fn expires_at(&self) -> DateTime<Utc> {
        self.0.expires_at
    }

    /// Who is signed in.
    async fn user(&self) -> User {
        let viewer = Arc::new(self.0.actor.clone());
        User::seen_by(Arc::clone(&self.0.user), viewer)
    }
}

/// What came of signing in or refreshing.
#[derive(SimpleObject)]
pub struct SessionPayload {
    /// The session; null when refused.
    session: Option<Session>,
    /// Of `signIn`, with the user error `TOTP_REQUIRED`: what the authenticator is set up with. Good for 15 minutes, and
    /// until the next one is made.
    totp_enrollment: Option<TotpEnrollment>,
    /// Of the `signIn` that has turned an authenticator on: ten codes that are good once each, where it is lost. They are
    /// shown this once.
    recovery_codes: Option<Vec<String>>,
    /// What a person can put right; empty when it was done.
    user_errors: Vec<UserError>,
}

/// What came of signing out.
#[derive(SimpleObject)]
pub struct SignOutPayload {
    /// How many sessions were ended, 0 where they had ended already; null when refused.
    ended_sessions: Option<i32>,
    /// What a person can put right; empty when it was done.
    user_errors: Vec<UserError>,
}

/// Another password for oneself.
#[derive(InputObject)]
pub struct ChangePasswordInput {
    /// The password that is to be replaced.
    current_password: String,
    /// From 10 to 256 characters.
    new_password: String,
    /// Whether to revoke the viewer's tokens of the API too: whoever knew the old password may have made one.
    #[graphql(default)]
    revoke_api_tokens: bool,
}

/// What came of changing one's password.
#[derive(SimpleObject)]
pub struct ChangePasswordPayload {
    /// The viewer; null when refused.
    user: Option<User>,
    /// What a person can put right; empty when it was done.
    user_errors: Vec<UserError>,
}

impl SessionPayload {
    pub fn of(result: CommandResult<SignedIn>, locale: Locale) -> Result<Self> {
        let (mut session, user_errors) = split_errors(result, locale)?;
        let recovery_codes = session.as_mut().and_then(|of| of.recovery_codes.take());
        Ok(Self {
            session: session.map(Session),
            totp_enrollment: None,
            recovery_codes,
            user_errors,
        })
    }

    fn of_attempt(result: CommandResult<Attempted>, locale: Locale) -> Result<Self> {
        let (result, enrollment) = match result {
            Ok(Attempted::SignedIn(signed_in)) => (Ok(signed_in), None),
            Ok(Attempted::MustEnroll(enrollment)) => {
                (Err(Refusal::TotpRequired.into()), Some(enrollment))
            }
            Err(error) => (Err(error), None),
        };
        Ok(Self {
            totp_enrollment: enrollment.map(TotpEnrollment::from),
            ..Self::of(result, locale)?
        })
    }
}

#[derive(Default)]
pub struct SessionMutation;

#[Object]
impl SessionMutation {
    /// Starts a session with an e-mail address and a password. Attempts are limited: 5 in 15
    /// minutes for an account from one address, 20 an hour for an account, 100 an hour from an
    /// address; then the error is `RATE_LIMITED`, with `retryAfter` in seconds. Where
    /// the account has an authenticator, the right password without a `code` is answered with the user error `CODE_REQUIRED`
    /// and nothing else, and a wrong code with `INVALID`; both count as attempts. Where it has none and its role must have
    /// one, the answer is `TOTP_REQUIRED` with `totpEnrollment`, and the same again with a `code` of this signs in.
    async fn sign_in(&self, ctx: &Context<'_>, input: SignInInput) -> Result<SessionPayload> {
        let attempt = Attempt {
            email: input.email,
            password: input.password,
            code: input.code,
            address: address_of(ctx),
        };
        let result = super::sign_in(Caller::app_of(ctx), attempt).await;
        SessionPayload::of_attempt(result, locale_of(ctx))
    }

    /// Continues a session with new tokens. Each refresh token works once: an older one ends the
    /// session, since somebody else may hold it. Only for 10 seconds the token just replaced gets
    /// the same answer again, should the first have been lost. A session ends after 14 days without
    /// a refresh, and 60 days after the sign-in. After 300 failures in 15 minutes from an address,
    /// further ones are `RATE_LIMITED`.
    async fn refresh_session(
        &self,
        ctx: &Context<'_>,
        input: RefreshSessionInput,
    ) -> Result<SessionPayload> {
        let (app, address) = (Caller::app_of(ctx), address_of(ctx));
        let result = super::refresh(app, &input.refresh_token, address).await;
        SessionPayload::of(result, locale_of(ctx))
    }

    /// Replaces the viewer's password and ends their other sessions. Attempts are limited together with
    /// those of `signIn`.
    async fn change_password(
        &self,
        ctx: &Context<'_>,
        input: ChangePasswordInput,
    ) -> Result<ChangePasswordPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let wanted = NewPassword {
            current: input.current_password,
            new: input.new_password,
            revokes_api_tokens: input.revoke_api_tokens,
        };
        let result = super::change_password(app, actor, &wanted, address_of(ctx)).await;
        let (id, user_errors) = split_errors(result, actor.locale())?;
        let user = match id {
            Some(id) => Some(user_field(ctx, id).await?),
            None => None,
        };
        Ok(ChangePasswordPayload { user, user_errors })
    }

    /// Ends a session, or all of a person. Its tokens stop working within two seconds.
    async fn sign_out(&self, ctx: &Context<'_>, input: SignOutInput) -> Result<SignOutPayload> {
        let (app, actor) = (Caller::app_of(ctx), Caller::actor_of(ctx));
        let token = input.refresh_token.as_deref();
        let result = retry(|| super::sign_out(app, actor, token, input.everywhere)).await;
        let (ended, user_errors) = split_errors(result, locale_of(ctx))?;
        Ok(SignOutPayload {
            ended_sessions: ended.map(|count| i32::try_from(count).unwrap_or(i32::MAX)),
            user_errors,
        })
    }
}

/// The person's own language where one is signed in, else what the client prefers.
pub fn locale_of(ctx: &Context<'_>) -> Locale {
    let preferred = || {
        ctx.data_opt::<PreferredLocale>()
            .copied()
            .unwrap_or_default()
            .0
    };
    Caller::actor_of(ctx).map_or_else(preferred, Actor::locale)
}

/// Requests that came by no network count as one address.
pub fn address_of(ctx: &Context<'_>) -> ClientAddress {
    let none = ClientAddress(Ipv4Addr::UNSPECIFIED.into());
    ctx.data_opt::<ClientAddress>().copied().unwrap_or(none)
}
