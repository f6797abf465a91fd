//! A person with a client, who talks to the service over HTTP.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use chrono::{DateTime, Utc};
use entity::{ids::UserId, user};
use guichet::{actor::Actor, app::App, session};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::{TestServer, database::environment, global};

/// The id of every request, so that answers with errors are the same in every run.
pub(crate) const REQUEST_ID: &str = "test";

const KEY: &str = "idempotency-key";
/// How many keys were used.
static KEYS: AtomicU64 = AtomicU64::new(0);

/// Somebody at a keyboard.
#[derive(Clone)]
pub struct Client {
    app: Arc<App>,
    pub(crate) http: reqwest::Client,
    pub(crate) url: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    credentials: Credentials,
}

#[derive(Clone)]
enum Credentials {
    None,
    Token(String),
    /// Signed in when first needed, and again when that ran out.
    Person(Arc<user::Model>, Arc<Mutex<Option<AccessToken>>>),
}

struct AccessToken {
    text: String,
    ends_at: DateTime<Utc>,
}

impl Client {
    pub(crate) fn visitor(server: &TestServer) -> Self {
        Self {
            app: Arc::clone(&server.app),
            http: server.http.clone(),
            url: server.url.clone(),
            headers: Vec::new(),
            credentials: Credentials::None,
        }
    }

    pub(crate) fn person(server: &TestServer, user: user::Model) -> Self {
        let credentials = Credentials::Person(Arc::new(user), Arc::default());
        Self {
            credentials,
            ..Self::visitor(server)
        }
    }

    /// The same client with this access token instead of its own.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        let credentials = Credentials::Token(token.to_owned());
        Self {
            credentials,
            ..self.clone()
        }
    }

    /// The same client, sending one header more.
    #[must_use]
    pub fn with_header(&self, name: &'static str, value: &str) -> Self {
        let mut client = self.clone();
        client.headers.push((name, value.to_owned()));
        client
    }

    /// The same person, not yet signed in on this device.
    #[must_use]
    pub fn on_another_device(&self) -> Self {
        let mut client = self.clone();
        if let Credentials::Person(user, _) = &self.credentials {
            client.credentials = Credentials::Person(Arc::clone(user), Arc::default());
        }
        client
    }

    /// Sends a document with its variables; the whole response. With `TEST_KEYS` every mutation that can has an
    /// idempotency key, and is answered as it is without one.
    pub async fn run(&self, document: &str, variables: Value) -> Value {
        let body = json!({ "query": document, "variables": variables });
        if document.contains("mutation") && environment("TEST_KEYS").is_some() {
            let answer = self.with_header(KEY, &next_key()).post(&body).await;
            if !is_key_refused(&answer) {
                return answer;
            }
        }
        self.post(&body).await
    }

    async fn post(&self, body: &Value) -> Value {
        let request = self.raw().await.json(body);
        let response = request.send().await.expect("the service answers");
        response.json().await.expect("the answer is JSON")
    }

    /// A request to `/graphql` with everything but its body.
    pub async fn raw(&self) -> reqwest::RequestBuilder {
        let request = self.http.post(format!("{}/graphql", self.url));
        self.dress(request).await
    }

    /// A request to another path.
    pub async fn get(&self, path: &str) -> reqwest::RequestBuilder {
        self.request("GET", path).await
    }

    /// The same with another method.
    pub async fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let method = method.parse().expect("a method");
        let request = self.http.request(method, format!("{}{path}", self.url));
        self.dress(request).await
    }

    /// Who that is, as the database has them at the start.
    ///
    /// # Panics
    ///
    /// Where it is nobody.
    pub fn user(&self) -> &user::Model {
        match &self.credentials {
            Credentials::Person(user, _) => user,
            Credentials::None | Credentials::Token(_) => panic!("a visitor is no user"),
        }
    }

    pub fn user_id(&self) -> UserId {
        self.user().id
    }

    /// The user's global id.
    pub fn id(&self) -> String {
        global(self.user_id())
    }

    /// Who asks, for commands that are called without the API.
    pub async fn actor(&self) -> Actor {
        let token = self.token().await.expect("a visitor does not act");
        session::authenticate(&self.app, &token)
            .await
            .expect("the session is good")
    }

    /// The access token, if any.
    pub async fn token(&self) -> Option<String> {
        match &self.credentials {
            Credentials::None => None,
            Credentials::Token(token) => Some(token.clone()),
            Credentials::Person(user, token) => {
                let mut token = token.lock().await;
                if token
                    .as_ref()
                    .is_none_or(|token| token.ends_at <= self.app.clock.now())
                {
                    *token = Some(sign_in(&self.app, user).await);
                }
                token.as_ref().map(|token| token.text.clone())
            }
        }
    }

    async fn dress(&self, mut request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        request = request.header("x-request-id", REQUEST_ID);
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        match self.token().await {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }
}

fn next_key() -> String {
    format!("key-{}", KEYS.fetch_add(1, Ordering::Relaxed))
}

/// Whether it is the key that this cannot be asked with.
fn is_key_refused(answer: &Value) -> bool {
    let error = &answer["errors"][0];
    let message = error["message"].as_str().unwrap_or_default();
    message.contains("Idempotency-Key") || error["extensions"]["code"] == "UNAUTHENTICATED"
}

/// Each request has a connection of its own, so that the service need not wait for idle ones.
pub(crate) fn http() -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .pool_max_idle_per_host(0)
        .build()
        .expect("a client")
}

/// Without the password, whose check costs a tenth of a second or more.
async fn sign_in(app: &App, user: &user::Model) -> AccessToken {
    let signed_in = session::start(app, user.clone()).await.expect("a session");
    AccessToken {
        text: signed_in.access_token,
        ends_at: signed_in.expires_at,
    }
}
