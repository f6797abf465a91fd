//! Showing once more who one is, before what a stolen token must not do.

use entity::user;
use sea_orm::EntityTrait;

use super::{
    ClientAddress,
    attempt::{Subjects, note_failure},
    passwords,
};
use crate::{
    actor::Actor,
    app::App,
    error::{Error, Result},
    policy::{self, Action},
    refusal::Refusal,
};

/// Somebody who has just given their password again.
pub struct Shown {
    pub user: user::Model,
    subjects: Subjects,
    address: ClientAddress,
}

/// Checks the actor's own password. Attempts are counted with those to sign in: whoever holds a token
/// must not find out the password by trying.
pub async fn reauthenticate(
    app: &App,
    actor: &Actor,
    password: &str,
    address: ClientAddress,
) -> Result<Shown> {
    policy::authorize(actor, Action::EditProfile)?;
    let id = actor.id().ok_or(Error::Forbidden)?;
    let user = user::Entity::find_by_id(id).one(&app.store.read).await?;
    let user = user.ok_or(Error::Unauthenticated)?;
    let email = user.email.as_deref().ok_or(Refusal::BadCredentials)?;
    let subjects = Subjects::of(app, email, address).await?;
    if let Err(error) = subjects.count(app).await {
        note_failure(app, Some(id), address);
        return Err(error);
    }
    let hash = user.password_hash.clone();
    let is_short = password.chars().count() <= passwords::CHARS_MAX;
    if !is_short || !app.sessions.hashing.verify(password, hash).await? {
        note_failure(app, Some(id), address);
        return Err(Refusal::BadCredentials.into());
    }
    Ok(Shown {
        user,
        subjects,
        address,
    })
}

impl Shown {
    /// What was asked for is done: earlier slips do not count any more.
    pub async fn clear(&self, app: &App) {
        self.subjects.clear(app).await;
    }

    /// What they gave besides was not good.
    pub fn note_failure(&self, app: &App) {
        note_failure(app, Some(self.user.id), self.address);
    }
}
