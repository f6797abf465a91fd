//! Getting an authenticator, asking for its codes, and doing without it again.

use anyhow::Context;
use aws_lc_rs::rand;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use entity::{
    audit_entry::Action as Audited,
    ids::UserId,
    totp_enrollment::{ActiveModel, Column, Entity, Model},
    user::{self, Kind},
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect, Set,
    sea_query::{Expr, OnConflict},
};

use super::{
    code::{self, DIGITS, SECRET_BYTES},
    queries::enabled,
    recovery,
};
use crate::{
    actor::Actor,
    app::{App, Memory, Tx, retry},
    error::{Error, Result},
    limits::Limit,
    policy::{self, Action},
    refusal::{CredentialWhy, Late, Refusal, Why},
    session::{self, ClientAddress, Shown},
    trail::{Act, By, Subject},
};

/// How long a secret waits for its first code.
const PENDING_FOR: TimeDelta = TimeDelta::minutes(15);
/// Codes that one person may try in this time: whoever has only taken a session cannot guess one.
const CONFIRMATIONS: Limit = Limit {
    name: "totp:confirm",
    max: 10,
    window_s: 900,
};
/// What secrets are sealed for.
const PURPOSE: &str = "totp";
const WRONG_CODE: Refusal = Refusal::Invalid {
    field: "code",
    why: Why::Credential(CredentialWhy::WrongCode),
};

/// A secret for an authenticator.
#[derive(Clone, Debug)]
pub struct Enrollment {
    /// In base 32, to be typed in.
    pub secret: String,
    /// To be shown as a QR code.
    pub uri: String,
}

/// What somebody shows again to change their second factor.
pub struct Proof {
    pub password: String,
    /// Where they have an authenticator.
    pub code: Option<String>,
    pub address: ClientAddress,
}

/// Makes a secret, which is asked for once [`confirm`] has seen a code of it. Until then an earlier one stays.
pub async fn start(app: &App, actor: &Actor, proof: &Proof) -> Result<Enrollment> {
    let shown = session::reauthenticate(app, actor, &proof.password, proof.address).await?;
    let (enrollment, sealed) = new_secret(app, &shown.user).await?;
    with_proof(app, &shown, || {
        start_again(app, actor, &shown, proof, &sealed)
    })
    .await?;
    Ok(enrollment)
}

async fn start_again(
    app: &App,
    actor: &Actor,
    shown: &Shown,
    proof: &Proof,
    sealed: &[u8],
) -> Result<()> {
    let mut tx = app.begin(actor).await?;
    demand(&mut tx, shown.user.id, proof.code.as_deref()).await?;
    keep_pending(&mut tx, shown.user.id, sealed).await?;
    tx.commit().await
}

/// Makes the secret of somebody who has given their password, and must have an authenticator to sign in.
pub async fn start_at_sign_in(app: &App, user: &user::Model) -> Result<Enrollment> {
    let (enrollment, sealed) = new_secret(app, user).await?;
    let mut tx = app.begin(&Actor::System).await?;
    keep_pending(&mut tx, user.id, &sealed).await?;
    tx.commit().await?;
    Ok(enrollment)
}

/// As it is shown, and as it is stored.
async fn new_secret(app: &App, of: &user::Model) -> Result<(Enrollment, Vec<u8>)> {
    let mut secret = [0; SECRET_BYTES];
    rand::fill(&mut secret).context("the system has no random numbers")?;
    let sealed = session::seal(app, PURPOSE, of.id.0, &secret).await?;
    let account = of.email.as_deref().unwrap_or_default();
    let enrollment = Enrollment {
        secret: code::base32(&secret),
        uri: code::uri(&app.config.public_url, account, &secret),
    };
    Ok((enrollment, sealed))
}

async fn keep_pending(tx: &mut Tx<'_>, id: UserId, sealed: &[u8]) -> Result<()> {
    let row = ActiveModel {
        user_id: Set(id),
        secret: Set(None),
        enabled_at: Set(None),
        last_step: Set(0),
        pending_secret: Set(Some(sealed.to_vec())),
        pending_since: Set(Some(tx.now())),
    };
    let pending = OnConflict::column(Column::UserId)
        .update_columns([Column::PendingSecret, Column::PendingSince])
        .to_owned();
    Entity::insert(row)
        .on_conflict(pending)
        .exec_without_returning(&**tx)
        .await?;
    audit(tx, Audited::TotpEnrollmentStarted, id);
    Ok(())
}

