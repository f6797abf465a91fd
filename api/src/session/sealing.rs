//! Secrets that the desk must be able to read again: sealed with a key of its own before they are stored, so that a table
//! by itself gives none away. Who has the whole database has that key too.

use anyhow::anyhow;
use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey},
    hmac,
};
use uuid::Uuid;

use super::keys::derived_key;
use crate::{app::App, error::Result};

const PURPOSE: &str = "sealed secrets";

/// Seals a secret of what `of` names; nowhere else can it be opened.
pub async fn seal(app: &App, purpose: &str, of: Uuid, secret: &[u8]) -> Result<Vec<u8>> {
    let key = key(app, purpose).await?;
    let mut sealed = secret.to_vec();
    let nonce = key
        .seal_in_place_append_tag(Aad::from(of.as_bytes()), &mut sealed)
        .map_err(|_| anyhow!("cannot seal a secret"))?;
    Ok([nonce.as_ref().as_slice(), &sealed].concat())
}

/// Opens what [`seal`] made, for the same purpose and of the same thing.
pub async fn unseal(app: &App, purpose: &str, of: Uuid, sealed: &[u8]) -> Result<Vec<u8>> {
    let secret = unseal_shown(app, purpose, of, sealed).await?;
    Ok(secret.ok_or_else(|| anyhow!("a sealed secret cannot be opened"))?)
}

/// The same of what somebody shows, who may show anything: none where [`seal`] did not make it.
pub async fn unseal_shown(
    app: &App,
    purpose: &str,
    of: Uuid,
    sealed: &[u8],
) -> Result<Option<Vec<u8>>> {
    let key = key(app, purpose).await?;
    Ok(open(&key, of, sealed))
}

fn open(key: &RandomizedNonceKey, of: Uuid, sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let mut secret = sealed.to_vec();
    let opened = key.open_in_place(nonce, Aad::from(of.as_bytes()), &mut secret);
    opened.ok().map(|opened| opened.to_vec())
}

async fn key(app: &App, purpose: &str) -> Result<RandomizedNonceKey> {
    let bytes = hmac::sign(&derived_key(app, PURPOSE).await?, purpose.as_bytes());
    let key = RandomizedNonceKey::new(&AES_256_GCM, bytes.as_ref());
    Ok(key.map_err(|_| anyhow!("no key to seal with"))?)
}
