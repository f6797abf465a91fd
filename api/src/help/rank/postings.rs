//! Which documents of a segment have a term, and how often.

use super::terms::{ByTerm, Counts, Term};

/// A posting is one number: the document above, its frequency in the lowest byte.
const FREQUENCY_BITS: u32 = 8;
/// Documents that one segment can have.
pub(super) const DOCS_MAX: usize = 1 << (u32::BITS - FREQUENCY_BITS);

/// One inverted index. Its lists stand one after the other, each in the order of documents.
#[derive(Debug, Default)]
pub(super) struct Postings {
    lists: ByTerm<(u32, u32)>,
    entries: Vec<u32>,
    /// How many terms each document has, repetitions counted.
    lengths: Vec<u32>,
}

impl Postings {
    pub(super) fn build<'a>(docs: impl Iterator<Item = &'a Counts>) -> Self {
        let mut all: Vec<(Term, u32)> = Vec::new();
        let mut lengths = Vec::new();
        for (doc, counts) in docs.take(DOCS_MAX).enumerate() {
            let number = number(doc);
            all.extend(counts.terms.iter().map(|(term, frequency)| {
                (*term, (number << FREQUENCY_BITS) | u32::from(*frequency))
            }));
            lengths.push(counts.length);
        }
        all.sort_unstable();
        let mut built = Self {
            lengths,
            entries: Vec::with_capacity(all.len()),
            lists: ByTerm::default(),
        };
        for list in all.chunk_by(|(one, _), (other, _)| one == other) {
            built.push_list(list[0].0, list.iter().map(|(_, entry)| *entry));
        }
        built
    }

    /// One index of several; `places` says where each document stands now, or that it is gone. Documents of one part keep
    /// their order.
    pub(super) fn merge(parts: &[(&Self, &[Option<u32>])]) -> Self {
        let size = parts.iter().map(|(part, _)| part.entries.len()).sum();
        let mut merged = Self {
            entries: Vec::with_capacity(size),
            ..Self::default()
        };
        let mut terms: Vec<Term> = parts
            .iter()
            .flat_map(|(part, _)| part.lists.keys().copied())
            .collect();
        terms.sort_unstable();
        terms.dedup();
        for term in terms {
            let entries = parts.iter().flat_map(|(part, places)| {
                part.find(term).iter().filter_map(move |entry| {
                    let place = places[doc_of(*entry)]?;
                    Some((place << FREQUENCY_BITS) | frequency_of(*entry))
                })
            });
            merged.push_list(term, entries);
        }
        let places = parts.iter().flat_map(|(_, places)| *places);
        merged.lengths = vec![0; places.flatten().count()];
        for (part, places) in parts {
            for (length, place) in part.lengths.iter().zip(*places) {
                if let Some(place) = place {
                    merged.lengths[*place as usize] = *length;
                }
            }
        }
        merged.entries.shrink_to_fit();
        merged
    }

    fn push_list(&mut self, term: Term, entries: impl Iterator<Item = u32>) {
        let start = self.entries.len();
        self.entries.extend(entries);
        #[expect(
            clippy::stable_sort_primitive,
            reason = "it finds that these are two runs in order, and merges them"
        )]
        self.entries[start..].sort();
        let length = self.entries.len() - start;
        if length > 0 {
            self.lists.insert(term, (number(start), number(length)));
        }
    }

    /// The postings of a term; none where no document has it.
    pub(super) fn find(&self, term: Term) -> &[u32] {
        match self.lists.get(&term) {
            Some((start, length)) => {
                let start = *start as usize;
                &self.entries[start..start + *length as usize]
            }
            None => &[],
        }
    }

    /// How many terms each document has, repetitions counted.
    pub(super) fn lengths(&self) -> &[u32] {
        &self.lengths
    }

    /// What it takes in memory, about.
    pub(super) fn weight(&self) -> usize {
        self.lists.capacity() * (size_of::<(Term, (u32, u32))>() + 1)
            + (self.entries.capacity() + self.lengths.capacity()) * size_of::<u32>()
    }
}

/// Sizes are bounded far below.
fn number(size: usize) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
}

pub(super) const fn doc_of(entry: u32) -> usize {
    (entry >> FREQUENCY_BITS) as usize
}

pub(super) const fn frequency_of(entry: u32) -> u32 {
    entry & ((1 << FREQUENCY_BITS) - 1)
}

/// Whether a document is in a list.
pub(super) fn has_doc(entries: &[u32], doc: u32) -> bool {
    entries
        .binary_search_by_key(&doc, |entry| entry >> FREQUENCY_BITS)
        .is_ok()
}
