//! The headers of every answer, and which origins may call from a browser.

use actix_web::HttpResponse;
use actix_web::http::Method;
use actix_web::http::header::{
    self, ACCEPT, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_METHOD, CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, HeaderMap,
    HeaderName, HeaderValue, ORIGIN, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};

use super::request_id;
use crate::config::Config;

const ALLOWED_METHODS: HeaderValue = HeaderValue::from_static("GET, POST, PUT");
const ALLOWED_HEADERS: HeaderValue = HeaderValue::from_static(
    "accept-language, authorization, content-type, idempotency-key, x-request-id",
);
const EXPOSED_HEADERS: HeaderValue = HeaderValue::from_static(
    "idempotency-replayed, ratelimit-limit, ratelimit-remaining, ratelimit-reset, retry-after, x-request-id",
);
/// How long a browser may remember a preflight, in seconds.
const PREFLIGHT_MAX_AGE_S: HeaderValue = HeaderValue::from_static("600");
/// For answers that are no page: nothing in them may be loaded, run or framed.
const POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// Where a request comes from, as its browser says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Not a browser, or a page of ours.
    Own,
    /// A page of an origin on the list.
    Allowed(HeaderValue),
    /// Any other page, `null` among them.
    Foreign,
}

impl Origin {
    pub(crate) fn of(headers: &HeaderMap, config: &Config) -> Self {
        let Some(origin) = headers.get(ORIGIN) else {
            return Self::Own;
        };
        let Ok(text) = origin.to_str() else {
            return Self::Foreign;
        };
        if config.cors_origins.iter().any(|allowed| allowed == text) {
            return Self::Allowed(origin.clone());
        }
        let host = headers.get(HOST).and_then(|host| host.to_str().ok());
        let is_own = config.public_url.origin().ascii_serialization() == text
            || text
                .split_once("://")
                .is_some_and(|(_, authority)| Some(authority) == host);
        if is_own { Self::Own } else { Self::Foreign }
    }
}

/// Whether a request only asks if another may follow.
pub(crate) fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    method == Method::OPTIONS
        && headers.contains_key(ORIGIN)
        && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// The answer to a preflight. Without the origin's own header, which [`apply`] adds, a browser
/// takes it for a no.
pub(crate) fn preflight() -> HttpResponse {
    HttpResponse::NoContent()
        .insert_header((ACCESS_CONTROL_ALLOW_METHODS, ALLOWED_METHODS))
        .insert_header((ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED_HEADERS))
        .insert_header((ACCESS_CONTROL_MAX_AGE, PREFLIGHT_MAX_AGE_S))
        .finish()
}

/// Puts on every answer what it must carry. A page may have brought its own policy and caching.
pub(crate) fn apply(headers: &mut HeaderMap, origin: &Origin, request_id: &str) {
    set_default(headers, CONTENT_SECURITY_POLICY, POLICY);
    set_default(headers, CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.append(VARY, HeaderValue::from_static("origin"));
    headers.append(VARY, HeaderValue::from(ACCEPT));
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.insert(request_id::HEADER, id);
    }
    if let Origin::Allowed(origin) = origin {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED_HEADERS);
    }
    headers.remove(header::SERVER);
}

fn set_default(headers: &mut HeaderMap, name: HeaderName, value: HeaderValue) {
    if !headers.contains_key(&name) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn a_preflight_names_only_headers_that_are_read() {
        let answer = preflight();
        let allowed = answer.headers().get(ACCESS_CONTROL_ALLOW_HEADERS);
        let allowed = allowed.and_then(|names| names.to_str().ok()).unwrap_or("");
        let names: Vec<_> = allowed.split(", ").collect();
        assert_eq!(
            names,
            [
                "accept-language",
                "authorization",
                "content-type",
                "idempotency-key",
                "x-request-id"
            ]
        );
    }

    #[test]
    fn origins_are_compared_whole() {
        let settings = [
            ("GUICHET_CORS_ORIGINS", "https://desk.example.org"),
            ("GUICHET_PUBLIC_URL", "https://api.example.org"),
        ];
        let environment = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let config = Config::read(&BTreeMap::from(environment)).expect("good settings");
        let origin_of = |origin: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, HeaderValue::from_static("10.0.0.7:8080"));
            headers.insert(ORIGIN, HeaderValue::from_static(origin));
            Origin::of(&headers, &config)
        };
        let allowed = "https://desk.example.org";
        assert_eq!(
            origin_of(allowed),
            Origin::Allowed(HeaderValue::from_static(allowed))
        );
        assert_eq!(origin_of("https://api.example.org"), Origin::Own);
        assert_eq!(origin_of("http://10.0.0.7:8080"), Origin::Own);
        assert_eq!(Origin::of(&HeaderMap::new(), &config), Origin::Own);
        for foreign in [
            "null",
            "",
            "*",
            "http://desk.example.org",
            "https://desk.example.org:444",
            "https://desk.example.org.evil.test",
            "https://evil.test/https://desk.example.org",
            "http://10.0.0.7",
            "https://DESK.example.org",
        ] {
            assert_eq!(origin_of(foreign), Origin::Foreign, "{foreign}");
        }
    }
}
