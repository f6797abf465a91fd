//! BM25 over one index of one field, among the documents that the audience may look at: who may not see a document
//! is not influenced by it either, so that all counts are theirs.

use super::{
    collection::Part,
    postings::{doc_of, frequency_of},
    segment::{By, Doc},
    terms::{Term, Wanted},
};

/// How fast repetitions of a term stop to count.
pub(super) const K1: f32 = 1.2;
/// How much longer texts are held back.
pub(super) const B: f32 = 0.75;
/// The rarest terms of a query that are looked up in one index.
const TERMS_MAX: usize = 128;
/// The postings that are looked at in one index, which is what takes the time: with very many documents fewer terms.
const POSTINGS_MAX: u32 = 300_000;

/// Which documents of a collection may be looked at, and what these are like.
pub(super) struct Seen {
    parts: Vec<SeenPart>,
    /// By field, then by index.
    measures: Vec<[Measure; 2]>,
}

struct SeenPart {
    docs: Vec<bool>,
    is_all: bool,
}

#[derive(Clone, Copy)]
struct Measure {
    documents: f32,
    mean_length: f32,
}

impl Seen {
    pub(super) fn of(parts: &[Part], fields: usize, is_seen: impl Fn(&Doc) -> bool) -> Self {
        let see = |part: &Part| {
            let docs = part.segment.docs.iter().zip(part.dead.iter());
            let docs: Vec<bool> = docs.map(|(doc, dead)| !dead && is_seen(doc)).collect();
            SeenPart {
                is_all: docs.iter().all(|is_seen| *is_seen),
                docs,
            }
        };
        let mut seen = Self {
            parts: parts.iter().map(see).collect(),
            measures: Vec::new(),
        };
        let measure = |field, by| seen.measure(parts, field, by);
        let measures = (0..fields).map(|field| [By::Words, By::Grams].map(|by| measure(field, by)));
        seen.measures = measures.collect();
        seen
    }

    fn measure(&self, parts: &[Part], field: usize, by: By) -> Measure {
        let (mut documents, mut length) = (0_u32, 0_u64);
        for (at, doc, _) in self.docs(parts) {
            documents += 1;
            length += u64::from(parts[at].segment.postings(field, by).length(doc));
        }
        let documents = to_f32(documents);
        Measure {
            documents,
            mean_length: (to_f32_long(length) / documents.max(1.0)).max(1.0),
        }
    }

    /// The part, the number and the entry of each.
    pub(super) fn docs<'a>(
        &'a self,
        parts: &'a [Part],
    ) -> impl Iterator<Item = (usize, usize, &'a Doc)> {
        self.parts
            .iter()
            .zip(parts)
            .enumerate()
            .flat_map(|(at, (seen, part))| {
                let docs = part.segment.docs.iter().zip(&seen.docs).enumerate();
                docs.filter(|(_, (_, is_seen))| **is_seen)
                    .map(move |(number, (doc, _))| (at, number, doc))
            })
    }

    /// Zero for every document.
    pub(super) fn zeros(&self) -> Scores {
        self.parts
            .iter()
            .map(|seen| vec![0.0; seen.docs.len()])
            .collect()
    }
}

/// A score for each document of each part.
pub(super) type Scores = Vec<Vec<f32>>;

/// One index of one field.
pub(super) struct Lane<'a> {
    parts: &'a [Part],
    seen: &'a Seen,
    field: usize,
    by: By,
    measure: Measure,
}

/// A term that is looked up: how many documents have it, and what it weighs.
#[derive(Clone, Copy)]
pub(super) struct Weighed {
    pub(super) term: Term,
    documents: u32,
    pub(super) weight: f32,
}

/// What of the wanted is there.
pub(super) struct Found {
    pub(super) terms: Vec<Weighed>,
    /// Of each group, whether any document has a form of it.
    pub(super) is_known: Vec<bool>,
    weight_of_unknown: f32,
}

impl Found {
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
            measure: seen.measures[field][by as usize],
        }
    }

    /// How many of the documents have a term.
    fn count(&self, term: Term) -> u32 {
        let count = |(part, seen): (&Part, &SeenPart)| {
            let entries = part.segment.postings(self.field, self.by).find(term);
            if seen.is_all {
                return entries.len();
            }
            entries
                .iter()
                .filter(|entry| seen.docs[doc_of(**entry)])
                .count()
        };
        let count: usize = self.parts.iter().zip(&self.seen.parts).map(count).sum();
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    /// The rarest of the terms that any document has, with their weights.
    pub(super) fn weigh(&self, wanted: &Wanted) -> Found {
        let mut terms = Vec::new();
        let mut is_known = Vec::new();
        for group in wanted.groups() {
            let before = terms.len();
            for term in group {
                let documents = self.count(*term);
                if documents > 0 {
                    terms.push(Weighed {
                        term: *term,
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
    pub(super) fn add(&self, terms: &[Weighed], share: f32, scores: &mut Scores) {
        for weighed in terms {
            self.each(weighed.term, |part, doc, frequency, length| {
                let gain = gain(frequency, B, length / self.measure.mean_length);
                scores[part][doc] += share * weighed.weight * gain;
            });
        }
    }

    /// Calls `visit` with the part, the number, the frequency and the length of each document that has a term.
    pub(super) fn each(&self, term: Term, mut visit: impl FnMut(usize, usize, f32, f32)) {
        for (at, (part, seen)) in self.parts.iter().zip(&self.seen.parts).enumerate() {
            let postings = part.segment.postings(self.field, self.by);
            for entry in postings.find(term) {
                let doc = doc_of(*entry);
                if seen.is_all || seen.docs[doc] {
                    let frequency = to_f32(frequency_of(*entry));
                    visit(at, doc, frequency, to_f32(postings.length(doc)));
                }
            }
        }
    }
}

/// Inverse document frequency, never below zero.
pub(super) fn rarity(documents: f32, having: f32) -> f32 {
    (1.0 + (documents - having + 0.5) / (having + 0.5)).ln()
}

/// What a term gains a document whose length is `length` times the mean.
pub(super) fn gain(frequency: f32, b: f32, length: f32) -> f32 {
    frequency * (K1 + 1.0) / (frequency + K1 * (1.0 - b + b * length))
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
