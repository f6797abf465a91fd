//! Signatures as Standard Webhooks describes them, worked out beside the server's own library.

use anyhow::{Context, Result, ensure};
use base64::{Engine, prelude::BASE64_STANDARD};
use sha2::{Digest, Sha256};

/// Bytes of a block of SHA-256.
const BLOCK: usize = 64;

/// Whether one of the signatures of a request was made with this secret.
pub(crate) fn is_signed(
    secret: &str,
    (id, timestamp, signatures): (&str, &str, &str),
    body: &[u8],
) -> Result<bool> {
    let key = secret.strip_prefix("whsec_").context("not a secret")?;
    let key = BASE64_STANDARD.decode(key)?;
    ensure!(key.len() <= BLOCK, "too long a secret");
    let message = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body].concat();
    let expected = format!("v1,{}", BASE64_STANDARD.encode(hmac(&key, &message)));
    Ok(signatures.split(' ').any(|given| given == expected))
}

/// RFC 2104.
fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut block = [0; BLOCK];
    block[..key.len()].copy_from_slice(key);
    let inner = Sha256::new()
        .chain_update(block.map(|byte| byte ^ 0x36))
        .chain_update(message)
        .finalize();
    let outer = Sha256::new()
        .chain_update(block.map(|byte| byte ^ 0x5c))
        .chain_update(inner);
    outer.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::is_signed;

    /// The example of the Standard Webhooks specification.
    #[test]
    fn the_example_of_the_specification_is_signed() {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let head = (
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "1614265330",
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        );
        let body = br#"{"test": 2432232314}"#;
        assert!(is_signed(secret, head, body).unwrap());
        assert!(!is_signed(secret, head, br#"{"test": 2432232315}"#).unwrap());
    }
}
