//! Applications that embed the desk: who comes in by their tokens, and who does not.

mod administration;
mod tokens;

use entity::user::{self, Role};
use guichet::actor::Actor;
use harness::{Client, TestServer};
use insta::assert_json_snapshot;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, sea_query::Expr};
use serde_json::{Value, json};

use crate::ask::{mutate, outcome};

/// An application with one key, as its backend knows it.
struct Backend {
    id: String,
    audience: String,
    kid: String,
    algorithm: Algorithm,
    key: EncodingKey,
}

impl Backend {
    /// With a secret that the desk has made.
    async fn register(server: &TestServer) -> Self {
        let (id, audience) = register(server).await;
        let (kid, secret) = add_key(server, &id, None).await;
        Self {
            id,
            audience,
            kid,
            algorithm: Algorithm::HS256,
            key: EncodingKey::from_secret(secret.unwrap().as_bytes()),
        }
    }

    fn claims(&self, server: &TestServer) -> Value {
        let now = server.now().timestamp();
        json!({ "iss": "shop", "aud": self.audience, "sub": "4711", "iat": now, "exp": now + 300, "name": "Zoé Acheteuse" })
    }

    fn sign(&self, claims: &Value) -> String {
        let mut header = Header::new(self.algorithm);
        header.kid = Some(self.kid.clone());
        encode(&header, claims, &self.key).unwrap()
    }

    fn token(&self, server: &TestServer) -> String {
        self.sign(&self.claims(server))
    }

    async fn sign_in(&self, server: &TestServer, claims: &Value) -> Value {
        sign_in(server, &self.id, &self.sign(claims)).await
    }
}

async fn register(server: &TestServer) -> (String, String) {
    let input = json!({ "name": "Shop", "issuer": "shop" });
    let shown = "application { id audience }";
    let made = mutate(&server.admin(), "createApplication", shown, input).await;
    let text = |name: &str| {
        let value = &made["data"]["createApplication"]["application"][name];
        value.as_str().expect("an application").to_owned()
    };
    (text("id"), text("audience"))
}

async fn add_key(
    server: &TestServer,
    id: &str,
    public_key: Option<&str>,
) -> (String, Option<String>) {
    let input = json!({ "applicationId": id, "publicKey": public_key });
    let shown = "key { kid algorithm } secret";
    let added = mutate(&server.admin(), "addApplicationKey", shown, input).await;
    assert_eq!(outcome(&added), "ok", "{added}");
    let payload = &added["data"]["addApplicationKey"];
    let kid = payload["key"]["kid"].as_str().unwrap().to_owned();
    (kid, payload["secret"].as_str().map(str::to_owned))
}

const SESSION: &str =
    "session { accessToken refreshToken user { id name role email locale organization { name } } }";

async fn sign_in(server: &TestServer, id: &str, token: &str) -> Value {
    let context = json!({ "url": "https://shop.test/cart", "application": "Shop", "version": "7" });
    let input = json!({ "applicationId": id, "token": token, "context": context });
    mutate(&server.visitor(), "signInWithApplication", SESSION, input).await
}

fn session(answer: &Value) -> &Value {
    let session = &answer["data"]["signInWithApplication"]["session"];
    assert!(session.is_object(), "{answer}");
    session
}

fn client(server: &TestServer, answer: &Value) -> Client {
    let token = session(answer)["accessToken"].as_str().unwrap();
    server.visitor().with_token(token)
}

async fn set_role(server: &TestServer, name: &str, role: Role) {
    let tx = server.app().begin(&Actor::System).await.unwrap();
    let update = user::Entity::update_many().col_expr(user::Column::Role, Expr::val(role));
    let update = update.filter(user::Column::Name.eq(name));
    assert_eq!(update.exec(&*tx).await.unwrap().rows_affected, 1);
    tx.commit().await.unwrap();
    server.app().sessions.forget_actors();
}

