//! Signing in with a password.

use chrono::TimeDelta;
use entity::user;
use harness::{Client, PASSWORD, TestServer};
use insta::assert_json_snapshot;
use sea_orm::sea_query::Expr;
use serde_json::json;

use super::{is_signed_in, set, sign_in, tokens};
use crate::ask::outcome;

/// How signing in ended.
async fn attempt(client: &Client, email: &str, password: &str) -> String {
    outcome(&sign_in(client, email, password).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_starts_a_session() {
    let server = TestServer::start().await;
    let mut answer = sign_in(&server.visitor(), "Rosa@Desk.test", PASSWORD).await;
    let (access_token, refresh_token) = tokens(&answer);
    assert!(is_signed_in(&server, &access_token).await);
    let session = &mut answer["data"]["signIn"]["session"];
    session["accessToken"] = json!(access_token.split('.').count());
    session["refreshToken"] = json!(refresh_token.split('.').count());
    assert_json_snapshot!(answer, @r#"
    {
      "data": {
        "signIn": {
          "session": {
            "accessToken": 3,
            "expiresAt": "2026-11-23T09:10:00+00:00",
            "refreshToken": 2,
            "user": {
              "email": "rosa@desk.test",
              "name": "Rosa Requester",
              "role": "REQUESTER"
            }
          },
          "userErrors": []
        }
      }
    }
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_wrong_the_answer_is_the_same() {
    let server = TestServer::start().await;
    set(
        &server,
        &server.lead(),
        user::Column::DisabledAt,
        Expr::val(server.now()),
    )
    .await;
    set(
        &server,
        &server.admin(),
        user::Column::PasswordHash,
        Expr::val(None::<String>),
    )
    .await;
    let visitor = server.visitor();
    let wrong = sign_in(&visitor, "rosa@desk.test", "wrong horse").await;
    assert_json_snapshot!(wrong, @r#"
    {
      "data": {
        "signIn": {
          "session": null,
          "userErrors": [
            {
              "allowed": null,
              "code": "BAD_CREDENTIALS",
              "field": null,
              "message": "E-mail address and password do not match."
            }
          ]
        }
      }
    }
    "#);
    let too_long = "x".repeat(257);
    for (email, password) in [
        ("nobody@desk.test", PASSWORD),
        ("not an address", PASSWORD),
        ("leo@desk.test", PASSWORD),
        ("ada@desk.test", PASSWORD),
        ("rosa@desk.test", &too_long),
    ] {
        assert_eq!(sign_in(&visitor, email, password).await, wrong, "{email}");
    }
    let francophone = visitor.with_header("accept-language", "fr-CH, en;q=0.5");
    let wrong = sign_in(&francophone, "rosa@desk.test", "wrong horse").await;
    assert_json_snapshot!(wrong["data"]["signIn"]["userErrors"], @r#"
    [
      {
        "allowed": null,
        "code": "BAD_CREDENTIALS",
        "field": null,
        "message": "L’adresse et le mot de passe ne correspondent pas."
      }
    ]
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn attempts_are_limited() {
    let server = TestServer::start().await;
    let here = server.visitor().with_header("x-forwarded-for", "192.0.2.1");
    let there = server.visitor().with_header("x-forwarded-for", "192.0.2.2");
    for _ in 0..4 {
        assert_eq!(
            attempt(&here, "rosa@desk.test", "wrong horse").await,
            "BAD_CREDENTIALS"
        );
    }
    assert_eq!(attempt(&here, "rosa@desk.test", PASSWORD).await, "ok");
    for _ in 0..5 {
        assert_eq!(
            attempt(&here, "rosa@desk.test", "wrong horse").await,
            "BAD_CREDENTIALS"
        );
    }
    let limited = sign_in(&here, "rosa@desk.test", PASSWORD).await;
    assert_json_snapshot!(limited, @r#"
    {
      "data": null,
      "errors": [
        {
          "extensions": {
            "code": "RATE_LIMITED",
            "requestId": "test",
            "retryAfter": 900
          },
          "locations": [
            {
              "column": 34,
              "line": 1
            }
          ],
          "message": "too many requests: try again in 900 s",
          "path": [
            "signIn"
          ]
        }
      ]
    }
    "#);
    assert_eq!(attempt(&here, "agnes@desk.test", PASSWORD).await, "ok");
    assert_eq!(attempt(&there, "rosa@desk.test", PASSWORD).await, "ok");
    server.advance(TimeDelta::minutes(15));
    assert_eq!(attempt(&here, "rosa@desk.test", PASSWORD).await, "ok");
}
