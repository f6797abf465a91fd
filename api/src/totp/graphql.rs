//! Second factors as clients see them.

use async_graphql::{Context, Description, ID, InputObject, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};
use entity::ids::UserId;

use super::{Enrollment, Proof, State};
use crate::{
    app::retry,
    graphql::{Caller, GlobalId, UserError, split_errors},
    people::graphql::{User, user_field},
    session::graphql::address_of,
    totp,
};

/// Whether the viewer has an authenticator.
#[derive(Description)]
pub struct Totp(State);

#[Object(use_type_description)]
impl Totp {
    /// Whether `signIn` asks for a code.
    async fn is_enabled(&self) -> bool {
        self.0.enabled_at.is_some()
    }

    /// Since when.
    async fn enabled_at(&self) -> Option<DateTime<Utc>> {
        self.0.enabled_at
    }

    /// Recovery codes that were not used yet.
    async fn recovery_codes_left(&self) -> i32 {
        i32::try_from(self.0.recovery_codes_left).unwrap_or(i32::MAX)
    }
}

/// What an authenticator is set up with.
#[derive(SimpleObject)]
pub struct TotpEnrollment {
    /// In base 32, to be typed in. It is shown this once.
    secret: String,
    /// The same as an `otpauth:` address, to be shown as a QR code.
    uri: String,
}

impl From<Enrollment> for TotpEnrollment {
    fn from(made: Enrollment) -> Self {
        Self {
            secret: made.secret,
            uri: made.uri,
        }
    }
}

#[derive(Default)]
pub struct TotpQuery;

#[Object]
impl TotpQuery {
    /// The viewer's authenticator.
    async fn totp(&self, ctx: &Context<'_>) -> Result<Totp> {
        let Caller { app, actor } = Caller::of(ctx)?;
        Ok(Totp(totp::state(app, actor).await?))
    }
}

/// A new secret for the viewer's authenticator.
#[derive(InputObject)]
pub struct StartTotpEnrollmentInput {
    /// The viewer's password.
    password: String,
    /// Of the authenticator that is to be replaced, or a recovery code; only where there is one.
    code: Option<String>,
}

/// That the authenticator works.
#[derive(InputObject)]
pub struct ConfirmTotpInput {
    /// The six digits that it shows now.
    code: String,
}

/// Doing without an authenticator.
#[derive(InputObject)]
pub struct DisableTotpInput {
    /// The viewer's password.
    password: String,
    /// Of the authenticator, or a recovery code.
    code: String,
}

/// Other recovery codes.
#[derive(InputObject)]
pub struct RegenerateRecoveryCodesInput {
    /// The viewer's password.
    password: String,
    /// Of the authenticator, or a recovery code.
    code: String,
}

/// Whose authenticator is lost.
#[derive(InputObject)]
pub struct ResetTotpInput {
    /// Which person.
    user_id: ID,
}

/// What came of beginning with an authenticator.
#[derive(SimpleObject)]
pub struct StartTotpEnrollmentPayload {
    /// In base 32, to be typed in. It is shown this once.
    secret: Option<String>,
    /// The same as an `otpauth:` address, to be shown as a QR code.
    uri: Option<String>,
    /// What a person can put right; empty when it was done.
    user_errors: Vec<UserError>,
}

/// What came of confirming an authenticator.
#[derive(SimpleObject)]
pub struct ConfirmTotpPayload {
    /// Ten codes that are good once each, where the authenticator is lost. They are shown this once.
    recovery_codes: Option<Vec<String>>,
    /// What a person can put right; empty when it was done.
    user_errors: Vec<UserError>,
}

/// What came of replacing recovery codes.
#[derive(SimpleObject)]
pub struct RegenerateRecoveryCodesPayload {
    /// Ten codes in place of all earlier ones. They are shown this once.
    recovery_codes: Option<Vec<String>>,
    /// What a person can put right; empty when it was done.
    user_errors: Vec<UserError>,
}