async fn is_signed_in(client: &Client) -> bool {
    let answer = client.run("{ viewer { name } }", json!({})).await;
    answer["errors"].is_null()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_applications_user_becomes_a_requester_and_is_known_again() {
    let server = TestServer::start().await;
    let shop = Backend::register(&server).await;
    let first = shop.sign_in(&server, &shop.claims(&server)).await;
    let mut shown = session(&first)["user"].clone();
    let id = shown["id"].take();
    assert_json_snapshot!(shown, @r#"
    {
      "email": null,
      "id": null,
      "locale": "en",
      "name": "Zoé Acheteuse",
      "organization": null,
      "role": "REQUESTER"
    }
    "#);
    let mut claims = shop.claims(&server);
    claims["name"] = json!("Zoé Martin");
    claims["locale"] = json!("fr-CA");
    let again = shop.sign_in(&server, &claims).await;
    let user = &session(&again)["user"];
    assert_eq!(
        (&user["id"], &user["name"], &user["locale"]),
        (&id, &json!("Zoé Martin"), &json!("fr"))
    );
    claims["sub"] = json!("4712");
    let other = shop.sign_in(&server, &claims).await;
    assert_ne!(session(&other)["user"]["id"], id);
}

/// Whoever has left one reads what its members share no more.
#[tokio::test(flavor = "multi_thread")]
async fn the_organization_is_the_one_that_is_named_last() {
    let server = TestServer::start().await;
    let shop = Backend::register(&server).await;
    let port = json!({ "externalId": "o-1", "name": "Port" });
    mutate(&server.admin(), "upsertOrganization", "created", port).await;
    let of = async |named: Option<Value>| {
        let mut claims = shop.claims(&server);
        if let Some(named) = named {
            claims["organization"] = named;
        }
        let answer = shop.sign_in(&server, &claims).await;
        session(&answer)["user"]["organization"]["name"].clone()
    };
    assert_eq!(of(Some(json!("o-1"))).await, "Port");
    assert_eq!(of(None).await, "Port", "nothing was said of it");
    assert_eq!(of(Some(Value::Null)).await, Value::Null);
    assert_eq!(of(Some(json!("o-1"))).await, "Port");
    assert_eq!(of(Some(json!("o-2"))).await, Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn tickets_of_the_session_say_where_in_the_application_they_come_from() {
    let server = TestServer::start().await;
    let shop = Backend::register(&server).await;
    let zoe = client(&server, &shop.sign_in(&server, &shop.claims(&server)).await);
    let shown = "ticket { channel context { url application version } requester { name } }";
    let mut answers = Vec::new();
    for context in [Value::Null, json!({ "url": "https://shop.test/other" })] {
        let input = json!({ "subject": "s", "description": "d", "context": context });
        answers.push(
            mutate(&zoe, "createTicket", shown, input).await["data"]["createTicket"]["ticket"]
                .take(),
        );
    }
    assert_json_snapshot!(answers, @r#"
    [
      {
        "channel": "EMBEDDED",
        "context": {
          "application": "Shop",
          "url": "https://shop.test/cart",
          "version": "7"
        },
        "requester": {
          "name": "Zoé Acheteuse"
        }
      },
      {
        "channel": "EMBEDDED",
        "context": {
          "application": null,
          "url": "https://shop.test/other",
          "version": null
        },
        "requester": {
          "name": "Zoé Acheteuse"
        }
      }
    ]
    "#);
    let input = json!({ "subject": "s", "description": "d" });
    let portal = mutate(&server.requester(), "createTicket", shown, input).await;
    assert_eq!(
        portal["data"]["createTicket"]["ticket"]["channel"],
        "PORTAL"
    );
}

/// An address is no proof, and no account is taken over by it, nor kept from its owner.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_joined_to_an_account_by_an_address() {
    let server = TestServer::start().await;
    let shop = Backend::register(&server).await;
    for (sub, email, is_verified, kept) in [
        ("1", "agnes@desk.test", true, None),
        ("2", "rosa@desk.test", true, None),
        ("3", "zoe@shop.test", false, None),
        ("4", "Zoe@Shop.test", true, Some("zoe@shop.test")),
        ("5", "zoe@shop.test", true, None),
        ("6", "no address", true, None),
    ] {
        let mut claims = shop.claims(&server);
        claims["sub"] = json!(sub);
        claims["email"] = json!(email);
        claims["email_verified"] = json!(is_verified);
        let answer = shop.sign_in(&server, &claims).await;
        let user = &session(&answer)["user"];
        assert_eq!(user["email"], json!(kept), "{sub}");
        assert_eq!(user["role"], "REQUESTER");
        for known in [server.agent(), server.requester()] {
            assert_ne!(user["id"], known.id());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_became_staff_comes_in_no_more() {
    let server = TestServer::start().await;
    let shop = Backend::register(&server).await;
    let answer = shop.sign_in(&server, &shop.claims(&server)).await;
    let zoe = client(&server, &answer);
    assert!(is_signed_in(&zoe).await);
    set_role(&server, "Zoé Acheteuse", Role::Agent).await;
    assert!(!is_signed_in(&zoe).await);
    let refresh = json!({ "refreshToken": session(&answer)["refreshToken"] });
    let refresh = mutate(
        &server.visitor(),
        "refreshSession",
        "session { expiresAt }",
        refresh,
    )
    .await;
    assert_eq!(outcome(&refresh), "BAD_CREDENTIALS");
    let again = shop.sign_in(&server, &shop.claims(&server)).await;
    assert_eq!(outcome(&again), "BAD_CREDENTIALS");
    set_role(&server, "Zoé Acheteuse", Role::Requester).await;
    let again = shop.sign_in(&server, &shop.claims(&server)).await;
    assert_eq!(outcome(&again), "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_disabled_stays_out() {
    let server = TestServer::start().await;
    let shop = Backend::register(&server).await;
    let answer = shop.sign_in(&server, &shop.claims(&server)).await;
    let input = json!({ "userId": session(&answer)["user"]["id"] });
    let disabled = mutate(&server.admin(), "disableUser", "user { name }", input).await;
    assert_eq!(outcome(&disabled), "ok");
    assert!(!is_signed_in(&client(&server, &answer)).await);
    let again = shop.sign_in(&server, &shop.claims(&server)).await;
    assert_eq!(outcome(&again), "BAD_CREDENTIALS");
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_end_with_the_application() {
    let server = TestServer::start().await;
    let shop = Backend::register(&server).await;
    let edit = |is_active: bool| {
        let input = json!({ "applicationId": shop.id, "isActive": is_active });
        let admin = server.admin();
        async move {
            outcome(&mutate(&admin, "editApplication", "application { isActive }", input).await)
        }
    };
    let zoe = client(&server, &shop.sign_in(&server, &shop.claims(&server)).await);
    assert_eq!(edit(false).await, "ok");
    assert!(!is_signed_in(&zoe).await);
    let again = shop.sign_in(&server, &shop.claims(&server)).await;
    assert_eq!(outcome(&again), "BAD_CREDENTIALS");
    assert_eq!(edit(true).await, "ok");
    let zoe = client(&server, &shop.sign_in(&server, &shop.claims(&server)).await);
    let input = json!({ "applicationId": shop.id });
    let deleted = mutate(
        &server.admin(),
        "deleteApplication",
        "deletedApplicationId",
        input,
    )
    .await;
    assert_eq!(
        deleted["data"]["deleteApplication"]["deletedApplicationId"],
        shop.id
    );
    assert!(!is_signed_in(&zoe).await);
    let again = shop.sign_in(&server, &shop.claims(&server)).await;
    assert_eq!(outcome(&again), "BAD_CREDENTIALS");
    assert!(is_signed_in(&server.requester()).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_first_sign_ins_at_once_one_user_comes() {
    let server = TestServer::start().await;
    let shop = Backend::register(&server).await;
    let token = shop.token(&server);
    let before = user::Entity::find()
        .count(&server.app().store.read)
        .await
        .unwrap();
    let tries = (0..12).map(|_| sign_in(&server, &shop.id, &token));
    let answers = futures_util::future::join_all(tries).await;
    for answer in &answers {
        assert_eq!(
            session(answer)["user"]["id"],
            session(&answers[0])["user"]["id"]
        );
    }
    let after = user::Entity::find()
        .count(&server.app().store.read)
        .await
        .unwrap();
    assert_eq!(after, before + 1);
}
