//! Who holds a token, and which tokens and machines there are.

use std::collections::HashMap;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use chrono::{DateTime, Utc};
use entity::{
    api_token::{Column, Entity, Model},
    ids::{ApiTokenId, UserId},
    user::{self, Kind},
};
use sea_orm::{ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, Select};

use super::secret::Secret;
use crate::{
    actor::{Actor, ApiToken, Credential},
    app::App,
    error::{Error, Result},
    page::{OrderBy, Page, Window},
    policy::{self, Action},
    session::{self, Held},
};

/// Which tokens a list has; what is absent does not matter.
#[derive(Clone, Copy, Debug, Default)]
pub struct TokenFilter {
    pub owner: Option<UserId>,
    /// Neither revoked nor over.
    pub is_active: Option<bool>,
}

/// Who holds `text`, with their rights as the database has them now (another server's change may take a second to be
/// seen). Fails with [`Error::Unauthenticated`] where it is no token of ours, is over or revoked, or its owner is
/// disabled: nobody learns which.
pub async fn authenticate(app: &App, text: &str) -> Result<Actor> {
    Ok(identify(app, text).await?.0)
}

/// [`authenticate`], and when the token is over.
pub async fn identify(app: &App, text: &str) -> Result<(Actor, DateTime<Utc>)> {
    let hash = Secret::read(text).ok_or(Error::Unauthenticated)?.hash();
    let held = Held::ApiToken(hash);
    let actor = if let Some(actor) = app.sessions.actor(&held) {
        actor.as_ref().clone()
    } else {
        let actor = find_holder(app, &hash).await?;
        app.sessions.keep_actor(held, &actor);
        actor
    };
    let token = *actor.api_token().ok_or(Error::Unauthenticated)?;
    let now = app.clock.now();
    if token.expires_at <= now {
        return Err(Error::Unauthenticated);
    }
    app.api_token_uses.note(token.id, now);
    Ok((actor, token.expires_at))
}

async fn find_holder(app: &App, hash: &[u8; 32]) -> Result<Actor> {
    let token = Entity::find()
        .filter(Column::TokenHash.eq(hash.to_vec()))
        .filter(in_force(app.clock.now()))
        .one(&app.store.read)
        .await?;
    let token = token
        .filter(|token| verify_slices_are_equal(&token.token_hash, hash).is_ok())
        .ok_or(Error::Unauthenticated)?;
    let user = user::Entity::find_by_id(token.user_id)
        .filter(user::Column::DisabledAt.is_null())
        .one(&app.store.read)
        .await?;
    let user = user.ok_or(Error::Unauthenticated)?;
    session::actor_of(app, &user, credential_of(&token)).await
}

fn credential_of(token: &Model) -> Credential {
    Credential::ApiToken(ApiToken {
        id: token.id,
        scopes: token.scopes,
        expires_at: token.expires_at,
    })
}

/// The holders of these tokens, which are in use, with their rights of now, in three statements for all. Tokens that are
/// over or revoked are missing, as are those of users who are disabled.
pub async fn standing(app: &App, tokens: &[ApiTokenId]) -> Result<HashMap<ApiTokenId, Actor>> {
    let now = app.clock.now();
    let rows = Entity::find()
        .filter(Column::Id.is_in(session::padded(tokens)))
        .filter(in_force(now))
        .all(&app.store.read)
        .await?;
    for token in &rows {
        app.api_token_uses.note(token.id, now);
    }
    let held = rows
        .iter()
        .map(|token| (token.id, credential_of(token), token.user_id));
    session::holders(app, held.collect()).await
}

/// Tokens that are good at this time, as far as they themselves go.
pub(super) fn in_force(now: DateTime<Utc>) -> Condition {
    Condition::all()
        .add(Column::RevokedAt.is_null())
        .add(Column::ExpiresAt.gt(now))
}

/// Tokens, the newest first.
pub async fn list_tokens(
    app: &App,
    actor: &Actor,
    filter: TokenFilter,
    window: &Window,
) -> Result<Page<Model>> {
    let order = OrderBy {
        column: Column::Id,
        id: Column::Id,
        descending: true,
    };
    let tokens = tokens(actor, filter, app.clock.now());
    let rows = window.apply(tokens, &order).all(&app.store.read).await?;
    Ok(window.page(rows))
}

pub async fn count_tokens(app: &App, actor: &Actor, filter: TokenFilter) -> Result<u64> {
    let tokens = tokens(actor, filter, app.clock.now());
    Ok(tokens.count(&app.store.read).await?)
}

fn tokens(actor: &Actor, filter: TokenFilter, now: DateTime<Utc>) -> Select<Entity> {
    let mut query = Entity::find().filter(policy::visible_api_tokens(actor));
    if let Some(owner) = filter.owner {
        query = query.filter(Column::UserId.eq(owner));
    }
    match filter.is_active {
        Some(true) => query.filter(in_force(now)),
        Some(false) => query.filter(in_force(now).not()),
        None => query,
    }
}

/// Machines by name, for admins.
pub async fn list_machines(app: &App, actor: &Actor, window: &Window) -> Result<Page<user::Model>> {
    policy::authorize(actor, Action::ReadMachines)?;
    let order = OrderBy {
        column: user::Column::NameFolded,
        id: user::Column::Id,
        descending: false,
    };
    let rows = window
        .apply(machines(), &order)
        .all(&app.store.read)
        .await?;
    Ok(window.page(rows))
}

pub async fn count_machines(app: &App, actor: &Actor) -> Result<u64> {
    policy::authorize(actor, Action::ReadMachines)?;
    Ok(machines().count(&app.store.read).await?)
}

fn machines() -> Select<user::Entity> {
    user::Entity::find().filter(user::Column::Kind.eq(Kind::Machine))
}
