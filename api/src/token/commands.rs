//! Making, changing, replacing and revoking tokens.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    api_token::{ActiveModel, ApiScope, ApiScopes, Column, Entity, Model},
    audit_entry::Action as Audited,
    ids::{ApiTokenId, UserId},
    user,
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, Set,
    sea_query::{Expr, LockType},
};

use super::{queries::in_force, secret::Secret};
use crate::{
    actor::Actor,
    app::{App, Memory, Tx},
    error::{Error, Result, refuse_if_any},
    input::{Checked, Named},
    policy::{self, Action},
    refusal::{Refusal, TokenWhy, Why},
    text::NAME_CHARS_MAX,
    trail::Subject,
};

/// How long a token is good where nobody says.
const LIFE: TimeDelta = TimeDelta::days(90);
/// … and at most, from the moment that it is made or changed.
const LIFE_MAX: TimeDelta = TimeDelta::days(365);
/// How long a token that was replaced stays good where nobody says, in hours, and at most.
const OVERLAP_HOURS: i32 = 24;
const OVERLAP_HOURS_MAX: i32 = 7 * 24;
/// Tokens of one owner that are good at a time.
const OF_OWNER_MAX: usize = 50;
/// … and with those that were replaced and are good still: whoever has as many as there may be can rotate each.
const WHILE_ROTATED_MAX: usize = 2 * OF_OWNER_MAX;

#[derive(Clone, Debug)]
pub struct NewToken {
    pub name: String,
    pub scopes: Vec<ApiScope>,
    /// Whose; the actor's own where absent.
    pub machine: Named<UserId>,
    pub expires_at: Option<DateTime<Utc>>,
}

/// What to change of a token; what is absent stays.
#[derive(Clone, Debug, Default)]
pub struct EditToken {
    pub name: Option<String>,
    pub scopes: Option<Vec<ApiScope>>,
    pub expires_at: Option<DateTime<Utc>>,
}

/// How a token is replaced.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rotation {
    /// How long the old one stays good.
    pub overlap_hours: Option<i32>,
    /// When the new one is over.
    pub expires_at: Option<DateTime<Utc>>,
}

/// A new token, and its text, which nobody sees again.
#[derive(Clone, Debug)]
pub struct Made {
    pub token: Model,
    pub secret: Secret,
}

/// Makes a token: for the actor's own scripts, or for a machine.
pub async fn create(app: &App, actor: &Actor, new: &NewToken) -> Result<Made> {
    let now = app.clock.now();
    let mut checked = Checked::default();
    let name = checked.line("name", &new.name, NAME_CHARS_MAX);
    check_scopes(&mut checked, &new.scopes);
    let expires_at = new.expires_at.unwrap_or(now + LIFE);
    check_end(&mut checked, expires_at, now);
    let owner_id = match new.machine {
        Named::Absent | Named::Null => actor.id().ok_or(Error::Forbidden)?,
        Named::Id(id) => id,
        Named::Unknown => return Err(Refusal::NotFound { field: "machineId" }.into()),
    };

    let mut tx = app.begin(actor).await?;
    let owner = lock_owner(&tx, owner_id, "machineId").await?;
    let (of, kind) = (owner.id, owner.kind);
    policy::authorize(actor, Action::CreateApiToken { of, kind })?;
    refuse_if_any(checked.refusals)?;
    refuse_too_many(&tx, owner.id, OF_OWNER_MAX).await?;
    let scopes = policy::with_implied(new.scopes.iter().copied());
    let (token, secret) = insert(&tx, owner.id, &name, scopes, expires_at).await?;
    tx.audit(Audited::ApiTokenCreated, Subject::ApiToken(token.id));
    tx.commit().await?;
    Ok(Made { token, secret })
}