/// From now on codes of the newest secret are asked for. The recovery codes are shown this once.
pub async fn confirm(app: &App, actor: &Actor, code: &str) -> Result<Vec<String>> {
    policy::authorize(actor, Action::EditProfile)?;
    let id = actor.id().ok_or(Error::Forbidden)?;
    // Desks that share a Redis do not count together.
    let subject = session::mac(app, CONFIRMATIONS.name, id.0.as_bytes()).await?;
    let subject = BASE64_URL_SAFE_NO_PAD.encode(subject);
    let (limits, now) = (app.sessions.limits(), app.clock.now());
    limits.count(CONFIRMATIONS, &subject, now).await?;
    let mut tx = app.begin(actor).await?;
    let codes = enable(&mut tx, id, code).await?;
    tx.commit().await?;
    Ok(codes)
}

async fn enable(tx: &mut Tx<'_>, id: UserId, code: &str) -> Result<Vec<String>> {
    let row = Entity::find_by_id(id).lock_exclusive().one(&**tx).await?;
    let begun = tx.now() - PENDING_FOR;
    let pending = row.filter(|row| row.pending_since.is_some_and(|since| since > begun));
    let row = pending.ok_or(Refusal::TooLate {
        field: "code",
        why: Late::EnrollmentOver,
    })?;
    let sealed = row.pending_secret.clone().unwrap_or_default();
    let secret = session::unseal(tx.app(), PURPOSE, id.0, &sealed).await?;
    let step = code::step_of(&secret, &bare(code), tx.now(), 0).ok_or(WRONG_CODE)?;
    let mut row = row.into_active_model();
    row.secret = Set(Some(sealed));
    row.enabled_at = Set(Some(tx.now()));
    row.last_step = Set(step);
    row.pending_secret = Set(None);
    row.pending_since = Set(None);
    row.update(&**tx).await?;
    let codes = recovery::replace(tx, id).await?;
    audit(tx, Audited::TotpEnabled, id);
    Ok(codes)
}

/// Asks for a code as `demand` does. Whose role must have an authenticator, and who has none, is refused with
/// [`Refusal::TotpRequired`] until they show a code of the secret that [`start_at_sign_in`] made, which gives recovery codes.
pub async fn demand_at_sign_in(
    tx: &mut Tx<'_>,
    user: &user::Model,
    code: Option<&str>,
) -> Result<Option<Vec<String>>> {
    if !is_duty_of(tx.app(), user) || enabled(&**tx, user.id).await?.is_some() {
        demand(tx, user.id, code).await?;
        return Ok(None);
    }
    let code = code.filter(|code| !bare(code).is_empty());
    let code = code.ok_or(Refusal::TotpRequired)?;
    Ok(Some(enable(tx, user.id, code).await?))
}

fn is_duty_of(app: &App, user: &user::Model) -> bool {
    app.config.totp_required_roles.contains(&user.role)
}

/// Asks for no codes any more.
pub async fn disable(app: &App, actor: &Actor, proof: &Proof) -> Result<()> {
    let shown = session::reauthenticate(app, actor, &proof.password, proof.address).await?;
    with_proof(app, &shown, || do_without(app, actor, &shown, proof)).await
}

async fn do_without(app: &App, actor: &Actor, shown: &Shown, proof: &Proof) -> Result<()> {
    if is_duty_of(app, &shown.user) {
        return Err(Refusal::Forbidden { field: None }.into());
    }
    let mut tx = app.begin(actor).await?;
    demand(&mut tx, shown.user.id, proof.code.as_deref()).await?;
    remove(&mut tx, shown.user.id).await?;
    tx.commit().await
}

/// Other recovery codes, in place of all that are left.
pub async fn regenerate(app: &App, actor: &Actor, proof: &Proof) -> Result<Vec<String>> {
    let shown = session::reauthenticate(app, actor, &proof.password, proof.address).await?;
    with_proof(app, &shown, || replace_codes(app, actor, &shown, proof)).await
}

