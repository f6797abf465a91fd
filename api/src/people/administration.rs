//! Changes to people who are there already: what they are at the desk, and whether they may come in.

use entity::{
    ids::{OrganizationId, TeamId, UserId},
    organization,
    user::{self, Kind, Role},
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect, Set, sea_query::LockType,
};

use super::{commands::check_count, folded_name, locale_of, memberships::move_teams, time_zone_of};
use crate::{
    actor::Actor,
    app::{App, Memory, Tx},
    error::{Error, Result, refuse_if_any},
    events::Event,
    input::{Checked, Named},
    policy::{self, Action, ROLE_OF_ADMINS},
    refusal::{Refusal, Why},
    session,
    text::NAME_CHARS_MAX,
    token,
};

/// What to change of a person; what is absent stays.
#[derive(Clone, Debug, Default)]
pub struct EditUser {
    pub name: Option<String>,
    pub role: Option<Role>,
    /// As the API spells it.
    pub locale: Option<String>,
    pub organization: Named<OrganizationId>,
    /// All of them; whoever is in another leaves it.
    pub team_ids: Option<Vec<TeamId>>,
    /// An IANA name.
    pub time_zone: Option<String>,
}

/// Changes what a person is. Their open streams begin anew under the new rights within two seconds.
pub async fn edit_user(
    app: &App,
    actor: &Actor,
    id: Option<UserId>,
    edit: &EditUser,
) -> Result<user::Model> {
    policy::authorize(actor, Action::EditUser)?;
    if edit.role == Some(ROLE_OF_ADMINS) {
        policy::authorize(actor, Action::AppointAdmin)?;
    }
    let mut checked = Checked::default();
    check_edit(&mut checked, edit);
    refuse_if_any(checked.refusals)?;

    let mut tx = app.begin(actor).await?;
    let before = lock(&tx, id).await?;
    authorize_change(actor, &before)?;
    let role = edit.role.unwrap_or(before.role);
    if before.role == ROLE_OF_ADMINS && role != ROLE_OF_ADMINS {
        refuse_last_admin(&tx, before.id, "role").await?;
    }
    let mut after = edited(before.clone(), edit);
    after.role = role;
    after.organization_id = organization_of(&tx, &before, edit.organization).await?;
    let has_moved = move_teams(&mut tx, &after, edit.team_ids.as_deref()).await?;
    finish_edit(app, tx, before, after, has_moved).await
}

/// What is done to an admin takes who may make one.
fn authorize_change(actor: &Actor, before: &user::Model) -> Result<()> {
    if before.role == ROLE_OF_ADMINS {
        policy::authorize(actor, Action::AppointAdmin)?;
    }
    Ok(())
}

/// Changes a person's own name, language and time zone.
pub async fn edit_profile(app: &App, actor: &Actor, edit: &EditUser) -> Result<user::Model> {
    policy::authorize(actor, Action::EditProfile)?;
    let mut checked = Checked::default();
    check_edit(&mut checked, edit);
    refuse_if_any(checked.refusals)?;

    let tx = app.begin(actor).await?;
    let before = lock(&tx, actor.id()).await?;
    let after = edited(before.clone(), edit);
    finish_edit(app, tx, before, after, false).await
}

/// Keeps a person out: their sessions and streams end, and neither password nor API token opens another.
pub async fn disable_user(app: &App, actor: &Actor, id: Option<UserId>) -> Result<user::Model> {
    policy::authorize(actor, Action::DisableUser)?;
    let mut tx = app.begin(actor).await?;
    let before = lock(&tx, id).await?;
    authorize_change(actor, &before)?;
    if Some(before.id) == actor.id() {
        return Err(oneself());
    }
    if before.disabled_at.is_some() {
        return Ok(before);
    }
    if before.role == ROLE_OF_ADMINS {
        refuse_last_admin(&tx, before.id, "userId").await?;
    }
    let mut after = before.clone();
    after.disabled_at = Some(tx.now());
    session::end_all(&tx, [after.id]).await?;
    token::revoke_all(&mut tx, after.id).await?;
    let after = write(&tx, after).await?;
    tx.record(Event::UserDisabled { user_id: after.id });
    finish(app, tx, after).await
}

/// Lets a person in again, by a new sign-in.
pub async fn enable_user(app: &App, actor: &Actor, id: Option<UserId>) -> Result<user::Model> {
    policy::authorize(actor, Action::DisableUser)?;
    let mut tx = app.begin(actor).await?;
    let before = lock(&tx, id).await?;
    authorize_change(actor, &before)?;
    if before.disabled_at.is_none() {
        return Ok(before);
    }
    let mut after = before;
    after.disabled_at = None;
    let after = write(&tx, after).await?;
    tx.record(Event::UserEnabled { user_id: after.id });
    finish(app, tx, after).await
}

