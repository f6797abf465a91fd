//! What texts mean, as one more kind of evidence: vectors of a model that the operator runs or rents. Off unless it is
//! set; without it, or while it does not answer, everything is as if it were off (ADR 27).

mod filling;
mod provider;
mod vectors;

use std::sync::{Arc, PoisonError, RwLock};

use self::{provider::Provider, vectors::Vectors};
use crate::config::Embeddings;

pub use filling::start;
pub(super) use vectors::Meanings;

/// The model, and what is known of its vectors.
pub(super) struct Embedding {
    provider: Provider,
    vectors: RwLock<Arc<Vectors>>,
}

impl Embedding {
    pub(super) fn new(settings: &Embeddings) -> anyhow::Result<Self> {
        Ok(Self {
            provider: Provider::new(settings)?,
            vectors: RwLock::default(),
        })
    }

    /// How near the articles are to what is being typed; none where the model does not say so at once.
    pub(super) async fn meanings(&self, text: &str) -> Option<Meanings> {
        let vectors = self.vectors();
        if vectors.is_empty() {
            return None;
        }
        let query = self.provider.of_query(text).await?;
        Some(Meanings::new(vectors, query))
    }

    fn vectors(&self) -> Arc<Vectors> {
        Arc::clone(&self.vectors.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn swap(&self, next: Vectors) {
        *self.vectors.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(next);
    }
}

#[cfg(test)]
mod tests;
