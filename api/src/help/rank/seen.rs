//! Which documents an audience may look at, by which lists of postings are cut before anything in them is counted.

use super::{
    collection::Part,
    lane::{to_f32, to_f32_long},
    postings::{doc_of, has_doc},
    segment::{By, Doc},
};

/// Unseen documents that may stand in the middle of a span: more of them are worth two searches in each list.
const GAP_MAX: usize = 1_024;
/// So many unseen documents of a part are few.
const UNSEEN_MAX: usize = 1_024;
/// What it takes to search for one document in a list, beside looking at one.
const SEARCH_STEPS: usize = 16;

/// Which documents of a collection may be looked at, and what these are like.
pub(super) struct Seen {
    parts: Vec<SeenPart>,
    /// By field, then by index.
    measures: Vec<[Measure; 2]>,
}

struct SeenPart {
    docs: Vec<bool>,
    spans: Vec<Span>,
    /// Those that may not be looked at, where they are few: a text that changed leaves the one before it behind.
    unseen: Option<Vec<u32>>,
}

/// Where documents stand that may be looked at. Outside of the spans of a part none do.
#[derive(Clone, Copy)]
struct Span {
    start: usize,
    end: usize,
    /// Whether all that stand there may.
    is_all: bool,
}

impl SeenPart {
    fn new(docs: Vec<bool>) -> Self {
        let mut spans: Vec<Span> = Vec::new();
        let seen = docs.iter().enumerate().filter(|(_, is_seen)| **is_seen);
        for (at, _) in seen {
            match spans.last_mut() {
                Some(last) if at - last.end <= GAP_MAX => {
                    last.is_all &= at == last.end;
                    last.end = at + 1;
                }
                _ => spans.push(Span {
                    start: at,
                    end: at + 1,
                    is_all: true,
                }),
            }
        }
        let unseen = (0..).zip(&docs).filter(|(_, is_seen)| !**is_seen);
        let unseen: Vec<u32> = unseen.map(|(at, _)| at).take(UNSEEN_MAX + 1).collect();
        Self {
            unseen: (unseen.len() <= UNSEEN_MAX).then_some(unseen),
            docs,
            spans,
        }
    }

    /// How many of a list's documents may be looked at.
    fn count(&self, list: &List<'_>) -> usize {
        let entries = list.entries;
        if list.is_all {
            return entries.len();
        }
        match &self.unseen {
            Some(unseen) if entries.len() > unseen.len() * SEARCH_STEPS => {
                let has = |doc: &&u32| has_doc(entries, **doc);
                entries.len() - unseen.iter().filter(has).count()
            }
            // Added, not filtered: there is nothing to guess for the processor.
            _ => entries
                .iter()
                .map(|entry| usize::from(self.docs[doc_of(*entry)]))
                .sum(),
        }
    }
}

/// How many documents there are, and how long they are.
#[derive(Clone, Copy)]
pub(super) struct Measure {
    pub(super) documents: f32,
    pub(super) mean_length: f32,
}

impl Seen {
    pub(super) fn of(parts: &[Part], fields: usize, is_seen: impl Fn(&Doc) -> bool) -> Self {
        let see = |part: &Part| {
            let docs = part.segment.docs.iter().zip(part.dead.iter());
            SeenPart::new(docs.map(|(doc, dead)| !dead && is_seen(doc)).collect())
        };
        let mut seen = Self {
            parts: parts.iter().map(see).collect(),
            measures: Vec::new(),
        };
        let measure = |field, by| seen.measured(parts, field, by);
        let measures = (0..fields).map(|field| [By::Words, By::Grams].map(|by| measure(field, by)));
        seen.measures = measures.collect();
        seen
    }

    fn measured(&self, parts: &[Part], field: usize, by: By) -> Measure {
        let (mut documents, mut length) = (0_u32, 0_u64);
        for (at, doc, _) in self.docs(parts) {
            documents += 1;
            length += u64::from(parts[at].segment.postings(field, by).lengths()[doc]);
        }
        let documents = to_f32(documents);
        Measure {
            documents,
            mean_length: (to_f32_long(length) / documents.max(1.0)).max(1.0),
        }
    }

    pub(super) fn measure(&self, field: usize, by: By) -> Measure {
        self.measures[field][by as usize]
    }

    /// Of each document of a part, whether it may be looked at.
    pub(super) fn flags(&self, part: usize) -> &[bool] {
        &self.parts[part].docs
    }

    /// Adds to `lists` what of one of a part may be looked at, and little else.
    pub(super) fn cut<'a>(&self, part: usize, entries: &'a [u32], lists: &mut Vec<List<'a>>) {
        let mut rest = entries;
        for span in &self.parts[part].spans {
            let before = |end: usize| rest.partition_point(|entry| doc_of(*entry) < end);
            let (start, end) = (before(span.start), before(span.end));
            if start < end {
                lists.push(List {
                    part,
                    entries: &rest[start..end],
                    is_all: span.is_all,
                });
            }
            rest = &rest[end..];
        }
    }

    /// How many documents of these lists may be looked at.
    pub(super) fn count(&self, lists: &[List<'_>]) -> u32 {
        let count = |list: &List<'_>| self.parts[list.part].count(list);
        u32::try_from(lists.iter().map(count).sum::<usize>()).unwrap_or(u32::MAX)
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

/// Postings of one part, of documents that may be looked at and perhaps of some that may not.
#[derive(Clone, Copy)]
pub(super) struct List<'a> {
    pub(super) part: usize,
    pub(super) entries: &'a [u32],
    /// Whether all of them may be looked at.
    pub(super) is_all: bool,
}

/// A score for each document of each part.
pub(super) type Scores = Vec<Vec<f32>>;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A list in which so many of a thousand documents stand.
    fn entries(docs: usize, of_thousand: u32) -> Vec<u32> {
        let number = |doc: usize| u32::try_from(doc).unwrap();
        let has = |doc: &u32| doc.wrapping_mul(2_654_435_761) % 1_000 < of_thousand;
        let docs = (0..docs).map(number).filter(has);
        docs.map(|doc| (doc << u8::BITS) | 1).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        /// However a list is cut and counted, it is as if each of its documents had been asked for.
        #[test]
        fn what_may_be_looked_at_is_found(
            runs in proptest::collection::vec((any::<bool>(), prop_oneof![1..5_usize, 900..3_000_usize]), 0..12),
            of_thousand in 1..1_000_u32,
        ) {
            let runs = runs.into_iter().flat_map(|(is_seen, length)| vec![is_seen; length]);
            let docs: Vec<bool> = runs.collect();
            let entries = entries(docs.len(), of_thousand);
            let seen = Seen {
                parts: vec![SeenPart::new(docs.clone())],
                measures: Vec::new(),
            };
            let is_seen = |entry: &u32| docs[doc_of(*entry)];
            let expected: Vec<u32> = entries.iter().copied().filter(is_seen).collect();
            let mut lists = Vec::new();
            seen.cut(0, &entries, &mut lists);
            let of = |list: &List<'_>| {
                let found = list.entries.iter().filter(|entry| list.is_all || is_seen(entry));
                found.copied().collect::<Vec<u32>>()
            };
            prop_assert_eq!(lists.iter().flat_map(of).collect::<Vec<u32>>(), expected.clone());
            prop_assert_eq!(seen.count(&lists) as usize, expected.len());
        }
    }
}
