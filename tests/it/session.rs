//! Signing in, staying signed in, signing out.

mod sign_in;

use chrono::TimeDelta;
use entity::user::{self, Role};
use guichet::actor::Actor;
use harness::{Client, PASSWORD, TestServer};
use insta::{assert_json_snapshot, assert_snapshot};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
use serde_json::{Value, json};

use crate::ask::{Answers, mutate, outcome};

const VIEWER: &str = "{ viewer { name } }";

async fn sign_in(client: &Client, email: &str, password: &str) -> Value {
    let input = json!({ "email": email, "password": password });
    let shown = "session { accessToken refreshToken expiresAt user { name role email } }";
    mutate(client, "signIn", shown, input).await
}

async fn refresh(server: &TestServer, token: &str) -> Value {
    let input = json!({ "refreshToken": token });
    let shown = "session { accessToken refreshToken expiresAt user { name } }";
    mutate(&server.visitor(), "refreshSession", shown, input).await
}

/// The access token and the refresh token of an answer.
fn tokens(answer: &Value) -> (String, String) {
    let payload = answer["data"].as_object().unwrap().values().next().unwrap();
    let token = |name: &str| {
        payload["session"][name]
            .as_str()
            .expect("a session")
            .to_owned()
    };
    (token("accessToken"), token("refreshToken"))
}

async fn is_signed_in(server: &TestServer, access_token: &str) -> bool {
    let client = server.visitor().with_token(access_token);
    client.run(VIEWER, json!({})).await["errors"].is_null()
}

