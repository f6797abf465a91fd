//! Authenticators and recovery codes: getting one, being asked for its codes, losing it.

mod duty;

use aws_lc_rs::hmac;
use chrono::{DateTime, TimeDelta, Utc};
use entity::totp_enrollment;
use harness::{Client, PASSWORD, TestServer};
use insta::assert_json_snapshot;
use sea_orm::EntityTrait;
use serde_json::{Value, json};

use crate::ask::{mutate, outcome};

const AGNES: &str = "agnes@desk.test";

/// What an authenticator shows (RFC 6238), told by itself.
pub(crate) fn code_at(secret: &str, at: DateTime<Utc>) -> String {
    let step = at.timestamp() / 30;
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &unbase32(secret));
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let tag = tag.as_ref();
    let start = usize::from(tag[19] & 15);
    let word: [u8; 4] = tag[start..start + 4].try_into().unwrap();
    let number = (u32::from_be_bytes(word) & (u32::MAX >> 1)) % 1_000_000;
    format!("{number:06}")
}

fn unbase32(text: &str) -> Vec<u8> {
    let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::new());
    for letter in text.bytes() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'2'..=b'7' => letter - b'2' + 26,
            other => panic!("{other} is not of base 32"),
        };
        bits = bits << 5 | u32::from(value);
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 255).unwrap());
        }
    }
    bytes
}

/// Signs in from an address that has not tried yet.
async fn sign_in(server: &TestServer, password: &str, code: Option<&str>) -> Value {
    static TRIES: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(1);
    let host = TRIES.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let address = format!("192.0.{}.{}", host / 250, host % 250 + 1);
    let visitor = server.visitor().with_header("x-forwarded-for", &address);
    sign_in_by(&visitor, password, code).await
}

async fn sign_in_by(visitor: &Client, password: &str, code: Option<&str>) -> Value {
    let input = json!({ "email": AGNES, "password": password, "code": code });
    mutate(visitor, "signIn", "session { user { name } }", input).await
}

async fn start(client: &Client, code: Option<&str>) -> Value {
    let input = json!({ "password": PASSWORD, "code": code });
    mutate(client, "startTotpEnrollment", "secret uri", input).await
}

async fn confirm(client: &Client, code: &str) -> Value {
    mutate(
        client,
        "confirmTotp",
        "recoveryCodes",
        json!({ "code": code }),
    )
    .await
}

fn secret_of(answer: &Value) -> String {
    let secret = &answer["data"]["startTotpEnrollment"]["secret"];
    secret.as_str().expect("a secret").to_owned()
}

fn codes_of(answer: &Value) -> Vec<String> {
    let payload = answer["data"].as_object().unwrap().values().next().unwrap();
    let codes = payload["recoveryCodes"].as_array().expect("codes");
    codes
        .iter()
        .map(|code| code.as_str().unwrap().to_owned())
        .collect()
}

