//! What there is of a second factor.

use chrono::{DateTime, Utc};
use entity::{
    ids::UserId,
    recovery_code,
    totp_enrollment::{Entity, Model},
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter};

use crate::{
    actor::Actor,
    app::App,
    error::{Error, Result},
};

/// Whether somebody has an authenticator.
#[derive(Clone, Copy, Debug, Default)]
pub struct State {
    /// Since when; none: there is none.
    pub enabled_at: Option<DateTime<Utc>>,
    pub recovery_codes_left: u64,
}

/// The actor's own.
pub async fn state(app: &App, actor: &Actor) -> Result<State> {
    let id = actor.id().ok_or(Error::Forbidden)?;
    let db = &app.store.read;
    let Some(enrollment) = enabled(db, id).await? else {
        return Ok(State::default());
    };
    let left = recovery_code::Entity::find()
        .filter(recovery_code::Column::UserId.eq(id))
        .count(db)
        .await?;
    Ok(State {
        enabled_at: enrollment.enabled_at,
        recovery_codes_left: left,
    })
}

/// What is asked for when this account signs in.
pub(super) async fn enabled(db: &impl ConnectionTrait, of: UserId) -> Result<Option<Model>> {
    let row = Entity::find_by_id(of).one(db).await?;
    Ok(row.filter(|row| row.secret.is_some()))
}
