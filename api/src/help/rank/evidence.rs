//! What past tickets say for articles: the nearest vote, and all of an article's tickets together are one more text
//! of it.

use std::cmp::Ordering;

use super::{
    collection::Part,
    lane::{Lane, Scores, Seen, Weighed, gain, rarity, to_f32, to_f32_long},
    segment::{Audience, By, Doc, Kind, NO_ARTICLE},
    snapshot::Snapshot,
};

/// How many of the nearest vote.
const NEIGHBOURS: usize = 20;
/// How much longer collections of tickets are held back: an article that solves much has many.
const B_OF_TICKETS: f32 = 0.3;

/// What an audience may look at. Made once for each audience of a snapshot.
pub(super) struct Sight {
    /// By the place of the article.
    pub(super) articles: Vec<bool>,
    pub(super) texts: Seen,
    pub(super) evidence: Seen,
    /// How many tickets each article solved.
    pub(super) solved: Vec<u32>,
    /// How many terms the evidence of each article has together, by index.
    lengths: [Vec<u32>; 2],
}

impl Sight {
    pub(super) fn of(snapshot: &Snapshot, audience: &Audience) -> Self {
        let is_staff = !matches!(audience, Audience::Requester(_));
        let entries = snapshot.entries.iter();
        let articles: Vec<bool> = entries
            .map(|entry| entry.is_offered && (is_staff || entry.is_public))
            .collect();
        let has_article = |doc: &Doc| match doc.article {
            NO_ARTICLE => is_staff,
            place => articles[place as usize],
        };
        let is_own = own(snapshot, audience);
        let texts = Seen::of(&snapshot.texts.parts, 2, has_article);
        let parts = &snapshot.evidence.parts;
        let evidence = Seen::of(parts, 1, |doc| {
            has_article(doc) && (doc.kind == Kind::Article || is_own(doc))
        });
        let mut solved = vec![0; articles.len()];
        let mut lengths = [vec![0; articles.len()], vec![0; articles.len()]];
        for (part, number, doc) in evidence.docs(parts) {
            if doc.article == NO_ARTICLE {
                continue;
            }
            let place = doc.article as usize;
            solved[place] += u32::from(doc.kind != Kind::Article);
            for by in [By::Words, By::Grams] {
                let length = parts[part].segment.postings(0, by).length(number);
                lengths[by as usize][place] += length;
            }
        }
        Self {
            articles,
            texts,
            evidence,
            solved,
            lengths,
        }
    }
}

/// Whether a ticket is one that the audience may be influenced by.
fn own(snapshot: &Snapshot, audience: &Audience) -> Box<dyn Fn(&Doc) -> bool> {
    match audience {
        Audience::Staff => Box::new(|_| true),
        Audience::Teams(ids) => {
            let find = |id: &entity::ids::TeamId| snapshot.teams.find(id.0);
            let teams: Vec<u32> = ids.iter().filter_map(find).collect();
            Box::new(move |doc| teams.contains(&doc.team))
        }
        Audience::Requester(organization) => {
            let own = organization
                .and_then(|id| snapshot.organizations.find(id.0))
                .unwrap_or_default();
            Box::new(move |doc| doc.organization == 0 || doc.organization == own)
        }
    }
}

/// A document of the evidence and its score.
#[derive(Clone, Copy)]
pub(super) struct Near<'a> {
    pub(super) doc: &'a Doc,
    pub(super) score: f32,
}

/// The best `count` of the documents that pass, best first; ties by id, so that all servers answer alike.
pub(super) fn nearest<'a>(
    parts: &'a [Part],
    scores: &Scores,
    count: usize,
    is_wanted: impl Fn(&Doc) -> bool,
) -> Vec<Near<'a>> {
    let mut near: Vec<Near<'a>> = Vec::new();
    // What cannot be among the best any more is passed over before its document is looked at.
    let mut least = 0.0;
    for (part, scores) in parts.iter().zip(scores) {
        for (at, score) in scores.iter().enumerate() {
            if *score <= 0.0 || *score < least || !is_wanted(&part.segment.docs[at]) {
                continue;
            }
            near.push(Near {
                doc: &part.segment.docs[at],
                score: *score,
            });
            if near.len() >= 4 * count {
                keep_best(&mut near, count);
                least = near.last().map_or(0.0, |last| last.score);
            }
        }
    }
    keep_best(&mut near, count);
    near
}

fn keep_best(near: &mut Vec<Near<'_>>, count: usize) {
    near.sort_unstable_by(closer);
    near.truncate(count);
}

fn closer(one: &Near<'_>, other: &Near<'_>) -> Ordering {
    let by_score = other.score.total_cmp(&one.score);
    by_score
        .then_with(|| one.doc.id.cmp(&other.doc.id))
        .then_with(|| one.doc.article.cmp(&other.doc.article))
}

/// The votes of the nearest, by article: the square of how near each is.
pub(super) fn votes(parts: &[Part], scores: &Scores, articles: usize) -> Vec<f32> {
    let mut votes = vec![0.0; articles];
    let near = nearest(parts, scores, NEIGHBOURS, |doc| doc.article != NO_ARTICLE);
    let Some(best) = near.first().map(|near| near.score) else {
        return votes;
    };
    for near in near {
        votes[near.doc.article as usize] += (near.score / best).powi(2);
    }
    votes
}

/// All tickets of an article as one text, by article: BM25 over these.
pub(super) fn together(
    snapshot: &Snapshot,
    sight: &Sight,
    by: By,
    lane: &Lane<'_>,
    terms: &[Weighed],
) -> Vec<f32> {
    let parts = &snapshot.evidence.parts;
    let lengths = &sight.lengths[by as usize];
    let having = lengths.iter().filter(|length| **length > 0).count();
    let having = to_f32(u32::try_from(having).unwrap_or(u32::MAX));
    let all: u64 = lengths.iter().map(|length| u64::from(*length)).sum();
    let mean = (to_f32_long(all) / having.max(1.0)).max(1.0);
    let mut scores = vec![0.0; lengths.len()];
    let mut frequencies = vec![0.0; lengths.len()];
    let mut touched: Vec<usize> = Vec::new();
    for weighed in terms {
        lane.each(weighed.term, |part, doc, frequency, _| {
            let place = parts[part].segment.docs[doc].article;
            if place == NO_ARTICLE {
                return;
            }
            let place = place as usize;
            if frequencies[place] == 0.0 {
                touched.push(place);
            }
            frequencies[place] += frequency;
        });
        let weight = rarity(
            having,
            to_f32(u32::try_from(touched.len()).unwrap_or(u32::MAX)),
        );
        for place in touched.drain(..) {
            scores[place] += weight
                * gain(
                    frequencies[place],
                    B_OF_TICKETS,
                    to_f32(lengths[place]) / mean,
                );
            frequencies[place] = 0.0;
        }
    }
    scores
}
