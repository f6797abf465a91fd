//! Signing in with an OpenID provider, and the ways in which that must not work.

mod hostile;
mod limits;
mod people;
mod provider;

use std::{
    collections::HashMap,
    sync::atomic::{AtomicU32, Ordering},
};

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use harness::TestServer;
use reqwest::{Client as Http, Response, Url, header, redirect};
use serde_json::{Value, json};

use crate::ask::{mutate, outcome};
use provider::{CLIENT, Provider, SECRET, pairs};

const VERIFIER: &str = "what the frontend keeps for itself, of 43 characters";
const LOOPBACK: (&str, &str) = ("GUICHET_OIDC_ALLOW_CIDRS", "127.0.0.0/8");

/// A desk with one provider, `test`.
struct World {
    server: TestServer,
    provider: Provider,
    http: Http,
}

/// A browser that was sent to the provider.
struct Sent {
    asked: HashMap<String, String>,
    cookie: String,
}

impl World {
    async fn start() -> Self {
        Self::start_with("", &[LOOPBACK]).await
    }

    /// With more lines in the provider's table.
    async fn start_with(lines: &str, settings: &[(&str, &str)]) -> Self {
        static FILES: AtomicU32 = AtomicU32::new(0);
        let provider = Provider::start().await;
        let toml = format!(
            "[oidc.test]\nname = \"Test\"\nissuer = \"{}\"\nclient_id = \"{CLIENT}\"\nclient_secret = \"{SECRET}\"\n{lines}",
            provider.url
        );
        let count = FILES.fetch_add(1, Ordering::Relaxed);
        let name = format!("guichet-oidc-{}-{count}.toml", std::process::id());
        let file = std::env::temp_dir().join(name);
        std::fs::write(&file, toml).unwrap();
        let path = file.to_str().unwrap();
        let mut all = vec![
            ("GUICHET_CONFIG", path),
            ("GUICHET_CORS_ORIGINS", "https://app.test"),
            (
                "GUICHET_SIGN_IN_PAGES",
                "https://app.test/in?x=1, https://desk.test/in",
            ),
        ];
        all.extend(settings);
        let server = TestServer::start_with(&all).await;
        std::fs::remove_file(&file).unwrap();
        let http = Http::builder().redirect(redirect::Policy::none()).build();
        Self {
            server,
            provider,
            http: http.unwrap(),
        }
    }

    async fn get(&self, path: &str, query: &[(&str, &str)], cookie: Option<&str>) -> Response {
        let url = format!("{}{path}", self.server.url());
        let url = Url::parse_with_params(&url, query).unwrap();
        let mut request = self.http.get(url);
        if let Some(cookie) = cookie {
            request = request.header(header::COOKIE, format!("other=1; {cookie}"));
        }
        request.send().await.unwrap()
    }

    async fn begin(&self) -> Sent {
        let challenge = challenge();
        let query = [
            ("returnTo", "https://app.test/in?x=1"),
            ("codeChallenge", &challenge),
        ];
        let answer = self.get("/auth/oidc/test/start", &query, None).await;
        assert_eq!(answer.status(), 302);
        let set = answer.headers()[header::SET_COOKIE].to_str().unwrap();
        let (cookie, rest) = set.split_once("; ").unwrap();
        assert_eq!(rest, "Path=/; Max-Age=600; HttpOnly; SameSite=Lax; Secure");
        assert!(cookie.starts_with("__Host-guichet-oidc="));
        Sent {
            asked: pairs(location(&answer).query().unwrap()),
            cookie: cookie.to_owned(),
        }
    }

    /// What a good ID token says in answer to a question.
    fn claims(&self, sent: &Sent) -> Value {
        let now = self.server.now().timestamp();
        json!({ "iss": self.provider.url, "sub": "42", "aud": CLIENT, "iat": now, "exp": now + 300,
            "nonce": sent.asked["nonce"], "name": "Olga Oidc" })
    }

    async fn come_back(&self, sent: &Sent, code: &str) -> Response {
        let query = [("code", code), ("state", &sent.asked["state"])];
        self.get("/auth/oidc/test/callback", &query, Some(&sent.cookie))
            .await
    }

    /// What the frontend gets of a whole sign-in with this ID token: a code, or a word.
    async fn pass(&self, sent: &Sent, id_token: String) -> Result<String, String> {
        let code = self.provider.grant(&sent.asked, id_token);
        brought(&self.come_back(sent, &code).await)
    }

    /// Somebody of whom the provider says this signs in; their session.
    async fn sign_in(&self, more: &Value) -> Value {
        let sent = self.begin().await;
        let mut claims = self.claims(&sent);
        for (name, value) in more.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let code = self.pass(&sent, self.provider.sign("RS256", &claims)).await;
        self.complete(&code.expect("a code"), VERIFIER).await
    }

    async fn complete(&self, code: &str, verifier: &str) -> Value {
        let input = json!({ "code": code, "codeVerifier": verifier });
        let shown = "session { accessToken user { id name email role locale teams { name } } }";
        mutate(&self.server.visitor(), "completeSignIn", shown, input).await
    }
}

