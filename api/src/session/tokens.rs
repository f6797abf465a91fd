//! Access tokens: JSON Web Tokens of our own, short-lived, verified as RFC 8725 and RFC 9068 ask;
//! and refresh tokens, which are opaque.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use aws_lc_rs::{digest, hmac};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use entity::ids::{SessionId, UserId};
use jsonwebtoken::{Algorithm, Header, Validation, decode, decode_header, encode};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::keys::{self, KeySet};
use crate::{
    app::App,
    error::{Error, Result},
};

/// How long an access token is good.
pub(super) const LIFE: Duration = Duration::from_mins(10);
/// How far the clocks of servers may differ, in seconds.
const LEEWAY_S: i64 = 30;
const BYTES_MAX: usize = 4_096;
const AUDIENCE: &str = "guichet";
const TYPE: &str = "at+jwt";

/// What an access token says. Rights are not among it: they are read from the database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Claims {
    iss: String,
    aud: String,
    pub(super) sub: UserId,
    pub(super) sid: SessionId,
    iat: i64,
    nbf: i64,
    exp: i64,
    jti: Uuid,
}

/// A new access token, and when it ends.
pub(super) async fn issue(
    app: &App,
    user: UserId,
    session: SessionId,
    now: DateTime<Utc>,
) -> Result<(String, DateTime<Utc>)> {
    let keys = keys::current(app).await?;
    let ends_at = now + TimeDelta::from_std(LIFE).context("no such time")?;
    let claims = Claims {
        iss: app.config.public_url.to_string(),
        aud: AUDIENCE.to_owned(),
        sub: user,
        sid: session,
        iat: now.timestamp(),
        nbf: now.timestamp(),
        exp: ends_at.timestamp(),
        jti: app.clock.new_id(),
    };
    let token = encode(&header(&keys.kid), &claims, &keys.signing).context("cannot sign")?;
    Ok((token, ends_at))
}

/// What a good token says; any other is [`Error::Unauthenticated`].
pub(super) async fn verify(app: &App, token: &str) -> Result<Arc<Claims>> {
    if token.len() > BYTES_MAX {
        return Err(Error::Unauthenticated);
    }
    let key = hash(token);
    let claims = if let Some(claims) = app.sessions.tokens.get(&key) {
        claims
    } else {
        let claims = Arc::new(read(app, token).await?);
        app.sessions.tokens.insert(key, Arc::clone(&claims));
        claims
    };
    if claims.are_in_force(app.clock.now().timestamp()) {
        Ok(claims)
    } else {
        Err(Error::Unauthenticated)
    }
}

async fn read(app: &App, token: &str) -> Result<Claims> {
    let header = decode_header(token).map_err(|_| Error::Unauthenticated)?;
    let kid = header.kid.clone().ok_or(Error::Unauthenticated)?;
    let keys = keys::with(app, &kid).await?;
    check(token, &header, &keys, app.config.public_url.as_str()).ok_or(Error::Unauthenticated)
}

/// Everything but the times, which are checked at each use, by our own clock.
fn check(token: &str, header: &Header, keys: &KeySet, issuer: &str) -> Option<Claims> {
    let kid = header.kid.as_deref()?;
    // Our tokens have no other headers: no `jku`, `x5u`, `jwk` or `crit` is ever looked at.
    if *header != self::header(kid) {
        return None;
    }
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_required_spec_claims(&["iss", "aud", "sub", "nbf", "exp"]);
    validation.set_issuer(&[issuer]);
    validation.set_audience(&[AUDIENCE]);
    validation.validate_exp = false;
    validation.validate_nbf = false;
    let token = decode(token, keys.verifying.get(kid)?, &validation).ok()?;
    Some(token.claims)
}

fn header(kid: &str) -> Header {
    let mut header = Header::new(Algorithm::EdDSA);
    header.typ = Some(TYPE.to_owned());
    header.kid = Some(kid.to_owned());
    header
}

impl Claims {
    /// When the token is over, also for servers whose clock is behind.
    pub(super) fn in_force_until(&self) -> DateTime<Utc> {
        let until = self.exp.saturating_add(LEEWAY_S);
        DateTime::from_timestamp(until, 0).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    const fn are_in_force(&self, now: i64) -> bool {
        let latest_start = now.saturating_add(LEEWAY_S);
        self.iat <= latest_start
            && self.nbf <= latest_start
            && now.saturating_sub(LEEWAY_S) < self.exp
    }
}

/// A refresh token: the session, and 256 bits that only its holder and the server can know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RefreshToken {
    pub(super) session: SessionId,
    secret: [u8; 32],
}

impl RefreshToken {
    /// The first of a session.
    pub(super) fn new(session: SessionId) -> Result<Self> {
        Ok(Self {
            session,
            secret: keys::random()?,
        })
    }

    /// The one that replaces it: always the same, so that an answer that was lost can be repeated.
    pub(super) fn successor(&self, keys: &KeySet) -> Self {
        let tag = hmac::sign(&keys.refresh_secret, self.write().as_bytes());
        let mut secret = [0; 32];
        secret.copy_from_slice(tag.as_ref());
        Self {
            session: self.session,
            secret,
        }
    }

    pub(super) fn read(text: &str) -> Option<Self> {
        let (session, secret) = text.split_once('.')?;
        let token = Self {
            session: SessionId(Uuid::try_parse(session).ok()?),
            secret: BASE64_URL_SAFE_NO_PAD
                .decode(secret)
                .ok()?
                .try_into()
                .ok()?,
        };
        (token.write() == text).then_some(token)
    }

    pub(super) fn write(&self) -> String {
        let secret = BASE64_URL_SAFE_NO_PAD.encode(self.secret);
        format!("{}.{secret}", self.session.0.simple())
    }

    /// What is stored of it.
    pub(super) fn hash(&self) -> [u8; 32] {
        hash(&self.write())
    }
}

fn hash(text: &str) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, text.as_bytes()).as_ref());
    hash
}
