//! People who sign in, and stay signed in.

use std::{
    net::{IpAddr, Ipv4Addr},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::{
    api::{Api, Failure, Servers},
    server::Server,
};

const SIGN_IN: &str = "mutation SignIn($input: SignInInput!) { signIn(input: $input) { session { accessToken refreshToken } userErrors { code } } }";
const REFRESH: &str = "mutation Refresh($input: RefreshSessionInput!) { refreshSession(input: $input) { session { accessToken refreshToken } userErrors { code } } }";
const SIGN_OUT: &str = "mutation { signOut(input: {}) { endedSessions } }";

/// Access tokens live for ten minutes.
const REFRESH_AFTER: Duration = Duration::from_mins(7);
const TRIES: usize = 50;
const TRY_AGAIN_AFTER: Duration = Duration::from_millis(200);

#[derive(Debug)]
pub struct Person {
    pub id: String,
    email: String,
    password: String,
    /// Sign-ins are limited by address, so people have several.
    pub source: IpAddr,
    pub api: Api,
    session: Mutex<Option<Session>>,
}

#[derive(Debug)]
struct Session {
    access: String,
    refresh: String,
    since: Instant,
}

impl Person {
    pub fn new(
        servers: &Servers,
        id: &str,
        email: &str,
        password: &str,
        source: IpAddr,
        turn: usize,
    ) -> Result<Self> {
        Ok(Self {
            id: id.to_owned(),
            email: email.to_owned(),
            password: password.to_owned(),
            source,
            api: Api::new(servers, source, turn)?,
            session: Mutex::new(None),
        })
    }

    /// Somebody who asks this server only.
    pub fn at(server: &Server, email: &str, password: &str) -> Result<Self> {
        let servers = Servers::default();
        servers.set(vec![server.socket_address()?]);
        let source = Ipv4Addr::LOCALHOST.into();
        Self::new(&servers, "", email, password, source, 0)
    }

    /// An access token that is good for some time.
    pub async fn token(&self) -> Result<String> {
        let mut session = self.session.lock().await;
        if let Some(session) = &*session
            && session.since.elapsed() < REFRESH_AFTER
        {
            return Ok(session.access.clone());
        }
        let (document, input) = match &*session {
            Some(session) => (REFRESH, json!({ "refreshToken": session.refresh })),
            None => (
                SIGN_IN,
                json!({ "email": self.email, "password": self.password }),
            ),
        };
        let new = self.begin(document, &json!({ "input": input })).await?;
        let access = new.access.clone();
        *session = Some(new);
        Ok(access)
    }

    /// Has the next token be a new one: the server did not like this one.
    pub async fn forget_token(&self) {
        if let Some(session) = &mut *self.session.lock().await {
            session.since = Instant::now()
                .checked_sub(REFRESH_AFTER)
                .unwrap_or(session.since);
        }
    }

    async fn begin(&self, document: &str, variables: &Value) -> Result<Session> {
        let answer = self.insist(None, document, variables).await?;
        let session = ["signIn", "refreshSession"]
            .iter()
            .find_map(|field| answer.get(field))
            .map(|payload| &payload["session"]);
        let text = |name| {
            let text = session.and_then(|session| session[name].as_str());
            text.with_context(|| format!("no session of {}: {answer}", self.email))
        };
        Ok(Session {
            access: text("accessToken")?.to_owned(),
            refresh: text("refreshToken")?.to_owned(),
            since: Instant::now(),
        })
    }

    pub async fn sign_out(&self) -> Result<()> {
        let token = self.token().await?;
        self.insist(Some(&token), SIGN_OUT, &json!({})).await?;
        *self.session.lock().await = None;
        Ok(())
    }

    /// Asks once.
    pub async fn ask(&self, document: &str, variables: &Value) -> Result<Value, Failure> {
        let token = self.token().await;
        let token = token.map_err(|error| Failure::Unreachable(error.to_string()))?;
        self.api.ask(Some(&token), document, variables).await
    }

    /// Asks something that may be asked twice, until there is an answer.
    pub async fn read(&self, document: &str, variables: &Value) -> Result<Value> {
        let token = self.token().await?;
        self.insist(Some(&token), document, variables).await
    }

    async fn insist(
        &self,
        token: Option<&str>,
        document: &str,
        variables: &Value,
    ) -> Result<Value> {
        let mut tries = 0;
        loop {
            tries += 1;
            match self.api.ask(token, document, variables).await {
                Err(Failure::Unreachable(_)) if tries < TRIES => {
                    tokio::time::sleep(TRY_AGAIN_AFTER).await;
                }
                answer => return Ok(answer?),
            }
        }
    }
}
