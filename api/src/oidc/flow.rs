//! A browser is sent to a provider, and comes back. What must not be lost between is sealed in a cookie of that browser, so
//! that nobody else's answer is taken for its own.

use anyhow::Context;
use aws_lc_rs::{
    digest::{SHA256, digest},
    rand,
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use url::Url;
use uuid::Uuid;

use super::{
    Provider,
    claims::{Claims, TOKEN_BYTES_MAX},
    discovery::{DOCUMENT_BYTES_MAX, Known, known, known_for},
    standing,
};
use crate::{
    app::App,
    assertion,
    config::OidcProvider,
    error::{Error, Result},
    refusal::Refusal,
    session::{self, ClientAddress},
};

/// How long somebody may take at the provider.
const LIFE: TimeDelta = TimeDelta::minutes(10);
/// What the cookie is sealed for.
const PURPOSE: &str = "oidc flow";
/// SHA-256 in base 64.
const CHALLENGE_CHARS: usize = 43;
const CODE_CHARS_MAX: usize = 4_096;

/// Where to send the browser, and what it is to keep.
#[derive(Debug)]
pub struct Begun {
    pub location: Url,
    pub cookie: String,
}

/// What a browser comes back with.
#[derive(Debug, Default)]
pub struct Came {
    pub provider: String,
    pub state: Option<String>,
    pub code: Option<String>,
    pub error: Option<String>,
    /// RFC 9207.
    pub issuer: Option<String>,
    pub cookie: Option<String>,
}

/// Where to send it then.
#[derive(Debug)]
pub struct Finished(pub Url);

/// What is in the cookie.
#[derive(Serialize, Deserialize)]
struct Flow {
    provider: String,
    state: String,
    nonce: String,
    verifier: String,
    return_to: String,
    /// Of the frontend, for the code that it gets.
    challenge: String,
    ends_at: DateTime<Utc>,
}

/// Begins a sign-in. `return_to` must be one of the pages of the settings.
pub async fn begin(
    app: &App,
    provider: &str,
    return_to: Option<&str>,
    challenge: Option<&str>,
) -> Result<Begun> {
    let provider = app
        .oidc
        .find(provider)
        .ok_or(Error::NotFound("sign-in provider"))?;
    let return_to = sign_in_page(app, return_to).ok_or(Error::BadInput(
        "returnTo is none of the pages that a sign-in goes back to",
    ))?;
    let challenge = challenge.filter(|text| is_challenge(text));
    let challenge = challenge.ok_or(Error::BadInput(
        "codeChallenge is SHA-256 in URL-safe base 64, without padding",
    ))?;
    let location = authorization_endpoint(app, provider).await?;
    let provider = &provider.settings;
    let flow = Flow {
        provider: provider.key.clone(),
        state: random()?,
        nonce: random()?,
        verifier: random()?,
        return_to: return_to.to_string(),
        challenge: challenge.to_owned(),
        ends_at: app.clock.now() + LIFE,
    };
    let text = serde_json::to_vec(&flow).context("a sign-in cannot be written")?;
    let sealed = session::seal(app, PURPOSE, Uuid::nil(), &text).await?;
    let cookie = BASE64_URL_SAFE_NO_PAD.encode(sealed);
    let location = with_question(app, provider, &flow, location);
    Ok(Begun { location, cookie })
}

async fn authorization_endpoint(app: &App, provider: &Provider) -> Result<Url> {
    let _turn = provider.turns.take().await?;
    let known = known(app, provider).await?;
    Ok(known.metadata.authorization_endpoint.clone())
}

/// OpenID Connect Core 1.0, section 3.1.2.1.
fn with_question(app: &App, provider: &OidcProvider, flow: &Flow, mut location: Url) -> Url {
    let scopes = provider.scopes.iter().map(String::as_str);
    let scopes: Vec<_> = std::iter::once("openid").chain(scopes).collect();
    location
        .query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("client_id", &provider.client_id)
        .append_pair("redirect_uri", &redirect_uri(app, provider))
        .append_pair("scope", &scopes.join(" "))
        .append_pair("state", &flow.state)
        .append_pair("nonce", &flow.nonce)
        .append_pair("code_challenge", &challenge_of(&flow.verifier))
        .append_pair("code_challenge_method", "S256");
    location
}

/// Ends a sign-in: sends the browser back with a code for `completeSignIn`, or with a word for what went wrong. Refused
/// where that browser did not begin it.
pub async fn finish(app: &App, came: &Came, address: ClientAddress) -> Result<Finished> {
    let Some(flow) = flow_of(app, came).await? else {
        session::count_failure(app, address).await?;
        return Err(Refusal::BadCredentials.into());
    };
    let mut entered = enter(app, &flow, came, address).await;
    if let Err(Error::Refused(_)) = entered
        && let Err(error) = session::count_failure(app, address).await
    {
        entered = Err(error);
    }
    let (name, value) = match entered {
        Ok(code) => ("signInCode", code),
        Err(Error::Refused(_)) => ("signInError", "BAD_CREDENTIALS".to_owned()),
        Err(error @ (Error::Unavailable | Error::RateLimited { .. })) => {
            ("signInError", error.code().to_owned())
        }
        Err(error) => return Err(error),
    };
    let mut location = Url::parse(&flow.return_to).context("a page of ours is none")?;
    location.query_pairs_mut().append_pair(name, &value);
    Ok(Finished(location))
}

/// The sign-in that this browser began with this provider, where the provider answers that one.
async fn flow_of(app: &App, came: &Came) -> Result<Option<Flow>> {
    let sealed = came.cookie.as_ref();
    let Some(sealed) = sealed.and_then(|text| BASE64_URL_SAFE_NO_PAD.decode(text).ok()) else {
        return Ok(None);
    };
    let text = session::unseal_shown(app, PURPOSE, Uuid::nil(), &sealed).await?;
    let flow = text.and_then(|text| serde_json::from_slice(&text).ok());
    let is_it = |flow: &Flow| {
        flow.provider == came.provider
            && Some(&flow.state) == came.state.as_ref()
            && app.clock.now() < flow.ends_at
    };
    Ok(flow.filter(is_it))
}

async fn enter(app: &App, flow: &Flow, came: &Came, address: ClientAddress) -> Result<String> {
    let refused = || Error::from(Refusal::BadCredentials);
    let provider = app.oidc.find(&flow.provider).ok_or_else(refused)?;
    let is_other = came
        .issuer
        .as_ref()
        .is_some_and(|iss| *iss != provider.settings.issuer);
    let code = came
        .code
        .as_deref()
        .filter(|code| code.len() <= CODE_CHARS_MAX);
    let (None, false, Some(code)) = (&came.error, is_other, code) else {
        return Err(refused());
    };
    session::refuse_after_failures(app, address).await?;
    let claims = ask(app, provider, code, flow).await?;
    let claims =
        claims.filter(|claims| claims.hold(&provider.settings, &flow.nonce, app.clock.now()));
    let claims = claims.ok_or_else(refused)?;
    standing::enter(app, &provider.settings, &claims, &flow.challenge).await
}

/// What the provider says of whom it gave the code for, where it has signed that.
async fn ask(app: &App, provider: &Provider, code: &str, flow: &Flow) -> Result<Option<Claims>> {
    let _turn = provider.turns.take().await?;
    let known = known(app, provider).await?;
    let token = exchange(app, &provider.settings, &known, code, &flow.verifier).await?;
    let Some(head) = assertion::head_of(&token, TOKEN_BYTES_MAX) else {
        return Ok(None);
    };
    let known = known_for(app, provider, &head).await?;
    let mut keys = known.keys_for(&head).into_iter();
    Ok(keys.find_map(|key| assertion::claims_of(&token, key)))
}

#[derive(Deserialize)]
struct Tokens {
    id_token: String,
}

/// The ID token for a code, from the provider itself.
async fn exchange(
    app: &App,
    provider: &OidcProvider,
    known: &Known,
    code: &str,
    verifier: &str,
) -> Result<String> {
    let client = app.oidc.client.as_ref().ok_or(Error::Unavailable)?;
    let redirect_uri = redirect_uri(app, provider);
    let mut fields = vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", &redirect_uri),
        ("code_verifier", verifier),
        ("client_id", &provider.client_id),
    ];
    let mut basic = None;
    if let Some(secret) = &provider.client_secret {
        if known.metadata.wants_secret_in_form() {
            fields.push(("client_secret", &secret.0));
        } else {
            basic = Some((provider.client_id.as_str(), secret.0.as_str()));
        }
    }
    let endpoint = &known.metadata.token_endpoint;
    let answer = client.post_form(endpoint, &fields, basic, DOCUMENT_BYTES_MAX);
    let answer = answer.await.map_err(|error| {
        tracing::warn!(provider = provider.key, %error, "an OpenID provider does not answer");
        Error::Unavailable
    })?;
    match answer.status {
        200 => {
            let tokens = serde_json::from_slice::<Tokens>(&answer.body);
            Ok(tokens.map_err(|_| Refusal::BadCredentials)?.id_token)
        }
        status @ 400..=499 => {
            tracing::info!(
                provider = provider.key,
                status,
                "an OpenID provider refused a code"
            );
            Err(Refusal::BadCredentials.into())
        }
        status => {
            tracing::warn!(provider = provider.key, status, "an OpenID provider failed");
            Err(Error::Unavailable)
        }
    }
}

