use aws_lc_rs::signature::Ed25519KeyPair;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use entity::{
    ids::{TeamId, UserId},
    session, signing_key, team,
    user::{self, Role},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{ADDRESS, PASSWORD, attempt, is_bad_credentials, is_unauthenticated, session_of};
use crate::{
    actor::Actor,
    import::demo,
    people::commands::{self, NewTeam},
    session::{Attempt, Held, actor_of, authenticate, keys, refresh, sign_in, sign_out},
    testing::Desk,
};

/// A token of the desk's own key, and what it is made of.
struct Forge {
    pair: Ed25519KeyPair,
    header: Value,
    claims: Value,
}

impl Forge {
    async fn open(desk: &Desk) -> Self {
        desk.person("ada", Role::Agent).await;
        let token = attempt(desk, "ada", PASSWORD).await.unwrap().access_token;
        let key = signing_key::Entity::find()
            .one(&desk.store.read)
            .await
            .unwrap()
            .unwrap();
        let mut parts = token.split('.').map(|part| {
            let bytes = BASE64_URL_SAFE_NO_PAD.decode(part).unwrap();
            serde_json::from_slice(&bytes).unwrap_or_default()
        });
        Self {
            pair: Ed25519KeyPair::from_pkcs8(&key.private_key).unwrap(),
            header: parts.next().unwrap(),
            claims: parts.next().unwrap(),
        }
    }

    fn token(&self, header: &Value, claims: &Value) -> String {
        sign(&self.pair, header, claims)
    }

    fn with_header(&self, name: &str, value: Value) -> String {
        self.token(&with(&self.header, name, value), &self.claims)
    }

    fn with_claim(&self, name: &str, value: Value) -> String {
        self.token(&self.header, &with(&self.claims, name, value))
    }
}

fn with(object: &Value, name: &str, value: Value) -> Value {
    let mut object = object.clone();
    match value {
        Value::Null => drop(object.as_object_mut().unwrap().remove(name)),
        value => object[name] = value,
    }
    object
}

fn sign(pair: &Ed25519KeyPair, header: &Value, claims: &Value) -> String {
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(header), part(claims));
    let signature = BASE64_URL_SAFE_NO_PAD.encode(pair.sign(message.as_bytes()));
    format!("{message}.{signature}")
}

#[tokio::test]
async fn only_our_own_headers_are_read() {
    let desk = Desk::open().await;
    let forge = Forge::open(&desk).await;
    let good = forge.token(&forge.header, &forge.claims);
    assert!(authenticate(&desk, &good).await.is_ok(), "the forge works");
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" });
    for (name, value) in [
        ("alg", json!("none")),
        ("alg", json!("HS256")),
        ("alg", json!("ES256")),
        ("alg", json!("eddsa")),
        ("alg", Value::Null),
        ("typ", json!("JWT")),
        ("typ", Value::Null),
        ("kid", json!("another")),
        ("kid", json!("../../etc/passwd")),
        ("kid", Value::Null),
        ("jku", json!("https://evil.example/keys")),
        ("x5u", json!("https://evil.example/cert")),
        ("x5c", json!(["MIIB"])),
        ("jwk", jwk),
        ("crit", json!(["exp"])),
        ("b64", json!(false)),
        ("zip", json!("DEF")),
    ] {
        let token = forge.with_header(name, value.clone());
        let answer = authenticate(&desk, &token).await;
        assert!(is_unauthenticated(&answer), "{name}: {value}");
    }
}

#[tokio::test]
async fn only_our_own_claims_are_believed() {
    let desk = Desk::open().await;
    let forge = Forge::open(&desk).await;
    let now = desk.clock.now().timestamp();
    let nobody = json!(Uuid::from_u128(7));
    let mut cases = vec![
        ("iss", json!("https://elsewhere.example/")),
        ("aud", json!("another")),
        ("aud", json!(["another"])),
        ("sub", nobody.clone()),
        ("sub", json!("ada")),
        ("sid", nobody),
        ("exp", json!(now - 30)),
        ("exp", json!("never")),
        ("nbf", json!(now + 31)),
        ("iat", json!(now + 31)),
    ];
    cases.extend(
        ["iss", "aud", "sub", "sid", "iat", "nbf", "exp", "jti"].map(|name| (name, Value::Null)),
    );
    for (name, value) in cases {
        let token = forge.with_claim(name, value.clone());
        let answer = authenticate(&desk, &token).await;
        assert!(is_unauthenticated(&answer), "{name}: {value}");
    }
}

