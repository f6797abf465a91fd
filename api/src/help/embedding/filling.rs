//! Makes the vectors of published articles in the background: of all that have none at the start, then of those that the
//! log says are other ones.

use std::{
    collections::{BTreeSet, HashMap},
    slice,
    sync::Arc,
    time::{Duration, Instant},
};

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use entity::{article_vector, ids::ArticleId, user::Locale};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Set, sea_query::OnConflict};

use super::{
    Embedding,
    provider::{TEXTS_MAX as BATCH, Unmade},
    vectors::{Key, Known, TEXTS_MAX, Vectors, from_bytes, to_bytes},
};
use crate::{
    actor::Actor,
    app::App,
    background::{Background, Stopping},
    error::{Error, Result},
    events::{Epoch, Event, feed::Follower},
    help::{
        rank::{Change, Text},
        source,
    },
    text::beginning,
};

/// How much of a text goes to the model, in characters: what it is about stands at the beginning.
const TEXT_CHARS_MAX: usize = 2_000;
/// Events taken at once.
const EVENTS: usize = 1_000;
/// Articles whose texts are read at once.
const ARTICLES: usize = 100;
/// How long to leave an endpoint alone that failed: at first, and at most after it failed again and again.
const PAUSE: Duration = Duration::from_secs(5);
const PAUSE_MAX: Duration = Duration::from_mins(2);
/// How long to leave texts alone that it refused.
const REFUSED_FOR: Duration = Duration::from_hours(1);
/// After so many new vectors they count, though others are to be made still.
const SHOWN_AFTER: usize = 1_000;
/// How long the log may take to be read for the first time.
const FEED_WITHIN: Duration = Duration::from_secs(5);

/// A text that has no vector yet.
struct Missing {
    key: Key,
    digest: Arc<str>,
    text: String,
}

/// What is known, and what is to be done: ids only, so that however long the endpoint is down nothing grows.
struct Filling {
    vectors: Vectors,
    /// What differs in `vectors` from what counts.
    changed: usize,
    /// Articles whose texts may be other ones than those that vectors were made of.
    behind: BTreeSet<ArticleId>,
    /// Those with a text that the endpoint does not take, and until when it is not asked again.
    refused: HashMap<ArticleId, Instant>,
    pause: Duration,
    rests_until: Option<Instant>,
}

/// Begins, where a model is set.
pub fn start(app: Arc<App>) -> Background {
    Background::start("embeddings", |stopping| run(app, stopping))
}

async fn run(app: Arc<App>, mut stopping: Stopping) {
    let Some(embedding) = &app.help.embedding else {
        return;
    };
    let mut head = app.feed.watch();
    let is_read = head.wait_for(|_| app.feed.epoch() != Epoch::default());
    let _in_time = tokio::time::timeout(FEED_WITHIN, is_read).await.is_ok();
    let mut is_failing = false;
    while !stopping.is_now() {
        // The place first, then the rows, as the index of suggestions does.
        let mut follower = app.feed.follow(None);
        let ended = follow(&app, embedding, &mut follower, &mut stopping).await;
        match ended {
            Ok(()) => return,
            Err(Error::Resync) => {}
            Err(error) => {
                if !std::mem::replace(&mut is_failing, true) {
                    tracing::warn!(?error, "articles get no embeddings; trying again");
                }
            }
        }
        if !stopping.rest(PAUSE).await {
            return;
        }
    }
}

/// Makes what is missing of all articles, then of those that change, until the process stops.
async fn follow(
    app: &App,
    embedding: &Embedding,
    follower: &mut Follower,
    stopping: &mut Stopping,
) -> Result<()> {
    let mut filling = Filling::begin(app, embedding).await?;
    loop {
        filling.work(app, embedding, stopping).await?;
        let wait = filling.wait();
        tokio::select! {
            () = stopping.wait() => return Ok(()),
            () = follower.wait() => {}
            () = tokio::time::sleep(wait.unwrap_or_default()), if wait.is_some() => {}
        }
        for event in follower.take(EVENTS).await? {
            if let Event::ArticlePublished { article_id }
            | Event::ArticleArchived { article_id }
            | Event::ArticleTranslated { article_id, .. } = event.event
            {
                filling.refused.remove(&article_id);
                filling.behind.insert(article_id);
            }
        }
    }
}

