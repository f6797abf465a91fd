//! What a provider says of itself: its endpoints and its keys, read when they are wanted and kept for a while.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error as _},
};
use url::Url;

use super::Provider;
use crate::{
    app::App,
    assertion::{Head, Jwk, Key},
    config::OidcProvider,
    error::{Error, Result},
    outgoing::Client,
};

/// How long what was read is good.
const MAX_AGE: TimeDelta = TimeDelta::minutes(10);
/// How often tokens of unknown keys make a server look for new ones, at most.
const LOOK_AGAIN_AFTER: TimeDelta = TimeDelta::seconds(5);
/// How long one that could not be read is left alone.
const ASK_AGAIN_AFTER: TimeDelta = TimeDelta::seconds(5);
pub(super) const DOCUMENT_BYTES_MAX: usize = 256 << 10;
/// Keys of a provider; further ones are not looked at.
const KEYS_MAX: usize = 50;

/// A provider's metadata and keys as they were read.
pub(super) struct Known {
    read_at: DateTime<Utc>,
    pub(super) metadata: Metadata,
    keys: Vec<(Option<String>, Key)>,
}

/// What was read last, and when nothing could be.
#[derive(Default)]
pub(super) struct LookedUp {
    known: Option<Arc<Known>>,
    failed_at: Option<DateTime<Utc>>,
}

/// OpenID Connect Discovery 1.0, as far as it is needed.
#[derive(Deserialize)]
pub(super) struct Metadata {
    issuer: String,
    #[serde(deserialize_with = "address")]
    pub(super) authorization_endpoint: Url,
    #[serde(deserialize_with = "address")]
    pub(super) token_endpoint: Url,
    #[serde(deserialize_with = "address")]
    jwks_uri: Url,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Vec<String>,
}

#[derive(Deserialize)]
struct Jwks {
    keys: Vec<serde_json::Value>,
}

fn address<'de, D: Deserializer<'de>>(from: D) -> Result<Url, D::Error> {
    Url::parse(&String::deserialize(from)?).map_err(D::Error::custom)
}

impl Metadata {
    /// Whether the secret goes into the form: only where the provider takes it nowhere else.
    pub(super) fn wants_secret_in_form(&self) -> bool {
        let methods = &self.token_endpoint_auth_methods_supported;
        let has = |name: &str| methods.iter().any(|method| method == name);
        has("client_secret_post") && !has("client_secret_basic")
    }
}

impl Known {
    /// The keys that may have signed a token: the one that it names, else those of its algorithm.
    pub(super) fn keys_for(&self, head: &Head) -> Vec<&Key> {
        let is_it = |(kid, key): &&(Option<String>, Key)| {
            head.suits(key) && (head.kid.is_none() || *kid == head.kid)
        };
        self.keys.iter().filter(is_it).map(|(_, key)| key).collect()
    }
}

/// What is known of a provider, read again where it is old. [`Error::Unavailable`] where it cannot be read.
pub(super) async fn known(app: &App, of: &Provider) -> Result<Arc<Known>> {
    look_up(app, of, |_, age| age < MAX_AGE).await
}

/// The same, read again where it has no key for a token: the provider may have a new one.
pub(super) async fn known_for(app: &App, of: &Provider, head: &Head) -> Result<Arc<Known>> {
    let is_good = |known: &Known, age| !known.keys_for(head).is_empty() || age < LOOK_AGAIN_AFTER;
    look_up(app, of, is_good).await
}

async fn look_up(
    app: &App,
    of: &Provider,
    is_good: impl Fn(&Known, TimeDelta) -> bool,
) -> Result<Arc<Known>> {
    let client = app.oidc.client.as_ref().ok_or(Error::Unavailable)?;
    let mut looked_up = of.looked_up.lock().await;
    let now = app.clock.now();
    if let Some(known) = &looked_up.known
        && is_good(known, now - known.read_at)
    {
        return Ok(Arc::clone(known));
    }
    if looked_up
        .failed_at
        .is_some_and(|at| now < at + ASK_AGAIN_AFTER)
    {
        return Err(Error::Unavailable);
    }
    match read(client, &of.settings, now).await {
        Ok(known) => {
            let known = Arc::new(known);
            looked_up.known = Some(Arc::clone(&known));
            looked_up.failed_at = None;
            Ok(known)
        }
        Err(error) => {
            tracing::warn!(provider = of.settings.key, %error, "an OpenID provider cannot be read");
            looked_up.failed_at = Some(app.clock.now());
            Err(Error::Unavailable)
        }
    }
}

async fn read(client: &Client, of: &OidcProvider, read_at: DateTime<Utc>) -> anyhow::Result<Known> {
    let base = of.issuer.trim_end_matches('/');
    let address = Url::parse(&format!("{base}/.well-known/openid-configuration"))?;
    let metadata: Metadata = document(client, &address).await?;
    anyhow::ensure!(
        metadata.issuer == of.issuer,
        "it says that it is another issuer"
    );
    for endpoint in [
        &metadata.authorization_endpoint,
        &metadata.token_endpoint,
        &metadata.jwks_uri,
    ] {
        let is_plain = endpoint.scheme() == "http" && of.issuer.starts_with("http:");
        let is_safe = endpoint.scheme() == "https" || is_plain;
        anyhow::ensure!(is_safe, "an endpoint is not an https address");
    }
    let jwks: Jwks = document(client, &metadata.jwks_uri).await?;
    let jwks = jwks.keys.into_iter().take(KEYS_MAX);
    let jwks = jwks.filter_map(|key| serde_json::from_value(key).ok());
    Ok(Known {
        read_at,
        metadata,
        keys: jwks
            .filter_map(|jwk: Jwk| Some((jwk.kid.clone(), Key::from(&jwk.public_key()?))))
            .collect(),
    })
}

async fn document<T: DeserializeOwned>(client: &Client, address: &Url) -> anyhow::Result<T> {
    let document = client.get(address, DOCUMENT_BYTES_MAX).await?;
    anyhow::ensure!(document.status == 200, "the status is {}", document.status);
    Ok(serde_json::from_slice(&document.body)?)
}