/// Agnes with an authenticator: its secret, and her recovery codes. The code of the present step is used up.
async fn enroll(server: &TestServer) -> (String, Vec<String>) {
    let agnes = server.agent();
    let secret = secret_of(&start(&agnes, None).await);
    let confirmed = confirm(&agnes, &code_at(&secret, server.now())).await;
    assert_eq!(outcome(&confirmed), "ok");
    (secret, codes_of(&confirmed))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_asked_for_once_the_authenticator_has_shown_one() {
    let server = TestServer::start().await;
    let agnes = server.agent();
    let wrong = json!({ "password": "wrong horse" });
    let wrong = mutate(&agnes, "startTotpEnrollment", "secret", wrong).await;
    assert_eq!(outcome(&wrong), "BAD_CREDENTIALS");
    let started = start(&agnes, None).await;
    let secret = secret_of(&started);
    assert_eq!(secret.len(), 32);
    let uri = started["data"]["startTotpEnrollment"]["uri"]
        .as_str()
        .unwrap();
    assert_eq!(
        uri.replace(&secret, "…"),
        "otpauth://totp/desk.test:agnes%40desk.test?secret=…&issuer=desk.test&algorithm=SHA1&digits=6&period=30"
    );
    assert_eq!(outcome(&sign_in(&server, PASSWORD, None).await), "ok");
    assert_eq!(outcome(&confirm(&agnes, "000000").await), "INVALID");
    let code = code_at(&secret, server.now());
    let codes = codes_of(&confirm(&agnes, &code).await);
    assert_eq!(codes.len(), 10);
    assert_eq!(outcome(&confirm(&agnes, &code).await), "TOO_LATE");

    let asked = sign_in(&server, PASSWORD, None).await;
    assert_json_snapshot!(asked, @r#"
    {
      "data": {
        "signIn": {
          "session": null,
          "userErrors": [
            {
              "allowed": null,
              "code": "CODE_REQUIRED",
              "field": [
                "code"
              ],
              "message": "Enter the code that your authenticator shows."
            }
          ]
        }
      }
    }
    "#);
    assert_eq!(
        outcome(&sign_in(&server, PASSWORD, Some(" ")).await),
        "CODE_REQUIRED"
    );
    // The code that confirmed it is used up.
    assert_eq!(
        outcome(&sign_in(&server, PASSWORD, Some(&code)).await),
        "INVALID"
    );
    server.advance(TimeDelta::seconds(30));
    let next = code_at(&secret, server.now());
    let spaced = format!(" {} {} ", &next[..3], &next[3..]);
    assert_eq!(
        outcome(&sign_in(&server, PASSWORD, Some(&spaced)).await),
        "ok"
    );
    assert_eq!(
        outcome(&sign_in(&server, PASSWORD, Some(&next)).await),
        "INVALID"
    );
    assert_eq!(
        outcome(&sign_in(&server, PASSWORD, Some(&code)).await),
        "INVALID"
    );
    let state = agnes
        .run(
            "{ totp { isEnabled enabledAt recoveryCodesLeft } }",
            json!({}),
        )
        .await;
    assert_json_snapshot!(state, @r#"
    {
      "data": {
        "totp": {
          "enabledAt": "2026-11-23T09:00:00+00:00",
          "isEnabled": true,
          "recoveryCodesLeft": 10
        }
      }
    }
    "#);
}

/// Without the password nobody learns whether there is an authenticator.
#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_answered_alike_whatever_the_code() {
    let server = TestServer::start().await;
    let (secret, recovery) = enroll(&server).await;
    server.advance(TimeDelta::seconds(30));
    let code = code_at(&secret, server.now());
    let visitor = server.visitor();
    let nobody = json!({ "email": "nobody@desk.test", "password": PASSWORD });
    let nobody = mutate(&visitor, "signIn", "session { user { name } }", nobody).await;
    assert_eq!(outcome(&nobody), "BAD_CREDENTIALS");
    for code in [
        None,
        Some(code.as_str()),
        Some("000000"),
        Some(&recovery[0]),
    ] {
        assert_eq!(
            sign_in(&server, "wrong horse", code).await,
            nobody,
            "{code:?}"
        );
    }
    // Neither was used up.
    assert_eq!(
        outcome(&sign_in(&server, PASSWORD, Some(&code)).await),
        "ok"
    );
    assert_eq!(
        outcome(&sign_in(&server, PASSWORD, Some(&recovery[0])).await),
        "ok"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_show_one_code_at_once_one_comes_in() {
    let server = TestServer::start().await;
    let (secret, recovery) = enroll(&server).await;
    server.advance(TimeDelta::seconds(30));
    for code in [code_at(&secret, server.now()), recovery[0].clone()] {
        let tries = (0..6).map(|_| sign_in(&server, PASSWORD, Some(&code)));
        let answers = futures_util::future::join_all(tries).await;
        let mut outcomes: Vec<_> = answers.iter().map(outcome).collect();
        outcomes.sort_unstable();
        assert_eq!(
            outcomes,
            ["INVALID", "INVALID", "INVALID", "INVALID", "INVALID", "ok"]
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_codes_are_limited_as_wrong_passwords_are() {
    let server = TestServer::start().await;
    let (secret, _) = enroll(&server).await;
    server.advance(TimeDelta::seconds(30));
    let here = server
        .visitor()
        .with_header("x-forwarded-for", "198.51.100.1");
    for _ in 0..5 {
        assert_eq!(
            outcome(&sign_in_by(&here, PASSWORD, Some("000000")).await),
            "INVALID"
        );
    }
    let code = code_at(&secret, server.now());
    let limited = sign_in_by(&here, PASSWORD, Some(&code)).await;
    assert_eq!(outcome(&limited), "RATE_LIMITED");
    assert_eq!(
        outcome(&sign_in(&server, PASSWORD, Some(&code)).await),
        "ok"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn recovery_codes_are_good_once_each() {
    let server = TestServer::start().await;
    let agnes = server.agent();
    let (_, codes) = enroll(&server).await;
    let typed = codes[0].to_lowercase().replace('-', " ");
    assert_eq!(
        outcome(&sign_in(&server, PASSWORD, Some(&typed)).await),
        "ok"
    );
    assert_eq!(
        outcome(&sign_in(&server, PASSWORD, Some(&codes[0])).await),
        "INVALID"
    );
    let input = json!({ "password": PASSWORD, "code": codes[1] });
    let renewed = mutate(&agnes, "regenerateRecoveryCodes", "recoveryCodes", input).await;
    let renewed = codes_of(&renewed);
    assert_eq!(renewed.len(), 10);
    assert_eq!(
        outcome(&sign_in(&server, PASSWORD, Some(&codes[2])).await),
        "INVALID"
    );
    assert_eq!(
        outcome(&sign_in(&server, PASSWORD, Some(&renewed[2])).await),
        "ok"
    );
    let left = agnes.run("{ totp { recoveryCodesLeft } }", json!({})).await;
    assert_eq!(left["data"]["totp"]["recoveryCodesLeft"], 9);
    // Another's are nobody else's.
    let leo = server.lead();
    let secret = secret_of(&start(&leo, None).await);
    let shown = code_at(&secret, server.now());
    assert_eq!(outcome(&confirm(&leo, &shown).await), "ok");
    let input = json!({ "email": "leo@desk.test", "password": PASSWORD, "code": renewed[3] });
    let foreign = mutate(&server.visitor(), "signIn", "session { expiresAt }", input).await;
    assert_eq!(outcome(&foreign), "INVALID");
}

/// A stolen session, and a password that was looked at, take no authenticator away.
#[tokio::test(flavor = "multi_thread")]
async fn doing_without_or_changing_it_takes_password_and_code() {
    let server = TestServer::start().await;
    let agnes = server.agent();
    let (_, codes) = enroll(&server).await;
    let disable = |password: &str, code: &str| {
        let input = json!({ "password": password, "code": code });
        let agnes = agnes.clone();
        async move { mutate(&agnes, "disableTotp", "totp { isEnabled }", input).await }
    };
    assert_eq!(outcome(&start(&agnes, None).await), "CODE_REQUIRED");
    assert_eq!(outcome(&start(&agnes, Some("123456")).await), "INVALID");
    assert_eq!(
        outcome(&disable("wrong horse", &codes[0]).await),
        "BAD_CREDENTIALS"
    );
    assert_eq!(outcome(&disable(PASSWORD, "").await), "CODE_REQUIRED");
    server.advance(TimeDelta::minutes(15));
    let second = secret_of(&start(&agnes, Some(&codes[0])).await);
    // Until the new one is confirmed the old one is asked for, and it waits for a while only.
    assert_eq!(
        outcome(&sign_in(&server, PASSWORD, Some(&codes[1])).await),
        "ok"
    );
    server.advance(TimeDelta::minutes(15));
    let late = confirm(&agnes, &code_at(&second, server.now())).await;
    assert_eq!(outcome(&late), "TOO_LATE");
    let done = disable(PASSWORD, &codes[2]).await;
    assert_eq!(done["data"]["disableTotp"]["totp"]["isEnabled"], false);
    assert_eq!(outcome(&sign_in(&server, PASSWORD, None).await), "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_lets_somebody_in_again_who_has_lost_it() {
    let server = TestServer::start().await;
    let agnes = server.agent();
    enroll(&server).await;
    let input = json!({ "userId": agnes.id() });
    let reset = |who: Client| {
        let input = input.clone();
        async move { outcome(&mutate(&who, "resetTotp", "user { name }", input).await) }
    };
    assert_eq!(reset(server.lead()).await, "FORBIDDEN");
    assert_eq!(reset(agnes.clone()).await, "FORBIDDEN");
    assert_eq!(reset(server.admin()).await, "ok");
    let out = agnes.run("{ viewer { name } }", json!({})).await;
    assert_eq!(out["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    assert_eq!(outcome(&sign_in(&server, PASSWORD, None).await), "ok");
    let own = json!({ "userId": server.admin().id() });
    let own = mutate(&server.admin(), "resetTotp", "user { name }", own).await;
    assert_eq!(outcome(&own), "INVALID");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_secret_is_not_in_the_table() {
    let server = TestServer::start().await;
    let (secret, _) = enroll(&server).await;
    let db = &server.app().store.read;
    let row = totp_enrollment::Entity::find().one(db).await.unwrap();
    let stored = row.unwrap().secret.unwrap();
    let secret = unbase32(&secret);
    // A nonce of 12 bytes and a tag of 16.
    assert_eq!(stored.len(), 12 + secret.len() + 16);
    assert!(
        !stored
            .windows(8)
            .any(|part| secret.windows(8).any(|own| own == part))
    );
}

/// Whoever has taken a session, but not the password, finds an enrolment that was begun.
#[tokio::test(flavor = "multi_thread")]
async fn a_code_to_begin_with_cannot_be_guessed() {
    let server = TestServer::start().await;
    let agnes = server.agent();
    let secret = secret_of(&start(&agnes, None).await);
    for _try in 0..10 {
        assert_eq!(outcome(&confirm(&agnes, "12345").await), "INVALID");
    }
    let right = code_at(&secret, server.now());
    assert_eq!(outcome(&confirm(&agnes, &right).await), "RATE_LIMITED");
    assert_eq!(outcome(&sign_in(&server, PASSWORD, None).await), "ok");
}
