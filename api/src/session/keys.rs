//! The desk's own secrets: the keys that sign access tokens, and the one that refresh tokens are
//! derived with. Made on first start, kept in the database, shared by all servers.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, anyhow};
use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    digest, hmac, rand,
    signature::{Ed25519KeyPair, KeyPair},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use entity::{secret, signing_key};
use jsonwebtoken::{DecodingKey, EncodingKey};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, Set,
    sea_query::{Expr, OnConflict},
};
use serde_json::{Value, json};

use crate::{
    actor::Actor,
    app::{App, Tx},
    error::Result,
};

/// How long a server may go on signing with a key that another has retired.
const MAX_AGE: Duration = Duration::from_mins(1);
/// How often tokens of unknown keys make a server look for new ones, at most.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(100);
/// How long a retired key verifies: the last token of a server that had not heard, and its leeway.
const RETIRED_FOR: TimeDelta = TimeDelta::minutes(15);
/// When a retired key is deleted.
const DELETED_AFTER: TimeDelta = TimeDelta::days(1);
const REFRESH_SECRET: &str = "refresh_tokens";
const REFRESH_SECRET_BYTES: usize = 32;
/// Length of the codes of [`authenticate`]: half of SHA-256, which nobody guesses.
const MAC_BYTES: usize = 16;

/// The keys as they were read.
pub(super) struct KeySet {
    read_at: Instant,
    pub(super) refresh_secret: hmac::Key,
    pub(super) kid: String,
    pub(super) signing: EncodingKey,
    pub(super) verifying: HashMap<String, DecodingKey>,
    /// Of links that end soon: the one that signs, then all that verify.
    link_key: hmac::Key,
    link_keys: Vec<hmac::Key>,
    jwks: String,
}

/// The public keys as a JSON Web Key Set (RFC 7517), for `/.well-known/jwks.json`.
pub async fn jwks(app: &App) -> Result<String> {
    Ok(current(app).await?.jwks.clone())
}

/// Signs with a new key from now on. What the old one signed stays good for as long as it lives.
pub async fn rotate_keys(app: &App) -> Result<()> {
    let tx = app.begin(&Actor::System).await?;
    let now = tx.now();
    signing_key::Entity::delete_many()
        .filter(signing_key::Column::RetiredAt.lt(now - DELETED_AFTER))
        .exec(&*tx)
        .await?;
    signing_key::Entity::update_many()
        .col_expr(signing_key::Column::RetiredAt, Expr::val(now))
        .filter(signing_key::Column::RetiredAt.is_null())
        .exec(&*tx)
        .await?;
    make_signing_key(&tx).await?;
    tx.commit().await?;
    app.sessions.keep_keys(None);
    Ok(())
}

/// The keys in force, read again when they are old, and made where there are none.
pub(super) async fn current(app: &App) -> Result<Arc<KeySet>> {
    match app.sessions.keys() {
        Some(keys) if keys.read_at.elapsed() < MAX_AGE => Ok(keys),
        _ => read_again(app).await,
    }
}

/// A key for something else that is signed, derived from the desk's secret: another for each purpose, and the same on all
/// servers for as long as the desk lives.
pub async fn derived_key(app: &App, purpose: &str) -> Result<hmac::Key> {
    // What refresh tokens are derived from has no spaces, so no purpose is one of these.
    let tag = hmac::sign(&current(app).await?.refresh_secret, purpose.as_bytes());
    Ok(hmac::Key::new(hmac::HMAC_SHA256, tag.as_ref()))
}

/// The keys, read again where `kid` is none of them: another server may have made it since.
pub(super) async fn with(app: &App, kid: &str) -> Result<Arc<KeySet>> {
    let keys = current(app).await?;
    if keys.verifying.contains_key(kid) || keys.read_at.elapsed() < LOOK_AGAIN_AFTER {
        return Ok(keys);
    }
    read_again(app).await
}

/// A code that only this desk's servers can make, for `message` in what `purpose` says.
pub async fn authenticate(app: &App, purpose: &str, message: &[u8]) -> Result<[u8; MAC_BYTES]> {
    let keys = current(app).await?;
    let mut context = hmac::Context::with_key(&keys.refresh_secret);
    // No purpose has a zero in it, and refresh tokens begin with none of these words.
    context.update(purpose.as_bytes());
    context.update(&[0]);
    context.update(message);
    let mut code = [0; MAC_BYTES];
    code.copy_from_slice(&context.sign().as_ref()[..MAC_BYTES]);
    Ok(code)
}

/// A code for `message`, in what `purpose` says, that is good until the desk's keys were rotated and the old ones are over.
pub async fn sign_link(app: &App, purpose: &str, message: &[u8]) -> Result<hmac::Tag> {
    Ok(code_of(&current(app).await?.link_key, purpose, message))
}

/// Whether a server of this desk made this code by [`sign_link`], with a key that is in force. In constant time for each key.
pub async fn verify_link(app: &App, purpose: &str, message: &[u8], code: &[u8]) -> Result<bool> {
    let is_good = |keys: &KeySet| {
        let mut keys = keys.link_keys.iter();
        keys.any(|key| {
            verify_slices_are_equal(code_of(key, purpose, message).as_ref(), code).is_ok()
        })
    };
    let keys = current(app).await?;
    if is_good(&keys) || keys.read_at.elapsed() < LOOK_AGAIN_AFTER {
        return Ok(is_good(&keys));
    }
    // Another server may have made a new one since.
    Ok(is_good(&*read_again(app).await?))
}

