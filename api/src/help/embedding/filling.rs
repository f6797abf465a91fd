//! Makes the vectors of published articles in the background: of all that have none at the start, then of those that the
//! log says are other ones.

use std::{collections::HashSet, sync::Arc, time::Duration};

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use entity::{article_vector, ids::ArticleId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Set, sea_query::OnConflict};

use super::{
    Embedding,
    provider::TEXTS_MAX as BATCH,
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
/// How long to leave an endpoint alone that failed.
const PAUSE: Duration = Duration::from_secs(5);
/// How long the log may take to be read for the first time.
const FEED_WITHIN: Duration = Duration::from_secs(5);

/// A text that has no vector yet.
struct Missing {
    key: Key,
    digest: String,
    text: String,
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
    embedding.swap(load(app, embedding).await?);
    catch_up(app, embedding, None, stopping).await?;
    while !stopping.is_now() {
        tokio::select! {
            () = stopping.wait() => return Ok(()),
            () = follower.wait() => {}
        }
        let mut touched = HashSet::new();
        for event in follower.take(EVENTS).await? {
            if let Event::ArticlePublished { article_id }
            | Event::ArticleArchived { article_id }
            | Event::ArticleTranslated { article_id, .. } = event.event
            {
                touched.insert(article_id);
            }
        }
        if !touched.is_empty() {
            let touched: Vec<ArticleId> = touched.into_iter().collect();
            catch_up(app, embedding, Some(&touched), stopping).await?;
        }
    }
    Ok(())
}

/// What this model made before.
async fn load(app: &App, embedding: &Embedding) -> Result<Vectors> {
    let rows = article_vector::Entity::find()
        .filter(article_vector::Column::Model.eq(&embedding.provider.model))
        .all(&app.store.read)
        .await?;
    let known = |row: article_vector::Model| {
        let vector = from_bytes(&row.vector)?;
        let digest = row.digest;
        Some(((row.article_id, row.locale), Known { digest, vector }))
    };
    Ok(Vectors(rows.into_iter().filter_map(known).collect()))
}

async fn catch_up(
    app: &App,
    embedding: &Embedding,
    ids: Option<&[ArticleId]>,
    stopping: &Stopping,
) -> Result<()> {
    let mut vectors = (*embedding.vectors()).clone();
    let mut missing = Vec::new();
    for change in source::articles(app, ids).await? {
        let Change::Article(id, article) = change else {
            continue;
        };
        let texts = article.map(|article| article.texts).unwrap_or_default();
        let wanted: Vec<Missing> = texts.iter().map(|text| wanted(id, text)).collect();
        vectors.0.retain(|key, known| {
            let is_same = |wanted: &Missing| wanted.key == *key && wanted.digest == known.digest;
            key.0 != id || wanted.iter().any(is_same)
        });
        missing.extend(
            wanted
                .into_iter()
                .filter(|wanted| !vectors.0.contains_key(&wanted.key)),
        );
    }
    embedding.swap(vectors.clone());
    for some in missing.chunks(BATCH) {
        if stopping.is_now() {
            return Ok(());
        }
        if vectors.0.len() + some.len() > TEXTS_MAX {
            tracing::warn!(
                texts = TEXTS_MAX,
                "there are more texts than embeddings are kept of"
            );
            return Ok(());
        }
        let texts: Vec<String> = some.iter().map(|missing| missing.text.clone()).collect();
        let made = embedding.provider.of_passages(&texts).await;
        let made = made.map_err(Error::Internal)?;
        store(app, embedding, some, &made).await?;
        for (missing, vector) in some.iter().zip(made) {
            let known = Known {
                digest: missing.digest.clone(),
                vector: vector.into(),
            };
            vectors.0.insert(missing.key, known);
        }
        embedding.swap(vectors.clone());
    }
    Ok(())
}

fn wanted(id: ArticleId, text: &Text) -> Missing {
    let body = beginning(&text.body, TEXT_CHARS_MAX);
    let whole = format!("{}\n{body}", text.title);
    let hash = digest(&SHA256, whole.as_bytes());
    Missing {
        key: (id, text.language),
        digest: BASE64_URL_SAFE_NO_PAD.encode(hash),
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
        digest: Set(missing.digest.clone()),
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