fn challenge() -> String {
    BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, VERIFIER.as_bytes()))
}

fn location(answer: &Response) -> Url {
    let location = answer.headers()[header::LOCATION].to_str().unwrap();
    Url::parse(location).unwrap()
}

/// What a browser that came back has in its address.
fn brought(answer: &Response) -> Result<String, String> {
    assert_eq!(answer.status(), 302);
    let url = location(answer);
    assert!(
        url.as_str().starts_with("https://app.test/in?x=1&"),
        "{url}"
    );
    let mut found = pairs(url.query().unwrap());
    match (found.remove("signInCode"), found.remove("signInError")) {
        (Some(code), None) => Ok(code),
        (None, Some(word)) => Err(word),
        other => panic!("{other:?}"),
    }
}

fn user(answer: &Value) -> &Value {
    let user = &answer["data"]["completeSignIn"]["session"]["user"];
    assert!(user.is_object(), "{answer}");
    user
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_goes_to_the_provider_and_comes_back_with_a_session() {
    let world = World::start().await;
    let shown = world
        .server
        .visitor()
        .run("{ signInProviders { key name startUrl } }", json!({}))
        .await;
    insta::assert_json_snapshot!(shown, @r#"
    {
      "data": {
        "signInProviders": [
          {
            "key": "test",
            "name": "Test",
            "startUrl": "https://desk.test/auth/oidc/test/start"
          }
        ]
      }
    }
    "#);
    let sent = world.begin().await;
    let asked = |name: &str| sent.asked[name].as_str();
    assert_eq!(
        asked("redirect_uri"),
        "https://desk.test/auth/oidc/test/callback"
    );
    assert_eq!(asked("scope"), "openid profile email");
    assert_eq!(
        (asked("response_type"), asked("code_challenge_method")),
        ("code", "S256")
    );
    assert_eq!((asked("client_id"), asked("tenant")), (CLIENT, "1"));

    for algorithm in ["RS256", "EdDSA"] {
        let sent = world.begin().await;
        let token = world.provider.sign(algorithm, &world.claims(&sent));
        let code = world.pass(&sent, token).await.unwrap();
        let answer = world.complete(&code, VERIFIER).await;
        assert_eq!(user(&answer)["name"], "Olga Oidc");
        assert_eq!(user(&answer)["role"], "REQUESTER");
        let token = answer["data"]["completeSignIn"]["session"]["accessToken"]
            .as_str()
            .unwrap();
        let viewer = world.server.visitor().with_token(token);
        let viewer = viewer.run("{ viewer { name } }", json!({})).await;
        assert_eq!(viewer["data"]["viewer"]["name"], "Olga Oidc");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_code_is_good_once_for_a_minute_and_with_its_verifier() {
    let world = World::start().await;
    let mut codes = Vec::new();
    for _ in 0..2 {
        let sent = world.begin().await;
        let token = world.provider.sign("RS256", &world.claims(&sent));
        codes.push(world.pass(&sent, token).await.unwrap());
    }
    assert_eq!(
        outcome(&world.complete(&codes[0], "another verifier").await),
        "BAD_CREDENTIALS"
    );
    assert_eq!(
        outcome(&world.complete("", VERIFIER).await),
        "BAD_CREDENTIALS"
    );
    assert_eq!(
        outcome(&world.complete(&codes[1][1..], VERIFIER).await),
        "BAD_CREDENTIALS"
    );
    let tries = (0..4).map(|_| world.complete(&codes[0], VERIFIER));
    let answers = futures_util::future::join_all(tries).await;
    let mut outcomes: Vec<_> = answers.iter().map(outcome).collect();
    outcomes.sort_unstable();
    assert_eq!(
        outcomes,
        [
            "BAD_CREDENTIALS",
            "BAD_CREDENTIALS",
            "BAD_CREDENTIALS",
            "ok"
        ]
    );
    world.server.advance(TimeDelta::seconds(60));
    assert_eq!(
        outcome(&world.complete(&codes[1], VERIFIER).await),
        "BAD_CREDENTIALS"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_fails_is_told_apart_from_one_that_refuses() {
    let world = World::start().await;
    for (status, word) in [
        (500, "UNAVAILABLE"),
        (403, "BAD_CREDENTIALS"),
        (302, "UNAVAILABLE"),
    ] {
        world.provider.answer_tokens_with(status);
        let sent = world.begin().await;
        let token = world.provider.sign("RS256", &world.claims(&sent));
        assert_eq!(world.pass(&sent, token).await, Err(word.to_owned()));
    }
}

/// Without the setting nothing inside is asked.
#[tokio::test(flavor = "multi_thread")]
async fn providers_inside_are_asked_only_where_that_is_allowed() {
    let world = World::start_with("", &[("GUICHET_ALLOW_CIDRS", "127.0.0.0/8")]).await;
    let challenge = challenge();
    let query = [("codeChallenge", challenge.as_str())];
    let answer = world.get("/auth/oidc/test/start", &query, None).await;
    assert_eq!(answer.status(), 503);
    assert_eq!(world.provider.visits(), 0);
}