fn code_of(key: &hmac::Key, purpose: &str, message: &[u8]) -> hmac::Tag {
    let mut context = hmac::Context::with_key(key);
    // No purpose has a zero in it.
    context.update(purpose.as_bytes());
    context.update(&[0]);
    context.update(message);
    context.sign()
}

/// A random secret of 256 bits.
pub(super) fn random() -> Result<[u8; REFRESH_SECRET_BYTES]> {
    let mut bytes = [0; REFRESH_SECRET_BYTES];
    rand::fill(&mut bytes).context("the system has no random numbers")?;
    Ok(bytes)
}

async fn read_again(app: &App) -> Result<Arc<KeySet>> {
    let mut keys = read(app).await?;
    if keys.is_none() {
        make(app).await?;
        keys = read(app).await?;
    }
    let keys = Arc::new(keys.context("the desk's keys are gone")?);
    app.sessions.keep_keys(Some(Arc::clone(&keys)));
    Ok(keys)
}

async fn read(app: &App) -> Result<Option<KeySet>> {
    let read_at = Instant::now();
    let secret = secret::Entity::find_by_id(REFRESH_SECRET)
        .one(&app.store.read)
        .await?;
    let Some(secret) = secret else {
        return Ok(None);
    };
    let rows = signing_key::Entity::find()
        .order_by_desc(signing_key::Column::CreatedAt)
        .order_by_asc(signing_key::Column::Kid)
        .all(&app.store.read)
        .await?;
    let newest = rows.iter().find(|key| key.retired_at.is_none());
    let newest = newest.ok_or_else(|| anyhow!("every signing key is retired"))?;
    let verifies = |key: &&signing_key::Model| verifies(key, app.clock.now());
    let jwks: Vec<_> = rows.iter().filter(verifies).map(jwk).collect();
    let verifying = rows
        .iter()
        .filter(verifies)
        .map(|key| (key.kid.clone(), DecodingKey::from_ed_der(&key.public_key)));
    Ok(Some(KeySet {
        read_at,
        refresh_secret: hmac::Key::new(hmac::HMAC_SHA256, &secret.value),
        kid: newest.kid.clone(),
        signing: EncodingKey::from_ed_der(&newest.private_key),
        verifying: verifying.collect(),
        link_key: link_key(newest),
        link_keys: rows.iter().filter(verifies).map(link_key).collect(),
        jwks: json!({ "keys": jwks }).to_string(),
    }))
}

fn verifies(key: &signing_key::Model, now: DateTime<Utc>) -> bool {
    key.retired_at
        .is_none_or(|retired_at| now < retired_at + RETIRED_FOR)
}

/// Of what only the desk knows of a signing key, so that a new one makes another.
fn link_key(key: &signing_key::Model) -> hmac::Key {
    let secret = hmac::Key::new(hmac::HMAC_SHA256, &key.private_key);
    hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&secret, b"links").as_ref())
}

/// RFC 8037.
fn jwk(key: &signing_key::Model) -> Value {
    json!({
        "kty": "OKP",
        "crv": "Ed25519",
        "x": BASE64_URL_SAFE_NO_PAD.encode(&key.public_key),
        "use": "sig",
        "alg": "EdDSA",
        "kid": key.kid,
    })
}

/// Of servers that start at once one writes the refresh secret, and only that one makes a key.
async fn make(app: &App) -> Result<()> {
    let tx = app.begin(&Actor::System).await?;
    let secret = secret::ActiveModel {
        name: Set(REFRESH_SECRET.to_owned()),
        value: Set(random()?.to_vec()),
        created_at: Set(tx.now()),
    };
    let is_first = secret::Entity::insert(secret)
        .on_conflict(
            OnConflict::column(secret::Column::Name)
                .do_nothing()
                .to_owned(),
        )
        .exec_without_returning(&*tx)
        .await?;
    if is_first == 1 {
        make_signing_key(&tx).await?;
    }
    tx.commit().await
}

async fn make_signing_key(tx: &Tx<'_>) -> Result<()> {
    let pair = Ed25519KeyPair::generate().context("no key can be made")?;
    let private_key = pair.to_pkcs8().context("no key can be written")?;
    let public_key = pair.public_key().as_ref();
    signing_key::ActiveModel {
        kid: Set(thumbprint(public_key)),
        private_key: Set(private_key.as_ref().to_vec()),
        public_key: Set(public_key.to_vec()),
        created_at: Set(tx.now()),
        retired_at: Set(None),
    }
    .insert(&**tx)
    .await?;
    Ok(())
}

/// RFC 7638: SHA-256 of the required members, in the order of the alphabet.
fn thumbprint(public_key: &[u8]) -> String {
    let x = BASE64_URL_SAFE_NO_PAD.encode(public_key);
    let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
    let hash = digest::digest(&digest::SHA256, members.as_bytes());
    BASE64_URL_SAFE_NO_PAD.encode(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thumbprint_is_that_of_rfc_8037() {
        // Appendix A.3.
        let x = BASE64_URL_SAFE_NO_PAD
            .decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")
            .unwrap();
        assert_eq!(
            thumbprint(&x),
            "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
        );
    }
}
