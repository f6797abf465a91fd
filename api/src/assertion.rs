//! Tokens that others signed (JSON Web Tokens), read as RFC 8725 asks: the algorithm is the key's and not the token's choice,
//! no key comes with a token, and what a token says is looked at by who wants it, by our own clock.

mod jwk;

use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation, decode, decode_header};
use serde::de::DeserializeOwned;

pub use jwk::{Jwk, PublicKey};

/// How far clocks may differ, in seconds.
const LEEWAY_S: i64 = 30;
/// Texts that name somebody or a key.
const NAME_BYTES_MAX: usize = 255;

/// A key that verifies what was signed by one algorithm.
#[derive(Clone)]
pub struct Key {
    algorithm: Algorithm,
    key: DecodingKey,
}

impl Key {
    /// A secret that both sides have.
    pub fn hs256(secret: &[u8]) -> Self {
        Self {
            algorithm: Algorithm::HS256,
            key: DecodingKey::from_secret(secret),
        }
    }

    /// A point of P-256, uncompressed.
    pub fn es256(point: &[u8]) -> Self {
        Self {
            algorithm: Algorithm::ES256,
            key: DecodingKey::from_ec_der(point),
        }
    }

    /// The 32 bytes of an Ed25519 key.
    pub fn ed25519(bytes: &[u8]) -> Self {
        Self {
            algorithm: Algorithm::EdDSA,
            key: DecodingKey::from_ed_der(bytes),
        }
    }

    /// Modulus and exponent.
    pub fn rs256(n: &[u8], e: &[u8]) -> Self {
        Self {
            algorithm: Algorithm::RS256,
            key: DecodingKey::from_rsa_raw_components(n, e),
        }
    }
}

/// What a token says of its key, not verified yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    algorithm: Algorithm,
    pub kid: Option<String>,
}

impl Head {
    /// Whether a key is of the algorithm that the token names.
    pub fn suits(&self, key: &Key) -> bool {
        self.algorithm == key.algorithm
    }
}

/// The head of a token; none of one that brings its own key, asks for what nobody here understands, or is no token.
pub fn head_of(token: &str, bytes_max: usize) -> Option<Head> {
    if token.len() > bytes_max {
        return None;
    }
    let header = decode_header(token).ok()?;
    let is_plain = matches!(header.typ.as_deref(), None | Some("JWT" | "jwt"));
    let kid = header.kid.clone();
    if !is_plain || brings_more(&header) || kid.as_deref().is_some_and(|kid| !is_name(kid)) {
        return None;
    }
    let algorithm = header.alg;
    Some(Head { algorithm, kid })
}

fn brings_more(header: &Header) -> bool {
    header.jku.is_some()
        || header.jwk.is_some()
        || header.x5u.is_some()
        || header.x5c.is_some()
        || header.crit.is_some()
        || header.enc.is_some()
        || header.zip.is_some()
        || header.extras.inner().contains_key("b64")
}

/// What a token says, where this key has signed it. Its times, issuer and audience are still to be looked at.
pub fn claims_of<C: DeserializeOwned>(token: &str, key: &Key) -> Option<C> {
    let mut validation = Validation::new(key.algorithm);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    decode(token, &key.key, &validation)
        .ok()
        .map(|token| token.claims)
}

/// When a token was made and is over, in seconds since 1970.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    pub iat: i64,
    pub nbf: Option<i64>,
    pub exp: i64,
}

impl Times {
    /// Whether the token is good now, and never for longer than `life_max_s`.
    pub fn hold(self, now: DateTime<Utc>, life_max_s: i64) -> bool {
        let now = now.timestamp();
        let latest_start = now.saturating_add(LEEWAY_S);
        self.iat <= latest_start
            && self.nbf.is_none_or(|nbf| nbf <= latest_start)
            && now.saturating_sub(LEEWAY_S) < self.exp
            && self.exp.saturating_sub(self.iat) <= life_max_s
    }
}

