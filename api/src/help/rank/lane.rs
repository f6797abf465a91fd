//! BM25 over one index of one field, among the documents that the audience may look at: who may not see a document
//! is not influenced by it either, so that all counts are theirs.

use super::{
    collection::Part,
    postings::{doc_of, frequency_of},
    seen::{List, Measure, Scores, Seen},
    segment::By,
    terms::{Term, Wanted},
};

/// How fast repetitions of a term stop to count.
const K1: f32 = 1.2;
/// How much longer texts are held back.
const B: f32 = 0.75;
/// The rarest terms of a query that are looked up in one index.
const TERMS_MAX: usize = 128;
/// The postings that are looked at in one index, which is what takes the time: with very many documents fewer terms.
const POSTINGS_MAX: u32 = 300_000;

/// One index of one field.
pub(super) struct Lane<'a> {
    parts: &'a [Part],
    seen: &'a Seen,
    field: usize,
    by: By,
    measure: Measure,
}

/// A term that is looked up: where it stands, how many documents have it, and what it weighs.
pub(super) struct Weighed<'a> {
    term: Term,
    pub(super) lists: Vec<List<'a>>,
    documents: u32,
    pub(super) weight: f32,
}

/// What of the wanted is there.
pub(super) struct Found<'a> {
    pub(super) terms: Vec<Weighed<'a>>,
    /// Of each group, whether any document has a form of it.
    pub(super) is_known: Vec<bool>,
    weight_of_unknown: f32,
}

impl Found<'_> {
    /// Which part of what a text would score that says all that is wanted, the `best` text has. What nobody ever said
    /// weighs most.
    pub(super) fn covered(&self, best: f32) -> f32 {
        let unknown = self.is_known.iter().filter(|is_known| !**is_known).count();
        let unknown = to_f32(u32::try_from(unknown).unwrap_or(u32::MAX));
        let known: f32 = self.terms.iter().map(|weighed| weighed.weight).sum();
        let whole = known + unknown * self.weight_of_unknown;
        if whole > 0.0 {
            (best / whole).min(1.0)
        } else {
            0.0
        }
    }
}

impl<'a> Lane<'a> {
    pub(super) fn new(parts: &'a [Part], seen: &'a Seen, field: usize, by: By) -> Self {
        Self {
            parts,
            seen,
            field,
            by,
            measure: seen.measure(field, by),
        }
    }

    /// Where a term stands among what may be looked at.
    fn lists(&self, term: Term) -> Vec<List<'a>> {
        let mut lists = Vec::new();
        for (number, part) in self.parts.iter().enumerate() {
            let entries = part.segment.postings(self.field, self.by).find(term);
            self.seen.cut(number, entries, &mut lists);
        }
        lists
    }

    /// The rarest of the terms that any document has, with their weights.
    pub(super) fn weigh(&self, wanted: &Wanted) -> Found<'a> {
        let mut terms = Vec::new();
        let mut is_known = Vec::new();
        for group in wanted.groups() {
            let before = terms.len();
            for term in group {
                let lists = self.lists(*term);
                let documents = self.seen.count(&lists);
                if documents > 0 {
                    terms.push(Weighed {
                        term: *term,
                        lists,
                        documents,
                        weight: rarity(self.measure.documents, to_f32(documents)),
                    });
                }
            }
            is_known.push(terms.len() > before);
        }
        terms.sort_unstable_by_key(|weighed| (weighed.documents, weighed.term));
        terms.truncate(TERMS_MAX);
        let mut looked_at = 0;
        terms.retain(|weighed| {
            looked_at += weighed.documents;
            looked_at <= POSTINGS_MAX
        });
        Found {
            terms,
            is_known,
            weight_of_unknown: rarity(self.measure.documents, 0.0),
        }
    }

    /// Adds `share` of each document's score to `scores`.
    pub(super) fn add(&self, terms: &[Weighed<'_>], share: f32, scores: &mut Scores) {
        for weighed in terms {
            for list in &weighed.lists {
                let scores = &mut scores[list.part];
                self.each(list, |doc, _, gained| {
                    scores[doc] += share * weighed.weight * gained;
                });
            }
        }
    }

    /// Calls `visit` with the number of each document of a list, how often it has the term, and what it gains by that.
    pub(super) fn each(&self, list: &List<'_>, mut visit: impl FnMut(usize, u32, f32)) {
        let segment = &self.parts[list.part].segment;
        let lengths = segment.postings(self.field, self.by).lengths();
        let docs = self.seen.flags(list.part);
        let gain = Gain::new(B, self.measure.mean_length);
        for entry in list.entries {
            let doc = doc_of(*entry);
            if list.is_all || docs[doc] {
                let frequency = frequency_of(*entry);
                visit(doc, frequency, gain.of(frequency, lengths[doc]));
            }
        }
    }
}

/// Inverse document frequency, never below zero.
pub(super) fn rarity(documents: f32, having: f32) -> f32 {
    (1.0 + (documents - having + 0.5) / (having + 0.5)).ln()
}

/// How much a term gains texts of some length.
pub(super) struct Gain {
    constant: f32,
    by_length: f32,
}

impl Gain {
    /// Texts that are longer than the mean are held back, the more, the greater `b`.
    pub(super) const fn new(b: f32, mean_length: f32) -> Self {
        Self {
            constant: K1 * (1.0 - b),
            by_length: K1 * b / mean_length,
        }
    }

    pub(super) const fn of(&self, frequency: u32, length: u32) -> f32 {
        let frequency = to_f32(frequency);
        frequency * (K1 + 1.0) / (frequency + self.constant + self.by_length * to_f32(length))
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of documents and words; scores need no more than seven digits"
)]
pub(super) const fn to_f32(count: u32) -> f32 {
    count as f32
}

#[expect(clippy::cast_precision_loss, reason = "the same")]
pub(super) const fn to_f32_long(count: u64) -> f32 {
    count as f32
}
