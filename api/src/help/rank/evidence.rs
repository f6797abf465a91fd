//! What past tickets say for articles: the nearest vote, and all of an article's tickets together are one more text
//! of it.

use std::cmp::Ordering;

use super::{
    collection::Part,
    lane::{Gain, Lane, Weighed, rarity, to_f32, to_f32_long},
    seen::{Scores, Seen},
    segment::{Audience, By, Doc, Kind, NO_ARTICLE, Segment},
    snapshot::Snapshot,
};

/// How many of the nearest vote.
const NEIGHBOURS: usize = 20;
/// Scores that are looked at together.
const BLOCK: usize = 64;
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
                let length = parts[part].segment.postings(0, by).lengths()[number];
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
    is_wanted: impl Fn(&Segment, usize) -> bool,
) -> Vec<Near<'a>> {
    let mut near: Vec<Near<'a>> = Vec::new();
    // What cannot be among the best any more is passed over, many at a time.
    let mut least = f32::MIN_POSITIVE;
    for (part, scores) in parts.iter().zip(scores) {
        for (block, scores) in scores.chunks(BLOCK).enumerate() {
            // The greatest of all, so that the processor compares several at once.
            if scores.iter().copied().fold(0.0, f32::max) < least {
                continue;
            }
            for (at, score) in (block * BLOCK..).zip(scores) {
                if *score < least || !is_wanted(&part.segment, at) {
                    continue;
                }
                near.push(Near {
                    doc: &part.segment.docs[at],
                    score: *score,
                });
                if near.len() >= 4 * count {
                    keep_best(&mut near, count);
                    least = near.last().map_or(least, |last| last.score);
                }
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
    let near = nearest(parts, scores, NEIGHBOURS, |segment, at| {
        segment.articles[at] != NO_ARTICLE
    });
    let Some(best) = near.first().map(|near| near.score) else {
        return votes;
    };
    for near in near {
        votes[near.doc.article as usize] += (near.score / best).powi(2);
    }
    votes
}

/// The score of each document, and of each article, of which all tickets are one text: BM25 over these. Both in one walk
/// through the postings, which is what takes the time.
pub(super) fn score(
    snapshot: &Snapshot,
    sight: &Sight,
    by: By,
    lane: &Lane<'_>,
    terms: &[Weighed<'_>],
) -> (Scores, Vec<f32>) {
    let parts = &snapshot.evidence.parts;
    let lengths = &sight.lengths[by as usize];
    let having = lengths.iter().filter(|length| **length > 0).count();
    let having = to_f32(u32::try_from(having).unwrap_or(u32::MAX));
    let all: u64 = lengths.iter().map(|length| u64::from(*length)).sum();
    let mean = (to_f32_long(all) / having.max(1.0)).max(1.0);
    let gain = Gain::new(B_OF_TICKETS, mean);
    let mut scores = sight.evidence.zeros();
    let mut together = vec![0.0; lengths.len()];
    // The last is of what belongs to no article, and never zero, so that it is never touched.
    let mut frequencies = vec![0_u32; lengths.len() + 1];
    frequencies[lengths.len()] = 1;
    let mut touched: Vec<usize> = Vec::new();
    for weighed in terms {
        for list in &weighed.lists {
            let articles = &parts[list.part].segment.articles;
            let scores = &mut scores[list.part];
            lane.each(list, |doc, frequency, gained| {
                scores[doc] += weighed.weight * gained;
                let place = (articles[doc] as usize).min(lengths.len());
                if frequencies[place] == 0 {
                    touched.push(place);
                }
                frequencies[place] += frequency;
            });
        }
        let having_it = u32::try_from(touched.len()).unwrap_or(u32::MAX);
        let weight = rarity(having, to_f32(having_it));
        for place in touched.drain(..) {
            together[place] += weight * gain.of(frequencies[place], lengths[place]);
            frequencies[place] = 0;
        }
    }
    (scores, together)
}
