//! Secrets of endpoints, and what is signed with them (Standard Webhooks, symmetric signatures).

use std::fmt;

use anyhow::Context;
use aws_lc_rs::{hmac, rand};
use base64::{Engine, prelude::BASE64_STANDARD};
use chrono::{DateTime, Utc};
use entity::webhook_endpoint::Model;

use crate::error::Result;

const PREFIX: &str = "whsec_";
const BYTES: usize = 32;

/// What an endpoint verifies with. Shown once, by the mutation that makes it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl Secret {
    pub(super) fn generate() -> Result<Self> {
        let mut bytes = vec![0; BYTES];
        rand::fill(&mut bytes).context("the system has no random numbers")?;
        Ok(Self(bytes))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// As receivers take it.
    pub fn reveal(&self) -> String {
        format!("{PREFIX}{}", BASE64_STANDARD.encode(&self.0))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret")
    }
}

/// The headers of a request: its id, when it was made, and a signature for each secret that is good at that time.
pub(super) fn headers(
    endpoint: &Model,
    id: &str,
    now: DateTime<Utc>,
    body: &[u8],
) -> [(&'static str, String); 3] {
    let time = now.timestamp().to_string();
    let is_good = endpoint.previous_until.is_some_and(|until| now < until);
    let previous = endpoint.previous_secret.as_ref().filter(|_| is_good);
    let secrets = std::iter::once(&endpoint.secret).chain(previous);
    let signatures: Vec<_> = secrets
        .map(|secret| signature(secret, id, &time, body))
        .collect();
    [
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", time),
        ("webhook-signature", signatures.join(" ")),
    ]
}

fn signature(secret: &[u8], id: &str, time: &str, body: &[u8]) -> String {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, secret));
    for part in [id.as_bytes(), b".", time.as_bytes(), b".", body] {
        context.update(part);
    }
    format!("v1,{}", BASE64_STANDARD.encode(context.sign()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's own libraries.
    #[test]
    fn a_signature_is_that_of_the_specification() {
        let secret = BASE64_STANDARD
            .decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
            .unwrap();
        let signed = signature(
            &secret,
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "1614265330",
            br#"{"test": 2432232314}"#,
        );
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_secret_is_shown_in_full_only_when_it_is_asked_for() {
        let secret = Secret::generate().unwrap();
        let text = secret.reveal();
        let bytes = BASE64_STANDARD.decode(text.strip_prefix(PREFIX).unwrap());
        assert_eq!(bytes.unwrap(), secret.bytes());
        assert_ne!(Secret::generate().unwrap(), secret);
        assert_eq!(format!("{secret:?}"), "Secret");
    }
}