/// Gives a person a password, and ends their sessions and API tokens: the old one may be in other hands.
pub async fn set_password(
    app: &App,
    actor: &Actor,
    id: Option<UserId>,
    password: &str,
) -> Result<user::Model> {
    policy::authorize(actor, Action::SetPassword)?;
    session::check_password("password", password)?;
    if id.is_some() && id == actor.id() {
        return Err(oneself());
    }
    let hash = session::hash_password(app, password).await?;
    let mut tx = app.begin(actor).await?;
    let mut after = lock(&tx, id).await?;
    after.password_hash = Some(hash);
    session::end_all(&tx, [after.id]).await?;
    token::revoke_all(&mut tx, after.id).await?;
    let after = write(&tx, after).await?;
    tx.record(Event::PasswordChanged { user_id: after.id });
    finish(app, tx, after).await
}

fn oneself() -> Error {
    Refusal::Invalid {
        field: "userId",
        why: Why::Oneself,
    }
    .into()
}

fn check_edit(checked: &mut Checked, edit: &EditUser) {
    if let Some(name) = &edit.name {
        checked.line("name", name, NAME_CHARS_MAX);
    }
    let mut refuse = |field, why| checked.refuse(Refusal::Invalid { field, why });
    if let Some(name) = &edit.locale
        && locale_of(name).is_none()
    {
        refuse("locale", Why::Locale);
    }
    if let Some(name) = &edit.time_zone
        && time_zone_of(name).is_none()
    {
        refuse("timeZone", Why::TimeZone);
    }
    check_count(
        checked,
        "teamIds",
        edit.team_ids.as_ref().map_or(0, Vec::len),
    );
}

/// The fields that stand for themselves, checked already.
fn edited(mut user: user::Model, edit: &EditUser) -> user::Model {
    if let Some(name) = &edit.name {
        user.name = Checked::default().line("name", name, NAME_CHARS_MAX);
        user.name_folded = folded_name(&user.name);
    }
    let locale = edit.locale.as_deref().and_then(locale_of);
    user.locale = locale.unwrap_or(user.locale);
    let zone = edit.time_zone.as_deref().and_then(time_zone_of);
    user.time_zone = zone.map_or(user.time_zone, str::to_owned);
    user
}

/// Not so that rows which name the person must wait: a kept answer of theirs is one, in the same transaction maybe.
async fn lock(tx: &Tx<'_>, id: Option<UserId>) -> Result<user::Model> {
    let missing = || Error::from(Refusal::NotFound { field: "userId" });
    let user = user::Entity::find_by_id(id.ok_or_else(missing)?)
        .filter(user::Column::Kind.eq(Kind::Person))
        .filter(policy::visible_users(tx.actor()))
        .lock(LockType::NoKeyUpdate)
        .one(&**tx)
        .await?;
    user.ok_or_else(missing)
}

/// All admins are locked, in one order, so that of two who would dismiss each other one stays.
pub(super) async fn refuse_last_admin(tx: &Tx<'_>, id: UserId, field: &'static str) -> Result<()> {
    let admins = user::Entity::find()
        .filter(user::Column::Role.eq(ROLE_OF_ADMINS))
        .filter(user::Column::Kind.eq(Kind::Person))
        .filter(user::Column::DisabledAt.is_null())
        .order_by_asc(user::Column::Id)
        .lock(LockType::NoKeyUpdate)
        .all(&**tx)
        .await?;
    if admins.iter().any(|admin| admin.id != id) {
        return Ok(());
    }
    let why = Why::LastAdmin;
    Err(Refusal::Invalid { field, why }.into())
}

async fn organization_of(
    tx: &Tx<'_>,
    user: &user::Model,
    named: Named<OrganizationId>,
) -> Result<Option<OrganizationId>> {
    let id = match named {
        Named::Absent => return Ok(user.organization_id),
        Named::Null => return Ok(None),
        Named::Id(id) => organization::Entity::find_by_id(id).one(&**tx).await?,
        Named::Unknown => None,
    };
    let missing = Refusal::NotFound {
        field: "organizationId",
    };
    Ok(Some(id.ok_or(missing)?.id))
}

async fn finish_edit(
    app: &App,
    mut tx: Tx<'_>,
    before: user::Model,
    after: user::Model,
    has_moved: bool,
) -> Result<user::Model> {
    if before == after && !has_moved {
        return Ok(after);
    }
    let after = write(&tx, after).await?;
    tx.record(Event::UserEdited { user_id: after.id });
    finish(app, tx, after).await
}

async fn write(tx: &Tx<'_>, user: user::Model) -> Result<user::Model> {
    let mut row = user.into_active_model().reset_all();
    row.updated_at = Set(tx.now());
    Ok(row.update(&**tx).await?)
}

/// What is in memory of the person is read again.
async fn finish(app: &App, tx: Tx<'_>, user: user::Model) -> Result<user::Model> {
    tx.commit().await?;
    app.forget(Memory::User(user.id));
    app.forget(Memory::Actors);
    Ok(user)
}