impl Filling {
    /// With what this model made before: all articles are looked at once.
    async fn begin(app: &App, embedding: &Embedding) -> Result<Self> {
        let vectors = load(app, embedding).await?;
        let mut behind: BTreeSet<_> = source::published_ids(app).await?.into_iter().collect();
        behind.extend(vectors.0.keys().map(|(id, _)| *id));
        Ok(Self {
            vectors,
            changed: 1,
            behind,
            refused: HashMap::new(),
            pause: PAUSE,
            rests_until: None,
        })
    }

    /// Goes on until nothing is behind, the endpoint fails, or the process stops.
    async fn work(&mut self, app: &App, embedding: &Embedding, stopping: &Stopping) -> Result<()> {
        let now = Instant::now();
        if self.rests_until.is_some_and(|until| now < until) {
            return Ok(());
        }
        let again = self.refused.extract_if(|_, until| *until <= now);
        self.behind.extend(again.map(|(id, _)| id));
        while !self.behind.is_empty() && !stopping.is_now() {
            let some: Vec<ArticleId> = self.behind.iter().take(ARTICLES).copied().collect();
            let missing = self.missing(app, &some).await?;
            for batch in missing.chunks(BATCH) {
                if stopping.is_now() {
                    return Ok(());
                }
                if !self.make(app, embedding, batch).await? {
                    self.show(embedding);
                    return Ok(());
                }
            }
            for id in some {
                self.behind.remove(&id);
            }
            if self.changed >= SHOWN_AFTER {
                self.show(embedding);
            }
        }
        self.show(embedding);
        Ok(())
    }

    /// How long to wait where nothing happens; none: until something does.
    fn wait(&self) -> Option<Duration> {
        let now = Instant::now();
        let again = self.refused.values().copied().min();
        let next = match self.rests_until {
            // What was refused rests as long as everything does.
            Some(until) if until > now => {
                (!self.behind.is_empty() || again.is_some()).then_some(until)
            }
            until => until
                .filter(|_| !self.behind.is_empty())
                .into_iter()
                .chain(again)
                .min(),
        };
        next.map(|at| at.saturating_duration_since(now))
    }

    /// Has what is known count.
    fn show(&mut self, embedding: &Embedding) {
        if std::mem::take(&mut self.changed) > 0 {
            embedding.swap(self.vectors.clone());
        }
    }

    /// The texts of these articles that have no vector, and were not refused just now; vectors of other texts are forgotten.
    async fn missing(&mut self, app: &App, ids: &[ArticleId]) -> Result<Vec<Missing>> {
        let mut missing = Vec::new();
        for change in source::articles(app, Some(ids)).await? {
            let Change::Article(id, article) = change else {
                continue;
            };
            let texts = article.map(|article| article.texts).unwrap_or_default();
            let wanted: Vec<Missing> = texts.iter().map(|text| wanted(id, text)).collect();
            for locale in [Locale::En, Locale::Fr] {
                let key = (id, locale);
                let is_same = |known: &Known| {
                    let same =
                        |wanted: &Missing| wanted.key == key && wanted.digest == known.digest;
                    wanted.iter().any(same)
                };
                if self
                    .vectors
                    .0
                    .get(&key)
                    .is_some_and(|known| !is_same(known))
                {
                    self.vectors.0.remove(&key);
                    self.changed += 1;
                }
            }
            let is_missing = |wanted: &Missing| {
                !self.vectors.0.contains_key(&wanted.key)
                    && !self.refused.contains_key(&wanted.key.0)
            };
            missing.extend(wanted.into_iter().filter(is_missing));
        }
        Ok(missing)
    }

