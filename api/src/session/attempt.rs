//! Signing in with a password, and a code where the account has one; and how attempts are counted.

use entity::{
    ids::UserId,
    user::{self, Kind},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect, sea_query::LockType};

use super::{
    ClientAddress,
    commands::{Origin, SignedIn, answer, keyed_hash, start_in},
    keys, passwords,
};
use crate::{
    actor::Actor,
    app::{App, retry},
    error::{Error, Result},
    limits::Limit,
    refusal::Refusal,
    text,
    totp::{self, Enrollment},
    trail::Failure,
};

const BY_ACCOUNT_AND_ADDRESS: Limit = Limit {
    name: "sign-in:account+address",
    max: 5,
    window_s: 900,
};
const BY_ACCOUNT: Limit = Limit {
    name: "sign-in:account",
    max: 20,
    window_s: 3_600,
};
const BY_ADDRESS: Limit = Limit {
    name: "sign-in:address",
    max: 100,
    window_s: 3_600,
};
/// Somebody tries to sign in.
pub struct Attempt {
    pub email: String,
    pub password: String,
    /// Of an authenticator, or a recovery code; needed only where the account has one.
    pub code: Option<String>,
    pub address: ClientAddress,
}

/// What comes of an attempt that was not refused.
pub enum Attempted {
    SignedIn(SignedIn),
    /// They must have an authenticator: this is its secret, of which the next attempt shows a code.
    MustEnroll(Enrollment),
}

/// Starts a session. Whether an account is known, disabled or has another password, the answer is
/// the same, after the same time. Too many attempts are `RATE_LIMITED`, whatever they say. Only
/// who knows the password hears that a code is asked for; attempts with a wrong one count as well.
pub async fn sign_in(app: &App, attempt: Attempt) -> Result<Attempted> {
    let Ok(email) = text::email(&attempt.email) else {
        return Err(Refusal::BadCredentials.into());
    };
    if attempt.password.chars().count() > passwords::CHARS_MAX {
        return Err(Refusal::BadCredentials.into());
    }
    let subjects = Subjects::of(app, &email, attempt.address).await?;
    if let Err(error) = subjects.count(app).await {
        note_failure(app, None, attempt.address);
        return Err(error);
    }

    let user = find_by_email(app, email).await?;
    let account = user.as_ref().map(|user| user.id);
    let hash = user.as_ref().and_then(|user| user.password_hash.clone());
    let is_right = app.sessions.hashing.verify(&attempt.password, hash).await?;
    let Some(user) = user.filter(|_| is_right) else {
        note_failure(app, account, attempt.address);
        return Err(Refusal::BadCredentials.into());
    };
    let entered = retry(|| enter(app, &user, attempt.code.as_deref())).await;
    match &entered {
        Ok(_) => subjects.clear(app).await,
        Err(error) if totp::is_wrong_code(error) => note_failure(app, account, attempt.address),
        Err(_) => {}
    }
    match entered {
        Err(error) if is_totp_required(&error) => {
            let enrollment = totp::start_at_sign_in(app, &user).await?;
            Ok(Attempted::MustEnroll(enrollment))
        }
        entered => entered.map(Attempted::SignedIn),
    }
}

fn is_totp_required(error: &Error) -> bool {
    matches!(error, Error::Refused(refusals) if *refusals == [Refusal::TotpRequired])
}

/// A code is used up together with the start of its session. Whoever disables the account now or gives it another password
/// ends this session too, or comes first.
async fn enter(app: &App, user: &user::Model, code: Option<&str>) -> Result<SignedIn> {
    let mut tx = app.begin(&Actor::System).await?;
    let as_it_was = user::Entity::find_by_id(user.id)
        .filter(user::Column::DisabledAt.is_null())
        .filter(user::Column::PasswordHash.eq(user.password_hash.clone()))
        .lock(LockType::Share)
        .one(&*tx)
        .await?;
    as_it_was.ok_or(Refusal::BadCredentials)?;
    let recovery_codes = totp::demand_at_sign_in(&mut tx, user, code).await?;
    let started = start_in(&mut tx, user.id, Origin::default()).await?;
    tx.commit().await?;
    let signed_in = answer(app, user.clone(), &started).await?;
    Ok(SignedIn {
        recovery_codes,
        ..signed_in
    })
}

/// For the audit log, which tells of attempts that failed together.
pub(super) fn note_failure(app: &App, account: Option<UserId>, address: ClientAddress) {
    // As attempts are limited: else one household's network fills the log's places.
    let address = Some(address.network());
    let failure = Failure { account, address };
    app.failed_sign_ins.note(failure, app.clock.now());
}

async fn find_by_email(app: &App, email: String) -> Result<Option<user::Model>> {
    let user = user::Entity::find()
        .filter(user::Column::Email.eq(email))
        .filter(user::Column::Kind.eq(Kind::Person))
        .filter(user::Column::DisabledAt.is_null())
        .one(&app.store.read)
        .await?;
    Ok(user)
}

/// What attempts are counted by: keyed hashes, since counts may be kept in Redis, which holds
/// nobody's words.
pub(super) struct Subjects {
    account_and_address: String,
    account: String,
    address: String,
}

impl Subjects {
    pub(super) async fn of(app: &App, email: &str, address: ClientAddress) -> Result<Self> {
        let keys = keys::current(app).await?;
        let hash = |words: &str| keyed_hash(&keys, words);
        let address = address.network();
        Ok(Self {
            account_and_address: hash(&format!("sign-in {email} {address}")),
            account: hash(&format!("sign-in {email}")),
            address: hash(&format!("sign-in {address}")),
        })
    }

    /// Addresses first: one that is over its own limit does not use up that of accounts.
    pub(super) async fn count(&self, app: &App) -> Result<()> {
        let (limits, now) = (&app.sessions.limits, app.clock.now());
        limits.count(BY_ADDRESS, &self.address, now).await?;
        limits
            .count(BY_ACCOUNT_AND_ADDRESS, &self.account_and_address, now)
            .await?;
        limits.count(BY_ACCOUNT, &self.account, now).await
    }

    pub(super) async fn clear(&self, app: &App) {
        let (limits, now) = (&app.sessions.limits, app.clock.now());
        limits
            .clear(BY_ACCOUNT_AND_ADDRESS, &self.account_and_address, now)
            .await;
    }
}
