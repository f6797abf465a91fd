//! Public keys as others write them down: JSON Web Keys (RFC 7517, RFC 8037).

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::Deserialize;

use super::Key;

/// A coordinate of P-256.
const COORDINATE_BYTES: usize = 32;

/// As it is written, as far as keys for signatures need it.
#[derive(Deserialize)]
pub struct Jwk {
    kty: String,
    pub kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
    n: Option<String>,
    e: Option<String>,
    /// Whoever shows it to us has lost it.
    d: Option<String>,
}

/// A key of one of the algorithms that tokens may be signed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublicKey {
    Rs256 {
        n: Vec<u8>,
        e: Vec<u8>,
    },
    /// The point, uncompressed.
    Es256(Vec<u8>),
    Ed25519(Vec<u8>),
}

impl Jwk {
    /// None of other algorithms, of secrets, and of what is for encryption.
    pub fn public_key(&self) -> Option<PublicKey> {
        let is_for_signatures = self.usage.as_deref().is_none_or(|usage| usage == "sig");
        if self.d.is_some() || !is_for_signatures {
            return None;
        }
        let (algorithm, key) = match (self.kty.as_str(), self.crv.as_deref(), &self.y) {
            ("RSA", None, None) => {
                let (n, e) = (bytes(self.n.as_deref())?, bytes(self.e.as_deref())?);
                ("RS256", PublicKey::Rs256 { n, e })
            }
            ("EC", Some("P-256"), Some(_)) => {
                let (x, y) = (
                    coordinate(self.x.as_deref())?,
                    coordinate(self.y.as_deref())?,
                );
                let point = [[4].as_slice(), &x, &y].concat();
                ("ES256", PublicKey::Es256(point))
            }
            ("OKP", Some("Ed25519"), None) => {
                ("EdDSA", PublicKey::Ed25519(bytes(self.x.as_deref())?))
            }
            _ => return None,
        };
        let suits = self.alg.as_deref().is_none_or(|alg| alg == algorithm);
        suits.then_some(key)
    }
}

impl From<&PublicKey> for Key {
    fn from(key: &PublicKey) -> Self {
        match key {
            PublicKey::Rs256 { n, e } => Self::rs256(n, e),
            PublicKey::Es256(point) => Self::es256(point),
            PublicKey::Ed25519(bytes) => Self::ed25519(bytes),
        }
    }
}

fn coordinate(text: Option<&str>) -> Option<Vec<u8>> {
    bytes(text).filter(|bytes| bytes.len() == COORDINATE_BYTES)
}

fn bytes(text: Option<&str>) -> Option<Vec<u8>> {
    BASE64_URL_SAFE_NO_PAD.decode(text?).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(jwk: Value) -> Option<PublicKey> {
        serde_json::from_value::<Jwk>(jwk).unwrap().public_key()
    }

    #[test]
    fn a_key_is_read_where_it_is_one_for_signatures() {
        let (x, n) = ("A".repeat(43), "A".repeat(342));
        let rsa = |more: &Value| {
            let mut jwk = json!({ "kty": "RSA", "n": n, "e": "AQAB" });
            for (name, value) in more.as_object().unwrap() {
                jwk[name] = value.clone();
            }
            jwk
        };
        for jwk in [
            rsa(&json!({})),
            rsa(&json!({ "use": "sig", "alg": "RS256", "kid": "1" })),
            json!({ "kty": "EC", "crv": "P-256", "x": x, "y": x }),
            json!({ "kty": "OKP", "crv": "Ed25519", "x": x }),
        ] {
            assert!(read(jwk.clone()).is_some(), "{jwk}");
        }
        for jwk in [
            rsa(&json!({ "use": "enc" })),
            rsa(&json!({ "alg": "PS256" })),
            rsa(&json!({ "d": "AA" })),
            json!({ "kty": "RSA", "n": n }),
            json!({ "kty": "EC", "crv": "P-256", "x": x }),
            json!({ "kty": "EC", "crv": "P-256", "x": x, "y": "AA" }),
            json!({ "kty": "EC", "crv": "P-384", "x": x, "y": x }),
            json!({ "kty": "OKP", "crv": "X25519", "x": x }),
            json!({ "kty": "oct", "k": "AAAA" }),
        ] {
            assert_eq!(read(jwk.clone()), None, "{jwk}");
        }
    }
}
