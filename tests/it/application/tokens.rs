//! Tokens that are not good: each is answered as any other, and none brings the server down.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use harness::TestServer;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use super::{Backend, add_key, register, sign_in};
use crate::ask::outcome;

/// Claims that are wrong in one way.
fn wrong_claims(good: &Value) -> Vec<Value> {
    let now = good["iat"].as_i64().unwrap();
    let with = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        claims
    };
    let without = |name: &str| {
        let mut claims = good.clone();
        claims.as_object_mut().unwrap().remove(name);
        claims
    };
    vec![
        with("iss", json!("other")),
        with("iss", json!(["shop"])),
        without("iss"),
        with("aud", json!("guichet")),
        with(
            "aud",
            json!("guichet-application:00000000000000000000000000000000"),
        ),
        with("aud", json!([good["aud"], "other"])),
        without("aud"),
        with("sub", json!("")),
        with("sub", json!("x".repeat(256))),
        with("sub", json!("a\u{0}b")),
        with("sub", json!(4_711)),
        without("sub"),
        with("exp", json!(now - 30)),
        with("exp", json!(now + 3_601)),
        with("exp", json!(i64::MAX)),
        with("exp", json!("soon")),
        without("exp"),
        with("iat", json!(now + 31)),
        without("iat"),
        with("nbf", json!(now + 31)),
        with("name", json!({ "first": "Zoé" })),
    ]
}

fn with_header(token: &str, header: &Value) -> String {
    let (_, rest) = token.split_once('.').unwrap();
    format!(
        "{}.{rest}",
        BASE64_URL_SAFE_NO_PAD.encode(header.to_string())
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn every_token_that_is_not_good_is_refused_alike() {
    let server = TestServer::start().await;
    let shop = Backend::register(&server).await;
    let good = shop.claims(&server);
    let refused = sign_in(&server, &shop.id, "").await;
    assert_eq!(outcome(&refused), "BAD_CREDENTIALS");
    let mut tokens: Vec<String> = wrong_claims(&good)
        .iter()
        .map(|claims| shop.sign(claims))
        .collect();

    let token = shop.sign(&good);
    let (signed, _) = token.rsplit_once('.').unwrap();
    tokens.push(format!("{signed}."));
    tokens.push(format!("{signed}.AAAA"));
    tokens.push(token.replacen('.', "x.", 1));
    tokens.push(format!("{token}.x"));
    tokens.push("x".repeat(5_000));
    for header in [
        json!({ "alg": "none", "kid": shop.kid }),
        json!({ "alg": "HS384", "kid": shop.kid }),
        json!({ "alg": "HS256" }),
        json!({ "alg": "HS256", "kid": "\u{0}" }),
        json!({ "alg": "HS256", "kid": "other" }),
        json!({ "alg": "HS256", "kid": shop.kid, "typ": "at+jwt" }),
    ] {
        tokens.push(with_header(&token, &header));
    }
    let mut header = Header::new(Algorithm::HS256);
    header.kid = Some(shop.kid.clone());
    let other_key = EncodingKey::from_secret(b"another secret of at least 32 bytes");
    tokens.push(encode(&header, &good, &other_key).unwrap());
    header.jku = Some("https://evil.test/jwks".to_owned());
    tokens.push(encode(&header, &good, &shop.key).unwrap());
    header.jku = None;
    header.crit = Some(vec!["exp".to_owned()]);
    tokens.push(encode(&header, &good, &shop.key).unwrap());
    // The access token of a person is none of an application.
    tokens.push(server.requester().token().await.unwrap());
    for token in tokens {
        assert_eq!(sign_in(&server, &shop.id, &token).await, refused, "{token}");
    }
    for id in ["", "app_", "usr_0", "app_ffffffffffff7fff8fffffffffffffff"] {
        assert_eq!(sign_in(&server, id, &token).await, refused, "{id}");
    }
    assert_eq!(outcome(&sign_in(&server, &shop.id, &token).await), "ok");
    server.advance(TimeDelta::seconds(330));
    assert_eq!(sign_in(&server, &shop.id, &token).await, refused);
}

/// A public key is no secret: whoever signs with its bytes as one is refused.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_for_one_algorithm() {
    let server = TestServer::start().await;
    let (id, audience) = register(&server).await;
    let pair = Ed25519KeyPair::generate().unwrap();
    let public = pair.public_key().as_ref();
    let x = BASE64_URL_SAFE_NO_PAD.encode(public);
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": x }).to_string();
    let (kid, _) = add_key(&server, &id, Some(&jwk)).await;
    for secret in [public, x.as_bytes(), jwk.as_bytes(), b""] {
        let shop = Backend {
            id: id.clone(),
            audience: audience.clone(),
            kid: kid.clone(),
            algorithm: Algorithm::HS256,
            key: EncodingKey::from_secret(secret),
        };
        let answer = sign_in(&server, &id, &shop.token(&server)).await;
        assert_eq!(outcome(&answer), "BAD_CREDENTIALS");
    }
}

/// One application does not speak for the users of another.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_for_one_application() {
    let server = TestServer::start().await;
    let (one, other) = (
        Backend::register(&server).await,
        Backend::register(&server).await,
    );
    let token = one.token(&server);
    assert_eq!(
        outcome(&sign_in(&server, &other.id, &token).await),
        "BAD_CREDENTIALS"
    );
    let mine = one.sign_in(&server, &one.claims(&server)).await;
    let theirs = other.sign_in(&server, &other.claims(&server)).await;
    let id =
        |answer: &Value| answer["data"]["signInWithApplication"]["session"]["user"]["id"].clone();
    assert!(id(&mine).is_string());
    assert_ne!(id(&mine), id(&theirs));
}

/// What cannot be stored, or is not known, is as if it were not said.
#[tokio::test(flavor = "multi_thread")]
async fn claims_that_cannot_be_used_are_left_out() {
    let server = TestServer::start().await;
    let shop = Backend::register(&server).await;
    let mut claims = shop.claims(&server);
    claims["name"] = json!("a\u{0}b");
    claims["email"] = json!("a\u{0}b@shop.test");
    claims["email_verified"] = json!(true);
    claims["locale"] = json!("\u{0}");
    claims["organization"] = json!("a\u{0}b");
    let answer = shop.sign_in(&server, &claims).await;
    let user = &answer["data"]["signInWithApplication"]["session"]["user"];
    assert_eq!(user["name"], "4711", "{answer}");
    assert_eq!(user["email"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_are_limited() {
    let server = TestServer::start().await;
    let shop = Backend::register(&server).await;
    for _ in 0..300 {
        assert_eq!(
            outcome(&sign_in(&server, &shop.id, "x").await),
            "BAD_CREDENTIALS"
        );
    }
    assert_eq!(
        outcome(&sign_in(&server, &shop.id, "x").await),
        "RATE_LIMITED"
    );
    assert_eq!(
        outcome(&sign_in(&server, &shop.id, &shop.token(&server)).await),
        "ok"
    );
}
