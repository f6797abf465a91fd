//! The code that a frontend exchanges for a session: good once, for a minute, and only in the browser that began.

use aws_lc_rs::digest::{SHA256, digest};
use chrono::TimeDelta;
use entity::{
    ids::UserId,
    sign_in_code::{ActiveModel, Column, Entity},
    user::{self, Kind},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Set};

use super::flow::{challenge_of, random};
use crate::{
    actor::Actor,
    app::{App, Tx, retry},
    error::{Error, Result},
    refusal::Refusal,
    session::{self, ClientAddress, Origin, SignedIn},
};

const LIFE: TimeDelta = TimeDelta::minutes(1);
const CHARS_MAX: usize = 256;

/// A code for somebody whom a provider has shown; codes that are over go with it.
pub(super) async fn make(tx: &Tx<'_>, user_id: UserId, challenge: &str) -> Result<String> {
    Entity::delete_many()
        .filter(Column::ExpiresAt.lt(tx.now()))
        .exec(&**tx)
        .await?;
    let code = random()?;
    let row = ActiveModel {
        id: Set(tx.new_id()),
        code_hash: Set(hash(&code)),
        user_id: Set(user_id),
        challenge: Set(challenge.to_owned()),
        expires_at: Set(tx.now() + LIFE),
    };
    Entity::insert(row).exec_without_returning(&**tx).await?;
    Ok(code)
}

/// Starts the session that a code is for. `verifier` is what the frontend made its challenge of. Too many failures from one
/// address are [`Error::RateLimited`].
pub async fn complete(
    app: &App,
    code: &str,
    verifier: &str,
    address: ClientAddress,
) -> Result<SignedIn> {
    let completed = if code.len() > CHARS_MAX || verifier.len() > CHARS_MAX {
        Err(Refusal::BadCredentials.into())
    } else {
        retry(|| try_complete(app, code, verifier)).await
    };
    if matches!(completed, Err(Error::Refused(_))) {
        session::count_failure(app, address).await?;
    }
    completed
}

/// Of two who show the same code at once one finds it. A wrong verifier leaves it: the right one may still come.
async fn try_complete(app: &App, code: &str, verifier: &str) -> Result<SignedIn> {
    let found = Entity::find()
        .filter(Column::CodeHash.eq(hash(code)))
        .filter(Column::ExpiresAt.gt(app.clock.now()))
        .filter(Column::Challenge.eq(challenge_of(verifier)))
        .one(&app.store.read)
        .await?;
    let found = found.ok_or(Refusal::BadCredentials)?;
    let mut tx = app.begin(&Actor::System).await?;
    let spent = Entity::delete_by_id(found.id).exec(&*tx).await?;
    let user = user::Entity::find_by_id(found.user_id)
        .filter(user::Column::Kind.eq(Kind::Person))
        .filter(user::Column::DisabledAt.is_null())
        .one(&*tx)
        .await?;
    let (1, Some(user)) = (spent.rows_affected, user) else {
        return Err(Refusal::BadCredentials.into());
    };
    let started = session::start_in(&mut tx, user.id, Origin::default()).await?;
    tx.commit().await?;
    session::answer(app, user, &started).await
}

fn hash(code: &str) -> Vec<u8> {
    digest(&SHA256, code.as_bytes()).as_ref().to_vec()
}
