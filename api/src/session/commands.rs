//! Starting, continuing and ending sessions of those who have shown who they are.

use std::sync::Arc;

use aws_lc_rs::{constant_time::verify_slices_are_equal, hmac};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    audit_entry::Action,
    ids::{ApplicationId, SessionId, UserId},
    json::ApplicationContext,
    session, user,
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, EntityTrait, QueryFilter, Set, sea_query::Expr,
};

use super::{
    ClientAddress,
    attempt::note_failure,
    bounds::end_surplus,
    keys, queries,
    tokens::{self, RefreshToken},
};
use crate::{
    actor::{Actor, Credential},
    app::{App, Memory, Tx, retry},
    error::{Error, Result},
    limits::Limit,
    policy,
    refusal::Refusal,
    trail::{Act, By, Subject},
};

/// A session ends when it was not used for so long …
const IDLE_MAX: TimeDelta = TimeDelta::days(14);
/// … and at the latest so long after the sign-in.
const LIFE_MAX: TimeDelta = TimeDelta::days(60);
/// How long the direct predecessor of a refresh token still gets that same token: the answer that
/// carried it may have been lost, or two tabs asked at once.
const GRACE: TimeDelta = TimeDelta::seconds(10);

const FAILED_REFRESHES_BY_ADDRESS: Limit = Limit {
    name: "refresh:address",
    max: 300,
    window_s: 900,
};

/// What a signed-in person's client holds.
pub struct SignedIn {
    pub access_token: String,
    /// When the access token ends.
    pub expires_at: DateTime<Utc>,
    pub refresh_token: String,
    pub user: Arc<user::Model>,
    pub actor: Actor,
    /// Where this sign-in has turned an authenticator on; they are shown this once.
    pub recovery_codes: Option<Vec<String>>,
}

/// Replaces a refresh token. One that was replaced earlier ends its session: two parties hold it,
/// and one of them stole it. Too many failures from one address are [`Error::RateLimited`].
pub async fn refresh(app: &App, refresh_token: &str, address: ClientAddress) -> Result<SignedIn> {
    let refreshed = retry(|| try_refresh(app, refresh_token)).await;
    if matches!(refreshed, Err(Error::Refused(_))) {
        count_failed_refresh(app, address).await?;
    }
    refreshed
}

async fn try_refresh(app: &App, refresh_token: &str) -> Result<SignedIn> {
    let presented = RefreshToken::read(refresh_token).ok_or(Refusal::BadCredentials)?;
    refuse_ended(app, presented.session).await?;
    let successor = presented.successor(keys::current(app).await?.as_ref());
    let mut tx = app.begin(&Actor::System).await?;
    let is_current = replace(&tx, &presented, &successor).await?;
    let session = session::Entity::find_by_id(presented.session)
        .one(&*tx)
        .await?
        .ok_or(Refusal::BadCredentials)?;
    if !is_current && !is_lost_answer(&session, &presented, &successor, tx.now()) {
        if end(&tx, session::Column::Id.eq(session.id).into()).await? > 0 {
            let act = Act::on(Action::RefreshTokenReused, Subject::User(session.user_id));
            tx.audit_by(By::of(&Actor::System), act);
        }
        tx.commit().await?;
        app.forget(Memory::Actors);
        return Err(Refusal::BadCredentials.into());
    }
    let user = find_active(&tx, session.user_id).await?;
    if session.application_id.is_some() && !policy::asks_for_help(&user) {
        return Err(Refusal::BadCredentials.into());
    }
    tx.commit().await?;
    signed_in(app, user, &successor).await
}

/// Ends sessions, and says how many: the one that `refresh_token` belongs to, or without one that
/// of `actor`; with `everywhere` all of that person. A token whose session has ended ends nothing.
pub async fn sign_out(
    app: &App,
    actor: Option<&Actor>,
    refresh_token: Option<&str>,
    everywhere: bool,
) -> Result<u64> {
    let (whose, which) = match (refresh_token, actor) {
        (Some(token), _) => match held_by(app, token, everywhere).await? {
            Some(held) => held,
            None => return Ok(0),
        },
        (None, Some(Actor::User(user))) if everywhere => {
            (user.id, session::Column::UserId.eq(user.id))
        }
        (None, Some(Actor::User(user))) => {
            let own = user.session_id().ok_or(Error::Forbidden)?;
            (user.id, session::Column::Id.eq(own))
        }
        (None, _) => return Err(Error::Unauthenticated),
    };
    let mut tx = app.begin(&Actor::System).await?;
    let ended = end(&tx, which.into()).await?;
    if ended > 0 {
        let action = if everywhere {
            Action::SignOutEverywhere
        } else {
            Action::SignOut
        };
        tx.audit_by(By::person(whose), Act::on(action, Subject::User(whose)));
    }
    tx.commit().await?;
    app.forget(Memory::Actors);
    Ok(ended)
}

