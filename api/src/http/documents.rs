//! Documents that can be run: parsed before, by the hash of their text, and those that the operator trusts.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_graphql::parser::types::ExecutableDocument;
use moka::{policy::EvictionPolicy, sync::Cache};

use super::asked::{Asked, NO_DOCUMENT};
use super::guard::{self, Rejection};
use super::problem::Problem;
use super::trusted::Trusted;
use crate::persisted::{Hash, hash_from_hex, hash_of};

/// What all documents in the cache may weigh together.
const WEIGHT_MAX: u64 = 4 * 1024 * 1024;
/// What a document weighs besides the bytes of its text; so there are never more than 4,096 of
/// them.
const WEIGHT_MIN: u32 = 1024;

/// Parsed documents that passed the guard: a hit skips the scan and the parser, and needs no text.
#[derive(Debug)]
pub(crate) struct Documents {
    parsed: Cache<Hash, Document>,
    trusted: Trusted,
}

#[derive(Debug, Clone)]
pub(crate) struct Document {
    /// Of its text.
    pub(crate) hash: Hash,
    pub(crate) parsed: Arc<ExecutableDocument>,
    text_bytes: u32,
    /// Whether it need not be kept for all servers, for it is or cannot be.
    is_kept: Arc<AtomicBool>,
}

impl Document {
    /// Scans and parses a text.
    pub(crate) fn parse(text: &str, hash: Hash) -> Result<Self, Rejection> {
        Ok(Self {
            hash,
            parsed: Arc::new(guard::parse(text)?),
            text_bytes: u32::try_from(text.len()).unwrap_or(u32::MAX),
            is_kept: Arc::default(),
        })
    }

    /// Whether nobody tries to keep it yet; from now on somebody does.
    pub(crate) fn begin_keeping(&self) -> bool {
        !self.is_kept.swap(true, Ordering::Relaxed)
    }

    /// It could not be kept: somebody else may try.
    pub(crate) fn give_up_keeping(&self) {
        self.is_kept.store(false, Ordering::Relaxed);
    }
}

impl Documents {
    pub(crate) fn new(trusted: Trusted) -> Self {
        let weigher =
            |_: &Hash, document: &Document| document.text_bytes.saturating_add(WEIGHT_MIN);
        let parsed = Cache::builder()
            // What was just taken in is wanted next, however full it is.
            .eviction_policy(EvictionPolicy::lru())
            .max_capacity(WEIGHT_MAX)
            .weigher(weigher)
            .build();
        Self { parsed, trusted }
    }

    /// The document that is asked for, by its text or by its hash.
    pub(crate) fn find(&self, asked: &Asked) -> Result<Document, Problem> {
        let id = asked.persisted_id()?;
        let Some(text) = asked.query.as_deref() else {
            let id = id.ok_or_else(|| Problem::bad_request(NO_DOCUMENT))?;
            return self.by_id(id);
        };
        let hash = hash_of(text);
        if let Some(id) = id
            && !self.stands_for(id, &hash)
        {
            return Err(Problem::persisted_mismatch());
        }
        if let Some(document) = self.trusted.by_hash(&hash) {
            return Ok(document.clone());
        }
        if self.trusted.are_alone() {
            return Err(Problem::not_trusted());
        }
        Ok(self.parse(text, hash)?)
    }

    /// The hash of what is asked for and may be in the store of all servers: it is not here.
    pub(crate) fn missing(&self, asked: &Asked) -> Option<Hash> {
        if asked.query.is_some() || self.trusted.are_alone() {
            return None;
        }
        let id = asked.persisted_id().ok().flatten()?;
        let hash = hash_from_hex(id)?;
        let is_here = self.trusted.by_id(id).is_some() || self.parsed.contains_key(&hash);
        (!is_here).then_some(hash)
    }

    /// Takes a text of the store in.
    pub(crate) fn learn(&self, text: &str) -> Result<(), Rejection> {
        let document = self.parse(text, hash_of(text))?;
        document.is_kept.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Whether it is worth keeping, for all servers, what a client has sent beside its hash.
    pub(crate) fn is_to_keep(&self, asked: &Asked, document: &Document) -> bool {
        let names_it = asked.query.is_some() && matches!(asked.persisted_id(), Ok(Some(_)));
        names_it
            && self.trusted.by_hash(&document.hash).is_none()
            && !document.is_kept.load(Ordering::Relaxed)
    }

    fn by_id(&self, id: &str) -> Result<Document, Problem> {
        if let Some(document) = self.trusted.by_id(id) {
            return Ok(document.clone());
        }
        if self.trusted.are_alone() {
            return Err(Problem::not_trusted());
        }
        let parsed = hash_from_hex(id).and_then(|hash| self.parsed.get(&hash));
        parsed.ok_or_else(Problem::persisted_not_found)
    }

    fn stands_for(&self, id: &str, hash: &Hash) -> bool {
        let trusted = self.trusted.by_id(id).map(|document| document.hash);
        trusted.or_else(|| hash_from_hex(id)) == Some(*hash)
    }

    /// Only what is parsed without a rejection is kept.
    fn parse(&self, text: &str, hash: Hash) -> Result<Document, Rejection> {
        if let Some(document) = self.parsed.get(&hash) {
            return Ok(document);
        }
        let document = Document::parse(text, hash)?;
        self.parsed.insert(hash, document.clone());
        Ok(document)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(documents: &Documents, text: &str) -> Result<Document, Rejection> {
        documents.parse(text, hash_of(text))
    }

    #[test]
    fn a_document_is_parsed_once() {
        let documents = Documents::new(Trusted::default());
        let first = parse(&documents, "{ a }").expect("parses");
        let second = parse(&documents, "{ a }").expect("parses");
        assert!(Arc::ptr_eq(&first.parsed, &second.parsed));
        assert!(parse(&documents, "{ a").is_err());
    }

    #[test]
    fn the_cache_stays_bounded() {
        let documents = Documents::new(Trusted::default());
        for number in 0..6_000 {
            parse(&documents, &format!("{{ a{number} }}")).expect("parses");
        }
        documents.parsed.run_pending_tasks();
        assert!(documents.parsed.weighted_size() <= WEIGHT_MAX);
        assert!(documents.parsed.entry_count() <= WEIGHT_MAX / u64::from(WEIGHT_MIN));
    }
}