#[tokio::test]
async fn a_signature_is_ours_and_whole() {
    let desk = Desk::open().await;
    let forge = Forge::open(&desk).await;
    let good = forge.token(&forge.header, &forge.claims);
    let (message, signature) = good.rsplit_once('.').unwrap();
    let foreign = Ed25519KeyPair::generate().unwrap();
    let padded = forge.with_claim("padding", json!("x".repeat(4_096)));
    let promoted = forge.with_claim("sub", json!(UserId(Uuid::from_u128(7))));
    let other_message = promoted.rsplit_once('.').unwrap().0;
    for token in [
        sign(&foreign, &forge.header, &forge.claims),
        format!("{message}."),
        format!("{message}.{}", &signature[1..]),
        format!("{other_message}.{signature}"),
        format!("{good}.{signature}"),
        message.to_owned(),
        padded,
        String::new(),
        "..".to_owned(),
    ] {
        assert!(
            is_unauthenticated(&authenticate(&desk, &token).await),
            "{token}"
        );
    }
}

#[tokio::test]
async fn a_token_lives_ten_minutes_by_our_clock() {
    let desk = Desk::open().await;
    desk.person("ada", Role::Agent).await;
    let signed_in = attempt(&desk, "ada", PASSWORD).await.unwrap();
    assert_eq!(
        signed_in.expires_at,
        desk.clock.now() + TimeDelta::minutes(10)
    );
    desk.clock.advance(TimeDelta::seconds(629));
    assert!(authenticate(&desk, &signed_in.access_token).await.is_ok());
    desk.clock.advance(TimeDelta::seconds(1));
    let answer = authenticate(&desk, &signed_in.access_token).await;
    assert!(
        is_unauthenticated(&answer),
        "though its signature is remembered"
    );
}