/// Changes a token's name, scopes or end. Requests and open streams follow within two seconds.
pub async fn edit(
    app: &App,
    actor: &Actor,
    id: Option<ApiTokenId>,
    edit: &EditToken,
) -> Result<Model> {
    let mut checked = Checked::default();
    let name = edit.name.as_deref();
    let name = name.map(|name| checked.line("name", name, NAME_CHARS_MAX));
    if let Some(scopes) = &edit.scopes {
        check_scopes(&mut checked, scopes);
    }
    if let Some(end) = edit.expires_at {
        check_end(&mut checked, end, app.clock.now());
    }

    let mut tx = app.begin(actor).await?;
    let before = lock_to_edit(&tx, id).await?;
    refuse_if_any(checked.refusals)?;
    let mut after = before.clone();
    after.name = name.unwrap_or(after.name);
    if let Some(scopes) = &edit.scopes {
        after.scopes = policy::with_implied(scopes.iter().copied());
    }
    after.expires_at = edit.expires_at.unwrap_or(after.expires_at);
    if after == before {
        return Ok(after);
    }
    let after = after.into_active_model().reset_all().update(&*tx).await?;
    tx.audit(Audited::ApiTokenEdited, Subject::ApiToken(after.id));
    tx.commit().await?;
    app.forget(Memory::Actors);
    Ok(after)
}

/// Makes a token like this one, which stays good for a while: time to bring the new one to where it is used.
pub async fn rotate(
    app: &App,
    actor: &Actor,
    id: Option<ApiTokenId>,
    rotation: Rotation,
) -> Result<Made> {
    let now = app.clock.now();
    let mut checked = Checked::default();
    let overlap_hours = rotation.overlap_hours.unwrap_or(OVERLAP_HOURS);
    if !(0..=OVERLAP_HOURS_MAX).contains(&overlap_hours) {
        checked.refuse(Refusal::Invalid {
            field: "overlapHours",
            why: Why::OutOfRange {
                min: 0,
                max: OVERLAP_HOURS_MAX,
            },
        });
    }
    let expires_at = rotation.expires_at.unwrap_or(now + LIFE);
    check_end(&mut checked, expires_at, now);

    let mut tx = app.begin(actor).await?;
    let old = lock_to_edit(&tx, id).await?;
    refuse_if_any(checked.refusals)?;
    refuse_too_many(&tx, old.user_id, WHILE_ROTATED_MAX).await?;
    let (token, secret) = insert(&tx, old.user_id, &old.name, old.scopes, expires_at).await?;
    let overlap = TimeDelta::hours(overlap_hours.into());
    let old_id = old.id;
    let ends_at = old.expires_at.min(tx.now() + overlap);
    let mut old = old.into_active_model();
    old.expires_at = Set(ends_at);
    old.update(&*tx).await?;
    tx.audit(Audited::ApiTokenRotated, Subject::ApiToken(old_id));
    tx.audit(Audited::ApiTokenCreated, Subject::ApiToken(token.id));
    tx.commit().await?;
    app.forget(Memory::Actors);
    Ok(Made { token, secret })
}

/// Ends a token: requests with it are refused, and streams that it opened end, within two seconds. Revoking it again
/// changes nothing.
pub async fn revoke(app: &App, actor: &Actor, id: Option<ApiTokenId>) -> Result<Model> {
    let mut tx = app.begin(actor).await?;
    let token = lock(&tx, id).await?;
    let of = token.user_id;
    policy::authorize(actor, Action::RevokeApiToken { of })?;
    if token.revoked_at.is_some() {
        return Ok(token);
    }
    let mut row = token.into_active_model();
    row.revoked_at = Set(Some(tx.now()));
    let token = row.update(&*tx).await?;
    tx.audit(Audited::ApiTokenRevoked, Subject::ApiToken(token.id));
    tx.commit().await?;
    app.forget(Memory::Actors);
    Ok(token)
}