/// What no API can change yet.
async fn set(server: &TestServer, client: &Client, column: user::Column, value: Expr) {
    let tx = server.app().begin(&Actor::System).await.unwrap();
    let update = user::Entity::update_many().col_expr(column, value);
    let update = update.filter(user::Column::Id.eq(client.user_id()));
    update.exec(&*tx).await.unwrap();
    tx.commit().await.unwrap();
    server.app().sessions.forget_actors();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_token_lasts_ten_minutes() {
    let server = TestServer::start().await;
    let token = server.agent().token().await.unwrap();
    server.advance(TimeDelta::seconds(600 + 29));
    assert!(is_signed_in(&server, &token).await);
    server.advance(TimeDelta::seconds(1));
    let late = server
        .visitor()
        .with_token(&token)
        .run(VIEWER, json!({}))
        .await;
    assert_json_snapshot!(late, @r#"
    {
      "errors": [
        {
          "extensions": {
            "code": "UNAUTHENTICATED",
            "requestId": "test"
          },
          "message": "sign in first"
        }
      ]
    }
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_works_once_and_a_lost_answer_is_repeated() {
    let server = TestServer::start().await;
    let (_, first) = tokens(&sign_in(&server.visitor(), "rosa@desk.test", PASSWORD).await);
    server.advance(TimeDelta::minutes(11));
    let (access, second) = tokens(&refresh(&server, &first).await);
    assert_ne!(first, second);
    server.advance(TimeDelta::seconds(10));
    let (_, repeated) = tokens(&refresh(&server, &first).await);
    assert_eq!(repeated, second);
    assert!(is_signed_in(&server, &access).await);

    server.advance(TimeDelta::seconds(1));
    let reused = refresh(&server, &first).await;
    assert_json_snapshot!(reused, @r#"
    {
      "data": {
        "refreshSession": {
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
    assert!(
        !is_signed_in(&server, &access).await,
        "the family has ended"
    );
    assert_eq!(outcome(&refresh(&server, &second).await), "BAD_CREDENTIALS");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_before_the_last_ends_the_family_at_once() {
    let server = TestServer::start().await;
    let (_, first) = tokens(&sign_in(&server.visitor(), "rosa@desk.test", PASSWORD).await);
    let (_, second) = tokens(&refresh(&server, &first).await);
    let (access, third) = tokens(&refresh(&server, &second).await);
    assert_eq!(outcome(&refresh(&server, &first).await), "BAD_CREDENTIALS");
    assert!(!is_signed_in(&server, &access).await);
    assert_eq!(outcome(&refresh(&server, &third).await), "BAD_CREDENTIALS");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_when_it_is_not_used() {
    let server = TestServer::start().await;
    let (_, mut token) = tokens(&sign_in(&server.visitor(), "rosa@desk.test", PASSWORD).await);
    for _ in 0..4 {
        server.advance(TimeDelta::days(13));
        (_, token) = tokens(&refresh(&server, &token).await);
    }
    server.advance(TimeDelta::days(8));
    assert_eq!(
        outcome(&refresh(&server, &token).await),
        "BAD_CREDENTIALS",
        "60 days are over"
    );

    let (_, token) = tokens(&sign_in(&server.visitor(), "rosa@desk.test", PASSWORD).await);
    server.advance(TimeDelta::days(14));
    assert_eq!(outcome(&refresh(&server, &token).await), "BAD_CREDENTIALS");
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_ends_this_session_or_all() {
    let server = TestServer::start().await;
    let mut sessions = Vec::new();
    for _ in 0..4 {
        sessions.push(tokens(
            &sign_in(&server.visitor(), "rosa@desk.test", PASSWORD).await,
        ));
    }
    let mut answers = Answers::default();
    let visitor = server.visitor();
    for (name, client, input) in [
        ("this one", visitor.with_token(&sessions[0].0), json!({})),
        (
            "that one",
            visitor.clone(),
            json!({ "refreshToken": sessions[1].1 }),
        ),
        (
            "that one again",
            visitor.clone(),
            json!({ "refreshToken": sessions[1].1 }),
        ),
        (
            "no token",
            visitor.clone(),
            json!({ "refreshToken": "x.y" }),
        ),
        ("nobody", visitor.clone(), json!({})),
        (
            "everywhere",
            visitor.with_token(&sessions[2].0),
            json!({ "everywhere": true }),
        ),
    ] {
        answers.add(
            name,
            &mutate(&client, "signOut", "endedSessions", input).await,
        );
    }
    assert_snapshot!(answers, @r#"
    this one: {"data":{"signOut":{"endedSessions":1,"userErrors":[]}}}
    that one: {"data":{"signOut":{"endedSessions":1,"userErrors":[]}}}
    that one again: {"data":{"signOut":{"endedSessions":0,"userErrors":[]}}}
    no token: {"data":{"signOut":{"endedSessions":null,"userErrors":[{"allowed":null,"code":"BAD_CREDENTIALS","field":null,"message":"E-mail address and password do not match."}]}}}
    nobody: {"data":null,"errors":[{"extensions":{"code":"UNAUTHENTICATED","requestId":"test"},"locations":[{"column":35,"line":1}],"message":"sign in first","path":["signOut"]}]}
    everywhere: {"data":{"signOut":{"endedSessions":2,"userErrors":[]}}}
    "#);
    for (access, refresh_token) in &sessions {
        assert!(!is_signed_in(&server, access).await);
        assert_eq!(
            outcome(&refresh(&server, refresh_token).await),
            "BAD_CREDENTIALS"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_disabled_is_out_and_who_has_another_role_has_it() {
    let server = TestServer::start().await;
    let (agent, requester) = (server.agent(), server.requester());
    let (_, token) = tokens(&sign_in(&server.visitor(), "agnes@desk.test", PASSWORD).await);
    server.ticket().by(&server.stranger()).create().await;
    let count = "{ tickets { totalCount } }";
    assert_eq!(
        requester.run(count, json!({})).await["data"]["tickets"]["totalCount"],
        0
    );
    set(
        &server,
        &requester,
        user::Column::Role,
        Expr::val(Role::Admin),
    )
    .await;
    assert_eq!(
        requester.run(count, json!({})).await["data"]["tickets"]["totalCount"],
        1
    );

    set(
        &server,
        &agent,
        user::Column::DisabledAt,
        Expr::val(server.now()),
    )
    .await;
    let out = agent.run(VIEWER, json!({})).await;
    assert_eq!(out["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    assert_eq!(outcome(&refresh(&server, &token).await), "BAD_CREDENTIALS");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_public_keys_are_there_for_others() {
    let server = TestServer::start().await;
    let token = server.agent().token().await.unwrap();
    let answer = server
        .visitor()
        .get("/.well-known/jwks.json")
        .await
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    let keys: Value = answer.json().await.unwrap();
    let key = keys["keys"][0].as_object().unwrap();
    let names: Vec<_> = key.keys().map(String::as_str).collect();
    assert_eq!(names, ["alg", "crv", "kid", "kty", "use", "x"]);
    let foreign = token.replacen('.', "x.", 1);
    assert!(!is_signed_in(&server, &foreign).await);
    assert!(is_signed_in(&server, &token).await);
}
