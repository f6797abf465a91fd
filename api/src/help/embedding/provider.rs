//! The seam: texts go to an HTTP endpoint of the common shape, vectors come back.
//!
//! `POST {"model": …, "input": [text, …]}` is answered by `{"data": [{"embedding": [number, …]}, …]}`, in the order of
//! the texts or with an `index` each.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow, ensure};
use reqwest::{Client, StatusCode, redirect};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::config::Embeddings;

/// How long somebody who types waits for what it means.
const QUERY_WITHIN: Duration = Duration::from_millis(150);
/// How long the texts of articles may take.
const PASSAGES_WITHIN: Duration = Duration::from_secs(20);
/// Texts in one request.
pub(super) const TEXTS_MAX: usize = 16;
/// What an answer may have, in bytes: 16 vectors of the longest kind are less.
const ANSWER_BYTES_MAX: usize = 4 << 20;
/// Numbers of a vector.
const DIMENSIONS_MAX: usize = 8_192;
/// After so many failures one after the other nobody who types waits any more, for so long.
const FAILURES_MAX: u32 = 3;
const REST: Duration = Duration::from_secs(30);

/// A vector of length one.
pub(super) type Vector = Vec<f32>;

/// Why there are no vectors.
#[derive(Debug)]
pub(super) enum Unmade {
    /// It takes these texts not, or answers them with something else than vectors.
    Refused(anyhow::Error),
    /// It does not answer, or refuses whatever it is asked.
    Down(anyhow::Error),
}

/// What an endpoint says to texts that it cannot take: bad request, too large, cannot be processed.
const REFUSING: [StatusCode; 3] = [
    StatusCode::BAD_REQUEST,
    StatusCode::PAYLOAD_TOO_LARGE,
    StatusCode::UNPROCESSABLE_ENTITY,
];

pub(super) struct Provider {
    http: Client,
    url: Url,
    pub(super) model: String,
    key: Option<String>,
    health: Mutex<Health>,
}

/// How the last questions went.
#[derive(Default)]
struct Health {
    failures: u32,
    rests_until: Option<Instant>,
}

#[derive(Serialize)]
struct Asked<'a> {
    model: &'a str,
    input: &'a [String],
}

#[derive(Deserialize)]
struct Answer {
    data: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    embedding: Vec<f32>,
    index: Option<usize>,
}

impl Provider {
    pub(super) fn new(settings: &Embeddings) -> Result<Self> {
        let http = Client::builder()
            .redirect(redirect::Policy::none())
            .build()
            .context("the client for embeddings")?;
        Ok(Self {
            http,
            url: settings.url.clone(),
            model: settings.model.clone(),
            key: settings.key.clone(),
            health: Mutex::default(),
        })
    }

    /// What is being typed; none where the endpoint fails, is slow, or failed a moment ago.
    pub(super) async fn of_query(&self, text: &str) -> Option<Vector> {
        if self.is_resting() {
            return None;
        }
        let asked = self.embed(&[text.to_owned()], QUERY_WITHIN).await;
        self.note(asked.is_ok());
        match asked {
            Ok(vectors) => vectors.into_iter().next(),
            Err(Unmade::Refused(error) | Unmade::Down(error)) => {
                tracing::debug!(%error, "what is typed has no embedding");
                None
            }
        }
    }

    /// Texts of articles, [`TEXTS_MAX`] at most, in their order.
    pub(super) async fn of_passages(&self, texts: &[String]) -> Result<Vec<Vector>, Unmade> {
        self.embed(texts, PASSAGES_WITHIN).await
    }

    async fn embed(&self, texts: &[String], within: Duration) -> Result<Vec<Vector>, Unmade> {
        let (status, answer) = self.ask(texts, within).await.map_err(Unmade::Down)?;
        let refused = anyhow!("the endpoint answered {status}");
        if REFUSING.contains(&status) {
            return Err(Unmade::Refused(refused));
        }
        if !status.is_success() {
            return Err(Unmade::Down(refused));
        }
        read(&answer, texts.len()).map_err(Unmade::Refused)
    }

    async fn ask(&self, texts: &[String], within: Duration) -> Result<(StatusCode, Vec<u8>)> {
        let asked = Asked {
            model: &self.model,
            input: texts,
        };
        let mut request = self
            .http
            .post(self.url.clone())
            .timeout(within)
            .json(&asked);
        if let Some(key) = &self.key {
            request = request.bearer_auth(key);
        }
        // The address may hold a secret.
        let sent = request.send().await.map_err(reqwest::Error::without_url)?;
        let status = sent.status();
        Ok((status, bytes_of(sent).await?))
    }

    fn is_resting(&self) -> bool {
        let health = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        health
            .rests_until
            .is_some_and(|until| Instant::now() < until)
    }

    fn note(&self, is_good: bool) {
        let mut health = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        if is_good {
            *health = Health::default();
            return;
        }
        health.failures += 1;
        if health.failures >= FAILURES_MAX {
            health.rests_until = Some(Instant::now() + REST);
        }
    }
}

async fn bytes_of(mut answer: reqwest::Response) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(reqwest::Error::without_url)? {
        ensure!(
            bytes.len() + chunk.len() <= ANSWER_BYTES_MAX,
            "the answer is too long"
        );
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// The vectors of an answer, made to length one.
pub(super) fn read(bytes: &[u8], count: usize) -> Result<Vec<Vector>> {
    let mut answer: Answer =
        serde_json::from_slice(bytes).context("not an answer of the common shape")?;
    ensure!(
        answer.data.len() == count,
        "another number of vectors than of texts"
    );
    if answer.data.iter().all(|item| item.index.is_some()) {
        answer.data.sort_by_key(|item| item.index);
        let indexes = answer.data.iter().filter_map(|item| item.index);
        ensure!(
            indexes.enumerate().all(|(place, index)| place == index),
            "vectors of other texts"
        );
    }
    let dimensions = answer.data.first().map_or(0, |item| item.embedding.len());
    let vectors = answer.data.into_iter().map(|item| {
        let vector = item.embedding;
        ensure!(
            vector.len() == dimensions && (1..=DIMENSIONS_MAX).contains(&dimensions),
            "vectors of different or unusual lengths"
        );
        let length = vector.iter().map(|one| one * one).sum::<f32>().sqrt();
        ensure!(length.is_normal(), "a vector without a direction");
        Ok(vector.into_iter().map(|one| one / length).collect())
    });
    vectors.collect()
}
