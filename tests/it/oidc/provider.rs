//! An OpenID provider as small as it can be, on the loopback: it says of itself what it must, knows codes, and gives the ID
//! token that a test has made for each, once, to who shows the right secret and verifier.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use aws_lc_rs::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    rsa::{KeyPair as RsaKeyPair, KeySize},
    signature::{Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256},
};
use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

pub(super) const CLIENT: &str = "guichet";
pub(super) const SECRET: &str = "s3cret: of the client";

/// It answers until it is dropped.
pub(super) struct Provider {
    pub(super) url: String,
    state: Arc<State>,
    task: JoinHandle<()>,
}

struct State {
    url: String,
    visits: AtomicUsize,
    /// What the token endpoint answers with, where not with a token.
    status: AtomicUsize,
    /// The same of what it says of itself.
    own_status: AtomicUsize,
    grants: Mutex<HashMap<String, Grant>>,
    rsa: RsaKeyPair,
    ed25519: Ed25519KeyPair,
}

struct Grant {
    challenge: String,
    redirect_uri: String,
    id_token: String,
}

impl Provider {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(State {
            url: url.clone(),
            visits: AtomicUsize::new(0),
            status: AtomicUsize::new(200),
            own_status: AtomicUsize::new(200),
            grants: Mutex::default(),
            rsa: RsaKeyPair::generate(KeySize::Rsa2048).unwrap(),
            ed25519: Ed25519KeyPair::generate().unwrap(),
        });
        let shared = Arc::clone(&state);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                shared.visits.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        Self { url, state, task }
    }

    /// How often somebody came.
    pub(super) fn visits(&self) -> usize {
        self.state.visits.load(Ordering::SeqCst)
    }

    pub(super) fn answer_tokens_with(&self, status: usize) {
        self.state.status.store(status, Ordering::SeqCst);
    }

    pub(super) fn answer_discovery_with(&self, status: usize) {
        self.state.own_status.store(status, Ordering::SeqCst);
    }

    /// Somebody says yes: the code for who was sent here with these parameters.
    pub(super) fn grant(&self, asked: &HashMap<String, String>, id_token: String) -> String {
        let mut grants = self.state.grants.lock().unwrap();
        let code = format!("code {}/{}", grants.len(), &asked["state"][..4]);
        let grant = Grant {
            challenge: asked["code_challenge"].clone(),
            redirect_uri: asked["redirect_uri"].clone(),
            id_token,
        };
        grants.insert(code.clone(), grant);
        code
    }

    /// As a provider signs: with its RSA key, or with the other.
    pub(super) fn sign(&self, algorithm: &str, claims: &Value) -> String {
        let kid = if algorithm == "RS256" { "rsa" } else { "ed" };
        self.sign_as(
            &json!({ "typ": "JWT", "alg": algorithm, "kid": kid }),
            claims,
        )
    }

    /// With whatever header; the key is the one of its `alg`.
    pub(super) fn sign_as(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(header), part(claims));
        let signature = match header["alg"].as_str().unwrap() {
            "RS256" => {
                let key = &self.state.rsa;
                let mut signature = vec![0; key.public_modulus_len()];
                let random = SystemRandom::new();
                key.sign(
                    &RSA_PKCS1_SHA256,
                    &random,
                    message.as_bytes(),
                    &mut signature,
                )
                .unwrap();
                signature
            }
            "EdDSA" => self
                .state
                .ed25519
                .sign(message.as_bytes())
                .as_ref()
                .to_vec(),
            _ => Vec::new(),
        };
        format!("{message}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
    }

    /// What everybody knows of its keys.
    pub(super) fn public_bytes(&self) -> Vec<Vec<u8>> {
        let state = &self.state;
        vec![
            state.rsa.public_key().as_ref().to_vec(),
            state.modulus().to_vec(),
            state.ed25519.public_key().as_ref().to_vec(),
        ]
    }
}

impl State {
    /// Of PKCS #1, for a key of 2,048 bits: what stands before the modulus has nine bytes.
    fn modulus(&self) -> &[u8] {
        &self.rsa.public_key().as_ref()[9..265]
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(stream: TcpStream, state: Arc<State>) {
    let mut stream = BufReader::new(stream);
    let Some((head, body)) = read(&mut stream).await else {
        return;
    };
    let (status, answer) = answer(&state, &head, &body);
    let answer = answer.to_string();
    let head = format!(
        "HTTP/1.1 {status} -\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        answer.len()
    );
    let _is_sent = stream.write_all((head + &answer).as_bytes()).await;
}

async fn read(stream: &mut BufReader<TcpStream>) -> Option<(String, String)> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).await.ok()? == 0 {
            return None;
        }
    }
    let lower = head.to_lowercase();
    let length = lower
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"));
    let length = length.map_or(0, |length| length.trim().parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some((head, String::from_utf8(body).ok()?))
}

fn answer(state: &State, head: &str, body: &str) -> (usize, Value) {
    let url = &state.url;
    match head.split(' ').nth(1).unwrap() {
        "/.well-known/openid-configuration" => {
            let metadata = json!({
                "issuer": url,
                "authorization_endpoint": format!("{url}/authorize?tenant=1"),
                "token_endpoint": format!("{url}/token"),
                "jwks_uri": format!("{url}/jwks"),
            });
            (state.own_status.load(Ordering::SeqCst), metadata)
        }
        "/jwks" => (200, jwks(state)),
        "/token" => match state.status.load(Ordering::SeqCst) {
            200 => tokens(state, head, body),
            status => (status, json!({})),
        },
        _ => (404, json!({})),
    }
}

fn jwks(state: &State) -> Value {
    let encoded = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let ed25519 = state.ed25519.public_key().as_ref();
    json!({ "keys": [
        { "kty": "oct", "kid": "secret", "k": "AAAA" },
        { "kty": "RSA", "kid": "rsa", "use": "sig", "alg": "RS256", "n": encoded(state.modulus()), "e": "AQAB" },
        { "kty": "OKP", "crv": "Ed25519", "kid": "ed", "x": encoded(ed25519) },
    ] })
}

/// RFC 6749, section 4.1.3, and RFC 7636, section 4.6.
fn tokens(state: &State, head: &str, body: &str) -> (usize, Value) {
    let refused = (400, json!({ "error": "invalid_grant" }));
    let client = format!("{CLIENT}:s3cret%3A+of+the+client");
    let authorization = format!("authorization: Basic {}", BASE64_STANDARD.encode(client));
    if !head.lines().any(|line| line == authorization) {
        return (401, json!({ "error": "invalid_client" }));
    }
    let form: HashMap<String, String> = pairs(body);
    let field = |name: &str| form.get(name).cloned().unwrap_or_default();
    let Some(grant) = state.grants.lock().unwrap().remove(&field("code")) else {
        return refused;
    };
    let challenge = digest(&SHA256, field("code_verifier").as_bytes());
    let is_right = field("grant_type") == "authorization_code"
        && field("redirect_uri") == grant.redirect_uri
        && BASE64_URL_SAFE_NO_PAD.encode(challenge) == grant.challenge;
    if !is_right {
        return refused;
    }
    (
        200,
        json!({ "id_token": grant.id_token, "access_token": "a", "token_type": "Bearer" }),
    )
}

/// The parameters of an address or a form.
pub(super) fn pairs(text: &str) -> HashMap<String, String> {
    let url = reqwest::Url::parse(&format!("http://x/?{text}")).unwrap();
    url.query_pairs().into_owned().collect()
}
