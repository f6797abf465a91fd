//! What admins do to applications and their keys.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use harness::TestServer;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::json;

use super::{Backend, add_key, sign_in};
use crate::ask::{mutate, outcome};

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_changed_without_an_outage() {
    let server = TestServer::start().await;
    let mut shop = Backend::register(&server).await;
    let old = shop.token(&server);
    let pair = Ed25519KeyPair::generate().unwrap();
    let x = BASE64_URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": x, "kid": "2026", "alg": "EdDSA" });
    let (kid, secret) = add_key(&server, &shop.id, Some(&jwk.to_string())).await;
    assert_eq!((kid.as_str(), secret), ("2026", None));
    (shop.kid, shop.algorithm) = (kid, Algorithm::EdDSA);
    shop.key = EncodingKey::from_ed_der(pair.to_pkcs8().unwrap().as_ref());
    assert_eq!(outcome(&sign_in(&server, &shop.id, &old).await), "ok");
    assert_eq!(
        outcome(&shop.sign_in(&server, &shop.claims(&server)).await),
        "ok"
    );

    let twice = json!({ "applicationId": shop.id, "publicKey": jwk.to_string() });
    let twice = mutate(&server.admin(), "addApplicationKey", "key { kid }", twice).await;
    assert_eq!(outcome(&twice), "TAKEN");
    let listed = server
        .admin()
        .run(
            "{ applications { name issuer isActive keys { id kid algorithm } } }",
            json!({}),
        )
        .await;
    let keys = listed["data"]["applications"][0]["keys"]
        .as_array()
        .unwrap();
    assert_eq!(keys.len(), 2);
    let input = json!({ "keyId": keys[0]["id"] });
    let revoked = mutate(
        &server.admin(),
        "revokeApplicationKey",
        "application { keys { kid } }",
        input,
    )
    .await;
    assert_eq!(
        revoked["data"]["revokeApplicationKey"]["application"]["keys"],
        json!([{ "kid": "2026" }])
    );
    server.advance(TimeDelta::seconds(1));
    assert_eq!(
        outcome(&sign_in(&server, &shop.id, &old).await),
        "BAD_CREDENTIALS"
    );
    assert_eq!(
        outcome(&shop.sign_in(&server, &shop.claims(&server)).await),
        "ok"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn only_admins_have_to_do_with_applications() {
    let server = TestServer::start().await;
    let shop = Backend::register(&server).await;
    for who in [
        server.requester(),
        server.agent(),
        server.lead(),
        server.external_agent(),
    ] {
        let listed = who.run("{ applications { name } }", json!({})).await;
        assert_eq!(outcome(&listed), "FORBIDDEN");
        for (mutation, input) in [
            ("createApplication", json!({ "name": "n", "issuer": "i" })),
            (
                "editApplication",
                json!({ "applicationId": shop.id, "name": "n" }),
            ),
            ("deleteApplication", json!({ "applicationId": shop.id })),
            ("addApplicationKey", json!({ "applicationId": shop.id })),
            ("revokeApplicationKey", json!({ "keyId": shop.id })),
        ] {
            let answer = mutate(&who, mutation, "__typename", input).await;
            assert_eq!(outcome(&answer), "FORBIDDEN", "{mutation}");
        }
    }
}
