//! Changing one's own password.

use entity::{
    ids::UserId,
    session,
    user::{self, Kind},
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect, Set,
    sea_query::LockType,
};

use super::{ClientAddress, commands::end, passwords, reauthentication::reauthenticate};
use crate::{
    actor::{Actor, User},
    app::{App, Memory, retry},
    error::{Error, Result},
    events::Event,
    policy::{self, Action},
    refusal::Refusal,
    token,
};

/// What somebody asks for who wants another password.
#[derive(Clone, Debug)]
pub struct NewPassword {
    pub current: String,
    pub new: String,
    /// Whether the tokens that they made for their scripts end too.
    pub revokes_api_tokens: bool,
}

/// Replaces the actor's password, and ends all their other sessions.
pub async fn change_password(
    app: &App,
    actor: &Actor,
    wanted: &NewPassword,
    address: ClientAddress,
) -> Result<UserId> {
    policy::authorize(actor, Action::EditProfile)?;
    let Actor::User(person) = actor else {
        return Err(Error::Forbidden);
    };
    passwords::check("newPassword", &wanted.new)?;
    let shown = reauthenticate(app, actor, &wanted.current, address).await?;
    let old_hash = shown.user.password_hash.as_deref();
    let new_hash = passwords::hash(app, &wanted.new).await?;
    let replaced = Replaced {
        old_hash,
        new_hash: &new_hash,
        revokes_api_tokens: wanted.revokes_api_tokens,
    };
    retry(|| replace(app, actor, person, &replaced)).await?;
    shown.clear(app).await;
    app.forget(Memory::Actors);
    app.forget(Memory::User(person.id));
    Ok(person.id)
}

/// One hash in place of another.
struct Replaced<'a> {
    old_hash: Option<&'a str>,
    new_hash: &'a str,
    revokes_api_tokens: bool,
}

/// Of two who change it at once one does: the other's current password is not that any more.
async fn replace(app: &App, actor: &Actor, person: &User, replaced: &Replaced<'_>) -> Result<()> {
    let mut tx = app.begin(actor).await?;
    let user = user::Entity::find_by_id(person.id)
        .filter(user::Column::Kind.eq(Kind::Person))
        .filter(user::Column::DisabledAt.is_null())
        .lock(LockType::NoKeyUpdate)
        .one(&*tx)
        .await?;
    let user = user.filter(|user| user.password_hash.as_deref() == replaced.old_hash);
    let mut row = user.ok_or(Refusal::BadCredentials)?.into_active_model();
    row.password_hash = Set(Some(replaced.new_hash.to_owned()));
    row.updated_at = Set(tx.now());
    row.update(&*tx).await?;
    let mut others = sea_orm::Condition::all().add(session::Column::UserId.eq(person.id));
    if let Some(own) = person.session_id() {
        others = others.add(session::Column::Id.ne(own));
    }
    end(&tx, others).await?;
    if replaced.revokes_api_tokens {
        token::revoke_all(&mut tx, person.id).await?;
    }
    tx.record(Event::PasswordChanged { user_id: person.id });
    tx.commit().await
}
