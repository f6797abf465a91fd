//! Who comes in by a provider, and what they are at the desk.

use entity::user::Role;
use harness::{Client, newcomer};
use serde_json::{Value, json};

use super::{LOOPBACK, World, user};
use crate::ask::{mutate, outcome};

const MAPPED: &str = "groups_claim = \"realm_access.roles\"\n[oidc.test.roles]\nstaff = \"AGENT\"\nbosses = \"ADMIN\"\n[oidc.test.teams]\nfirst = \"support\"\nnobody = \"No such team\"\n";

fn groups(groups: &[&str]) -> Value {
    json!({ "realm_access": { "roles": groups } })
}

fn teams(answer: &Value) -> Vec<&str> {
    let teams = user(answer)["teams"].as_array().unwrap();
    teams
        .iter()
        .map(|team| team["name"].as_str().unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_say_role_and_teams_at_each_sign_in() {
    let world = World::start_with(MAPPED, &[LOOPBACK]).await;
    let mut id = Value::Null;
    for (of, role, of_teams) in [
        (&["staff", "first", "other"][..], "AGENT", &["Support"][..]),
        (&["staff"], "AGENT", &[]),
        (&["staff", "bosses", "nobody"], "ADMIN", &[]),
        (&["first"], "REQUESTER", &[]),
        (&["staff", "first"], "AGENT", &["Support"]),
        (&[], "REQUESTER", &[]),
    ] {
        let answer = world.sign_in(&groups(of)).await;
        assert_eq!(user(&answer)["role"], role, "{of:?}");
        assert_eq!(teams(&answer), of_teams, "{of:?}");
        if id.is_null() {
            id = user(&answer)["id"].clone();
        }
        assert_eq!(user(&answer)["id"], id);
    }
}

/// What the provider has no table for is said at the desk.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_table_roles_stay_as_they_are() {
    let world = World::start().await;
    let answer = world.sign_in(&json!({ "groups": ["admin"] })).await;
    assert_eq!(user(&answer)["role"], "REQUESTER");
    let input = json!({ "userId": user(&answer)["id"], "role": "LEAD" });
    let edited = mutate(&world.server.admin(), "editUser", "user { role }", input).await;
    assert_eq!(outcome(&edited), "ok");
    let answer = world
        .sign_in(&json!({ "name": "Olga Otherwise", "locale": "fr" }))
        .await;
    assert_eq!(user(&answer)["role"], "LEAD");
    assert_eq!(user(&answer)["name"], "Olga Otherwise");
    assert_eq!(user(&answer)["locale"], "fr");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_admin_stays_one() {
    let world = World::start_with(MAPPED, &[LOOPBACK]).await;
    let olga = world.sign_in(&groups(&["bosses"])).await;
    let id = user(&olga)["id"].clone();
    let token = olga["data"]["completeSignIn"]["session"]["accessToken"]
        .as_str()
        .unwrap();
    let olga = world.server.visitor().with_token(token);
    let input = json!({ "userId": world.server.admin().id() });
    let disabled = mutate(&olga, "disableUser", "user { name }", input).await;
    assert_eq!(outcome(&disabled), "ok");
    let answer = world.sign_in(&groups(&[])).await;
    assert_eq!(
        (&user(&answer)["id"], &user(&answer)["role"]),
        (&id, &json!("ADMIN"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_disabled_stays_out() {
    let world = World::start().await;
    let answer = world.sign_in(&json!({})).await;
    let input = json!({ "userId": user(&answer)["id"] });
    mutate(&world.server.admin(), "disableUser", "user { name }", input).await;
    let sent = world.begin().await;
    let token = world.provider.sign("RS256", &world.claims(&sent));
    assert_eq!(
        world.pass(&sent, token).await,
        Err("BAD_CREDENTIALS".to_owned())
    );
}

async fn sign_in_as(world: &World, sub: &str, email: &str, is_verified: Value) -> Value {
    let more = json!({ "sub": sub, "email": email, "email_verified": is_verified });
    world.sign_in(&more).await
}

/// An address alone joins nobody to an account, verified or not.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_joined_by_an_address() {
    let world = World::start().await;
    for (sub, email, is_verified, kept) in [
        ("1", "agnes@desk.test", json!(true), None),
        ("2", "agnes@desk.test", json!(false), None),
        ("3", "olga@new.test", json!(false), None),
        ("4", "olga@new.test", json!(true), Some("olga@new.test")),
        ("5", "olga@new.test", json!(true), None),
    ] {
        let answer = sign_in_as(&world, sub, email, is_verified).await;
        assert_eq!(user(&answer)["email"], json!(kept), "{sub}");
        assert_ne!(user(&answer)["id"], world.server.agent().id());
    }
}

/// Where the operator trusts the provider with addresses, one that it has verified joins, once.
#[tokio::test(flavor = "multi_thread")]
async fn a_trusted_provider_joins_by_verified_addresses_once() {
    let world = World::start_with("join_verified_emails = true", &[LOOPBACK]).await;
    let agnes = world.server.agent().id();
    for (sub, email, is_verified, is_agnes) in [
        ("1", "agnes@desk.test", Value::Null, false),
        ("2", "agnes@desk.test", json!(false), false),
        ("3", "Agnes@Desk.test", json!(true), true),
        ("3", "another@desk.test", json!(true), true),
        ("4", "agnes@desk.test", json!(true), false),
    ] {
        let answer = sign_in_as(&world, sub, email, is_verified).await;
        assert_eq!(user(&answer)["id"] == agnes, is_agnes, "{sub}");
    }
    // Of that, and of nobody who is new, the audit log tells.
    let log = "{ auditLog(first: 10, filter: { actions: [IDENTITY_LINKED] }) { nodes { actor { __typename ... on User { id } } subjectId } } }";
    let told = world.server.admin().run(log, json!({})).await;
    let entry = json!({ "actor": { "__typename": "User", "id": agnes }, "subjectId": agnes });
    assert_eq!(told["data"]["auditLog"]["nodes"], json!([entry]));
    // Neither role nor teams came from the provider.
    let agnes: Client = world.server.agent();
    let shown = agnes
        .run("{ viewer { role teams { name } } }", json!({}))
        .await;
    assert_eq!(
        shown["data"]["viewer"],
        json!({ "role": "AGENT", "teams": [{ "name": "Support" }] })
    );
    let paul = world
        .server
        .add_person(newcomer("Paul Person", Role::Agent))
        .await;
    let answer = sign_in_as(&world, "5", "paul@desk.test", json!("true")).await;
    assert_eq!(user(&answer)["id"], paul.id());
}

/// Whoever opens several tabs the first time is one person in all of them, whether they are new or have an account.
#[tokio::test(flavor = "multi_thread")]
async fn of_many_first_sign_ins_at_once_one_person_comes() {
    let world = World::start_with("join_verified_emails = true", &[LOOPBACK]).await;
    for (sub, email) in [("1", "olga@new.test"), ("2", "agnes@desk.test")] {
        let more = json!({ "sub": sub, "email": email, "email_verified": true });
        let tries = (0..8).map(|_| world.sign_in(&more));
        let answers = futures_util::future::join_all(tries).await;
        for answer in &answers {
            assert_eq!(user(answer)["id"], user(&answers[0])["id"], "{email}");
            assert_eq!(user(answer)["email"], email);
        }
    }
}