/// Where the provider sends the browser back to; it must know this address.
fn redirect_uri(app: &App, provider: &OidcProvider) -> String {
    let base = app.config.public_url.as_str().trim_end_matches('/');
    format!("{base}/auth/oidc/{}/callback", provider.key)
}

/// One of the pages of the settings, whole: whoever led the browser here may know the verifier, and the code must not
/// reach a page that gives its address away.
fn sign_in_page<'a>(app: &'a App, text: Option<&str>) -> Option<&'a Url> {
    let mut pages = app.config.sign_in_pages.iter();
    let Some(text) = text else {
        return pages.next();
    };
    let own = Some(&app.config.public_url);
    let asked = Url::options().base_url(own).parse(text).ok()?;
    pages.find(|page| **page == asked)
}

fn is_challenge(text: &str) -> bool {
    text.len() == CHALLENGE_CHARS && BASE64_URL_SAFE_NO_PAD.decode(text).is_ok()
}

/// RFC 7636: SHA-256 in base 64.
pub(super) fn challenge_of(verifier: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()))
}

/// 256 bits, in 43 characters.
pub(super) fn random() -> Result<String> {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).context("the system has no random numbers")?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;
    use crate::{session::keys, testing::Desk};

    /// Whoever comes back while the database is away has done nothing wrong.
    #[tokio::test(flavor = "multi_thread")]
    async fn what_cannot_be_read_is_no_refusal() {
        let desk = Desk::open().await;
        let address = ClientAddress(IpAddr::V4(Ipv4Addr::LOCALHOST));
        let sealed = session::seal(&desk, PURPOSE, Uuid::nil(), b"{}").await;
        let came = Came {
            cookie: Some(BASE64_URL_SAFE_NO_PAD.encode(sealed.unwrap())),
            ..Came::default()
        };
        let refused = finish(&desk, &came, address).await.unwrap_err();
        assert!(matches!(refused, Error::Refused(_)), "{refused:?}");
        assert_eq!(desk.failed_sign_ins.take().len(), 1);

        // The keys must be read again.
        keys::rotate_keys(&desk).await.unwrap();
        desk.store.close().await.unwrap();
        let failed = finish(&desk, &came, address).await.unwrap_err();
        assert!(failed.is_passing(), "{failed:?}");
        assert!(desk.failed_sign_ins.take().is_empty());
    }
}