async fn replace_codes(
    app: &App,
    actor: &Actor,
    shown: &Shown,
    proof: &Proof,
) -> Result<Vec<String>> {
    let id = shown.user.id;
    let mut tx = app.begin(actor).await?;
    if enabled(&*tx, id).await?.is_none() {
        return Err(Refusal::NotFound { field: "code" }.into());
    }
    demand(&mut tx, id, proof.code.as_deref()).await?;
    let codes = recovery::replace(&tx, id).await?;
    tx.audit(Audited::RecoveryCodesReplaced, Subject::User(id));
    tx.commit().await?;
    Ok(codes)
}

/// Takes the authenticator from somebody who has lost it, and ends their sessions.
pub async fn reset(app: &App, actor: &Actor, id: Option<UserId>) -> Result<UserId> {
    policy::authorize(actor, Action::ResetTotp)?;
    let field = "userId";
    if id.is_some() && id == actor.id() {
        let why = Why::Oneself;
        return Err(Refusal::Invalid { field, why }.into());
    }
    let mut tx = app.begin(actor).await?;
    let user = user::Entity::find_by_id(id.ok_or(Refusal::NotFound { field })?)
        .filter(user::Column::Kind.eq(Kind::Person))
        .filter(policy::visible_users(actor))
        .one(&*tx)
        .await?;
    let id = user.ok_or(Refusal::NotFound { field })?.id;
    remove(&mut tx, id).await?;
    session::end_all(&tx, [id]).await?;
    tx.commit().await?;
    app.forget(Memory::Actors);
    Ok(id)
}

/// Asks for a code where the account has an authenticator, and uses it up. Whoever is asked has given the password already.
async fn demand(tx: &mut Tx<'_>, of: UserId, code: Option<&str>) -> Result<()> {
    let Some(row) = enabled(&**tx, of).await? else {
        return Ok(());
    };
    let code = code.map(bare).filter(|code| !code.is_empty());
    let code = code.ok_or(Refusal::CodeRequired)?;
    if code.len() == DIGITS {
        return spend_step(tx, &row, &code).await;
    }
    if !recovery::spend(tx, of, &code).await? {
        return Err(WRONG_CODE.into());
    }
    audit(tx, Audited::RecoveryCodeUsed, of);
    Ok(())
}

/// Who signs in is nobody before: it is told as theirs.
fn audit(tx: &mut Tx<'_>, action: Audited, of: UserId) {
    tx.audit_by(By::person(of), Act::on(action, Subject::User(of)));
}

/// Whether a command failed for a code that is not good.
pub fn is_wrong_code(error: &Error) -> bool {
    matches!(error, Error::Refused(refusals) if refusals.contains(&WRONG_CODE))
}

/// Of two who show the same code at once one is late.
async fn spend_step(tx: &Tx<'_>, row: &Model, code: &str) -> Result<()> {
    let sealed = row.secret.as_deref().unwrap_or_default();
    let secret = session::unseal(tx.app(), PURPOSE, row.user_id.0, sealed).await?;
    let step = code::step_of(&secret, code, tx.now(), row.last_step).ok_or(WRONG_CODE)?;
    let spent = Entity::update_many()
        .col_expr(Column::LastStep, Expr::val(step))
        .filter(Column::UserId.eq(row.user_id))
        .filter(Column::LastStep.lt(step))
        // It may have been replaced meanwhile.
        .filter(Column::Secret.eq(sealed))
        .exec(&**tx)
        .await?;
    if spent.rows_affected == 1 {
        Ok(())
    } else {
        Err(WRONG_CODE.into())
    }
}

async fn remove(tx: &mut Tx<'_>, of: UserId) -> Result<()> {
    recovery::remove(tx, of).await?;
    Entity::delete_by_id(of).exec(&**tx).await?;
    tx.audit(Audited::TotpDisabled, Subject::User(of));
    Ok(())
}

/// Does what somebody has shown again who they are for. A wrong code counts as a wrong password does.
async fn with_proof<T, F>(app: &App, shown: &Shown, work: impl Fn() -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    let done = retry(work).await;
    match &done {
        Ok(_) => shown.clear(app).await,
        Err(error) if is_wrong_code(error) => shown.note_failure(app),
        Err(_) => {}
    }
    done
}

/// A code as people type it: with spaces and hyphens, in either case.
fn bare(code: &str) -> String {
    let is_part = |letter: &char| !letter.is_whitespace() && *letter != '-';
    code.chars()
        .filter(is_part)
        .collect::<String>()
        .to_uppercase()
}
