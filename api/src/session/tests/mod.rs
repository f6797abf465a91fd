//! Sessions on a real database: what a token may say, and what becomes of it.

mod access_tokens;
mod refresh_tokens;
mod sign_in;

use std::net::{IpAddr, Ipv4Addr};

use super::{Attempt, Attempted, ClientAddress, SignedIn, sign_in};
use crate::{
    error::{Error, Result},
    refusal::Refusal,
    testing::Desk,
};

const PASSWORD: &str = "correct horse";
const ADDRESS: ClientAddress = ClientAddress(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)));

async fn attempt(desk: &Desk, name: &str, password: &str) -> Result<SignedIn> {
    attempt_from(desk, name, password, [192, 0, 2, 1]).await
}

async fn attempt_from(
    desk: &Desk,
    name: &str,
    password: &str,
    address: [u8; 4],
) -> Result<SignedIn> {
    let attempt = Attempt {
        email: format!("{name}@example.org"),
        password: password.to_owned(),
        code: None,
        address: ClientAddress(Ipv4Addr::from(address).into()),
    };
    sign_in(desk, attempt).await.map(session_of)
}

fn session_of(attempted: Attempted) -> SignedIn {
    match attempted {
        Attempted::SignedIn(signed_in) => signed_in,
        Attempted::MustEnroll(_) => panic!("no authenticator is a duty here"),
    }
}

fn is_bad_credentials<T>(result: &Result<T>) -> bool {
    matches!(result, Err(Error::Refused(refusals)) if *refusals == [Refusal::BadCredentials])
}

fn is_rate_limited<T>(result: &Result<T>) -> bool {
    matches!(result, Err(Error::RateLimited { .. }))
}

fn is_unauthenticated<T>(result: &Result<T>) -> bool {
    matches!(result, Err(Error::Unauthenticated))
}
