//! All that is known at one moment. A change makes the next one, which shares what stayed.

use std::sync::{Arc, Mutex, PoisonError};

use entity::{
    ids::{ArticleId, OrganizationId, TeamId},
    user::Locale,
};
use rustc_hash::{FxHashMap, FxHashSet};
use uuid::Uuid;

use super::{
    ARTICLE_CHARS_MAX, TICKET_CHARS_MAX,
    collection::Collection,
    evidence::Sight,
    segment::{Audience, Doc, Kind, NO_ARTICLE},
    terms::Terms,
};
use crate::text::{analysis::guess_language, beginning};

/// Audiences whose sight of a snapshot is kept: two bytes a document each, at most.
const SIGHTS_MAX: usize = 64;

/// An article as requesters and staff may be offered it.
#[derive(Clone, Debug)]
pub struct ArticleTexts {
    /// Whether requesters may read it.
    pub is_public: bool,
    pub texts: Vec<Text>,
}

/// An article's texts in one language.
#[derive(Clone, Debug)]
pub struct Text {
    pub language: Locale,
    pub title: String,
    pub body: String,
}

/// A solved ticket, or what somebody typed before an article helped.
#[derive(Clone, Debug)]
pub struct Evidence {
    pub id: Uuid,
    pub kind: Kind,
    /// What answered it.
    pub article: Option<ArticleId>,
    pub organization: Option<OrganizationId>,
    pub team: Option<TeamId>,
    pub level: i16,
    pub version: i32,
    pub text: String,
}

/// What happened to what is known.
#[derive(Debug)]
pub enum Change {
    /// An article's texts are these now; none: it is not offered any more.
    Article(ArticleId, Option<ArticleTexts>),
    /// Documents are gone: the id of a ticket or an outcome, and the article it was linked to.
    Gone(Vec<(Uuid, Option<ArticleId>)>),
    /// Documents are there that were not.
    Added(Vec<Evidence>),
}

/// An article's place and who may be offered it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) id: ArticleId,
    pub(super) is_offered: bool,
    pub(super) is_public: bool,
}

/// Numbers for ids, from 1 on.
#[derive(Clone, Debug, Default)]
pub(super) struct Numbers(FxHashMap<Uuid, u32>);

#[derive(Clone)]
pub struct Snapshot {
    pub(super) entries: Arc<Vec<Entry>>,
    places: Arc<FxHashMap<ArticleId, u32>>,
    pub(super) organizations: Arc<Numbers>,
    pub(super) teams: Arc<Numbers>,
    /// Each text of an article: its title and its body.
    pub(super) texts: Collection,
    /// Tickets and what helped; and of each article two texts, as if somebody had asked so.
    pub(super) evidence: Collection,
    /// What each audience may look at, once it was asked for.
    sights: Arc<Mutex<FxHashMap<Audience, Arc<Sight>>>>,
}

impl Default for Snapshot {
    fn default() -> Self {
        Self {
            entries: Arc::default(),
            places: Arc::default(),
            organizations: Arc::default(),
            teams: Arc::default(),
            texts: Collection::new(2),
            evidence: Collection::new(1),
            sights: Arc::default(),
        }
    }
}

impl Snapshot {
    /// What is known after some changes.
    #[must_use]
    pub fn with(&self, changes: Vec<Change>) -> Self {
        let mut next = Self {
            sights: Arc::default(),
            ..self.clone()
        };
        // One segment for all that is new, not one for each change.
        let (mut texts, mut evidence) = (Vec::new(), Vec::new());
        let mut gone = FxHashSet::default();
        let mut rewritten = FxHashSet::default();
        for change in changes {
            match change {
                Change::Article(id, article) => {
                    let place = next.place(id);
                    rewritten.insert(place);
                    texts.retain(|(doc, _): &(Doc, _)| doc.article != place);
                    evidence.retain(|(doc, _): &(Doc, _)| {
                        doc.article != place || doc.kind != Kind::Article
                    });
                    let entry = Entry {
                        id,
                        is_offered: article.is_some(),
                        is_public: article.as_ref().is_some_and(|article| article.is_public),
                    };
                    if let Some(known) = Arc::make_mut(&mut next.entries).get_mut(place as usize) {
                        *known = entry;
                    }
                    for text in article.into_iter().flat_map(|article| article.texts) {
                        add_text(article_doc(id, place), &text, &mut texts, &mut evidence);
                    }
                }
                Change::Gone(ids) => {
                    for (id, article) in ids {
                        let place = article.map_or(NO_ARTICLE, |article| next.place(article));
                        gone.insert((id, place));
                    }
                }
                Change::Added(added) => {
                    for one in added {
                        let doc = next.doc_of(&one);
                        let text = beginning(&one.text, TICKET_CHARS_MAX);
                        let language = guess_language(text).unwrap_or_default();
                        evidence.push((doc, vec![Terms::of(text, language)]));
                    }
                }
            }
        }
        let is_gone = |doc: &Doc| match doc.kind {
            Kind::Article => rewritten.contains(&doc.article),
            Kind::Ticket | Kind::Helped => gone.contains(&(doc.id, doc.article)),
        };
        next.texts.remove(is_gone);
        next.evidence.remove(is_gone);
        next.texts.add(&texts);
        next.evidence.add(&evidence);
        next
    }

