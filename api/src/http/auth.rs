//! Who is asking: a bearer token to an actor.

use std::{borrow::Cow, sync::Arc};

use actix_web::http::header::{AUTHORIZATION, CACHE_CONTROL, ContentType, HeaderMap};
use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use url::form_urlencoded;

use super::problem::Problem;
use super::service::Service;
use crate::actor::Actor;
use crate::app::App;
use crate::error::{Error, Result};
use crate::session::{self, keys};
use crate::token;

/// How long others may keep the keys: after a rotation they look again at an unknown `kid` anyway.
const KEYS_CACHE_CONTROL: &str = "public, max-age=300";
/// Characters of a token. Ours are a fraction of this.
const TOKEN_LENGTH_MAX: usize = 4096;

/// `/.well-known/jwks.json`: the public keys of our tokens, for others who verify them.
pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config.route("/.well-known/jwks.json", web::get().to(jwks));
}

async fn jwks(service: web::Data<Service>) -> HttpResponse {
    let service = service.into_inner();
    // In a task of its own, like everything that asks the database.
    let asking = tokio::spawn(async move { keys::jwks(&service.app).await });
    match asking.await {
        Ok(Ok(keys)) => HttpResponse::Ok()
            .insert_header((CACHE_CONTROL, KEYS_CACHE_CONTROL))
            .content_type(ContentType::json())
            .body(keys),
        Ok(Err(error)) => {
            tracing::error!(%error, "the public keys cannot be read");
            HttpResponse::InternalServerError().finish()
        }
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}

/// The token of an `Authorization: Bearer …` header (RFC 6750, section 2.1), nothing where there is
/// no such header. Tokens in a URL are not looked for: they end up in logs.
pub(crate) fn bearer_token(headers: &HeaderMap) -> Result<Option<String>> {
    let Some(header) = headers.get(AUTHORIZATION) else {
        return Ok(None);
    };
    let header = header.to_str().map_err(|_| Error::Unauthenticated)?;
    let (scheme, token) = header
        .trim()
        .split_once(' ')
        .ok_or(Error::Unauthenticated)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Error::Unauthenticated);
    }
    bare(token).map(Some)
}

/// The token that a client sends in the `connection_init` of a WebSocket: by itself, or as a header
/// would have it.
pub(crate) fn token_of(text: &str) -> Result<String> {
    match text.trim().split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => bare(token),
        Some(_) => Err(Error::Unauthenticated),
        None => bare(text),
    }
}

fn bare(token: &str) -> Result<String> {
    let token = token.trim();
    if token.is_empty() || token.len() > TOKEN_LENGTH_MAX {
        return Err(Error::Unauthenticated);
    }
    Ok(token.to_owned())
}

/// Who holds a token: nobody without one, and an error with one that is not good (any more).
pub(crate) async fn actor(app: &App, token: Option<&str>) -> Result<Option<Actor>> {
    match token {
        Some(token) if token::is_one(token) => Ok(Some(token::authenticate(app, token).await?)),
        Some(token) => Ok(Some(session::authenticate(app, token).await?)),
        None => Ok(None),
    }
}

/// Whoever holds `token`, for a handler, in a task of its own.
pub(crate) async fn actor_apart(service: &Arc<Service>, token: String) -> Result<Actor> {
    let service = Arc::clone(service);
    let asking = tokio::spawn(async move { actor(&service.app, Some(&token)).await });
    let holder = asking.await.map_err(anyhow::Error::from)??;
    holder.ok_or(Error::Unauthenticated)
}

/// Who holds a token, and when it is over.
pub(crate) async fn identify(app: &App, token: &str) -> Result<(Actor, DateTime<Utc>)> {
    if token::is_one(token) {
        token::identify(app, token).await
    } else {
        session::identify(app, token).await
    }
}

/// Refuses a request whose address holds a token of the API: addresses end up in logs and histories.
pub(crate) fn refuse_in_address(query_string: &str) -> Result<(), Problem> {
    let parameters = form_urlencoded::parse(query_string.as_bytes());
    let holds_one =
        |(name, value): (Cow<'_, str>, Cow<'_, str>)| token::are_in(&name) || token::are_in(&value);
    if parameters.into_iter().any(holds_one) {
        let message = "A token of the API does not belong into an address: send it as a header, and revoke this one.";
        return Err(Problem::bad_request(message));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::HeaderValue;

    fn token_of(header: &str) -> Result<Option<String>> {
        let mut headers = HeaderMap::new();
        headers.insert(
            AUTHORIZATION,
            HeaderValue::from_str(header).expect("a header value"),
        );
        bearer_token(&headers)
    }

    #[test]
    fn only_bearer_tokens_count() {
        assert_eq!(bearer_token(&HeaderMap::new()).expect("no header"), None);
        assert_eq!(
            token_of("Bearer a.b.c").expect("a token").as_deref(),
            Some("a.b.c")
        );
        assert_eq!(
            token_of("bearer  a.b.c ").expect("a token").as_deref(),
            Some("a.b.c")
        );
        let long = format!("Bearer {}", "x".repeat(TOKEN_LENGTH_MAX + 1));
        for wrong in ["", "Bearer", "Bearer ", "Basic YTpi", "a.b.c", &long] {
            assert!(
                matches!(token_of(wrong), Err(Error::Unauthenticated)),
                "{wrong}"
            );
        }
    }
}
