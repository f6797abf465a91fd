//! Roles that must have an authenticator: who has none gets one with the sign-in.

use chrono::TimeDelta;
use harness::{PASSWORD, TestServer};
use insta::assert_json_snapshot;
use serde_json::{Value, json};

use super::{AGNES, code_at, codes_of};
use crate::ask::{mutate, outcome};

async fn start() -> TestServer {
    TestServer::start_with(&[("GUICHET_TOTP_REQUIRED_ROLES", "AGENT, ADMIN")]).await
}

async fn sign_in(server: &TestServer, email: &str, password: &str, code: Option<&str>) -> Value {
    let input = json!({ "email": email, "password": password, "code": code });
    let shown = "session { user { name } } totpEnrollment { secret uri } recoveryCodes";
    mutate(&server.visitor(), "signIn", shown, input).await
}

fn secret_of(answer: &Value) -> String {
    let secret = &answer["data"]["signIn"]["totpEnrollment"]["secret"];
    secret.as_str().expect("a secret").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn whose_role_must_have_one_sets_it_up_while_signing_in() {
    let server = start().await;
    let wrong = sign_in(&server, AGNES, "wrong horse", None).await;
    assert_eq!(outcome(&wrong), "BAD_CREDENTIALS");
    assert_eq!(wrong["data"]["signIn"]["totpEnrollment"], Value::Null);
    let unasked = sign_in(&server, AGNES, PASSWORD, Some("123456")).await;
    assert_eq!(outcome(&unasked), "TOO_LATE");

    let mut asked = sign_in(&server, AGNES, PASSWORD, None).await;
    let secret = secret_of(&asked);
    asked["data"]["signIn"]["totpEnrollment"] = json!("a secret");
    assert_json_snapshot!(asked, @r#"
    {
      "data": {
        "signIn": {
          "recoveryCodes": null,
          "session": null,
          "totpEnrollment": "a secret",
          "userErrors": [
            {
              "allowed": null,
              "code": "TOTP_REQUIRED",
              "field": [
                "code"
              ],
              "message": "Set up an authenticator, and enter the code that it shows."
            }
          ]
        }
      }
    }
    "#);
    let wrong = sign_in(&server, AGNES, PASSWORD, Some("000000")).await;
    assert_eq!(outcome(&wrong), "INVALID");
    let code = code_at(&secret, server.now());
    let done = sign_in(&server, AGNES, PASSWORD, Some(&code)).await;
    assert_eq!(outcome(&done), "ok");
    assert_eq!(
        done["data"]["signIn"]["session"]["user"]["name"],
        "Agnes Agent"
    );
    let codes = codes_of(&done);
    assert_eq!(codes.len(), 10);

    // From now on it is as with any authenticator.
    let again = sign_in(&server, AGNES, PASSWORD, Some(&code)).await;
    assert_eq!(outcome(&again), "INVALID");
    let asked = sign_in(&server, AGNES, PASSWORD, None).await;
    assert_eq!(outcome(&asked), "CODE_REQUIRED");
    assert_eq!(asked["data"]["signIn"]["totpEnrollment"], Value::Null);
    let recovered = sign_in(&server, AGNES, PASSWORD, Some(&codes[0])).await;
    assert_eq!(outcome(&recovered), "ok");
    assert_eq!(recovered["data"]["signIn"]["recoveryCodes"], Value::Null);
    let given_up = json!({ "password": PASSWORD, "code": codes[1] });
    let given_up = mutate(
        &server.agent(),
        "disableTotp",
        "totp { isEnabled }",
        given_up,
    )
    .await;
    assert_eq!(outcome(&given_up), "FORBIDDEN");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_waits_for_a_quarter_of_an_hour_and_the_newest_counts() {
    let server = start().await;
    let first = secret_of(&sign_in(&server, AGNES, PASSWORD, None).await);
    let second = secret_of(&sign_in(&server, AGNES, PASSWORD, None).await);
    let code = code_at(&first, server.now());
    let earlier = sign_in(&server, AGNES, PASSWORD, Some(&code)).await;
    assert_eq!(outcome(&earlier), "INVALID");
    server.advance(TimeDelta::minutes(15));
    let code = code_at(&second, server.now());
    let late = sign_in(&server, AGNES, PASSWORD, Some(&code)).await;
    assert_eq!(outcome(&late), "TOO_LATE");
}

#[tokio::test(flavor = "multi_thread")]
async fn other_roles_sign_in_as_ever() {
    let server = start().await;
    for email in ["rosa@desk.test", "leo@desk.test"] {
        let answer = sign_in(&server, email, PASSWORD, None).await;
        assert_eq!(outcome(&answer), "ok", "{email}");
        assert_eq!(answer["data"]["signIn"]["totpEnrollment"], Value::Null);
    }
}