#[tokio::test]
async fn rights_are_those_of_the_database() {
    let desk = Desk::open().await;
    let ada = desk.person("ada", Role::Agent).await;
    let token = attempt(&desk, "ada", PASSWORD).await.unwrap().access_token;
    assert_eq!(authenticate(&desk, &token).await.unwrap().teams(), []);

    let new = NewTeam {
        name: "Vendor".to_owned(),
        kind: team::Kind::External,
        member_ids: vec![ada.id, ada.id],
    };
    let vendor = commands::create_team(&desk, &Actor::System, new)
        .await
        .unwrap();
    let expected: [(TeamId, _); 1] = [(vendor.id, team::Kind::External)];
    assert_eq!(authenticate(&desk, &token).await.unwrap().teams(), expected);

    let tx = desk.begin(&Actor::System).await.unwrap();
    user::Entity::update_many()
        .col_expr(user::Column::DisabledAt, Expr::val(tx.now()))
        .filter(user::Column::Id.eq(ada.id))
        .exec(&*tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    desk.sessions.forget_actors();
    assert!(is_unauthenticated(&authenticate(&desk, &token).await));
}

#[tokio::test]
async fn signing_out_ends_one_session_or_all() {
    let desk = Desk::open().await;
    desk.person("ada", Role::Agent).await;
    let mut sessions = Vec::new();
    for _ in 0..4 {
        sessions.push(attempt(&desk, "ada", PASSWORD).await.unwrap());
    }
    let is_in = async |which: usize| {
        authenticate(&desk, &sessions[which].access_token)
            .await
            .is_ok()
    };

    let first = authenticate(&desk, &sessions[0].access_token)
        .await
        .unwrap();
    assert_eq!(sign_out(&desk, Some(&first), None, false).await.unwrap(), 1);
    assert!(!is_in(0).await && is_in(1).await);

    let token = Some(sessions[1].refresh_token.as_str());
    assert_eq!(sign_out(&desk, None, token, false).await.unwrap(), 1);
    assert_eq!(
        sign_out(&desk, None, token, false).await.unwrap(),
        0,
        "it has ended already"
    );
    assert!(!is_in(1).await && is_in(2).await);

    assert_eq!(sign_out(&desk, None, token, true).await.unwrap(), 0);
    assert!(is_in(2).await && is_in(3).await);
    let token = Some(sessions[2].refresh_token.as_str());
    assert_eq!(sign_out(&desk, None, token, true).await.unwrap(), 2);
    assert!(!is_in(2).await && !is_in(3).await);
    assert!(is_unauthenticated(&sign_out(&desk, None, None, true).await));
}

#[tokio::test]
async fn another_password_ends_the_sessions_of_the_old_one() {
    let desk = Desk::open().await;
    demo::demo(&desk, Some(PASSWORD)).await.unwrap();
    let sign_in = async |password: &str| {
        let attempt = Attempt {
            email: demo::SIGN_INS[0].to_owned(),
            password: password.to_owned(),
            code: None,
            address: ADDRESS,
        };
        session_of(sign_in(&desk, attempt).await.unwrap())
    };
    let old = sign_in(PASSWORD).await;
    assert!(authenticate(&desk, &old.access_token).await.is_ok());
    demo::demo(&desk, Some("another horse")).await.unwrap();
    assert!(is_unauthenticated(
        &authenticate(&desk, &old.access_token).await
    ));
    let refreshed = refresh(&desk, &old.refresh_token, ADDRESS).await;
    assert!(is_bad_credentials(&refreshed));
    sign_in("another horse").await;
}

#[tokio::test]
async fn servers_that_start_at_once_make_one_key() {
    let desk = Desk::open().await;
    let (one, other) = tokio::join!(keys::jwks(&desk), keys::jwks(&desk));
    assert_eq!(one.unwrap(), other.unwrap());
    let keys = signing_key::Entity::find()
        .all(&desk.store.read)
        .await
        .unwrap();
    assert_eq!(keys.len(), 1);
    assert_eq!(
        session::Entity::find().all(&desk.store.read).await.unwrap(),
        []
    );
}

#[tokio::test]
async fn a_key_is_rotated_without_an_outage() {
    let desk = Desk::open().await;
    desk.person("ada", Role::Agent).await;
    let before = attempt(&desk, "ada", PASSWORD).await.unwrap().access_token;
    let published = async || {
        let jwks: Value = serde_json::from_str(&keys::jwks(&desk).await.unwrap()).unwrap();
        jwks["keys"].as_array().unwrap().clone()
    };
    let old = published().await.remove(0);
    assert_eq!(old.as_object().unwrap().len(), 6, "no private part: {old}");

    keys::rotate_keys(&desk).await.unwrap();
    let after = attempt(&desk, "ada", PASSWORD).await.unwrap().access_token;
    assert!(authenticate(&desk, &before).await.is_ok());
    assert!(authenticate(&desk, &after).await.is_ok());
    assert_ne!(before.split('.').next(), after.split('.').next());
    assert_eq!(published().await.len(), 2);

    desk.clock.advance(TimeDelta::minutes(15));
    desk.sessions.keep_keys(None);
    assert!(!published().await.contains(&old));

    desk.clock.advance(TimeDelta::days(2));
    keys::rotate_keys(&desk).await.unwrap();
    let kept = signing_key::Entity::find()
        .all(&desk.store.read)
        .await
        .unwrap();
    assert_eq!(kept.len(), 2, "the first key is deleted");
}

#[tokio::test]
async fn of_one_person_is_forgotten_what_they_hold() {
    let desk = Desk::open().await;
    let mut actors = Vec::new();
    for name in ["ada", "ben"] {
        let person = desk.person(name, Role::Agent).await;
        actors.push(actor_of(&desk, &person, None).await.unwrap());
    }
    let held = [0, 1, 2].map(|byte| Held::ApiToken([byte; 32]));
    for (held, actor) in held.iter().zip([&actors[0], &actors[0], &actors[1]]) {
        desk.sessions.keep_actor(*held, actor);
    }
    desk.sessions.forget_actor(actors[0].id().unwrap());
    let is_known = held.map(|held| desk.sessions.actor(&held).is_some());
    assert_eq!(is_known, [false, false, true]);
}