/// Ends all sessions of these people with `tx`; after its commit call
/// [`forget_actors`](super::Sessions::forget_actors). For changes of passwords.
pub async fn end_all(tx: &Tx<'_>, users: impl IntoIterator<Item = UserId>) -> Result<u64> {
    end(tx, session::Column::UserId.is_in(users).into()).await
}

/// Has the audit log tell of somebody who did not show who they are, and counts it as a failed refresh is counted.
pub async fn count_failure(app: &App, address: ClientAddress) -> Result<()> {
    note_failure(app, None, address);
    count_failed_refresh(app, address).await
}

/// Fails where [`count_failure`] would: before work that is not done for whoever failed as often.
pub async fn refuse_after_failures(app: &App, address: ClientAddress) -> Result<()> {
    let subject = subject_of_failures(app, address).await?;
    let limit = FAILED_REFRESHES_BY_ADDRESS;
    let now = app.clock.now();
    app.sessions.limits.check(limit, &subject, now).await
}

async fn count_failed_refresh(app: &App, address: ClientAddress) -> Result<()> {
    let subject = subject_of_failures(app, address).await?;
    let limit = FAILED_REFRESHES_BY_ADDRESS;
    let now = app.clock.now();
    app.sessions.limits.count(limit, &subject, now).await
}

async fn subject_of_failures(app: &App, address: ClientAddress) -> Result<String> {
    let keys = keys::current(app).await?;
    Ok(keyed_hash(&keys, &format!("refresh {}", address.network())))
}

pub(super) fn keyed_hash(keys: &keys::KeySet, words: &str) -> String {
    let tag = hmac::sign(&keys.refresh_secret, words.as_bytes());
    BASE64_URL_SAFE_NO_PAD.encode(tag)
}

/// How a session began, other than by a password.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// Which application said who this is.
    pub application: Option<ApplicationId>,
    /// Where in the application they were.
    pub context: Option<ApplicationContext>,
}

/// A session that begins with a commit.
pub struct Started(RefreshToken);

/// Starts a session for somebody who has shown already who they are.
pub async fn start(app: &App, user: user::Model) -> Result<SignedIn> {
    let mut tx = app.begin(&Actor::System).await?;
    let started = start_in(&mut tx, user.id, Origin::default()).await?;
    tx.commit().await?;
    answer(app, user, &started).await
}

/// The same as a part of `tx`; after its commit [`answer`] has the tokens.
pub async fn start_in(tx: &mut Tx<'_>, user_id: UserId, origin: Origin) -> Result<Started> {
    let token = RefreshToken::new(SessionId(tx.new_id()))?;
    session::ActiveModel {
        id: Set(token.session),
        user_id: Set(user_id),
        token_hash: Set(token.hash().to_vec()),
        previous_hash: Set(None),
        rotated_at: Set(tx.now()),
        created_at: Set(tx.now()),
        expires_at: Set(tx.now() + IDLE_MAX),
        ends_at: Set(tx.now() + LIFE_MAX),
        revoked_at: Set(None),
        application_id: Set(origin.application),
        context: Set(origin.context),
    }
    .insert(&**tx)
    .await?;
    end_surplus(tx, user_id).await?;
    let act = Act::on(Action::SignIn, Subject::User(user_id));
    tx.audit_by(By::person(user_id), act);
    Ok(Started(token))
}

/// What the client of a session gets that has begun.
pub async fn answer(app: &App, user: user::Model, started: &Started) -> Result<SignedIn> {
    signed_in(app, user, &started.0).await
}

async fn signed_in(app: &App, user: user::Model, token: &RefreshToken) -> Result<SignedIn> {
    let now = app.clock.now();
    let (access_token, expires_at) = tokens::issue(app, user.id, token.session, now).await?;
    Ok(SignedIn {
        access_token,
        expires_at,
        refresh_token: token.write(),
        actor: queries::actor_of(app, &user, Credential::Session(token.session)).await?,
        user: Arc::new(user),
        recovery_codes: None,
    })
}

/// Asks the pool that reads: anybody may present anything, and SQLite has one writer.
async fn refuse_ended(app: &App, id: SessionId) -> Result<()> {
    let session = find(app, id).await?;
    if is_in_force(&session, app.clock.now()) {
        Ok(())
    } else {
        Err(Refusal::BadCredentials.into())
    }
}

