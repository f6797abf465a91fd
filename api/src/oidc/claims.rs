//! What an ID token says, once everything about it was looked at (OpenID Connect Core 1.0, section 3.1.3.7).

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{
    assertion::{Times, is_name},
    config::OidcProvider,
    people::Profile,
};

/// Tokens with many groups are long.
pub(super) const TOKEN_BYTES_MAX: usize = 64 << 10;
/// No provider has tokens that are good for so long.
const LIFE_MAX_S: i64 = 7 * 24 * 3_600;
/// Groups of one person; further ones are not looked at.
const GROUPS_MAX: usize = 1_000;

#[derive(Deserialize)]
pub(super) struct Claims {
    iss: String,
    pub(super) sub: String,
    aud: Audience,
    azp: Option<String>,
    iat: i64,
    nbf: Option<i64>,
    exp: i64,
    nonce: String,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Claims {
    /// Whether the token is of this provider, for us, of now, and of the sign-in that began with `nonce`.
    pub(super) fn hold(&self, provider: &OidcProvider, nonce: &str, now: DateTime<Utc>) -> bool {
        let client = &provider.client_id;
        let is_for_us = match &self.aud {
            Audience::One(aud) => aud == client,
            Audience::Many(all) => {
                all.contains(client) && (all.len() == 1 || self.azp.as_ref() == Some(client))
            }
        };
        let times = Times {
            iat: self.iat,
            nbf: self.nbf,
            exp: self.exp,
        };
        self.iss == provider.issuer
            && is_for_us
            && self.azp.as_ref().is_none_or(|azp| azp == client)
            && self.nonce == nonce
            && is_name(&self.sub)
            && times.hold(now, LIFE_MAX_S)
    }

    pub(super) fn profile(&self) -> Profile {
        let name = self
            .text("name")
            .or_else(|| self.text("preferred_username"));
        Profile {
            name,
            email: self.verified_email(),
            locale: self.text("locale"),
            organization: None,
        }
    }

    /// Only what the provider itself has verified. Some write the word as a text.
    pub(super) fn verified_email(&self) -> Option<String> {
        let is_verified = match self.rest.get("email_verified") {
            Some(Value::Bool(is_verified)) => *is_verified,
            Some(Value::String(word)) => word == "true",
            _ => false,
        };
        self.text("email").filter(|_| is_verified)
    }

    /// What stands under `path`: a claim of this name, or dots that lead into objects.
    pub(super) fn groups(&self, path: &str) -> Vec<String> {
        let found = self.rest.get(path).or_else(|| {
            let mut parts = path.split('.');
            let first = self.rest.get(parts.next()?)?;
            parts.try_fold(first, |value, part| value.get(part))
        });
        match found {
            Some(Value::String(group)) => vec![group.clone()],
            Some(Value::Array(groups)) => {
                let texts = groups.iter().filter_map(Value::as_str).map(str::to_owned);
                texts.take(GROUPS_MAX).collect()
            }
            _ => Vec::new(),
        }
    }

    fn text(&self, name: &str) -> Option<String> {
        self.rest.get(name)?.as_str().map(str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn claims(more: &Value) -> Claims {
        let mut claims =
            json!({ "iss": "i", "sub": "s", "aud": "c", "iat": 0, "exp": 1, "nonce": "n" });
        for (name, value) in more.as_object().unwrap() {
            claims[name] = value.clone();
        }
        serde_json::from_value(claims).unwrap()
    }

    #[test]
    fn groups_are_found_by_name_and_by_path() {
        for (more, path, groups) in [
            (json!({ "groups": ["a", 1, "b"] }), "groups", vec!["a", "b"]),
            (json!({ "groups": "a" }), "groups", vec!["a"]),
            (
                json!({ "realm_access": { "roles": ["a"] } }),
                "realm_access.roles",
                vec!["a"],
            ),
            (
                json!({ "https://x.test/groups": ["a"] }),
                "https://x.test/groups",
                vec!["a"],
            ),
            (json!({ "groups": { "a": 1 } }), "groups", vec![]),
            (json!({}), "groups", vec![]),
        ] {
            assert_eq!(claims(&more).groups(path), groups, "{more}");
        }
    }

    #[test]
    fn an_address_counts_only_where_it_is_verified() {
        for (verified, email) in [
            (json!(true), Some("a@x.test")),
            (json!("true"), Some("a@x.test")),
            (json!(false), None),
            (json!("false"), None),
            (json!(1), None),
            (Value::Null, None),
        ] {
            let claims = claims(&json!({ "email": "a@x.test", "email_verified": verified }));
            assert_eq!(claims.verified_email().as_deref(), email);
        }
        assert_eq!(
            claims(&json!({ "email": "a@x.test" })).verified_email(),
            None
        );
    }
}