/// What came of doing without an authenticator.
#[derive(SimpleObject)]
pub struct DisableTotpPayload {
    /// How it is now; null when refused.
    totp: Option<Totp>,
    /// What a person can put right; empty when it was done.
    user_errors: Vec<UserError>,
}

/// What came of taking an authenticator from somebody.
#[derive(SimpleObject)]
pub struct ResetTotpPayload {
    /// The person; null when refused.
    user: Option<User>,
    /// What a person can put right; empty when it was done.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct TotpMutation;

#[Object]
impl TotpMutation {
    /// Makes a secret for an authenticator (RFC 6238: SHA-1, six digits, 30 s). Nothing changes until `confirmTotp` has seen
    /// a code of it, within 15 minutes. For accounts with a password; attempts are limited together with those of `signIn`.
    async fn start_totp_enrollment(
        &self,
        ctx: &Context<'_>,
        input: StartTotpEnrollmentInput,
    ) -> Result<StartTotpEnrollmentPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let proof = proof(ctx, input.password, input.code);
        let result = totp::start(app, actor, &proof).await;
        let (made, user_errors) = split_errors(result, actor.locale())?;
        let (secret, uri) = made.map(|made| (made.secret, made.uri)).unzip();
        Ok(StartTotpEnrollmentPayload {
            secret,
            uri,
            user_errors,
        })
    }

    /// From now on `signIn` asks for a code of the newest secret. Gives new recovery codes; earlier ones are over.
    async fn confirm_totp(
        &self,
        ctx: &Context<'_>,
        input: ConfirmTotpInput,
    ) -> Result<ConfirmTotpPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let result = retry(|| totp::confirm(app, actor, &input.code)).await;
        let (recovery_codes, user_errors) = split_errors(result, actor.locale())?;
        Ok(ConfirmTotpPayload {
            recovery_codes,
            user_errors,
        })
    }

    /// `signIn` asks for no code any more; `FORBIDDEN` where the viewer's role must have an authenticator. Attempts are limited together with those of `signIn`.
    async fn disable_totp(
        &self,
        ctx: &Context<'_>,
        input: DisableTotpInput,
    ) -> Result<DisableTotpPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let proof = proof(ctx, input.password, Some(input.code));
        let result = totp::disable(app, actor, &proof).await;
        let (done, user_errors) = split_errors(result, actor.locale())?;
        Ok(DisableTotpPayload {
            totp: done.map(|()| Totp(State::default())),
            user_errors,
        })
    }

    /// Ten new recovery codes in place of those that are left. Attempts are limited together with those of `signIn`.
    async fn regenerate_recovery_codes(
        &self,
        ctx: &Context<'_>,
        input: RegenerateRecoveryCodesInput,
    ) -> Result<RegenerateRecoveryCodesPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let proof = proof(ctx, input.password, Some(input.code));
        let result = totp::regenerate(app, actor, &proof).await;
        let (recovery_codes, user_errors) = split_errors(result, actor.locale())?;
        Ok(RegenerateRecoveryCodesPayload {
            recovery_codes,
            user_errors,
        })
    }

    /// Takes the authenticator and the recovery codes from somebody who has lost them, and ends their sessions: the password
    /// alone lets them in again, or has them set up another where their role must have one. For admins, and not of oneself.
    async fn reset_totp(
        &self,
        ctx: &Context<'_>,
        input: ResetTotpInput,
    ) -> Result<ResetTotpPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let id = UserId::of(&input.user_id);
        let result = retry(|| totp::reset(app, actor, id)).await;
        let (id, user_errors) = split_errors(result, actor.locale())?;
        let user = match id {
            Some(id) => Some(user_field(ctx, id).await?),
            None => None,
        };
        Ok(ResetTotpPayload { user, user_errors })
    }
}

fn proof(ctx: &Context<'_>, password: String, code: Option<String>) -> Proof {
    Proof {
        password,
        code,
        address: address_of(ctx),
    }
}
