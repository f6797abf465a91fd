//! Signing in, staying signed in, signing out.

use harness::{PASSWORD, TestServer};
use serde_json::json;

const SIGN_IN: &str = "mutation($input: SignInInput!) { signIn(input: $input) { session { expiresAt user { name role } } userErrors { code message field } } }";

#[tokio::test(flavor = "multi_thread")]
async fn a_password_starts_a_session() {
    let server = TestServer::start().await;
    let input = json!({ "input": { "email": "Rosa@Desk.test", "password": PASSWORD } });
    let answer = server.visitor().run(SIGN_IN, input).await;
    insta::assert_json_snapshot!(answer, @r#"
    {
      "data": {
        "signIn": {
          "session": {
            "expiresAt": "2026-11-23T09:10:00+00:00",
            "user": {
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
async fn whoever_is_signed_in_is_the_viewer() {
    let server = TestServer::start().await;
    let ticket = server
        .ticket()
        .assigned_to(&server.agent())
        .solved()
        .create()
        .await;
    server.comment(&ticket).internal().create().await;
    let answer = server.agent().run("query($id: ID!) { viewer { name } node(id: $id) { ... on Ticket { reference status commentCount } } }", json!({ "id": harness::global(ticket.id) })).await;
    insta::assert_json_snapshot!(answer, @r#"
    {
      "data": {
        "node": {
          "commentCount": 1,
          "reference": "GU-1001",
          "status": "SOLVED"
        },
        "viewer": {
          "name": "Agnes Agent"
        }
      }
    }
    "#);
}
