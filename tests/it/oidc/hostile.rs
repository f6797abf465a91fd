//! Answers that are not the provider's, not for us, or not for this browser.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use entity::user;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value, json};

use super::{
    World, brought, challenge,
    provider::{CLIENT, Provider, SECRET},
};

/// Claims that are wrong in one way.
fn wrong_claims(good: &Value) -> Vec<Value> {
    let now = good["iat"].as_i64().unwrap();
    let with = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        claims
    };
    let without = |name: &str| {
        let mut claims = good.clone();
        claims.as_object_mut().unwrap().remove(name);
        claims
    };
    vec![
        with("nonce", json!("another")),
        without("nonce"),
        with("aud", json!("another")),
        with("aud", json!([CLIENT, "another"])),
        with("aud", json!([])),
        without("aud"),
        with("azp", json!("another")),
        with("iss", json!("https://evil.test")),
        with("iss", json!(format!("{}/", good["iss"].as_str().unwrap()))),
        without("iss"),
        with("sub", json!("")),
        with("sub", json!("a\u{0}b")),
        without("sub"),
        with("exp", json!(now - 30)),
        without("exp"),
        with("iat", json!(now + 31)),
        without("iat"),
        with("nbf", json!(now + 31)),
    ]
}

/// Tokens with good claims that the provider has not signed.
fn forged(provider: &Provider, other: &Provider, good: &Value) -> Vec<String> {
    let rsa = json!({ "alg": "RS256", "kid": "rsa" });
    let token = provider.sign_as(&rsa, good);
    let mut tokens = vec![
        String::new(),
        "a.b.c".to_owned(),
        other.sign_as(&rsa, good),
        provider.sign_as(&json!({ "alg": "none" }), good),
        provider.sign_as(&json!({ "alg": "none", "kid": "rsa" }), good),
        provider.sign_as(&json!({ "alg": "RS256", "kid": "ed" }), good),
        provider.sign_as(&json!({ "alg": "EdDSA", "kid": "rsa" }), good),
        provider.sign_as(&json!({ "alg": "RS256", "kid": "another" }), good),
        provider.sign_as(
            &json!({ "alg": "RS256", "kid": "rsa", "crit": ["x"], "x": 1 }),
            good,
        ),
        provider.sign_as(
            &json!({ "alg": "RS256", "kid": "rsa", "jku": "https://evil.test" }),
            good,
        ),
        format!("{}.", token.rsplit_once('.').unwrap().0),
    ];
    // The signature of other claims.
    let mut parts: Vec<&str> = token.split('.').collect();
    let mut claims = good.clone();
    claims["sub"] = json!("another");
    let changed = BASE64_URL_SAFE_NO_PAD.encode(claims.to_string());
    parts[1] = &changed;
    tokens.push(parts.join("."));
    // What everybody knows, and what the provider knows too, is no key of its own.
    let mut secrets = provider.public_bytes();
    secrets.push(SECRET.as_bytes().to_vec());
    secrets.push(vec![0; 3]);
    for (secret, kid) in secrets
        .iter()
        .flat_map(|secret| [(secret, "rsa"), (secret, "secret")])
    {
        let mut header = Header::new(Algorithm::HS256);
        header.kid = Some(kid.to_owned());
        let key = EncodingKey::from_secret(secret);
        tokens.push(encode(&header, good, &key).unwrap());
    }
    tokens
}

#[tokio::test(flavor = "multi_thread")]
async fn every_id_token_that_is_not_good_is_refused_alike() {
    let world = World::start().await;
    let other = Provider::start().await;
    let db = &world.server.app().store.read;
    let before = user::Entity::find().count(db).await.unwrap();
    let refused = Err("BAD_CREDENTIALS".to_owned());
    let sent = world.begin().await;
    let mut count = wrong_claims(&world.claims(&sent)).len();
    count += forged(&world.provider, &other, &world.claims(&sent)).len();
    for place in 0..count {
        let sent = world.begin().await;
        let good = world.claims(&sent);
        let wrong = wrong_claims(&good);
        let token = match wrong.get(place) {
            Some(claims) => world.provider.sign("RS256", claims),
            None => forged(&world.provider, &other, &good).remove(place - wrong.len()),
        };
        assert_eq!(
            world.pass(&sent, token.clone()).await,
            refused,
            "{place}: {token}"
        );
    }
    assert_eq!(user::Entity::find().count(db).await.unwrap(), before);
    let sent = world.begin().await;
    let good = world.provider.sign("RS256", &world.claims(&sent));
    assert!(world.pass(&sent, good).await.is_ok());
}