/// Ends all tokens of somebody, with what is done to them. Requests are refused within a second.
pub async fn revoke_all(tx: &mut Tx<'_>, owner: UserId) -> Result<()> {
    let good: Vec<ApiTokenId> = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::UserId.eq(owner))
        .filter(in_force(tx.now()))
        .order_by_asc(Column::Id)
        .into_tuple()
        .all(&**tx)
        .await?;
    if good.is_empty() {
        return Ok(());
    }
    Entity::update_many()
        .col_expr(Column::RevokedAt, Expr::val(tx.now()))
        .filter(Column::Id.is_in(good.iter().copied()))
        .filter(Column::RevokedAt.is_null())
        .exec(&**tx)
        .await?;
    for id in good {
        tx.audit(Audited::ApiTokenRevoked, Subject::ApiToken(id));
    }
    Ok(())
}

async fn insert(
    tx: &Tx<'_>,
    owner: UserId,
    name: &str,
    scopes: ApiScopes,
    expires_at: DateTime<Utc>,
) -> Result<(Model, Secret)> {
    let secret = Secret::generate()?;
    let token = ActiveModel {
        id: Set(ApiTokenId(tx.new_id())),
        user_id: Set(owner),
        name: Set(name.to_owned()),
        hint: Set(secret.hint().to_owned()),
        token_hash: Set(secret.hash().to_vec()),
        scopes: Set(scopes),
        created_by: Set(tx.actor().id()),
        created_at: Set(tx.now()),
        expires_at: Set(expires_at),
        last_used_at: Set(None),
        revoked_at: Set(None),
    };
    Ok((token.insert(&**tx).await?, secret))
}

fn check_scopes(checked: &mut Checked, scopes: &[ApiScope]) {
    if scopes.is_empty() {
        checked.refuse(Refusal::Required { field: "scopes" });
    }
}

fn check_end(checked: &mut Checked, end: DateTime<Utc>, now: DateTime<Utc>) {
    let field = "expiresAt";
    if end <= now {
        let why = Why::InThePast;
        checked.refuse(Refusal::Invalid { field, why });
    } else if end > now + LIFE_MAX {
        let why = Why::TooFarAway;
        checked.refuse(Refusal::Invalid { field, why });
    }
}

/// The owner's row is locked, so that those who make tokens for one owner at once are counted one by one; not so that
/// rows which name the owner must wait.
async fn lock_owner(tx: &Tx<'_>, id: UserId, field: &'static str) -> Result<user::Model> {
    let user = user::Entity::find_by_id(id)
        .filter(user::Column::DisabledAt.is_null())
        .filter(policy::visible_users(tx.actor()))
        .lock(LockType::NoKeyUpdate)
        .one(&**tx)
        .await?;
    user.ok_or_else(|| Refusal::NotFound { field }.into())
}

async fn refuse_too_many(tx: &Tx<'_>, owner: UserId, max: usize) -> Result<()> {
    let count = Entity::find()
        .filter(Column::UserId.eq(owner))
        .filter(in_force(tx.now()))
        .count(&**tx)
        .await?;
    if count < max as u64 {
        return Ok(());
    }
    let why = Why::Token(TokenWhy::TooMany { max });
    Err(Refusal::Invalid { field: "name", why }.into())
}

/// A token that the actor may list.
async fn lock(tx: &Tx<'_>, id: Option<ApiTokenId>) -> Result<Model> {
    let missing = || Error::from(Refusal::NotFound { field: "tokenId" });
    let token = Entity::find_by_id(id.ok_or_else(missing)?)
        .filter(policy::visible_api_tokens(tx.actor()))
        .lock_exclusive()
        .one(&**tx)
        .await?;
    token.ok_or_else(missing)
}

/// A token that the actor may change, with its owner's row: one that is over stays over.
async fn lock_to_edit(tx: &Tx<'_>, id: Option<ApiTokenId>) -> Result<Model> {
    let found = lock(tx, id).await?;
    let owner = lock_owner(tx, found.user_id, "tokenId").await?;
    let (of, kind) = (owner.id, owner.kind);
    policy::authorize(tx.actor(), Action::EditApiToken { of, kind })?;
    if found.revoked_at.is_some() || found.expires_at <= tx.now() {
        let (field, why) = ("tokenId", Why::Token(TokenWhy::Over));
        return Err(Refusal::Invalid { field, why }.into());
    }
    Ok(found)
}
