//! Documents that were parsed before, by the hash of their text: a hit skips the scan and the
//! parser.

use std::sync::Arc;

use async_graphql::parser::types::ExecutableDocument;
use aws_lc_rs::digest::{SHA256, digest};
use moka::sync::Cache;

use super::guard::{self, Rejection};

/// What all documents in the cache may weigh together.
const WEIGHT_MAX: u64 = 4 * 1024 * 1024;
/// What a document weighs besides the bytes of its text; so there are never more than 4,096 of
/// them.
const WEIGHT_MIN: u32 = 1024;

type Hash = [u8; 32];

/// Parsed documents that passed the guard.
#[derive(Debug, Clone)]
pub(crate) struct Documents(Cache<Hash, Parsed>);

#[derive(Debug, Clone)]
struct Parsed {
    document: Arc<ExecutableDocument>,
    text_bytes: u32,
}

impl Documents {
    pub(crate) fn new() -> Self {
        let weigher = |_: &Hash, parsed: &Parsed| parsed.text_bytes.saturating_add(WEIGHT_MIN);
        Self(
            Cache::builder()
                .max_capacity(WEIGHT_MAX)
                .weigher(weigher)
                .build(),
        )
    }

    /// The document of a text, parsed now or earlier. Only what is parsed without a rejection is
    /// kept.
    pub(crate) fn parse(&self, text: &str) -> Result<Arc<ExecutableDocument>, Rejection> {
        let mut hash = Hash::default();
        hash.copy_from_slice(digest(&SHA256, text.as_bytes()).as_ref());
        if let Some(parsed) = self.0.get(&hash) {
            return Ok(parsed.document);
        }
        let document = Arc::new(guard::parse(text)?);
        let text_bytes = u32::try_from(text.len()).unwrap_or(u32::MAX);
        self.0.insert(
            hash,
            Parsed {
                document: Arc::clone(&document),
                text_bytes,
            },
        );
        Ok(document)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_parsed_once() {
        let documents = Documents::new();
        let first = documents.parse("{ a }").expect("parses");
        let second = documents.parse("{ a }").expect("parses");
        assert!(Arc::ptr_eq(&first, &second));
        assert!(documents.parse("{ a").is_err());
    }

    #[test]
    fn the_cache_stays_bounded() {
        let documents = Documents::new();
        for number in 0..6_000 {
            documents
                .parse(&format!("{{ a{number} }}"))
                .expect("parses");
        }
        documents.0.run_pending_tasks();
        assert!(documents.0.weighted_size() <= WEIGHT_MAX);
        assert!(documents.0.entry_count() <= WEIGHT_MAX / u64::from(WEIGHT_MIN));
    }
}