    /// Makes some; false where the endpoint is to be left alone for a while. A text that it refuses keeps none of the
    /// others back.
    async fn make(&mut self, app: &App, embedding: &Embedding, some: &[Missing]) -> Result<bool> {
        if self.vectors.0.len() + some.len() > TEXTS_MAX {
            tracing::warn!(
                texts = TEXTS_MAX,
                "there are more texts than embeddings are kept of"
            );
            self.behind.clear();
            return Ok(true);
        }
        let texts: Vec<String> = some.iter().map(|missing| missing.text.clone()).collect();
        match embedding.provider.of_passages(&texts).await {
            Ok(made) => {
                store(app, embedding, some, &made).await?;
                self.keep(some, made);
                Ok(true)
            }
            Err(Unmade::Down(error)) => {
                self.leave_alone(&error);
                Ok(false)
            }
            Err(Unmade::Refused(error)) if some.len() == 1 => {
                let id = some[0].key.0;
                tracing::warn!(%error, article.id = %id.0, "a text gets no embedding");
                self.refused.insert(id, Instant::now() + REFUSED_FOR);
                Ok(true)
            }
            Err(Unmade::Refused(error)) => {
                let before = self.vectors.0.len();
                for one in some {
                    if !Box::pin(self.make(app, embedding, slice::from_ref(one))).await? {
                        return Ok(false);
                    }
                }
                // Where it takes none of them it is not the texts.
                let is_any_made = self.vectors.0.len() > before;
                if !is_any_made {
                    self.leave_alone(&error);
                }
                Ok(is_any_made)
            }
        }
    }

    fn keep(&mut self, some: &[Missing], made: Vec<Vec<f32>>) {
        self.pause = PAUSE;
        self.rests_until = None;
        self.changed += made.len();
        for (missing, vector) in some.iter().zip(made) {
            let known = Known {
                digest: Arc::clone(&missing.digest),
                vector: vector.into(),
            };
            self.vectors.0.insert(missing.key, known);
        }
    }

    fn leave_alone(&mut self, error: &anyhow::Error) {
        if self.rests_until.is_none() {
            tracing::warn!(?error, "articles get no embeddings; trying again");
        }
        self.rests_until = Some(Instant::now() + self.pause);
        self.pause = (self.pause * 2).min(PAUSE_MAX);
    }
}

/// What this model made before.
async fn load(app: &App, embedding: &Embedding) -> Result<Vectors> {
    let rows = article_vector::Entity::find()
        .filter(article_vector::Column::Model.eq(&embedding.provider.model))
        .all(&app.store.read)
        .await?;
    let known = |row: article_vector::Model| {
        let vector = from_bytes(&row.vector)?;
        let digest = row.digest.into();
        Some(((row.article_id, row.locale), Known { digest, vector }))
    };
    Ok(Vectors(rows.into_iter().filter_map(known).collect()))
}

fn wanted(id: ArticleId, text: &Text) -> Missing {
    let body = beginning(&text.body, TEXT_CHARS_MAX);
    let whole = format!("{}\n{body}", text.title);
    let hash = digest(&SHA256, whole.as_bytes());
    Missing {
        key: (id, text.language),
        digest: BASE64_URL_SAFE_NO_PAD.encode(hash).into(),
        text: whole,
    }
}

/// Several servers may make the same vector at once: the later one writes it again.
async fn store(
    app: &App,
    embedding: &Embedding,
    texts: &[Missing],
    vectors: &[Vec<f32>],
) -> Result<()> {
    use article_vector::Column::{ArticleId, Digest, Locale, Model, Vector};

    let row = |(missing, vector): (&Missing, &Vec<f32>)| article_vector::ActiveModel {
        article_id: Set(missing.key.0),
        locale: Set(missing.key.1),
        model: Set(embedding.provider.model.clone()),
        digest: Set(missing.digest.to_string()),
        vector: Set(to_bytes(vector)),
    };
    let replace = OnConflict::columns([ArticleId, Locale])
        .update_columns([Model, Digest, Vector])
        .to_owned();
    let tx = app.begin(&Actor::System).await?;
    article_vector::Entity::insert_many(texts.iter().zip(vectors).map(row))
        .on_conflict(replace)
        .exec_without_returning(&*tx)
        .await?;
    tx.commit().await
}