/// Whether a text can name something: not empty, not long, and free of what a database does not store.
pub fn is_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= NAME_BYTES_MAX && !text.contains(char::is_control)
}

#[cfg(test)]
mod tests {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
    use jsonwebtoken::{EncodingKey, encode};
    use serde_json::{Value, json};

    use super::*;

    const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";

    fn signed(header: &Header) -> String {
        let key = EncodingKey::from_secret(SECRET);
        encode(header, &json!({ "sub": "1" }), &key).unwrap()
    }

    fn with_header(header: &Value) -> String {
        let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.c2ln", part(header), part(&json!({})))
    }

    #[test]
    fn a_token_is_read_with_its_key_only() {
        let token = signed(&Header::new(Algorithm::HS256));
        let head = head_of(&token, 4_096).unwrap();
        let key = Key::hs256(SECRET);
        assert!(head.suits(&key));
        assert_eq!(claims_of(&token, &key), Some(json!({ "sub": "1" })));
        assert_eq!(claims_of::<Value>(&token, &Key::hs256(b"another")), None);
        // The public bytes of another kind of key are no secret.
        assert!(!head.suits(&Key::ed25519(SECRET)));
        assert_eq!(claims_of::<Value>(&token, &Key::ed25519(SECRET)), None);
        let other = signed(&Header::new(Algorithm::HS384));
        assert!(!head_of(&other, 4_096).unwrap().suits(&key));
        assert_eq!(claims_of::<Value>(&other, &key), None);
        assert_eq!(head_of(&token, token.len() - 1), None);
    }

    #[test]
    fn a_head_that_brings_more_is_refused() {
        assert!(
            head_of(
                &with_header(&json!({ "alg": "HS256", "kid": "k", "x5t": "x" })),
                4_096
            )
            .is_some()
        );
        for more in [
            json!({ "alg": "none" }),
            json!({ "kid": "k" }),
            json!({ "alg": "HS256", "typ": "at+jwt" }),
            json!({ "alg": "HS256", "jku": "https://evil.test/" }),
            json!({ "alg": "HS256", "x5u": "https://evil.test/" }),
            json!({ "alg": "HS256", "x5c": ["AA=="] }),
            json!({ "alg": "HS256", "jwk": { "kty": "oct", "k": "AA" } }),
            json!({ "alg": "HS256", "crit": ["exp"] }),
            json!({ "alg": "HS256", "b64": false }),
            json!({ "alg": "HS256", "zip": "DEF" }),
            json!({ "alg": "HS256", "kid": "" }),
            json!({ "alg": "HS256", "kid": "a\u{0}b" }),
            json!({ "alg": "HS256", "kid": "k".repeat(256) }),
            json!([]),
        ] {
            assert_eq!(head_of(&with_header(&more), 4_096), None, "{more}");
        }
        for no_token in ["", ".", "..", "a.b.c", "e30.e30.", "\u{0}.\u{0}.\u{0}"] {
            assert_eq!(head_of(no_token, 4_096), None, "{no_token}");
        }
    }

    #[test]
    fn times_hold_with_half_a_minute_of_leeway() {
        let now = DateTime::from_timestamp(1_000_000, 0).unwrap();
        for (iat, nbf, exp, holds) in [
            (0, None, 600, true),
            (-600, None, -29, true),
            (-600, None, -30, false),
            (30, None, 600, true),
            (31, None, 600, false),
            (0, Some(30), 600, true),
            (0, Some(31), 600, false),
            (0, None, 3_600, true),
            (0, None, 3_601, false),
            (i64::MIN / 2, None, i64::MAX / 2, false),
        ] {
            let at = |offset: i64| offset.saturating_add(1_000_000);
            let times = Times {
                iat: at(iat),
                nbf: nbf.map(at),
                exp: at(exp),
            };
            assert_eq!(times.hold(now, 3_600), holds, "{iat} {nbf:?} {exp}");
        }
    }
}
