//! Keys of applications: secrets that we make, and public keys that admins bring.

use anyhow::Context;
use aws_lc_rs::{
    rand,
    signature::{ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey},
};
use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use entity::application_key::{Algorithm, Model};

use crate::{
    app::App,
    assertion::{self, Jwk, Key, is_name},
    error::Result,
    session,
};

/// What secrets are sealed for.
const PURPOSE: &str = "application key";
/// As long as the hash: RFC 7518 asks for no less.
const SECRET_BYTES: usize = 32;
/// SubjectPublicKeyInfo (RFC 5280) of a key on P-256 and of an Ed25519 key is this, and the key.
const P256_PREFIX: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
const ED25519_PREFIX: [u8; 12] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];

/// A public key as an admin gives it.
pub(super) struct PublicKey {
    pub(super) algorithm: Algorithm,
    pub(super) bytes: Vec<u8>,
    pub(super) kid: Option<String>,
}

/// Reads PEM or a JSON Web Key. None of what is no public key on P-256 or of Ed25519.
pub(super) fn read(text: &str) -> Option<PublicKey> {
    let text = text.trim();
    let key = if text.starts_with('{') {
        from_jwk(serde_json::from_str(text).ok()?)?
    } else {
        from_pem(text)?
    };
    let is_key = match key.algorithm {
        Algorithm::Es256 => ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &key.bytes).is_ok(),
        Algorithm::EdDsa => ParsedPublicKey::new(&ED25519, &key.bytes).is_ok(),
        Algorithm::Hs256 => false,
    };
    is_key.then_some(key)
}

fn from_jwk(jwk: Jwk) -> Option<PublicKey> {
    let (algorithm, bytes) = match jwk.public_key()? {
        assertion::PublicKey::Es256(point) => (Algorithm::Es256, point),
        assertion::PublicKey::Ed25519(bytes) => (Algorithm::EdDsa, bytes),
        assertion::PublicKey::Rs256 { .. } => return None,
    };
    let is_named_well = jwk.kid.as_deref().is_none_or(is_name);
    is_named_well.then_some(PublicKey {
        algorithm,
        bytes,
        kid: jwk.kid,
    })
}

fn from_pem(text: &str) -> Option<PublicKey> {
    let inner = text.strip_prefix("-----BEGIN PUBLIC KEY-----")?;
    let inner = inner.strip_suffix("-----END PUBLIC KEY-----")?;
    let inner: String = inner.split_whitespace().collect();
    let der = BASE64_STANDARD.decode(inner).ok()?;
    let key = |algorithm, bytes: &[u8]| PublicKey {
        algorithm,
        bytes: bytes.to_vec(),
        kid: None,
    };
    if let Some(point) = der.strip_prefix(&P256_PREFIX) {
        return (point.len() == 65).then(|| key(Algorithm::Es256, point));
    }
    let bytes = der.strip_prefix(&ED25519_PREFIX)?;
    (bytes.len() == 32).then(|| key(Algorithm::EdDsa, bytes))
}

/// A secret of our own, as text: what is signed with is the text's bytes.
pub(super) fn new_secret() -> Result<String> {
    let mut bytes = [0; SECRET_BYTES];
    rand::fill(&mut bytes).context("the system has no random numbers")?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes))
}

/// What is stored of a secret.
pub(super) async fn seal(app: &App, of: uuid::Uuid, secret: &str) -> Result<Vec<u8>> {
    session::seal(app, PURPOSE, of, secret.as_bytes()).await
}

/// The key that verifies.
pub(super) async fn verifying(app: &App, row: &Model) -> Result<Key> {
    Ok(match row.algorithm {
        Algorithm::Hs256 => {
            let secret = session::unseal(app, PURPOSE, row.id.0, &row.material).await?;
            Key::hs256(&secret)
        }
        Algorithm::Es256 => Key::es256(&row.material),
        Algorithm::EdDsa => Key::ed25519(&row.material),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8037, appendix A.2.
    const ED25519_X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    /// RFC 7517, appendix A.1.
    const P256_X: &str = "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4";
    const P256_Y: &str = "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM";

    fn jwk(more: &str) -> String {
        format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{ED25519_X}"{more}}}"#)
    }

    fn ec(y: &str) -> String {
        format!(r#"{{"kty":"EC","crv":"P-256","x":"{P256_X}","y":"{y}","kid":"1"}}"#)
    }

    #[test]
    fn public_keys_are_read_from_jwk_and_pem() {
        let key = read(&jwk("")).unwrap();
        assert_eq!(key.algorithm, Algorithm::EdDsa);
        let der = [ED25519_PREFIX.as_slice(), &key.bytes].concat();
        let pem = format!(
            "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
            BASE64_STANDARD.encode(der)
        );
        assert_eq!(read(&pem).unwrap().bytes, key.bytes);

        let key = read(&ec(P256_Y)).unwrap();
        assert_eq!(key.algorithm, Algorithm::Es256);
        assert_eq!(key.kid.as_deref(), Some("1"));
        let der = [P256_PREFIX.as_slice(), &key.bytes].concat();
        let pem = format!(
            "-----BEGIN PUBLIC KEY-----{}-----END PUBLIC KEY-----",
            BASE64_STANDARD.encode(der)
        );
        assert_eq!(read(&pem).unwrap().bytes, key.bytes);
    }

    #[test]
    fn nothing_else_is_a_public_key() {
        for text in [
            String::new(),
            "{}".to_owned(),
            "-----BEGIN PUBLIC KEY----------END PUBLIC KEY-----".to_owned(),
            jwk(r#","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A""#),
            jwk(r#","alg":"ES256""#),
            jwk(r#","alg":"none""#),
            jwk(r#","use":"enc""#),
            jwk(r#","kid":"""#),
            // Not on the curve.
            ec(P256_X),
            ec("AA"),
            r#"{"kty":"oct","k":"AAAA"}"#.to_owned(),
        ] {
            assert!(read(&text).is_none(), "{text}");
        }
    }
}