async fn find(app: &App, id: SessionId) -> Result<session::Model> {
    let session = session::Entity::find_by_id(id).one(&app.store.read).await?;
    Ok(session.ok_or(Refusal::BadCredentials)?)
}

fn is_in_force(session: &session::Model, now: DateTime<Utc>) -> bool {
    session.revoked_at.is_none() && now < session.expires_at
}

/// Whether `presented` was the token in force; of two that present it at once one finds it so.
async fn replace(tx: &Tx<'_>, presented: &RefreshToken, successor: &RefreshToken) -> Result<bool> {
    let now = tx.now();
    let slides_to = Expr::case(
        session::Column::EndsAt.lt(now + IDLE_MAX),
        session::Column::EndsAt.into_expr(),
    )
    .finally(now + IDLE_MAX);
    let replaced = session::Entity::update_many()
        .col_expr(
            session::Column::TokenHash,
            Expr::val(successor.hash().to_vec()),
        )
        .col_expr(
            session::Column::PreviousHash,
            Expr::val(presented.hash().to_vec()),
        )
        .col_expr(session::Column::RotatedAt, Expr::val(now))
        .col_expr(session::Column::ExpiresAt, slides_to.into())
        .filter(session::Column::Id.eq(presented.session))
        .filter(session::Column::TokenHash.eq(presented.hash().to_vec()))
        .filter(session::Column::RevokedAt.is_null())
        .filter(session::Column::ExpiresAt.gt(now))
        .exec(&**tx)
        .await?;
    Ok(replaced.rows_affected == 1)
}

fn is_lost_answer(
    session: &session::Model,
    presented: &RefreshToken,
    successor: &RefreshToken,
    now: DateTime<Utc>,
) -> bool {
    is_predecessor(session, presented)
        && is_equal(&session.token_hash, &successor.hash())
        && is_in_force(session, now)
        && now <= session.rotated_at + GRACE
}

fn is_predecessor(session: &session::Model, token: &RefreshToken) -> bool {
    let previous = session.previous_hash.as_deref();
    previous.is_some_and(|hash| is_equal(hash, &token.hash()))
}

fn is_equal(one: &[u8], other: &[u8]) -> bool {
    verify_slices_are_equal(one, other).is_ok()
}

async fn find_active(tx: &Tx<'_>, id: UserId) -> Result<user::Model> {
    let user = user::Entity::find_by_id(id)
        .filter(user::Column::DisabledAt.is_null())
        .one(&**tx)
        .await?;
    Ok(user.ok_or(Refusal::BadCredentials)?)
}

/// Who holds a refresh token, and the sessions that they may end; none where its own has ended. The token
/// before the newest ends its session too, but after [`GRACE`] not all of the person's: it may be
/// stolen.
async fn held_by(
    app: &App,
    refresh_token: &str,
    everywhere: bool,
) -> Result<Option<(UserId, Expr)>> {
    let token = RefreshToken::read(refresh_token).ok_or(Refusal::BadCredentials)?;
    let session = find(app, token.session).await?;
    let is_newest = is_equal(&session.token_hash, &token.hash());
    if !is_newest && !is_predecessor(&session, &token) {
        return Err(Refusal::BadCredentials.into());
    }
    let now = app.clock.now();
    let is_fresh = is_newest || now <= session.rotated_at + GRACE;
    let held = if everywhere && is_fresh {
        session::Column::UserId.eq(session.user_id)
    } else {
        session::Column::Id.eq(session.id)
    };
    Ok(is_in_force(&session, now).then_some((session.user_id, held)))
}

/// Ends all sessions that an application began, with what is done to it; after the commit call
/// [`forget_actors`](super::Sessions::forget_actors).
pub async fn end_of_application(tx: &Tx<'_>, id: ApplicationId) -> Result<u64> {
    end(tx, session::Column::ApplicationId.eq(id).into()).await
}

pub(super) async fn end(tx: &Tx<'_>, which: Condition) -> Result<u64> {
    let ended = session::Entity::update_many()
        .col_expr(session::Column::RevokedAt, Expr::val(tx.now()))
        // What is over for long enough is deleted.
        .col_expr(session::Column::ExpiresAt, Expr::val(tx.now()))
        .filter(which)
        .filter(session::Column::RevokedAt.is_null())
        .exec(&**tx)
        .await?;
    Ok(ended.rows_affected)
}
