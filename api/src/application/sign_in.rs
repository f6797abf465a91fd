//! A token of an application's backend becomes a session of the user whom it names.

use entity::{
    application, application_key,
    ids::ApplicationId,
    json::ApplicationContext,
    user::{self, Kind},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect, sea_query::LockType};
use serde::{Deserialize, Deserializer};

use super::{keys, queries::audience};
use crate::{
    actor::Actor,
    app::{App, retry},
    assertion::{self, Times, is_name},
    error::{Error, Result, refuse_if_any},
    input::{Checked, JSON_BYTES_MAX},
    people::{self, KnownAs, Profile},
    policy::{self, ROLE_OF_STRANGERS},
    refusal::Refusal,
    session::{self, ClientAddress, Origin, SignedIn},
};

/// Longer than any that says what is asked for.
const TOKEN_BYTES_MAX: usize = 4_096;
/// From `iat` to `exp`.
const LIFE_MAX_S: i64 = 3_600;

/// Somebody signs in through an application.
pub struct Asked {
    /// None: the id names no application.
    pub application: Option<ApplicationId>,
    pub token: String,
    /// Where in the application they are: what their tickets say where they say nothing else.
    pub context: Option<ApplicationContext>,
    pub address: ClientAddress,
}

/// What an application says of its user.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    iat: i64,
    nbf: Option<i64>,
    exp: i64,
    name: Option<String>,
    email: Option<String>,
    #[serde(default)]
    email_verified: bool,
    locale: Option<String>,
    /// None: it says nothing of it.
    #[serde(default, deserialize_with = "said")]
    #[expect(
        clippy::option_option,
        reason = "null takes one away, what is absent leaves it"
    )]
    organization: Option<Option<String>>,
}

/// Tells what is null from what is not there.
#[expect(clippy::option_option, reason = "as in the claims")]
fn said<'de, D: Deserializer<'de>>(of: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(of).map(Some)
}

/// Starts a session for a requester. Whatever is wrong with the token, the answer is the same. Too many failures from one
/// address are [`Error::RateLimited`].
pub async fn sign_in(app: &App, asked: &Asked) -> Result<SignedIn> {
    let mut checked = Checked::default();
    checked.json("context", &asked.context, JSON_BYTES_MAX);
    refuse_if_any(checked.refusals)?;
    let entered = retry(|| enter(app, asked)).await;
    if matches!(entered, Err(Error::Refused(_))) {
        session::count_failure(app, asked.address).await?;
    }
    entered
}

async fn enter(app: &App, asked: &Asked) -> Result<SignedIn> {
    let refused = || Error::from(Refusal::BadCredentials);
    let application = asked.application.ok_or_else(refused)?;
    let claims = verify(app, application, &asked.token).await?;
    let claims = claims.ok_or_else(refused)?;
    let known = KnownAs {
        source: source(application),
        subject: claims.sub.clone(),
    };
    let profile = claims.profile();
    let mut tx = app.begin(&Actor::System).await?;
    // Whoever ends it now ends this session too, or comes first.
    application::Entity::find_by_id(application)
        .filter(application::Column::DisabledAt.is_null())
        .lock(LockType::Share)
        .one(&*tx)
        .await?
        .ok_or_else(refused)?;
    let user = match people::find_known(&tx, &known).await? {
        Some(user) if is_welcome(&user) => people::follow_profile(&mut tx, user, &profile).await?,
        Some(_) => return Err(refused()),
        None => people::create_known(&mut tx, &known, &profile, ROLE_OF_STRANGERS).await?,
    };
    let origin = Origin {
        application: Some(application),
        context: asked.context.clone(),
    };
    let started = session::start_in(&mut tx, user.id, origin).await?;
    tx.commit().await?;
    session::answer(app, user, &started).await
}

/// Only who asks for help comes in this way: an application speaks for its users, never for the staff.
fn is_welcome(user: &user::Model) -> bool {
    user.kind == Kind::Person && user.disabled_at.is_none() && policy::asks_for_help(user)
}

/// What the token says, where it is a good one of this application.
async fn verify(app: &App, of: ApplicationId, token: &str) -> Result<Option<Claims>> {
    let Some(head) = assertion::head_of(token, TOKEN_BYTES_MAX) else {
        return Ok(None);
    };
    let Some(kid) = head.kid.clone() else {
        return Ok(None);
    };
    let application = application::Entity::find_by_id(of)
        .filter(application::Column::DisabledAt.is_null())
        .one(&app.store.read)
        .await?;
    let key = application_key::Entity::find()
        .filter(application_key::Column::ApplicationId.eq(of))
        .filter(application_key::Column::Kid.eq(kid))
        .one(&app.store.read)
        .await?;
    let (Some(application), Some(key)) = (application, key) else {
        return Ok(None);
    };
    let key = keys::verifying(app, &key).await?;
    if !head.suits(&key) {
        return Ok(None);
    }
    let claims = assertion::claims_of::<Claims>(token, &key);
    let now = app.clock.now();
    Ok(claims.filter(|claims| {
        claims.iss == application.issuer
            && claims.aud == audience(of)
            && is_name(&claims.sub)
            && claims.times().hold(now, LIFE_MAX_S)
    }))
}

impl Claims {
    const fn times(&self) -> Times {
        Times {
            iat: self.iat,
            nbf: self.nbf,
            exp: self.exp,
        }
    }

    fn profile(&self) -> Profile {
        let organization = self.organization.clone();
        Profile {
            name: self.name.clone(),
            email: self.email.clone().filter(|_| self.email_verified),
            locale: self.locale.clone(),
            organization: organization.map(|named| named.filter(|id| is_name(id))),
        }
    }
}

/// What identities that an application gives are called.
pub(super) fn source(of: ApplicationId) -> String {
    format!("application:{}", of.0.simple())
}
