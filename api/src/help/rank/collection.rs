//! Documents in segments of growing size: what is new is a small one beside the large ones, which are shared with
//! the snapshots before.

use std::sync::Arc;

use super::{
    postings::DOCS_MAX,
    segment::{Doc, Segment},
    terms::Terms,
};

/// Two neighbours are merged where the older is not larger than the newer by this much.
const GROWTH: usize = 3;

/// Documents whose terms stand in one or more fields.
#[derive(Clone, Debug)]
pub struct Collection {
    fields: usize,
    pub(super) parts: Vec<Part>,
}

/// A segment, and which of its documents are gone since.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) segment: Arc<Segment>,
    pub(super) dead: Arc<Vec<bool>>,
}

impl Collection {
    pub(super) const fn new(fields: usize) -> Self {
        Self {
            fields,
            parts: Vec::new(),
        }
    }

    /// Takes documents out.
    pub(super) fn remove(&mut self, is_gone: impl Fn(&Doc) -> bool) {
        for part in &mut self.parts {
            let docs = part.segment.docs.iter().enumerate();
            let gone: Vec<usize> = docs
                .filter(|(at, doc)| !part.dead[*at] && is_gone(doc))
                .map(|(at, _)| at)
                .collect();
            if gone.is_empty() {
                continue;
            }
            let dead = Arc::make_mut(&mut part.dead);
            for at in gone {
                dead[at] = true;
            }
        }
        self.parts
            .retain(|part| part.dead.iter().any(|is_dead| !is_dead));
    }

    /// Adds documents, each with the terms of every field.
    pub(super) fn add(&mut self, docs: &[(Doc, Vec<Terms>)]) {
        if docs.is_empty() {
            return;
        }
        self.parts.push(Part {
            segment: Arc::new(Segment::build(docs, self.fields)),
            dead: Arc::new(vec![false; docs.len()]),
        });
        while let [.., older, newer] = self.parts.as_slice() {
            let (old, new) = (older.segment.docs.len(), newer.segment.docs.len());
            if old > new * GROWTH || old + new > DOCS_MAX {
                break;
            }
            let merged = Segment::merge(
                [(&older.segment, &older.dead), (&newer.segment, &newer.dead)],
                self.fields,
            );
            let dead = Arc::new(vec![false; merged.docs.len()]);
            self.parts.truncate(self.parts.len() - 2);
            self.parts.push(Part {
                segment: Arc::new(merged),
                dead,
            });
        }
    }

    /// The documents that are there.
    pub fn docs(&self) -> impl Iterator<Item = &Doc> {
        self.parts.iter().flat_map(|part| {
            let docs = part.segment.docs.iter().zip(part.dead.iter());
            docs.filter(|(_, is_dead)| !**is_dead).map(|(doc, _)| doc)
        })
    }

    /// What it takes in memory, about.
    pub fn weight(&self) -> usize {
        let weight = |part: &Part| part.segment.weight() + part.dead.capacity();
        self.parts.iter().map(weight).sum()
    }
}