    /// The place of an article, which it keeps.
    fn place(&mut self, id: ArticleId) -> u32 {
        if let Some(place) = self.places.get(&id) {
            return *place;
        }
        let place = u32::try_from(self.entries.len()).unwrap_or(NO_ARTICLE);
        Arc::make_mut(&mut self.places).insert(id, place);
        Arc::make_mut(&mut self.entries).push(Entry {
            id,
            is_offered: false,
            is_public: false,
        });
        place
    }

    fn doc_of(&mut self, evidence: &Evidence) -> Doc {
        let organization = evidence.organization.map(|id| id.0);
        let team = evidence.team.map(|id| id.0);
        Doc {
            id: evidence.id,
            kind: evidence.kind,
            article: evidence
                .article
                .map_or(NO_ARTICLE, |article| self.place(article)),
            organization: number(&mut self.organizations, organization),
            team: number(&mut self.teams, team),
            level: evidence.level,
            version: evidence.version,
        }
    }

    /// The ticket or outcome of each document, the article it is linked to, and its version.
    pub fn known(&self) -> impl Iterator<Item = (Uuid, Option<ArticleId>, i32)> {
        let tickets = self.evidence.docs().filter(|doc| doc.kind != Kind::Article);
        tickets.map(|doc| {
            let article = self.entries.get(doc.article as usize);
            (doc.id, article.map(|entry| entry.id), doc.version)
        })
    }

    /// What an audience may look at.
    pub(super) fn sight(&self, audience: &Audience) -> Arc<Sight> {
        let sights = || self.sights.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sight) = sights().get(audience) {
            return Arc::clone(sight);
        }
        let sight = Arc::new(Sight::of(self, audience));
        let mut sights = sights();
        if sights.len() >= SIGHTS_MAX {
            sights.clear();
        }
        sights.insert(audience.clone(), Arc::clone(&sight));
        sight
    }

    /// What it takes in memory, about.
    pub fn weight(&self) -> usize {
        self.texts.weight() + self.evidence.weight()
    }
}

impl Numbers {
    /// The number of an id; 0 where it has none, which no document has that is somebody's.
    pub(super) fn find(&self, id: Uuid) -> Option<u32> {
        self.0.get(&id).copied()
    }
}

fn number(numbers: &mut Arc<Numbers>, id: Option<Uuid>) -> u32 {
    let Some(id) = id else {
        return 0;
    };
    if let Some(number) = numbers.find(id) {
        return number;
    }
    let next = u32::try_from(numbers.0.len() + 1).unwrap_or(u32::MAX);
    Arc::make_mut(numbers).0.insert(id, next);
    next
}

const fn article_doc(id: ArticleId, place: u32) -> Doc {
    Doc {
        id: id.0,
        kind: Kind::Article,
        article: place,
        organization: 0,
        team: 0,
        level: 0,
        version: 0,
    }
}

/// The text itself, and twice as if a ticket had said it: its title, and all of it.
fn add_text(
    doc: Doc,
    text: &Text,
    texts: &mut Vec<(Doc, Vec<Terms>)>,
    evidence: &mut Vec<(Doc, Vec<Terms>)>,
) {
    let body = beginning(&text.body, ARTICLE_CHARS_MAX);
    let title = Terms::of(&text.title, text.language);
    let whole = Terms::of(&format!("{}\n{body}", text.title), text.language);
    let body = Terms::of(body, text.language);
    evidence.push((doc, vec![title.clone()]));
    evidence.push((doc, vec![whole]));
    texts.push((doc, vec![title, body]));
}
