//! Some documents and their indexes; never changed once built.

use entity::ids::{OrganizationId, TeamId};
use uuid::Uuid;

use super::{postings::Postings, terms::Terms};

/// A document that belongs to no article.
pub const NO_ARTICLE: u32 = u32::MAX;

/// What a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An article's own text, also where it stands in for tickets that there are none of yet.
    Article,
    /// A solved ticket.
    Ticket,
    /// What a requester typed before an article helped.
    Helped,
}

/// What the index knows of a document beside its terms.
#[derive(Clone, Copy, Debug)]
pub struct Doc {
    /// Of the article, ticket or outcome. Breaks ties, so that all servers answer alike.
    pub id: Uuid,
    pub kind: Kind,
    /// The article's place in the snapshot's list.
    pub article: u32,
    /// Whose it is: the place in the snapshot's list of organizations, from 1 on; 0 nobody's.
    pub organization: u32,
    /// The team that has it, numbered likewise.
    pub team: u32,
    pub level: i16,
    /// Grows where the ticket changes.
    pub version: i32,
}

/// Who asks, as far as that decides what may be looked at.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Audience {
    /// Staff who read every ticket.
    Staff,
    /// Members of external teams alone: what these have.
    Teams(Vec<TeamId>),
    /// Published public articles, and what was learnt from people of the same organization or of none.
    Requester(Option<OrganizationId>),
}

/// The two indexes of one part of documents, such as their titles.
#[derive(Debug, Default)]
pub(super) struct Field {
    pub(super) words: Postings,
    pub(super) grams: Postings,
}

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    Words,
    Grams,
}

#[derive(Debug, Default)]
pub(super) struct Segment {
    pub(super) docs: Vec<Doc>,
    pub(super) fields: Vec<Field>,
}

impl Segment {
    /// All documents have terms for each of the `fields`.
    pub(super) fn build(docs: &[(Doc, Vec<Terms>)], fields: usize) -> Self {
        let field = |field: usize| Field {
            words: Postings::build(docs.iter().map(|(_, terms)| &terms[field].words)),
            grams: Postings::build(docs.iter().map(|(_, terms)| &terms[field].grams)),
        };
        Self {
            docs: docs.iter().map(|(doc, _)| *doc).collect(),
            fields: (0..fields).map(field).collect(),
        }
    }

    /// One segment of two, without the documents that are dead.
    pub(super) fn merge(parts: [(&Self, &[bool]); 2], fields: usize) -> Self {
        let mut docs = Vec::new();
        let mut places: Vec<Vec<Option<u32>>> = Vec::new();
        for (part, dead) in parts {
            let place = |(doc, is_dead): (&Doc, &bool)| {
                if *is_dead {
                    return None;
                }
                docs.push(*doc);
                u32::try_from(docs.len() - 1).ok()
            };
            places.push(part.docs.iter().zip(dead).map(place).collect());
        }
        let merge = |pick: &dyn Fn(&Self) -> &Postings| {
            Postings::merge(&[
                (pick(parts[0].0), &places[0]),
                (pick(parts[1].0), &places[1]),
            ])
        };
        let field = |field: usize| Field {
            words: merge(&|part: &Self| &part.fields[field].words),
            grams: merge(&|part: &Self| &part.fields[field].grams),
        };
        Self {
            fields: (0..fields).map(field).collect(),
            docs,
        }
    }

    pub(super) fn postings(&self, field: usize, by: By) -> &Postings {
        match by {
            By::Words => &self.fields[field].words,
            By::Grams => &self.fields[field].grams,
        }
    }

    /// What it takes in memory, about.
    pub(super) fn weight(&self) -> usize {
        let fields = self
            .fields
            .iter()
            .map(|field| field.words.weight() + field.grams.weight());
        fields.sum::<usize>() + self.docs.capacity() * size_of::<Doc>()
    }
}
