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
};

/// Replaces the actor's password, and ends all their other sessions.
pub async fn change_password(
    app: &App,
    actor: &Actor,
    current: &str,
    new: &str,
    address: ClientAddress,
) -> Result<UserId> {
    policy::authorize(actor, Action::EditProfile)?;
    let Actor::User(person) = actor else {
        return Err(Error::Forbidden);
    };
    passwords::check("newPassword", new)?;
    let shown = reauthenticate(app, actor, current, address).await?;
    let old_hash = shown.user.password_hash.as_deref();
    let new_hash = passwords::hash(app, new).await?;
    retry(|| replace(app, actor, person, old_hash, &new_hash)).await?;
    shown.clear(app).await;
    app.forget(Memory::Actors);
    app.forget(Memory::User(person.id));
    Ok(person.id)
}

/// Of two who change it at once one does: the other's current password is not that any more.
async fn replace(
    app: &App,
    actor: &Actor,
    person: &User,
    old_hash: Option<&str>,
    new_hash: &str,
) -> Result<()> {
    let mut tx = app.begin(actor).await?;
    let user = user::Entity::find_by_id(person.id)
        .filter(user::Column::Kind.eq(Kind::Person))
        .filter(user::Column::DisabledAt.is_null())
        .lock(LockType::NoKeyUpdate)
        .one(&*tx)
        .await?;
    let user = user.filter(|user| user.password_hash.as_deref() == old_hash);
    let mut row = user.ok_or(Refusal::BadCredentials)?.into_active_model();
    row.password_hash = Set(Some(new_hash.to_owned()));
    row.updated_at = Set(tx.now());
    row.update(&*tx).await?;
    let mut others = sea_orm::Condition::all().add(session::Column::UserId.eq(person.id));
    if let Some(own) = person.session_id() {
        others = others.add(session::Column::Id.ne(own));
    }
    end(&tx, others).await?;
    tx.record(Event::PasswordChanged { user_id: person.id });
    tx.commit().await
}
