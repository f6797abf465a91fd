//! Tokens, and who is let in, kept out or an admin.

use harness::{PASSWORD, TestServer};
use serde_json::json;

use super::{code, token, token_of_machine};
use crate::ask::{mutate, outcome};

const OTHER: &str = "a password of nobody else 8";
const TICKETS: &str = "{ tickets(first: 1) { totalCount } }";

/// Whoever was kept out comes back by a new sign-in only.
#[tokio::test(flavor = "multi_thread")]
async fn what_ends_sessions_ends_tokens() {
    let server = TestServer::start().await;
    let (agent, admin) = (server.agent(), server.admin());
    let whom = json!({ "userId": agent.id() });
    let (_, first) = token(&agent, None, &["TICKETS_READ"]).await;
    mutate(&admin, "disableUser", "user { id }", whom.clone()).await;
    mutate(&admin, "enableUser", "user { isActive }", whom.clone()).await;
    assert_eq!(
        code(&first.run(TICKETS, json!({})).await),
        "UNAUTHENTICATED"
    );
    let lead = server.lead();
    let (_, second) = token(&lead, None, &["TICKETS_READ"]).await;
    assert_eq!(code(&second.run(TICKETS, json!({})).await), "ok");
    let new = json!({ "userId": lead.id(), "password": "a password of nobody else 7" });
    let set = mutate(&admin, "setPassword", "user { id }", new).await;
    assert_eq!(outcome(&set), "ok");
    assert_eq!(
        code(&second.run(TICKETS, json!({})).await),
        "UNAUTHENTICATED"
    );
}

/// Of one's own password one says so oneself: scripts need not stand still for a new one.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_ends_tokens_where_that_is_wanted() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let (id, script) = token(&agent, None, &["TICKETS_READ"]).await;
    for (current, new, revokes, then) in [
        (PASSWORD, OTHER, false, "ok"),
        (OTHER, PASSWORD, true, "UNAUTHENTICATED"),
    ] {
        let input =
            json!({ "currentPassword": current, "newPassword": new, "revokeApiTokens": revokes });
        let changed = mutate(&agent, "changePassword", "user { id }", input).await;
        assert_eq!(outcome(&changed), "ok");
        assert_eq!(code(&script.run(TICKETS, json!({})).await), then);
    }
    let log =
        "{ auditLog(first: 5, filter: { actions: [API_TOKEN_REVOKED] }) { nodes { subjectId } } }";
    let told = server.admin().run(log, json!({})).await;
    assert_eq!(
        told["data"]["auditLog"]["nodes"],
        json!([{ "subjectId": id }])
    );
}

/// A token does not decide who is an admin, whatever its owner may.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_leaves_admins_alone() {
    let server = TestServer::start().await;
    let script = token_of_machine(&server, &["PEOPLE_WRITE"]).await;
    let admin = server.admin().id();
    for (mutation, input) in [
        ("editUser", json!({ "userId": admin, "role": "AGENT" })),
        ("editUser", json!({ "userId": admin, "name": "Other" })),
        ("disableUser", json!({ "userId": admin })),
        ("enableUser", json!({ "userId": admin })),
    ] {
        let answer = mutate(&script, mutation, "user { id }", input).await;
        assert_eq!(outcome(&answer), "FORBIDDEN", "{mutation}: {answer}");
    }
    let other = json!({ "userId": server.agent().id(), "name": "Other" });
    let answer = mutate(&script, "editUser", "user { id }", other).await;
    assert_eq!(outcome(&answer), "ok", "{answer}");
}
