//! Changing one's own password.

use entity::{
    ids::UserId,
    session,
    user::{self, Kind},
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect, Set,
};

use super::{
    ClientAddress,
    commands::{Subjects, end, note_failure},
    passwords,
};
use crate::{
    actor::{Actor, User},
    app::{App, retry},
    error::{Error, Result},
    events::Event,
    policy::{self, Action},
    refusal::Refusal,
};

/// Replaces the actor's password, and ends all their other sessions. Attempts are counted with those
/// to sign in: whoever holds a token must not find out the password by trying.
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
    let user = user::Entity::find_by_id(person.id)
        .one(&app.store.read)
        .await?;
    let user = user.ok_or(Error::Unauthenticated)?;
    let email = user.email.as_deref().ok_or(Refusal::BadCredentials)?;
    let subjects = Subjects::of(app, email, address).await?;
    if let Err(error) = subjects.count(app).await {
        note_failure(app, Some(person.id), address);
        return Err(error);
    }

    let old_hash = user.password_hash.clone();
    let is_short = current.chars().count() <= passwords::CHARS_MAX;
    let hashing = &app.sessions.hashing;
    if !is_short || !hashing.verify(current, old_hash.clone()).await? {
        note_failure(app, Some(person.id), address);
        return Err(Refusal::BadCredentials.into());
    }
    let new_hash = passwords::hash(app, new).await?;
    retry(|| replace(app, actor, person, old_hash.as_deref(), &new_hash)).await?;
    subjects.clear(app).await;
    app.sessions.forget_actors();
    app.people.forget_user(person.id);
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
        .lock_exclusive()
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
