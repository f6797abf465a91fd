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

impl Doc {
    /// What documents of a segment are ordered by. What belongs to no article is for staff alone.
    const fn owner(&self) -> (u32, bool) {
        (self.organization, self.article == NO_ARTICLE)
    }
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

/// Its documents stand by whose they are, so that what one requester may look at is a few runs of each list.
#[derive(Debug, Default)]
pub(super) struct Segment {
    pub(super) docs: Vec<Doc>,
    /// The article of each document once more, close together: the only thing that is read for each posting.
    pub(super) articles: Vec<u32>,
    fields: Vec<Field>,
}

impl Segment {
    /// All documents have terms for each of the `fields`.
    pub(super) fn build(docs: &[(Doc, Vec<Terms>)], fields: usize) -> Self {
        let mut docs: Vec<&(Doc, Vec<Terms>)> = docs.iter().collect();
        docs.sort_by_key(|(doc, _)| doc.owner());
        let field = |field: usize| Field {
            words: Postings::build(docs.iter().map(|(_, terms)| &terms[field].words)),
            grams: Postings::build(docs.iter().map(|(_, terms)| &terms[field].grams)),
        };
        let fields = (0..fields).map(field).collect();
        Self::new(docs.iter().map(|(doc, _)| *doc).collect(), fields)
    }

    fn new(docs: Vec<Doc>, fields: Vec<Field>) -> Self {
        Self {
            articles: docs.iter().map(|doc| doc.article).collect(),
            docs,
            fields,
        }
    }

    /// One segment of two, without the documents that are dead.
    pub(super) fn merge(parts: [(&Self, &[bool]); 2], fields: usize) -> Self {
        let mut living: Vec<(&Doc, usize, usize)> = Vec::new();
        for (number, (part, dead)) in parts.iter().enumerate() {
            let docs = part.docs.iter().enumerate().zip(*dead);
            let docs = docs.filter(|(_, is_dead)| !**is_dead);
            living.extend(docs.map(|((at, doc), _)| (doc, number, at)));
        }
        living.sort_by_key(|(doc, ..)| doc.owner());
        let mut places = parts.map(|(part, _)| vec![None; part.docs.len()]);
        for (place, (_, number, at)) in (0..).zip(&living) {
            places[*number][*at] = Some(place);
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
        let fields = (0..fields).map(field).collect();
        Self::new(living.iter().map(|(doc, ..)| **doc).collect(), fields)
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
        fields.sum::<usize>()
            + self.docs.capacity() * size_of::<Doc>()
            + self.articles.capacity() * size_of::<u32>()
    }
}
