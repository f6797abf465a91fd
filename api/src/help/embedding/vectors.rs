//! The vectors of articles in memory, and which of them are near to a query: an exact scan.

use std::{collections::HashMap, sync::Arc};

use entity::{ids::ArticleId, user::Locale};
use rustc_hash::FxHashMap;

/// The texts that are known by their meaning; a scan of more takes too long for each key press.
pub(super) const TEXTS_MAX: usize = 50_000;

/// An article's texts in one language.
pub(super) type Key = (ArticleId, Locale);

/// What is known of one text.
#[derive(Clone)]
pub(super) struct Known {
    /// Of the text that the vector was made of.
    pub(super) digest: Arc<str>,
    pub(super) vector: Arc<[f32]>,
}

#[derive(Clone, Default)]
pub(super) struct Vectors(pub(super) HashMap<Key, Known>);

impl Vectors {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What somebody types, beside what articles mean.
pub(in crate::help) struct Meanings {
    vectors: Arc<Vectors>,
    query: Vec<f32>,
}

impl Meanings {
    pub(super) const fn new(vectors: Arc<Vectors>, query: Vec<f32>) -> Self {
        Self { vectors, query }
    }

    /// The cosine of each article that has a vector like the query's: of its languages the nearest.
    pub(in crate::help) fn near(&self) -> FxHashMap<ArticleId, f32> {
        let mut near = FxHashMap::default();
        for ((article, _), known) in &self.vectors.0 {
            if known.vector.len() != self.query.len() {
                continue;
            }
            let pairs = known.vector.iter().zip(&self.query);
            let cosine: f32 = pairs.map(|(one, other)| one * other).sum();
            let nearest = near.entry(*article).or_insert(cosine);
            *nearest = nearest.max(cosine);
        }
        near
    }
}

/// As they are stored: 32 bits each, the lowest byte first.
pub(super) fn to_bytes(vector: &[f32]) -> Vec<u8> {
    vector.iter().flat_map(|one| one.to_le_bytes()).collect()
}

/// None where it is no vector.
pub(super) fn from_bytes(bytes: &[u8]) -> Option<Arc<[f32]>> {
    let (numbers, rest) = bytes.as_chunks();
    let is_whole = rest.is_empty() && !numbers.is_empty();
    is_whole.then(|| numbers.iter().map(|one| f32::from_le_bytes(*one)).collect())
}