/// Who is led to somebody else's answer does not become somebody else.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_taken_only_in_the_browser_that_asked() {
    let world = World::start().await;
    let (sent, another) = (world.begin().await, world.begin().await);
    let token = world.provider.sign("RS256", &world.claims(&sent));
    let code = world.provider.grant(&sent.asked, token);
    let state = sent.asked["state"].as_str();
    let path = "/auth/oidc/test/callback";
    let own = Some(sent.cookie.as_str());
    let broken = format!("{}A", sent.cookie);
    for (query, cookie) in [
        (vec![("code", code.as_str()), ("state", state)], None),
        (
            vec![("code", &code), ("state", state)],
            Some(another.cookie.as_str()),
        ),
        (
            vec![("code", &code), ("state", state)],
            Some(broken.as_str()),
        ),
        (
            vec![("code", &code), ("state", state)],
            Some("__Host-guichet-oidc="),
        ),
        (vec![("code", &code), ("state", "another")], own),
        (vec![("code", &code)], own),
        (vec![], own),
    ] {
        let answer = world.get(path, &query, cookie).await;
        assert_eq!(answer.status(), 400, "{query:?} {cookie:?}");
        let told: Value = answer.json().await.unwrap();
        assert_eq!(told["errors"][0]["extensions"]["code"], "BAD_CREDENTIALS");
    }
    let query = [("code", code.as_str()), ("state", state)];
    let elsewhere = world.get("/auth/oidc/other/callback", &query, own).await;
    assert_eq!(elsewhere.status(), 400);
    // What the provider itself says against it.
    for query in [
        vec![("error", "access_denied"), ("state", state)],
        vec![("error", "x"), ("code", &code), ("state", state)],
        vec![
            ("iss", "https://evil.test"),
            ("code", &code),
            ("state", state),
        ],
        vec![("state", state)],
    ] {
        let answer = world.get(path, &query, own).await;
        assert_eq!(
            brought(&answer),
            Err("BAD_CREDENTIALS".to_owned()),
            "{query:?}"
        );
    }
    assert!(brought(&world.come_back(&sent, &code).await).is_ok());
    // The provider knows the code no more.
    let again = world.come_back(&sent, &code).await;
    assert_eq!(brought(&again), Err("BAD_CREDENTIALS".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_takes_too_long_begins_again() {
    let world = World::start().await;
    let sent = world.begin().await;
    world.server.advance(TimeDelta::minutes(10));
    let token = world.provider.sign("RS256", &world.claims(&sent));
    let code = world.provider.grant(&sent.asked, token);
    let late = world.come_back(&sent, &code).await;
    assert_eq!(late.status(), 400);
    let gone = late.headers()["set-cookie"].to_str().unwrap();
    assert!(
        gone.starts_with("__Host-guichet-oidc=; Path=/; Max-Age=0"),
        "{gone}"
    );
}

/// Whoever leads a browser to the start chooses the challenge too, and so may know the verifier: the code must not reach a
/// page that gives its address away, be it one of ours.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_sent_to_a_page_that_is_not_listed() {
    let world = World::start().await;
    let challenge = challenge();
    for (return_to, is_listed) in [
        ("https://app.test/in?x=1", true),
        ("https://app.test:443/in?x=1", true),
        ("https://desk.test/in", true),
        ("/in", true),
        ("/other/../in", true),
        // A path of the desk, by the rules of addresses.
        ("https:in", true),
        ("", false),
        ("/", false),
        ("/in?", false),
        ("/in/", false),
        ("/in/leaks", false),
        ("/%69n", false),
        ("/in?next=https://evil.test", false),
        ("/in#x", false),
        ("https://app.test/in", false),
        ("https://app.test/in?x=1&y=2", false),
        ("https://app.test/in?x=1#x", false),
        ("https://a@app.test/in?x=1", false),
        ("http://app.test/in?x=1", false),
        ("https://app.test:444/in?x=1", false),
        ("//evil.test/in", false),
        ("/\\evil.test/in", false),
        ("\\\\evil.test/in", false),
        ("https://app.test.evil.test/in?x=1", false),
        ("https://app.test@evil.test/in?x=1", false),
        ("\thttps://evil.test/in", false),
        ("javascript:alert(1)", false),
    ] {
        let query = [
            ("returnTo", return_to),
            ("codeChallenge", challenge.as_str()),
        ];
        let answer = world.get("/auth/oidc/test/start", &query, None).await;
        assert_eq!(
            answer.status(),
            if is_listed { 302 } else { 400 },
            "{return_to}"
        );
    }
    for challenge in ["", "short", &"=".repeat(43)] {
        let query = [("codeChallenge", challenge)];
        let answer = world.get("/auth/oidc/test/start", &query, None).await;
        assert_eq!(answer.status(), 400, "{challenge}");
    }
    let query = [("codeChallenge", challenge.as_str())];
    let unknown = world.get("/auth/oidc/other/start", &query, None).await;
    assert_eq!(unknown.status(), 400);
}
